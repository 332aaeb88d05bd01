package e2e

import (
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestAttach shows what a running container says, gives it our signals and
// ends with its exit code.
func TestAttach(t *testing.T) {
	t.Parallel()
	p := newProject(t, "-- compose.yaml --\nservices:\n  web: {image: $IMAGE, command: [serve]}\n")
	attach := func(flags ...string) (signal func(os.Signal), wait func() int, out *watched) {
		p.run("up", "-d")
		signal, wait, out = p.foreground(append(append([]string{"attach"}, flags...), "web")...)
		eventually(t, "attach shows what the container says", func() bool {
			p.run("exec", "-T", "web", "/app", "get", "http://127.0.0.1/here")
			return strings.Contains(out.String(), "served /here")
		})
		return signal, wait, out
	}

	signal, wait, out := attach("--sig-proxy=false")
	signal(os.Interrupt)
	if code := wait(); code != 130 {
		t.Errorf("Ctrl-C that is not passed on: exit code %d, want 130\n%s", code, out)
	}
	if diff := cmp.Diff([]string{p.name + "-web-1 running"}, p.containers()); diff != "" {
		t.Fatalf("it is no more attached (-want +got):\n%s", diff)
	}

	signal, wait, out = attach()
	signal(syscall.SIGHUP)
	eventually(t, "the container has the signal", func() bool { return strings.Contains(out.String(), "reloaded") })
	if strings.Contains(out.String(), "serving on") {
		t.Errorf("what was said before is shown:\n%s", out)
	}
	signal(os.Interrupt)
	if code := wait(); code != 0 {
		t.Errorf("Ctrl-C: exit code %d, want the container's 0\n%s", code, out)
	}
	p.fail(1, []string{"no running container"}, "attach", "web")

	_, wait, out = attach()
	p.run("kill", "web")
	if code := wait(); code != 137 {
		t.Errorf("killed: exit code %d, want the container's 137\n%s", code, out)
	}

	p.run("up", "-d")
	p.run("pause", "web")
	p.fail(1, []string{"is paused"}, "attach", "web")
}
