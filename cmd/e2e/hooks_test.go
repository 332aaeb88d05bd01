package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const hooked = `
-- compose.yaml --
services:
  web:
    image: $IMAGE
    init: true
    volumes: ["./log:/log"]
    pre_stop:
      - {command: [/app, write, /log/stops, stopped]}
  job: {image: $IMAGE, init: true, command: [exit, "0", "500ms"], depends_on: [web]}
-- log/stops --
`

// TestPreStop: the hook runs once before each stop of a container, whichever
// command it is that stops it.
func TestPreStop(t *testing.T) {
	t.Parallel()
	p := newProject(t, hooked)
	count := func() int {
		b, err := os.ReadFile(filepath.Join(p.dir, "log", "stops"))
		if err != nil {
			t.Fatal(err)
		}
		return strings.Count(string(b), "stopped")
	}
	total := 0
	stops := func(n int, what string) {
		t.Helper()
		total += n
		if got := count(); got != total {
			t.Errorf("%s: the hooks have run %d times, want %d", what, got-(total-n), n)
			total = got
		}
	}
	stops(0, "at the beginning")
	for _, step := range []struct {
		stops int
		args  []string
	}{
		{0, []string{"up", "-d"}},
		{1, []string{"stop", "web"}},
		{0, []string{"stop"}},
		{0, []string{"up", "-d"}},
		{1, []string{"restart", "web"}},
		{1, []string{"up", "-d", "--force-recreate", "web"}},
		{0, []string{"scale", "web=3"}},
		{1, []string{"scale", "web=2"}},
		{1, []string{"up", "-d"}}, // the file says one
		{0, []string{"kill"}},     // no stop
		{0, []string{"rm", "-f"}},
		{0, []string{"up", "-d", "web"}},
		{1, []string{"rm", "-s", "-f", "web"}},
		{1, []string{"up", "--abort-on-container-exit"}},
		{0, []string{"start", "web"}},
		{1, []string{"down"}},
	} {
		if r := p.do(step.args...); r.code != 0 {
			t.Fatalf("%v: exit code %d\n%s%s", step.args, r.code, r.out, r.err)
		}
		stops(step.stops, strings.Join(step.args, " "))
	}
	signal, wait, out := p.foreground("up", "web")
	eventually(t, "web serves", func() bool { return strings.Contains(out.String(), "serving on 80") })
	signal(os.Interrupt)
	if code := wait(); code != 130 {
		t.Errorf("exit code after Ctrl-C: %d, want 130\n%s", code, out)
	}
	stops(1, "Ctrl-C of an attached up")
}
