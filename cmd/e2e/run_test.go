package e2e

import (
	"os"
	"strings"
	"syscall"
	"testing"
)

// TestRunPassesSignals: what stops the program stops the command, with its last
// words and its exit code.
func TestRunPassesSignals(t *testing.T) {
	t.Parallel()
	p := newProject(t, "-- compose.yaml --\nservices:\n  web: {image: $IMAGE, command: [serve]}\n")
	signal, wait, out := p.foreground("run", "-T", "--name", p.name+"-once", "web")
	said := func(what string) {
		t.Helper()
		eventually(t, what, func() bool { return strings.Contains(out.String(), what) })
	}
	said("serving on")
	signal(syscall.SIGHUP)
	said("reloaded")
	signal(os.Interrupt)
	if code := wait(); code != 0 {
		t.Errorf("Ctrl-C: exit code %d, want the command's 0\n%s", code, out)
	}
	if ran := p.containers(); len(ran) != 1 || !strings.HasSuffix(ran[0], "-once exited") {
		t.Errorf("the command runs on: %v", ran)
	}
}
