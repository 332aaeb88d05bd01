package cmd

import (
	"bytes"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

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

func TestRunEnvFiles(t *testing.T) {
	c, _ := newShop(t)
	c.write("a.env", "A=file\nB=file\nC=\"$A-$B\"\n")
	c.write("b.env", "B=second\nD=second\n")
	app := c.app(&bytes.Buffer{}, &bytes.Buffer{})
	o := &runOptions{env: []string{"A=flag"}, envFiles: []string{"a.env", "b.env"}}
	if err := app.readEnvFiles(o); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"A=flag", "B=file", "C=flag-file", "D=second"}, o.env); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	o.envFiles = []string{"none.env"}
	if err := app.readEnvFiles(o); err == nil || !strings.Contains(err.Error(), "none.env") {
		t.Errorf("a file that is not there: %v", err)
	}
}
