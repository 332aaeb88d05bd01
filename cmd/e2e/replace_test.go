package e2e

import (
	"errors"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// probed is a service that says when it is healthy; VERSION and WHEN are to be
// replaced.
const probed = `
-- compose.yaml --
services:
  web:
    image: $IMAGE
    init: true
    environment: {VERSION: "1", HEALTHY_AFTER: "0s"}
    healthcheck: {test: [CMD, /app, probe], interval: 100ms, retries: 5}
    volumes: [/data]
  side: {image: $IMAGE, command: [wait], network_mode: "service:web"}
`

// rewrite changes the compose file.
func (p *project) rewrite(files string, oldnew ...string) {
	_, text, _ := strings.Cut(files, "-- compose.yaml --\n")
	p.write("compose.yaml", strings.NewReplacer(oldnew...).Replace(text))
}

// TestFailedUpdateLeavesTheOldOne: an update whose new container does not
// become healthy ends with an error that says why, and with the old container
// running under its name with its data.
func TestFailedUpdateLeavesTheOldOne(t *testing.T) {
	t.Parallel()
	p := newProject(t, probed)
	p.run("up", "-d")
	docker(t, "exec", p.name+"-web-1", "/app", "write", "/data/note", "kept")
	before := p.ids()
	p.rewrite(probed, `"1"`, `"2"`, `"0s"`, "never")
	r := p.fail(1, []string{"is unhealthy", "last probe (exit code 1)", "not yet", "serving on 80", "taking back", "web 1"}, "up", "-d")
	if diff := cmp.Diff(before, p.ids()); diff != "" {
		t.Fatalf("not the old containers (-before +after):\n%s\n%s", diff, r.err)
	}
	for name := range before {
		if state := inspect(t, name, "{{.State.Status}}"); state != "running" {
			t.Errorf("%s is %s", name, state)
		}
	}
	if text := docker(t, "exec", p.name+"-web-1", "/app", "cat", "/data/note"); text != "kept" {
		t.Errorf("the data is %q", text)
	}
	// What shares the network of the container that was started anew is in it.
	if text := docker(t, "exec", p.name+"-side-1", "/app", "get", "http://127.0.0.1/health"); text != "ok" {
		t.Errorf("side gets %q from web", text)
	}
	// The same change, mended: forward, and with the data.
	p.rewrite(probed, `"1"`, `"2"`)
	p.run("up", "-d")
	if p.ids()[p.name+"-web-1"] == before[p.name+"-web-1"] {
		t.Error("the mended change is not there")
	}
	if text := docker(t, "exec", p.name+"-web-1", "/app", "cat", "/data/note"); text != "kept" {
		t.Errorf("after the change the data is %q", text)
	}
}

// TestExitedAtOnce: without a healthcheck too, what has failed at once is taken
// back.
func TestExitedAtOnce(t *testing.T) {
	t.Parallel()
	const files = "\n-- compose.yaml --\nservices:\n  web: {image: $IMAGE, command: [wait], deploy: {update_config: {monitor: 3s}}}\n"
	p := newProject(t, files)
	p.run("up", "-d")
	before := p.ids()
	p.rewrite(files, "[wait]", `[exit, "3", 200ms]`)
	p.fail(1, []string{"exited with code 3", "taking back"}, "up", "-d")
	if diff := cmp.Diff(before, p.ids()); diff != "" {
		t.Errorf("not the old container (-before +after):\n%s", diff)
	}
	if got, want := p.containers(), []string{p.name + "-web-1 running"}; !slices.Equal(got, want) {
		t.Errorf("containers %v, want %v", got, want)
	}
}

// TestReplacesWhatEndsAgainAndAgain: engines do not rename a container that waits
// for its next try; a mended file replaces it all the same.
func TestReplacesWhatEndsAgainAndAgain(t *testing.T) {
	t.Parallel()
	const files = "\n-- compose.yaml --\nservices:\n  web: {image: $IMAGE, command: [exit, \"3\"], restart: always}\n"
	p := newProject(t, files)
	p.run("up", "-d")
	name := p.name + "-web-1"
	if !onPodman() { // it does not say so, and renames what it likes
		eventually(t, "the engine lets it wait", func() bool { return inspect(t, name, "{{.State.Restarting}}") == "true" })
	}
	p.rewrite(files, `[exit, "3"]`, "[wait]")
	p.run("up", "-d")
	if got, want := p.containers(), []string{name + " running"}; !slices.Equal(got, want) {
		t.Errorf("containers %v, want %v", got, want)
	}
}

// TestChangedContainerName: the file's name is that of the container after one
// up, in place of another one of the file or one that somebody gave it.
func TestChangedContainerName(t *testing.T) {
	t.Parallel()
	const files = "\n-- compose.yaml --\nservices:\n  web: {image: $IMAGE, command: [wait]}\n"
	p := newProject(t, files)
	p.run("up", "-d")
	ours, mine := p.name+"-web-1", p.name+"-mine"
	for _, want := range []string{mine, ours} {
		if want == mine {
			p.rewrite(files, "[wait]", "[wait], container_name: "+mine)
		} else {
			p.rewrite(files)
		}
		p.run("up", "-d")
		if got := p.containers(); !slices.Equal(got, []string{want + " running"}) {
			t.Errorf("containers %v, want %s", got, want)
		}
		p.run("plan", "--detailed-exitcode")
	}
	docker(t, "rename", ours, mine)
	p.run("up", "-d")
	p.run("plan", "--detailed-exitcode")
	if got := p.containers(); !slices.Equal(got, []string{ours + " running"}) {
		t.Errorf("containers %v, want %s", got, ours)
	}
}

// TestInterruptedUpdate: Ctrl-C while a new container is not healthy yet takes
// the old one back, and so does a terminal that is closed: both its shell and
// the kernel tell.
func TestInterruptedUpdate(t *testing.T) {
	t.Parallel()
	for name, signals := range map[string][]os.Signal{"Ctrl-C": {os.Interrupt}, "hangup": {syscall.SIGHUP, syscall.SIGHUP}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			interruptedUpdate(t, signals)
		})
	}
}

