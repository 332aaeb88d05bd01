package e2e

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// limitedFile is a project whose limits can be changed in place.
const limitedFile = `
-- compose.yaml --
services:
  web:
    image: $IMAGE
    command: [wait]
    init: true
    scale: 2
    mem_limit: 64m
    environment: {A: "1"}
  job: {image: $IMAGE, command: [wait], init: true, depends_on: [web]}
`

const limitsTemplate = "{{.Id}} {{.State.StartedAt}} {{or .HostConfig.RestartPolicy.Name \"no\"}}:{{.HostConfig.RestartPolicy.MaximumRetryCount}} {{.HostConfig.Memory}} {{.HostConfig.MemorySwap}} {{.HostConfig.NanoCpus}} {{or .HostConfig.PidsLimit 0}}"

// limits are what the engine says of the project's containers: which they
// are, since when they run, and their limits.
func (p *project) limits() map[string]string {
	out := map[string]string{}
	for name := range p.ids() {
		out[strings.TrimPrefix(name, p.name+"-")] = inspect(p.t, name, limitsTemplate)
	}
	return out
}

// TestUpdateInPlace: a change of limits and restart policy alone leaves the
// containers running, and the way back does too.
func TestUpdateInPlace(t *testing.T) {
	t.Parallel()
	p := newProject(t, limitedFile)
	p.run("up", "-d")
	before := p.limits()
	const more = `mem_limit: 96m
    restart: on-failure:3
    cpus: 0.5
    pids_limit: 50`
	p.rewrite(limitedFile, "mem_limit: 64m", more)
	plan := p.run("plan").out
	for _, words := range []string{"~ update container " + p.name + "-web-1", "restart: no -> on-failure:3", "mem_limit: 64MiB -> 96MiB", "cpus: (added) 0.5"} {
		if !strings.Contains(plan, words) {
			t.Errorf("the plan does not say %q:\n%s", words, plan)
		}
	}
	why := p.run("why", "web").out
	if !strings.Contains(why, "web-1 is updated") {
		t.Errorf("why says:\n%s", why)
	}
	p.passName = false // the folder has the name, and apply takes it from the plan
	p.run("plan", "-o", "kept.plan")
	p.run("apply", "kept.plan")
	want := map[string]string{"job-1": before["job-1"]}
	for _, name := range []string{"web-1", "web-2"} {
		f := strings.Fields(before[name])
		want[name] = strings.Join([]string{f[0], f[1], "on-failure:3", "100663296", "201326592", "500000000", "50"}, " ")
	}
	if diff := cmp.Diff(want, p.limits()); diff != "" {
		t.Fatalf("after the update (-want +got):\n%s", diff)
	}
	p.mustBeUpToDate()
	r := p.run("up", "-d", "--scale", "web=3")
	if _, there := p.ids()[p.name+"-web-3"]; !there {
		t.Errorf("no third replica:\n%s", r.err)
	}
	p.run("up", "-d")
	if diff := cmp.Diff(want, p.limits()); diff != "" {
		t.Errorf("after scaling up and down (-want +got):\n%s", diff)
	}
	// scale leaves what it does not remove, and says how it differs.
	p.rewrite(limitedFile, "mem_limit: 64m", strings.Replace(more, "96m", "80m", 1))
	if r := p.run("scale", "web=2"); !strings.Contains(r.err, "differs from the file (mem_limit); scale leaves it as it is, up updates it") {
		t.Errorf("scale says:\n%s", r.err)
	}
	if diff := cmp.Diff(want, p.limits()); diff != "" {
		t.Errorf("scale changed what was there (-want +got):\n%s", diff)
	}
}

// mustBeUpToDate checks that there is nothing to do, and that up does nothing.
func (p *project) mustBeUpToDate() {
	p.t.Helper()
	if r := p.do("plan", "--detailed-exitcode"); r.code != 0 {
		p.t.Errorf("something is left to do (%d):\n%s%s", r.code, r.out, r.err)
	}
	before := p.limits()
	p.run("up", "-d")
	if diff := cmp.Diff(before, p.limits()); diff != "" {
		p.t.Errorf("an up with nothing to do changed something:\n%s", diff)
	}
}

