package e2e

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// host is an engine of its own, reached through DOCKER_HOST.
type host struct{ dockerHost, address string }

// newHost starts one more engine on this machine, as script/engine does.
func newHost(t *testing.T) host {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("SKIPPED: a second engine needs root")
	}
	dir, err := os.MkdirTemp("/tmp", "recompose-engine-")
	if err != nil {
		t.Fatal(err)
	}
	script := func(args ...string) string {
		c := exec.Command("../../script/engine", args...)
		c.Env = append(os.Environ(), "RECOMPOSE_ENGINE_DIR="+dir)
		var out, stderr bytes.Buffer
		c.Stdout, c.Stderr = &out, &stderr
		if err := c.Run(); err != nil {
			t.Fatalf("script/engine %v: %v\n%s", args, err, stderr.String())
		}
		return out.String()
	}
	t.Cleanup(func() { script("stop") })
	var h host
	for line := range strings.Lines(script()) {
		switch key, value, _ := strings.Cut(strings.TrimSpace(line), "="); key {
		case "DOCKER_HOST":
			h.dockerHost = value
		case "ENGINE_IP":
			h.address = value
		}
	}
	return h
}

// give copies images to the host, under the names that its files use.
func (h host) give(t *testing.T, images map[string]string) {
	t.Helper()
	for from, to := range images {
		save, load := exec.Command("docker", "save", from), exec.Command("docker", "-H", h.dockerHost, "load", "-q")
		pipe, err := save.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		load.Stdin = pipe
		if err := save.Start(); err != nil {
			t.Fatal(err)
		}
		if out, err := load.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		if err := save.Wait(); err != nil {
			t.Fatal(err)
		}
		docker(t, "-H", h.dockerHost, "tag", from, to)
	}
}

// TestProduction is the tutorial's last part: hosts of their own, chosen by
// DOCKER_HOST, images in place of builds.
func TestProduction(t *testing.T) {
	needImages(t)
	name := "rt" + randomHex(4)
	built := seedProject(t, name, name)
	built.run("build")
	t.Cleanup(func() { try("docker", "rmi", name+"_web", name+"_balancer") })
	web, balancer := newHost(t), newHost(t)
	web.give(t, map[string]string{name + "_web": "web"})
	balancer.give(t, map[string]string{name + "_balancer": "balancer"})

	files := seedProject(t, name+"_prod", name)
	at := func(folder string, h host) *project {
		p := &project{t: t, name: folder, dir: filepath.Join(files.dir, "prod", folder), env: []string{"DOCKER_HOST=" + h.dockerHost}}
		if err := os.MkdirAll(filepath.Join(p.dir, "logs"), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(filepath.Join(p.dir, "logs"), 0o777); err != nil { // for the image's user
			t.Fatal(err)
		}
		return p
	}
	webs, front := at("web", web), at("balancer", balancer)
	webs.run("up", "-d")
	eventually(t, "the web host answers", func() bool { return fetch("http://"+web.address+"/") == "Hello World!" })

	conf := filepath.Join(front.dir, "conf.d", "myapp_nginx.conf")
	text, err := os.ReadFile(conf)
	if err != nil {
		t.Fatal(err)
	}
	given := strings.NewReplacer("WEB1_ADDRESS", web.address, "WEB2_ADDRESS", web.address).Replace(string(text))
	if err := os.WriteFile(conf, []byte(given), 0o644); err != nil {
		t.Fatal(err)
	}
	front.run("up", "-d")
	eventually(t, "the balancer's host answers", func() bool { return fetch("http://"+balancer.address+"/myapp") == "Hello World!" })

	// The tutorial reloads the balancer by the docker command and this name.
	docker(t, "-H", balancer.dockerHost, "kill", "-s", "HUP", "balancer_balancer_1")
	if out := docker(t, "-H", web.dockerHost, "ps", "--format", "{{.Names}}"); out != "web_web_1" {
		t.Errorf("the web host runs %q", out)
	}
	webs.run("down")
	front.run("down")
}
