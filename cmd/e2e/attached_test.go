package e2e

import (
	"context"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const attachedFile = `
-- compose.yaml --
services:
  talk: {image: $IMAGE, command: [lines, "200"]}
  web: {image: $IMAGE, command: [serve]}
`

// watched takes a program's output while it runs.
type watched struct {
	mu   sync.Mutex
	text strings.Builder
}

func (w *watched) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.Write(b)
}

func (w *watched) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

// foreground starts a command line and shows its output as it comes.
func (p *project) foreground(args ...string) (signal func(os.Signal), wait func() int, out *watched) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	p.t.Cleanup(cancel)
	c, _, _ := p.start(ctx, args...)
	out = &watched{}
	c.Stdout, c.Stderr = out, out
	if err := c.Start(); err != nil {
		p.t.Fatal(err)
	}
	signal = func(s os.Signal) {
		if err := c.Process.Signal(s); err != nil {
			p.t.Error(err)
		}
	}
	return signal, func() int { _ = c.Wait(); return c.ProcessState.ExitCode() }, out
}

// TestAttachedUp shows every line from the first on, with the container's
// name before it, and stops the project on Ctrl-C.
func TestAttachedUp(t *testing.T) {
	t.Parallel()
	p := newProject(t, attachedFile)
	signal, wait, out := p.foreground("up")
	eventually(t, "the web service has said that it serves, and all lines are there", func() bool {
		return strings.Contains(out.String(), "serving on 80") && strings.Contains(out.String(), "err 199")
	})
	lines := 0
	for line := range strings.Lines(out.String()) {
		name, text, ok := strings.Cut(line, "|")
		if ok && strings.HasPrefix(strings.TrimSpace(name), "talk-1") && (strings.HasPrefix(text, " out ") || strings.HasPrefix(text, " err ")) {
			lines++
		}
	}
	if lines != 400 {
		t.Errorf("%d lines of talk, want 400:\n%s", lines, out)
	}
	signal(os.Interrupt)
	if code := wait(); code != 130 {
		t.Errorf("exit code after Ctrl-C: %d, want 130\n%s", code, out)
	}
	if diff := cmp.Diff([]string{p.name + "-talk-1 exited", p.name + "-web-1 exited"}, p.containers()); diff != "" {
		t.Errorf("after Ctrl-C (-want +got):\n%s", diff)
	}
}

// TestSecondInterrupt kills what does not want to stop.
func TestSecondInterrupt(t *testing.T) {
	t.Parallel()
	p := newProject(t, "-- compose.yaml --\nservices:\n  mule: {image: $IMAGE, command: [stubborn], stop_grace_period: 60s}\n")
	signal, wait, out := p.foreground("up")
	eventually(t, "the container runs", func() bool { return strings.Join(p.containers(), "") == p.name+"-mule-1 running" })
	signal(os.Interrupt)
	eventually(t, "it says how to force it", func() bool { return strings.Contains(out.String(), "again to force") })
	signal(syscall.SIGINT)
	if code := wait(); code != 130 {
		t.Errorf("exit code: %d, want 130\n%s", code, out)
	}
	if diff := cmp.Diff([]string{p.name + "-mule-1 exited"}, p.containers()); diff != "" {
		t.Error(diff)
	}
}

// TestExitCodeFrom returns a container's exit code and stops the others.
func TestExitCodeFrom(t *testing.T) {
	t.Parallel()
	p := newProject(t, "-- compose.yaml --\nservices:\n  db: {image: $IMAGE}\n  tests: {image: $IMAGE, depends_on: [db], command: [exit, \"7\", 200ms]}\n")
	r := p.do("up", "--exit-code-from", "tests")
	if r.code != 7 {
		t.Errorf("exit code %d, want 7\n%s%s", r.code, r.out, r.err)
	}
	if diff := cmp.Diff([]string{p.name + "-db-1 exited", p.name + "-tests-1 exited"}, p.containers()); diff != "" {
		t.Error(diff)
	}
	p.fail(3, nil, "run", "--rm", "tests", "exit", "3")
	if n := len(p.containers()); n != 2 {
		t.Errorf("run --rm left %v", p.containers())
	}
}

