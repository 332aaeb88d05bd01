package e2e

import (
	"net"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const smallFile = `
-- compose.yaml --
services:
  web: {image: $IMAGE}
`

// TestErrors: what a user can get wrong has one clear message and the right
// exit code, and leaves nothing half made.
func TestErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, files string
		env         []string
		args        []string
		code        int
		words       []string
	}{
		{"no engine", smallFile, []string{"DOCKER_HOST=unix:///nowhere/e.sock"}, []string{"up", "-d"}, 1, []string{"cannot reach the engine", "/nowhere/e.sock"}},
		{"no engine at a port", smallFile, []string{"DOCKER_HOST=tcp://127.0.0.1:1"}, []string{"ps"}, 1, []string{"cannot reach the engine", "127.0.0.1:1"}},
		{"a missing image", strings.Replace(smallFile, "$IMAGE", "localhost:1/none/such:1", 1), nil, []string{"up", "-d"}, 1, []string{"localhost:1/none/such:1"}},
		{"a bad file", "-- compose.yaml --\nservices:\n  web:\n    imagee: x\n    ports: [99999999]\n", nil, []string{"up", "-d"}, 1, []string{"compose.yaml:3", "imagee", "image", "compose.yaml:4"}},
		{"broken YAML", "-- compose.yaml --\nservices:\n\tweb: x\n", nil, []string{"config"}, 1, []string{"compose.yaml:2", "tab"}},
		{"a cycle", "-- compose.yaml --\nservices:\n  a: {image: x, depends_on: [b]}\n  b: {image: x, depends_on: [c]}\n  c: {image: x, depends_on: [a]}\n", nil, []string{"up", "-d"}, 1, []string{"a", "b", "c", "compose.yaml:"}},
		{"an unknown service", smallFile, nil, []string{"up", "-d", "wep"}, 1, []string{"wep", `did you mean`, "web"}},
		{"an unknown service of depends_on", "-- compose.yaml --\nservices:\n  web: {image: x, depends_on: [bd]}\n  db: {image: x}\n", nil, []string{"config"}, 1, []string{"compose.yaml:2", "bd", "db"}},
		{"no file", "-- other.txt --\nx\n", nil, []string{"up", "-d"}, 1, []string{"compose.yaml"}},
		{"an unknown command", smallFile, nil, []string{"upp"}, 1, []string{"upp", "up"}},
		{"an unknown flag", smallFile, nil, []string{"up", "--detatch"}, 1, []string{"--detach"}},
		{"a missing external network", "-- compose.yaml --\nservices:\n  web: {image: $IMAGE, networks: [n]}\nnetworks: {n: {external: true, name: $NAME-none}}\n", nil, []string{"up", "-d"}, 1, []string{"-none", "network create"}},
		{"a missing bind source", "-- compose.yaml --\nservices:\n  web:\n    image: $IMAGE\n    volumes: [{type: bind, source: ./none, target: /x, bind: {create_host_path: false}}]\n", nil, []string{"up", "-d"}, 1, []string{"none"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := newProject(t, c.files)
			p.env = c.env
			p.fail(c.code, c.words, c.args...)
			if left := p.containers(); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

// TestBusyPort: a port that another program has is found before anything is
// made, and once it is free the same command completes the project.
func TestBusyPort(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	p := newProject(t, "-- compose.yaml --\nservices:\n  db: {image: $IMAGE}\n  web: {image: $IMAGE, depends_on: [db], ports: [\"127.0.0.1:"+port+":80\"]}\n")
	p.fail(1, []string{port, "web"}, "up", "-d")
	if left := p.containers(); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	l.Close()
	p.run("up", "-d")
	if diff := cmp.Diff([]string{p.name + "-db-1 running", p.name + "-web-1 running"}, p.containers()); diff != "" {
		t.Error(diff)
	}
}

// TestForeignContainer: a name that belongs to a container which Compose did
// not make is not touched.
func TestForeignContainer(t *testing.T) {
	t.Parallel()
	p := newProject(t, smallFile)
	foreign := p.name + "-web-1"
	docker(t, "create", "--name", foreign, image)
	t.Cleanup(func() { try("docker", "rm", "-f", foreign) })
	id := inspect(t, foreign, "{{.Id}}")
	p.fail(1, []string{foreign}, "up", "-d")
	if now := inspect(t, foreign, "{{.Id}} {{.State.Status}}"); now != id+" created" {
		t.Errorf("the foreign container was touched: %s, was %s", now, id)
	}
	docker(t, "rm", foreign)
	p.run("up", "-d")
	if diff := cmp.Diff([]string{foreign + " running"}, p.containers()); diff != "" {
		t.Error(diff)
	}
}

// TestFailingStart: where one container cannot start, the others that do not
// need it run, and a second run mends the rest.
func TestFailingStart(t *testing.T) {
	t.Parallel()
	bad := "-- compose.yaml --\nservices:\n  good: {image: $IMAGE}\n  bad: {image: $IMAGE, entrypoint: [/none/such]}\n  needs: {image: $IMAGE, depends_on: [bad]}\n"
	p := newProject(t, bad)
	p.fail(1, []string{"bad", "/none/such"}, "up", "-d")
	if states := strings.Join(p.containers(), " "); !strings.Contains(states, "good-1 running") || strings.Contains(states, "needs-1 running") {
		t.Errorf("after the failure: %s", states)
	}
	p.write("compose.yaml", strings.Replace(strings.TrimPrefix(bad, "-- compose.yaml --\n"), ", entrypoint: [/none/such]", "", 1))
	p.run("up", "-d")
	want := []string{p.name + "-bad-1 running", p.name + "-good-1 running", p.name + "-needs-1 running"}
	if diff := cmp.Diff(want, p.containers()); diff != "" {
		t.Error(diff)
	}
}