// TestUpdateInPlaceAndBack: what the labels say again is still looked up where
// it was changed, and what cannot be changed in place gets a new container.
func TestUpdateInPlaceAndBack(t *testing.T) {
	t.Parallel()
	p := newProject(t, limitedFile)
	p.run("up", "-d")
	before := p.limits()
	more := "mem_limit: 96m\n    restart: always"
	if !onPodman() { // what it gives where nobody asks for a limit, it does not tell
		more += "\n    pids_limit: 50"
	}
	p.rewrite(limitedFile, "mem_limit: 64m", more)
	p.run("up", "-d")
	p.rewrite(limitedFile)
	p.run("up", "-d")
	if diff := cmp.Diff(before, p.limits()); diff != "" {
		t.Fatalf("there and back (-want +got):\n%s", diff)
	}
	p.mustBeUpToDate()
	if marks := docker(t, "volume", "ls", "-q", "--filter", "label=com.docker.compose.project="+p.name); strings.Count(marks, "recompose.updated.") != 1 || strings.Contains(marks, "\n") {
		t.Errorf("volumes are not one mark: %s", marks)
	}

	// What the engine refuses: an error, and everything as it was. Podman takes it.
	if !onPodman() {
		p.rewrite(limitedFile, "mem_limit: 64m", "mem_limit: 64m\n    mem_reservation: 128m")
		p.fail(1, []string{"--no-in-place"}, "up", "-d")
		if diff := cmp.Diff(before, p.limits()); diff != "" {
			t.Errorf("after what the engine refuses (-want +got):\n%s", diff)
		}
	}
	for name, change := range map[string][]string{
		"with a variable":   {"64m", "96m", `"1"`, `"2"`},
		"a limit less":      {"    mem_limit: 64m\n", ""},
		"by flag":           {"64m", "96m"},
		"as the file wants": {"mem_limit: 64m", "mem_limit: 100m\n    x-recompose: {in-place: false}"},
	} {
		ids := p.ids()
		p.rewrite(limitedFile, change...)
		args := []string{"up", "-d"}
		if name == "by flag" {
			args = append(args, "--no-in-place")
		}
		p.run(args...)
		if now := p.ids(); now[p.name+"-web-1"] == ids[p.name+"-web-1"] {
			t.Errorf("%s: the container was not replaced", name)
		}
		p.mustBeUpToDate()
		p.rewrite(limitedFile)
		p.run("up", "-d", "--force-recreate", "web")
	}
	p.rewrite(limitedFile, "64m", "96m")
	p.run("up", "-d")
	p.run("down")
	if left := docker(t, "volume", "ls", "-q", "--filter", "label=com.docker.compose.project="+p.name); left != "" {
		t.Errorf("down leaves volumes: %s", left)
	}
}