// TestInterruptedUp: Ctrl-C while `up -d` waits ends it at once, and a second
// run completes the project.
func TestInterruptedUp(t *testing.T) {
	t.Parallel()
	p := newProject(t, `
-- compose.yaml --
services:
  db:
    image: $IMAGE
    environment: {HEALTHY_AFTER: "${AFTER:-never}"}
    healthcheck: {test: [CMD, /app, probe], interval: 200ms, retries: 1000}
  web: {image: $IMAGE, depends_on: {db: {condition: service_healthy}}}
`)
	signal, wait, out := p.foreground("up", "-d")
	eventually(t, "db runs", func() bool { return strings.Contains(strings.Join(p.containers(), " "), "db-1 running") })
	signal(os.Interrupt)
	if code := wait(); code != 130 {
		t.Errorf("exit code: %d, want 130\n%s", code, out)
	}
	p.env = []string{"AFTER=0s"}
	p.run("up", "-d")
	if diff := cmp.Diff([]string{p.name + "-db-1 running", p.name + "-web-1 running"}, p.containers()); diff != "" {
		t.Error(diff)
	}
}

// TestInterruptedAttachedUp: Ctrl-C while an `up` in the foreground still
// waits stops what it has started.
func TestInterruptedAttachedUp(t *testing.T) {
	t.Parallel()
	p := newProject(t, `
-- compose.yaml --
services:
  db:
    image: $IMAGE
    environment: {HEALTHY_AFTER: never}
    healthcheck: {test: [CMD, /app, probe], interval: 200ms, retries: 1000}
  web: {image: $IMAGE, depends_on: {db: {condition: service_healthy}}}
`)
	signal, wait, out := p.foreground("up")
	eventually(t, "db serves", func() bool { return strings.Contains(out.String(), "serving on 80") })
	signal(os.Interrupt)
	if code := wait(); code != 130 {
		t.Errorf("exit code: %d, want 130\n%s", code, out)
	}
	if diff := cmp.Diff([]string{p.name + "-db-1 exited", p.name + "-web-1 created"}, p.containers()); diff != "" {
		t.Errorf("-want +got:\n%s\n%s", diff, out)
	}
}

// TestInterruptedAttachedUpdate: Ctrl-C while a container is replaced takes the
// old one back before all are stopped.
func TestInterruptedAttachedUpdate(t *testing.T) {
	t.Parallel()
	const files = `
-- compose.yaml --
services:
  web:
    image: $IMAGE
    init: true
    environment: {HEALTHY_AFTER: "0s"}
    healthcheck: {test: [CMD, /app, probe], interval: 200ms, retries: 10000}
`
	p := newProject(t, files)
	p.run("up", "-d")
	before := p.ids()
	p.rewrite(files, `"0s"`, "never")
	signal, wait, out := p.foreground("up")
	eventually(t, "the new container serves", func() bool { return strings.Contains(out.String(), "serving on 80") })
	signal(os.Interrupt)
	if code := wait(); code != 130 {
		t.Errorf("exit code: %d, want 130\n%s", code, out)
	}
	if diff := cmp.Diff(before, p.ids()); diff != "" {
		t.Errorf("not the old container (-before +after):\n%s\n%s", diff, out)
	}
	if diff := cmp.Diff([]string{p.name + "-web-1 exited"}, p.containers()); diff != "" {
		t.Errorf("-want +got:\n%s\n%s", diff, out)
	}
}

// TestRunAndExec pass input, output, the environment and the exit code on.
func TestRunAndExec(t *testing.T) {
	t.Parallel()
	p := newProject(t, smallFile)
	p.run("up", "-d")
	if out := p.run("exec", "-T", "-e", "A=b", "web", "/app", "env").out; !strings.Contains(out, "A=b\n") {
		t.Errorf("exec -e: %q", out)
	}
	p.fail(5, nil, "exec", "-T", "web", "/app", "exit", "5")
	if r := p.do("exec", "-T", "web", "/none"); r.code != 126 && r.code != 127 { // the engine decides
		t.Errorf("exec of a program that is not there: exit code %d\n%s", r.code, r.err)
	}
	r := p.run("run", "--rm", "-e", "A=c", "web", "env")
	if !strings.Contains(r.out, "A=c\n") {
		t.Errorf("run -e: %q %q", r.out, r.err)
	}
	r = p.run("run", "--rm", "web", "lines", "3")
	if r.out != "out 0\nout 1\nout 2\n" || !strings.Contains(r.err, "err 2\n") {
		t.Errorf("run: out %q, err %q", r.out, r.err)
	}
}
