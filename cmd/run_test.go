package cmd

import (
	"bytes"
	"io"
	"os"
	"syscall"
	"testing"

	"recompose/executor/sim"
	"recompose/planner"
)

// onWrite calls a function before the first write.
type onWrite struct {
	io.Writer
	once func()
}

func (w *onWrite) Write(p []byte) (int, error) {
	if w.once != nil {
		w.once()
		w.once = nil
	}
	return w.Writer.Write(p)
}

// TestRunThirdInterruptKills: a command that takes no signal is ended all the
// same, and its container does not stay.
func TestRunThirdInterruptKills(t *testing.T) {
	c, e := newShop(t)
	e.Behave("web", sim.Behavior{Hangs: true, Output: []string{"here"}})
	signals := make(chan os.Signal)
	var stdout, stderr bytes.Buffer
	out := &onWrite{Writer: &stdout, once: func() {
		go func() {
			for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM, os.Interrupt} {
				signals <- s
			}
		}()
	}}
	app := c.app(&stdout, &stderr)
	app.Out, app.Signals = out, signals
	if code := app.Run([]string{"recompose", "run", "--rm", "--no-deps", "-T", "web"}); code != 137 {
		t.Errorf("exit code %d, want 137: %s", code, stderr.String())
	}
	if s, err := e.Observe(t.Context(), planner.Query{AllProjects: true}); err != nil || len(s.Containers) > 0 {
		t.Errorf("containers are left: %v, %v", s.Containers, err)
	}
}