// TestRollbackInPlace: limits go back by one change at a time, and forward
// again, while the containers run; and a replacement that is undone brings them
// back as they were.
func TestRollbackInPlace(t *testing.T) {
	t.Parallel()
	p := newProject(t, limitedFile)
	p.run("up", "-d")
	to := func(limits string, more ...string) map[string]string {
		t.Helper()
		p.rewrite(limitedFile, append([]string{"mem_limit: 64m", strings.ReplaceAll(limits, "; ", "\n    ")}, more...)...)
		p.run("up", "-d")
		return p.limits()
	}
	is := func(what string, want map[string]string) {
		t.Helper()
		if diff := cmp.Diff(want, p.limits()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	second := to("mem_limit: 96m")
	third := to("mem_limit: 128m; cpus: 0.5; pids_limit: 50; restart: always")
	fewer := "mem_limit: 112m; cpus: 0.5; restart: always"
	if onPodman() { // it cannot take a pids_limit away in place
		fewer += "; pids_limit: 40"
	}
	fourth := to(fewer)
	p.run("rollback", "--yes")
	is("rollback", third)
	p.fail(1, []string{"no service has anything more to go back to"}, "rollback", "--yes")
	is("another rollback", third)
	p.run("rollback", "web")
	is("forward", fourth)
	p.mustBeUpToDate()

	to("mem_limit: 64m", `"1"`, `"2"`)
	p.run("rollback", "web")
	for name, now := range p.limits() {
		if diff := cmp.Diff(strings.Fields(fourth[name])[2:], strings.Fields(now)[2:]); diff != "" {
			t.Errorf("after a replacement, %s goes back to (-want +got):\n%s", name, diff)
		}
	}
	if diff := cmp.Diff(second, third); diff == "" {
		t.Error("nothing was changed in place")
	}
}

// TestCrashOfUpdateInPlace: whichever request of a change in place is the last,
// the next up ends it, and rollback still knows what came before.
func TestCrashOfUpdateInPlace(t *testing.T) {
	t.Parallel()
	prepare := func() (*project, *proxy) {
		p := newProject(t, limitedFile)
		for _, limit := range []string{"64m", "96m"} {
			p.rewrite(limitedFile, "64m", limit)
			p.run("up", "-d")
		}
		p.rewrite(limitedFile, "64m", "128m")
		proxy := newProxy(t)
		p.env = []string{"DOCKER_HOST=" + proxy.host}
		return p, proxy
	}
	p, proxy := prepare()
	p.run("up", "-d")
	requests := len(proxy.take())
	p.clean()
	for k := 1 + requests%3; k <= requests; k += 3 {
		p, proxy := prepare()
		before := p.limits()
		p.signalAfter(proxy, k, []string{"up", "-d"}, os.Kill)
		proxy.calm()
		p.run("up", "-d")
		p.mustBeUpToDate()
		p.run("rollback", "web")
		if diff := cmp.Diff(before, p.limits()); diff != "" {
			t.Errorf("killed at request %d of %d, rollback (-want +got):\n%s", k, requests, diff)
		}
		p.clean()
	}
}

// TestSwapWithoutLimit: a limit of swap comes back by a new container where
// there was none.
func TestSwapWithoutLimit(t *testing.T) {
	t.Parallel()
	p := newProject(t, limitedFile)
	p.run("up", "-d")
	fresh := p.limits()
	p.rewrite(limitedFile, "mem_limit: 64m", "mem_limit: 64m\n    memswap_limit: -1")
	p.run("up", "-d")
	p.mustBeUpToDate()
	p.rewrite(limitedFile)
	p.run("up", "-d")
	p.mustBeUpToDate()
	for name, now := range p.limits() {
		if diff := cmp.Diff(strings.Fields(fresh[name])[2:], strings.Fields(now)[2:]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestUpdateInPlaceOfPeer: containers of docker-compose 1.29.2 are changed in
// place too, there and back.
func TestUpdateInPlaceOfPeer(t *testing.T) {
	peer, err := exec.LookPath("docker-compose")
	if err != nil {
		t.Skip("docker-compose is not installed")
	}
	t.Parallel()
	const file = `
-- compose.yaml --
version: "2.4"
services:
  web: {image: $IMAGE, command: [wait], init: true, mem_limit: 64m, pids_limit: -1}
`
	p := newProject(t, file)
	c := exec.Command(peer, "-p", p.name, "up", "-d")
	c.Dir = p.dir
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("docker-compose up: %v\n%s", err, out)
	}
	before := p.limits()
	p.mustBeUpToDate()
	p.rewrite(file, "64m, pids_limit: -1", "96m, memswap_limit: 128m, pids_limit: 50, restart: always")
	p.run("up", "-d")
	after := p.limits()
	for name, was := range before {
		f := strings.Fields(was)
		if want := strings.Join([]string{f[0], f[1], "always:0", "100663296", "134217728", "0", "50"}, " "); after[name] != want {
			t.Errorf("after the update: %s, want %s", after[name], want)
		}
	}
	p.mustBeUpToDate()
	p.rewrite(file)
	p.run("up", "-d")
	if diff := cmp.Diff(before, p.limits()); diff != "" {
		t.Errorf("there and back (-want +got):\n%s", diff)
	}
	p.mustBeUpToDate()
}