func interruptedUpdate(t *testing.T, signals []os.Signal) {
	p := newProject(t, probed)
	p.run("up", "-d")
	before := p.ids()
	p.rewrite(probed, `"1"`, `"2"`, `"0s"`, "1h", "retries: 5", "retries: 10000")
	signal, wait, out := p.foreground("up", "-d")
	eventually(t, "the new container starts", func() bool {
		id := p.ids()[p.name+"-web-1"]
		return id != "" && id != before[p.name+"-web-1"] && strings.TrimSpace(try("docker", "inspect", "--format", "{{.State.Status}}", id)) == "running"
	})
	for _, s := range signals {
		signal(s)
		eventually(t, "it is heard", func() bool { return strings.Contains(out.String(), "stopping") })
	}
	if code := wait(); code != 130 {
		t.Errorf("exit code %d\n%s", code, out)
	}
	if diff := cmp.Diff(before, p.ids()); diff != "" {
		t.Errorf("not the old containers (-before +after):\n%s\n%s", diff, out)
	}
	if state := inspect(t, p.name+"-web-1", "{{.State.Status}}"); state != "running" {
		t.Errorf("the old container is %s", state)
	}
}

// TestClosedPipe: who reads the output may go away; the replacement that has
// begun ends as it would have.
func TestClosedPipe(t *testing.T) {
	t.Parallel()
	p := newProject(t, probed)
	p.run("up", "-d")
	before := p.ids()[p.name+"-web-1"]
	p.rewrite(probed, `"1"`, `"2"`)
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	c, _, _ := p.start(t.Context(), "up", "-d")
	c.Stdout, c.Stderr = writer, writer
	if err := errors.Join(reader.Close(), c.Run(), writer.Close()); err != nil {
		t.Error(err)
	}
	if got, want := p.containers(), []string{p.name + "-side-1 running", p.name + "-web-1 running"}; !slices.Equal(got, want) || p.ids()[p.name+"-web-1"] == before {
		t.Errorf("containers %v, want %v, the latter a new one", got, want)
	}
}

// TestScaleKeepsData: scale leaves the containers of a changed service as they
// are, and up replaces them with their anonymous volumes.
func TestScaleKeepsData(t *testing.T) {
	t.Parallel()
	const files = "\n-- compose.yaml --\nservices:\n  web: {image: $IMAGE, environment: {VERSION: \"1\"}, volumes: [/data]}\n"
	p := newProject(t, files)
	p.run("up", "-d")
	first := p.name + "-web-1"
	docker(t, "exec", first, "/app", "write", "/data/note", "kept")
	id := p.ids()[first]
	p.rewrite(files, `"1"`, `"2"`)
	for _, args := range [][]string{{"scale", "web=2"}, {"up", "-d", "--scale", "web=2"}} {
		p.run(args...)
		if text := docker(t, "exec", first, "/app", "cat", "/data/note"); text != "kept" {
			t.Errorf("after %v the data is %q", args, text)
		}
		if args[0] == "scale" && p.ids()[first] != id {
			t.Error("scale has replaced a container that was there")
		}
	}
	if p.ids()[first] == id || inspect(t, first, "{{.Config.Env}}") == "" {
		t.Error("up has not replaced the changed container")
	}
}

// TestVolumesFromReadOnly: the mode of volumes_from holds, after a replacement
// of the source too.
func TestVolumesFromReadOnly(t *testing.T) {
	t.Parallel()
	const files = `
-- compose.yaml --
services:
  data: {image: $IMAGE, command: [wait], environment: {VERSION: "1"}, volumes: [/data]}
  reader: {image: $IMAGE, command: [wait], volumes_from: ["data:ro"]}
`
	p := newProject(t, files)
	p.run("up", "-d")
	for _, version := range []string{"1", "2"} {
		p.rewrite(files, `"1"`, `"`+version+`"`)
		p.run("up", "-d")
		docker(t, "exec", p.name+"-data-1", "/app", "write", "/data/note", version)
		if out := try("docker", "exec", p.name+"-reader-1", "/app", "write", "/data/note", "x"); !strings.Contains(out, "read-only file system") {
			t.Errorf("version %s: the reader can write: %s", version, out)
		}
		if text := docker(t, "exec", p.name+"-reader-1", "/app", "cat", "/data/note"); !strings.HasSuffix(text, version) {
			t.Errorf("version %s: the reader reads %q", version, text)
		}
	}
}

// TestChangedSubnet: a network that is made anew has its containers back with
// their aliases.
func TestChangedSubnet(t *testing.T) {
	t.Parallel()
	const files = `
-- compose.yaml --
services:
  web: {image: $IMAGE, networks: {back: {aliases: [www]}}}
  other: {image: $IMAGE, networks: [back]}
networks: {back: {ipam: {config: [{subnet: 10.213.8.0/25}]}}}
`
	p := newProject(t, files)
	p.run("up", "-d")
	p.rewrite(files, "10.213.8.0/25", "10.213.8.128/25")
	p.run("up", "-d")
	for _, alias := range []string{"web", "www", p.name + "-web-1"} {
		out := docker(t, "exec", p.name+"-other-1", "/app", "lookup", alias)
		_, address, _ := strings.Cut(out, " ")
		if !strings.HasPrefix(address, "10.213.8.1") {
			t.Errorf("%s leads to %q", alias, out)
		}
	}
}
