package e2e

import (
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// sickly is healthy only where a second server is started in the container.
const sickly = `
-- compose.yaml --
services:
  db: {image: $IMAGE, init: true, command: [wait], environment: {VERSION: "1"}}
  web:
    image: $IMAGE
    init: true
    depends_on: [db]
    volumes: [/data]
    healthcheck: {test: [CMD, /app, probe, "81"], interval: 200ms, retries: 1}
`

// replicas are the numbers of web's containers, without one-offs.
func (p *project) replicas() []string {
	p.t.Helper()
	var numbers []string
	for name := range p.ids() {
		if n, ok := strings.CutPrefix(name, p.name+"-web-"); ok && !strings.HasPrefix(n, "run") {
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	return numbers
}

// TestScaleDown removes what is unhealthy first and then the highest numbers,
// fills gaps on the way up, leaves all other services as they are, and counts
// no one-off.
func TestScaleDown(t *testing.T) {
	t.Parallel()
	p := newProject(t, sickly)
	p.run("up", "-d", "--scale", "web=4")
	oneOff := strings.TrimSpace(p.run("run", "-d", "web", "wait").out)
	for _, n := range []string{"2", "3", "4"} {
		docker(t, "exec", "-d", p.name+"-web-"+n, "/app", "serve", "81")
		docker(t, "exec", p.name+"-web-"+n, "/app", "write", "/data/note", n)
	}
	eventually(t, "only web 1 is unhealthy", func() bool {
		probes(t, p.name+"-web-1", p.name+"-web-2", p.name+"-web-3", p.name+"-web-4")
		healths := ""
		for _, n := range []string{"1", "2", "3", "4"} {
			healths += inspect(t, p.name+"-web-"+n, "{{.State.Health.Status}}") + " "
		}
		return healths == "unhealthy healthy healthy healthy "
	})
	before := p.started()
	p.rewrite(sickly, `"1"`, `"2"`) // db differs, which is not scale's business
	for _, c := range []struct {
		n    string
		left []string
	}{{"3", []string{"2", "3", "4"}}, {"2", []string{"2", "3"}}} {
		r := p.run("scale", "web="+c.n)
		if diff := cmp.Diff(c.left, p.replicas()); diff != "" {
			t.Fatalf("scale web=%s (-want +got):\n%s%s", c.n, diff, r.err)
		}
	}
	p.run("scale", "web=4")
	if diff := cmp.Diff([]string{"1", "2", "3", "4"}, p.replicas()); diff != "" {
		t.Errorf("the gap is not filled (-want +got):\n%s", diff)
	}
	after := p.started()
	for _, name := range []string{"db-1", "web-2", "web-3"} {
		if name = p.name + "-" + name; before[name] != after[name] {
			t.Errorf("%s was touched: %s, before %s", name, after[name], before[name])
		}
	}
	if text := docker(t, "exec", p.name+"-web-3", "/app", "cat", "/data/note"); text != "3" {
		t.Errorf("the data of web 3 is %q", text)
	}
	if state := inspect(t, oneOff, "{{.State.Status}}"); state != "running" {
		t.Errorf("the one-off is %s", state)
	}
}

// TestScaleTellsWhatStays: the anonymous volume of a replica that goes stays,
// and the command says where its data is.
func TestScaleTellsWhatStays(t *testing.T) {
	t.Parallel()
	p := newProject(t, "-- compose.yaml --\nservices:\n  web: {image: $IMAGE, init: true, volumes: [/data], scale: 2}\n")
	p.run("up", "-d")
	second := p.name + "-web-2"
	docker(t, "exec", second, "/app", "write", "/data/note", "precious")
	volume := inspect(t, second, "{{(index .Mounts 0).Name}}")
	t.Cleanup(func() { try("docker", "volume", "rm", volume) })
	if r := p.run("scale", "web=1"); !strings.Contains(r.out+r.err, volume) {
		t.Errorf("scale does not say that the volume %s stays:\n%s%s", volume, r.out, r.err)
	}
	if text := docker(t, "run", "--rm", "-v", volume+":/data", image, "cat", "/data/note"); text != "precious" {
		t.Errorf("the data is %q", text)
	}
}

// TestAnonymousVolumesStay: whichever command makes a container anew or starts
// it again, its anonymous volume is there with its data, unless -V asks for
// new ones.
func TestAnonymousVolumesStay(t *testing.T) {
	t.Parallel()
	const files = "\n-- compose.yaml --\nservices:\n  web: {image: $IMAGE, init: true, volumes: [/data], environment: {VERSION: \"1\"}}\n"
	p := newProject(t, files)
	p.run("up", "-d")
	first := p.name + "-web-1"
	docker(t, "exec", first, "/app", "write", "/data/note", "kept")
	volume := inspect(t, first, "{{(index .Mounts 0).Name}}")
	t.Cleanup(func() { try("docker", "volume", "rm", volume) })
	for i, args := range [][]string{
		{"restart"}, {"up", "-d", "--force-recreate"}, {"up", "-d"}, {"create"}, {"scale", "web=2"}, {"up", "-d", "--scale", "web=2", "--rolling"},
		{"run", "--rm", "-T", "web", "exit", "0"}, {"up", "-d", "--no-start", "--force-recreate"}, {"up", "-d"},
	} {
		if i%2 == 0 {
			p.rewrite(files, `"1"`, strconv.Quote(strconv.Itoa(i)))
		}
		p.run(args...)
		if now := inspect(t, first, "{{(index .Mounts 0).Name}}"); now != volume {
			t.Fatalf("after %v web 1 has the volume %s, not %s", args, now, volume)
		}
	}
	if text := docker(t, "exec", first, "/app", "cat", "/data/note"); text != "kept" {
		t.Errorf("the data is %q", text)
	}
	r := p.run("up", "-d", "-V")
	if now := inspect(t, first, "{{(index .Mounts 0).Name}}"); now == volume {
		t.Error("up -V has left the old volume")
	}
	if !strings.Contains(r.out+r.err, volume) {
		t.Errorf("up -V does not say that the volume %s stays:\n%s%s", volume, r.out, r.err)
	}
}

// freePorts is a row of ports of the host that nobody has, and the first of
// them held by this process.
func freePorts(t *testing.T, n int) (first int, held net.Listener) {
	t.Helper()
	for range 50 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		first = l.Addr().(*net.TCPAddr).Port
		free := first+n < 65536
		for port := first + 1; free && port < first+n; port++ {
			other, err := net.Listen("tcp", fmt.Sprint("127.0.0.1:", port))
			if free = err == nil; free {
				other.Close()
			}
		}
		if free {
			t.Cleanup(func() { l.Close() })
			return first, l
		}
		l.Close()
	}
	t.Fatal("no row of free ports")
	return 0, nil
}

// TestPortRange: replicas share a range of host ports without a collision,
// though another container and a process hold some of it; more replicas than
// are free are refused before anything happens.
func TestPortRange(t *testing.T) {
	t.Parallel()
	first, held := freePorts(t, 5)
	p := newProject(t, fmt.Sprintf("-- compose.yaml --\nservices:\n  web: {image: $IMAGE, init: true, ports: [\"127.0.0.1:%d-%d:80\"]}\n", first, first+4))
	foreign := p.name + "-foreign"
	docker(t, "run", "-d", "--name", foreign, "-p", fmt.Sprintf("127.0.0.1:%d:80", first+2), image)
	t.Cleanup(func() { try("docker", "rm", "-f", foreign) })

	p.fail(1, []string{"web", fmt.Sprintf("%d-%d", first, first+4), "too few", "3 free"}, "up", "-d", "--scale", "web=4")
	if left := p.containers(); len(left) > 0 {
		t.Fatalf("left behind: %v", left)
	}
	p.run("up", "-d", "--scale", "web=2")
	p.run("scale", "web=3")
	var ports []string
	for _, n := range p.replicas() {
		ports = append(ports, docker(t, "port", p.name+"-web-"+n, "80"))
	}
	slices.Sort(ports)
	var want []string
	for _, port := range []int{first + 1, first + 3, first + 4} {
		want = append(want, fmt.Sprint("127.0.0.1:", port))
	}
	if diff := cmp.Diff(want, ports); diff != "" {
		t.Errorf("the replicas' ports (-want +got):\n%s", diff)
	}
	before := p.ids()
	p.fail(1, []string{"too few", "3 free"}, "scale", "web=4")
	if diff := cmp.Diff(before, p.ids()); diff != "" {
		t.Errorf("something was made (-before +after):\n%s", diff)
	}
	held.Close()
	p.run("scale", "web=4")
	p.run("up", "-d", "--scale", "web=4", "--force-recreate")
	if n := len(p.replicas()); n != 4 {
		t.Errorf("%d replicas, want 4", n)
	}
}

// TestImpossibleScale: what can be only once is told before anything happens.
func TestImpossibleScale(t *testing.T) {
	t.Parallel()
	first, held := freePorts(t, 1)
	held.Close()
	p := newProject(t, fmt.Sprintf("-- compose.yaml --\nservices:\n  web: {image: $IMAGE, init: true, ports: [\"127.0.0.1:%d:80\"]}\n  one: {image: $IMAGE, init: true, container_name: $NAME-the-one}\n", first))
	refused := func(args ...string) {
		t.Helper()
		before := p.started()
		words := []string{"web", strconv.Itoa(first), "of the host"}
		if strings.HasPrefix(args[len(args)-1], "one") {
			words = []string{"one", "container_name"}
		}
		p.fail(1, words, args...)
		if diff := cmp.Diff(before, p.started()); diff != "" {
			t.Errorf("%v changed something (-before +after):\n%s", args, diff)
		}
	}
	for _, args := range [][]string{{"up", "-d", "--scale", "web=2"}, {"scale", "web=2"}, {"scale", "one=2"}, {"create", "--scale", "one=2"}} {
		refused(args...)
	}
	p.run("up", "-d")
	for _, args := range [][]string{{"up", "-d", "--scale", "web=2"}, {"scale", "web=2"}, {"scale", "one=2"}} {
		refused(args...)
	}
}

// TestKeepScale: the file decides at the next up, unless it or a flag says
// that the number lasts; scale says so.
func TestKeepScale(t *testing.T) {
	t.Parallel()
	const files = "\n-- compose.yaml --\nservices:\n  web: {image: $IMAGE, init: true}\n"
	p := newProject(t, files)
	count := func(want int, args ...string) {
		t.Helper()
		p.run(args...)
		if n := len(p.replicas()); n != want {
			t.Errorf("after %v there are %d replicas, want %d", args, n, want)
		}
	}
	r := p.run("scale", "web=2")
	if !strings.Contains(r.err, "--keep-scale") {
		t.Errorf("scale does not say that the number does not last:\n%s", r.err)
	}
	count(2, "up", "-d", "--keep-scale")
	count(1, "up", "-d")
	p.rewrite(files, "init: true", "init: true, x-recompose: {keep-scale: true}")
	count(3, "scale", "web=3")
	count(3, "up", "-d")
	count(3, "up", "-d", "--force-recreate")
	count(2, "up", "-d", "--scale", "web=2")
}
