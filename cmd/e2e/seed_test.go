package e2e

import (
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// needImages skips a test where script/images has not made the base images.
func needImages(t *testing.T) {
	t.Helper()
	for _, name := range []string{"recompose/debian:12", "recompose/nginx:1"} {
		if exec.Command("docker", "image", "inspect", name).Run() != nil {
			t.Skipf("SKIPPED: there is no image %s: script/images makes it", name)
		}
	}
}

// seedProject is a copy of testdata/seed in a folder of this name, worked in
// without -p.
func seedProject(t *testing.T, folder, name string) *project {
	t.Helper()
	p := &project{t: t, name: name, dir: filepath.Join(t.TempDir(), folder)}
	if err := os.CopyFS(p.dir, os.DirFS("../../testdata/seed")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.clean)
	return p
}

// seedData builds the image that the tutorial builds by hand, and takes its
// name off again in the end.
func seedData(t *testing.T, p *project) {
	t.Helper()
	docker(t, "build", "-q", "-t", "myapp_data", filepath.Join(p.dir, "data"))
	t.Cleanup(func() { try("docker", "rmi", "myapp_data") })
}

// TestSeed goes through the tutorial: build, scale first, up, logs that stay.
func TestSeed(t *testing.T) {
	needImages(t)
	folder := "prod_poc" + randomHex(3)
	name := strings.ReplaceAll(folder, "_", "")
	p := seedProject(t, folder, name)
	seedData(t, p)
	p.run("build")
	t.Cleanup(func() { try("docker", "rmi", name+"_web", name+"_balancer") })
	docker(t, "image", "inspect", name+"_web", name+"_balancer")

	p.run("scale", "web=2")
	signal, wait, out := p.foreground("up")
	url := "http://localhost/myapp"
	eventually(t, "the application answers", func() bool { return fetch(url) == "Hello World!" })
	signal(os.Interrupt)
	if code := wait(); code != 130 {
		t.Errorf("up ended with %d\n%s", code, out)
	}
	p.run("up", "-d")
	want := []string{name + "_balancer_1 running", name + "_myapp_data_1 exited", name + "_web_1 running", name + "_web_2 running"}
	if diff := cmp.Diff(want, p.containers()); diff != "" {
		t.Fatalf("a plain up did not leave two (-want +got):\n%s", diff)
	}
	balancer, webs := name+"_balancer_1", []string{name + "_web_1", name + "_web_2"}
	hosts := docker(t, "exec", balancer, "cat", "/etc/hosts")
	for _, alias := range []string{"web_1", "web_2"} {
		if !slices.Contains(strings.Fields(hosts), alias) {
			t.Errorf("/etc/hosts of the balancer lacks %s:\n%s", alias, hosts)
		}
	}
	eventually(t, "the application answers again", func() bool { return fetch(url) == "Hello World!" })
	before := []int{received(t, webs[0]), received(t, webs[1])}
	for range 20 {
		if body := fetch(url); body != "Hello World!" {
			t.Fatalf("the application says %q", body)
		}
	}
	for i, web := range webs {
		if received(t, web)-before[i] < 20 { // packets; a request takes more than five
			t.Errorf("%s got none of the 20 requests", web)
		}
	}

	t.Run("logs stay", func(t *testing.T) {
		data := name + "_myapp_data_1"
		logs := logLines(t, data)
		if logs["nginx_access.log"] == 0 && logs["nginx_myapp.net_access.log"] == 0 || logs["myapp.log"] == 0 {
			t.Errorf("the logs are not on the data container's volume: %v", logs)
		}
		p.run("stop")
		p.run("rm", "-f", "web", "balancer")
		p.run("up", "-d")
		now := logLines(t, data)
		for file, lines := range logs {
			if now[file] < lines {
				t.Errorf("%s had %d lines, now %d", file, lines, now[file])
			}
		}
		// rm took both replicas: the balancer's configuration needs two again.
		p.run("scale", "web=2")
		p.run("up", "-d")
		eventually(t, "the application answers after rm and up", func() bool { return fetch(url) == "Hello World!" })
	})
	t.Run("reload", func(t *testing.T) {
		master, workers := nginx(t, balancer)
		p.run("kill", "-s", "HUP", "balancer")
		eventually(t, "nginx has other workers under the same master", func() bool {
			m, w := nginx(t, balancer)
			return m == master && len(w) > 0 && !slices.ContainsFunc(w, func(pid string) bool { return slices.Contains(workers, pid) })
		})
	})
	t.Run("down", func(t *testing.T) {
		volume := inspect(t, name+"_myapp_data_1", "{{(index .Mounts 0).Name}}")
		t.Cleanup(func() { try("docker", "volume", "rm", volume) })
		plan := p.run("plan", "down").out
		r := p.run("down")
		for what, text := range map[string]string{"plan down": plan, "down": r.out + r.err} {
			if !strings.Contains(text, volume[:12]) || !strings.Contains(text, "/data") {
				t.Errorf("%s does not name the volume %s that it leaves, and where it was:\n%s", what, volume, text)
			}
		}
		docker(t, "volume", "inspect", volume)
		if left := p.containers(); len(left) > 0 {
			t.Errorf("down left %v", left)
		}
	})
}

// fetch is what an address answers; empty if it does not answer well.
func fetch(url string) string {
	client := http.Client{Timeout: 5 * time.Second}
	r, err := client.Get(url)
	if err != nil {
		return ""
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil || r.StatusCode != http.StatusOK {
		return ""
	}
	return string(body)
}

// received is how many packets a container has got.
func received(t *testing.T, container string) int {
	t.Helper()
	text := docker(t, "exec", container, "cat", "/proc/net/dev")
	for line := range strings.Lines(text) {
		if rest, ok := strings.CutPrefix(strings.TrimSpace(line), "eth0:"); ok {
			n, err := strconv.Atoi(strings.Fields(rest)[1])
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
	}
	t.Fatalf("%s has no eth0:\n%s", container, text)
	return 0
}

// logLines counts the lines of each log on a container's volume.
func logLines(t *testing.T, container string) map[string]int {
	t.Helper()
	out := map[string]int{}
	text := docker(t, "run", "--rm", "--volumes-from", container, "recompose/debian:12", "sh", "-c", "cd /data && wc -l *.log")
	for line := range strings.Lines(text) {
		if f := strings.Fields(line); len(f) == 2 && f[1] != "total" {
			out[f[1]], _ = strconv.Atoi(f[0])
		}
	}
	return out
}

// nginx are the process ids of a container's nginx.
func nginx(t *testing.T, container string) (master string, workers []string) {
	t.Helper()
	for line := range strings.Lines(docker(t, "top", container, "-eo", "pid,args")) {
		pid, command, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch {
		case strings.Contains(command, "nginx: master"):
			master = pid
		case strings.Contains(command, "nginx: worker") && !strings.Contains(command, "shutting down"):
			workers = append(workers, pid)
		}
	}
	return master, workers
}

// TestProjectName: the folder's name becomes what the tutorial's docker
// commands expect, and a project that 1.29.2 left under its own name goes on.
func TestProjectName(t *testing.T) {
	t.Parallel()
	folder := "prod_poc" + randomHex(3)
	files := map[string]string{"docker-compose.yml": "web:\n  image: " + image + "\n"}
	start := func(name string) *project {
		p := &project{t: t, name: name, dir: filepath.Join(t.TempDir(), folder)}
		for f, text := range files {
			p.write(f, text)
		}
		t.Cleanup(p.clean)
		return p
	}
	classic := strings.ReplaceAll(folder, "_", "")
	p := start(classic)
	p.run("up", "-d")
	if diff := cmp.Diff([]string{classic + "_web_1 running"}, p.containers()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	p.run("down")

	peer, err := exec.LookPath("docker-compose")
	if err != nil {
		t.Skip("SKIPPED: docker-compose is not installed")
	}
	p = start(folder)
	c := exec.Command(peer, "up", "-d")
	c.Dir = p.dir
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	before := p.ids()
	r := p.run("up", "-d")
	if diff := cmp.Diff(before, p.ids()); diff != "" || len(before) == 0 {
		t.Errorf("the project of docker-compose was not continued (-before +after):\n%s", diff)
	}
	if !strings.Contains(r.err, folder) {
		t.Errorf("nothing says that the project %s is continued:\n%s", folder, r.err)
	}
	p.run("down")
}
