package cmd

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"recompose/executor"
	"recompose/executor/lock"
	"recompose/executor/sim"
	"recompose/planner"
)

// addressed is an engine in memory that others could reach.
type addressed struct{ *sim.Engine }

func (addressed) Address() string { return "unix:///engine.sock" }

// commandLine runs command lines in a folder against one engine.
type commandLine struct {
	t      *testing.T
	dir    string
	env    []string
	engine executor.Engine
}

func newCommandLine(t *testing.T, engine executor.Engine, files map[string]string) *commandLine {
	t.Helper()
	c := &commandLine{t: t, dir: filepath.Join(t.TempDir(), "shop"), engine: engine}
	c.env = []string{"HOME=" + t.TempDir()}
	for name, text := range files {
		c.write(name, text)
	}
	return c
}

func (c *commandLine) write(name, text string) {
	c.t.Helper()
	path := filepath.Join(c.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		c.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		c.t.Fatal(err)
	}
}

func (c *commandLine) app(out, stderr *bytes.Buffer) *App {
	return &App{
		In: strings.NewReader(""), Out: out, Err: stderr, Dir: c.dir, Env: c.env, Program: "recompose", Now: time.Now, Slug: randomSlug,
		Signals: make(chan os.Signal), Connect: func(Connection) (executor.Engine, error) { return c.engine, nil },
	}
}

// run runs a command line and checks its exit code.
func (c *commandLine) run(code int, args ...string) (out, stderr string) {
	c.t.Helper()
	var o, e bytes.Buffer
	if got := c.app(&o, &e).Run(append([]string{"recompose"}, args...)); got != code {
		c.t.Fatalf("recompose %s: exit code %d, want %d\n%s%s", strings.Join(args, " "), got, code, o.String(), e.String())
	}
	return o.String(), e.String()
}

const shop = "services:\n  web: {image: \"app:1\", environment: {LEVEL: \"$LEVEL\"}}\n"

func newShop(t *testing.T) (*commandLine, *sim.Engine) {
	e := sim.New()
	e.AddImage(planner.Image{Tags: []string{"app:1"}})
	c := newCommandLine(t, addressed{e}, map[string]string{"compose.yaml": shop})
	c.env = append(c.env, "LEVEL=info")
	return c, e
}

func TestOneWriter(t *testing.T) {
	c, _ := newShop(t)
	var out, stderr bytes.Buffer
	app := c.app(&out, &stderr)
	other, err := lock.Acquire(t.Context(), lock.Own(app.lockDir()), "unix:///engine.sock shop", lock.Holder{PID: 4711, Command: "recompose scale", Since: time.Now()}, lock.Options{})
	if err != nil {
		t.Fatal(err)
	}
	_, said := c.run(1, "--lock-timeout", "0", "up", "-d")
	for _, want := range []string{"project shop", "process 4711 (recompose scale)", "--lock-timeout"} {
		if !strings.Contains(said, want) {
			t.Errorf("a held lock: nothing of %q in %q", want, said)
		}
	}
	// What changes nothing, or another project, does not wait.
	for _, args := range [][]string{{"plan"}, {"ps"}, {"--dry-run", "up", "-d"}, {"plan", "--offline"}, {"-p", "other", "up", "-d"}, {"build"}} {
		c.run(0, append([]string{"--lock-timeout", "0"}, args...)...)
	}
	// Who waits is told of at once, and goes on when the other is done.
	app.Err = releasing{&stderr, other}
	if code := app.Run([]string{"recompose", "up", "-d"}); code != 0 || !strings.Contains(stderr.String(), "waiting for process 4711") {
		t.Errorf("the wait: exit code %d, said %q", code, stderr.String())
	}
	// The lock is given back, after a failure too.
	c.write("compose.yaml", shop+"  bad: {image: \"none:1\", pull_policy: never}\n")
	c.run(1, "--lock-timeout", "0", "up", "-d")
	c.run(0, "--lock-timeout", "0", "down")
	c.run(1, "--lock-timeout=-1s", "ps")
}

// releasing gives a lock back when somebody waits for it.
type releasing struct {
	*bytes.Buffer
	lock *lock.Lock
}

func (r releasing) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte("waiting for")) {
		r.lock.Release()
	}
	return r.Buffer.Write(p)
}

func TestAnInterruptEndsTheWaitForTheLock(t *testing.T) {
	c, e := newShop(t)
	var out, stderr bytes.Buffer
	app := c.app(&out, &stderr)
	other, err := lock.Acquire(t.Context(), lock.Own(app.lockDir()), "unix:///engine.sock shop", lock.Holder{PID: 4711}, lock.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Release()
	signals := make(chan os.Signal, 1)
	signals <- os.Interrupt
	app.Signals = signals
	if code := app.Run([]string{"recompose", "up", "-d"}); code != exitInterrupted {
		t.Errorf("exit code %d: %s", code, stderr.String())
	}
	if s, err := e.Observe(t.Context(), planner.Query{AllProjects: true}); err != nil || len(s.Containers) > 0 {
		t.Errorf("containers were made: %v, %v", s.Containers, err)
	}
}
