package e2e

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestChangedVolume: a volume whose options changed keeps its data until
// somebody says yes; then it is made anew, with all containers that mount it.
func TestChangedVolume(t *testing.T) {
	t.Parallel()
	const files = `
-- compose.yaml --
services:
  db: {image: $IMAGE, volumes: ["data:/data", /own], healthcheck: {test: [CMD, /app, probe], interval: 100ms, retries: 50}}
  reader: {image: $IMAGE, command: [wait], volumes: ["data:/data:ro"], depends_on: {db: {condition: service_healthy}}}
volumes: {data: {driver_opts: {type: none, o: bind, device: $DIR/one}}}
`
	p := newProject(t, files)
	p.write("one/note", "first folder\n")
	p.write("two/note", "second folder\n")
	write := func(device string) {
		p.rewrite(files, "$DIR/one", filepath.Join(p.dir, device))
	}
	note := func() string { return docker(t, "exec", p.name+"-reader-1", "/app", "cat", "/data/note") }
	write("one")
	p.run("up", "-d")
	docker(t, "exec", p.name+"-db-1", "/app", "write", "/own/note", "anonymous")
	before := p.ids()
	write("two")
	r := p.run("up", "-d")
	for _, want := range []string{"is kept as it is", "driver_opts.device", "--yes"} {
		if !strings.Contains(r.err, want) {
			t.Errorf("nothing of %q in:\n%s", want, r.err)
		}
	}
	if diff := cmp.Diff(before, p.ids()); diff != "" || note() != "first folder" {
		t.Fatalf("without a yes something was done (-before +after), and the note is %q:\n%s", note(), diff)
	}
	// Somebody else's container, though stopped, holds the volume.
	stranger := p.name + "-stranger"
	docker(t, "create", "--name", stranger, "-v", p.name+"_data:/data", image)
	t.Cleanup(func() { try("docker", "rm", "-f", stranger) })
	p.fail(1, []string{stranger, "remove them first"}, "up", "-d", "--yes")
	if diff := cmp.Diff(before, p.ids()); diff != "" {
		t.Fatalf("a refused up has changed something (-before +after):\n%s", diff)
	}
	if r := p.run("plan", "down", "-v"); !strings.Contains(r.out, "the volume "+p.name+"_data stays: it is still mounted by "+stranger) {
		t.Errorf("plan down -v does not name the stranger:\n%s", r.out)
	}
	docker(t, "rm", stranger)
	// What the engine refuses is found before anything is given up.
	p.rewrite(files, "$DIR/one", filepath.Join(p.dir, "two"), "type: none", "nosuch: option")
	p.fail(1, []string{"nosuch"}, "up", "-d", "--yes")
	if diff := cmp.Diff(before, p.ids()); diff != "" || note() != "first folder" {
		t.Fatalf("a volume that cannot be has cost something (-before +after):\n%s", diff)
	}
	write("two")
	p.run("up", "-d", "--yes")
	if got := note(); got != "second folder" {
		t.Errorf("after a yes the note is %q", got)
	}
	if text := docker(t, "exec", p.name+"-db-1", "/app", "cat", "/own/note"); text != "anonymous" {
		t.Errorf("the anonymous volume of the replaced container holds %q", text)
	}
	p.run("plan", "--detailed-exitcode")
}

// TestDownRemovesInheritedVolumes: an anonymous volume goes with down -v and
// rm -v, too, when its container has it from the one before.
func TestDownRemovesInheritedVolumes(t *testing.T) {
	t.Parallel()
	const files = "\n-- compose.yaml --\nservices:\n  db: {image: $IMAGE, init: true, volumes: [/own]}\n  log: {image: $IMAGE, init: true, volumes_from: [db]}\n"
	p := newProject(t, files)
	for _, remove := range [][]string{{"down", "-v"}, {"rm", "-fsv"}} {
		p.run("up", "-d")
		p.run("up", "-d", "--force-recreate")
		volume := inspect(t, p.name+"-db-1", "{{(index .Mounts 0).Name}}")
		if out := p.run(append([]string{"plan"}, remove...)...).out; !strings.Contains(out, volume) {
			t.Errorf("the plan of %v does not name the volume %s:\n%s", remove, volume, out)
		}
		p.run(remove...)
		if left := try("docker", "volume", "ls", "-q", "--filter", "name="+volume); left != "" {
			t.Errorf("%v leaves the volume %s", remove, left)
		}
	}
}

// TestDownLeavesVolumesInUse: down -v removes what nobody else mounts.
func TestDownLeavesVolumesInUse(t *testing.T) {
	t.Parallel()
	p := newProject(t, `
-- compose.yaml --
services:
  db: {image: $IMAGE, volumes: ["data:/data", "more:/more", /own]}
volumes: {data: {driver_opts: {type: tmpfs, device: tmpfs, o: size=1m}}, more: {}}
`)
	p.run("up", "-d")
	stranger := p.name + "-stranger"
	docker(t, "run", "-d", "--name", stranger, "-v", p.name+"_more:/more", image)
	t.Cleanup(func() { try("docker", "rm", "-f", stranger) })
	out := p.run("plan", "down", "-v").out
	for _, want := range []string{"! all data in the volume " + p.name + "_data is lost", "! all data in its anonymous volume at /own is lost", "the volume " + p.name + "_more stays: it is still mounted by " + stranger} {
		if !strings.Contains(out, want) {
			t.Errorf("nothing of %q in:\n%s", want, out)
		}
	}
	if r := p.run("down", "-v"); !strings.Contains(r.err, "the volume "+p.name+"_more stays: it is still mounted by "+stranger) {
		t.Errorf("down -v does not name who mounts the volume:\n%s", r.err)
	}
	left := docker(t, "volume", "ls", "-q", "--filter", "label=com.docker.compose.project="+p.name)
	if left != p.name+"_more" || len(p.containers()) > 0 {
		t.Errorf("left are the volumes %q and the containers %v", left, p.containers())
	}
}
