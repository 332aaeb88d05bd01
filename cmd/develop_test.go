package cmd

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"recompose/executor/sim"
	"recompose/planner"
)

const developed = `services:
  web:
    build: .
    develop:
      watch:
        - {path: src, action: sync, target: /app, initial_sync: true}
        - {path: conf, action: sync+restart, target: /etc/conf}
        - {path: hooked, action: sync+exec, target: /hooked, exec: {command: [reload]}}
        - {path: base, action: rebuild}
  db: {image: "app:1"}
`

// watching is a `watch` that runs on an engine in memory.
type watching struct {
	*commandLine

	engine  *sim.Engine
	signals chan os.Signal
	code    chan int
	said    *lockedBuffer
	broken  atomic.Bool // builds fail
}

// lockedBuffer is read while others write.
type lockedBuffer struct{ lockedWriter }

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.(*bytes.Buffer).String()
}

func newWatching(t *testing.T, args ...string) *watching {
	c, e := newShop(t)
	c.write("compose.yaml", developed)
	for _, name := range []string{"src/a", "conf/c", "hooked/h", "base", "Dockerfile"} {
		c.write(name, "1")
	}
	w := &watching{commandLine: c, engine: e, signals: make(chan os.Signal, 1), code: make(chan int, 1), said: &lockedBuffer{lockedWriter{w: &bytes.Buffer{}}}}
	a := c.app(nil, nil)
	a.Out, a.Err, a.Signals = w.said, w.said, w.signals
	e.Before = func(a planner.Action) error {
		if a.Op == planner.OpBuild && w.broken.Load() {
			return errors.New("no more paper")
		}
		return nil
	}
	go func() { w.code <- a.Run(append([]string{"recompose"}, args...)) }()
	t.Cleanup(func() {
		select {
		case w.signals <- os.Interrupt:
		default:
		}
	})
	return w
}

// eventually waits for a condition; only a broken test waits for long.
func (w *watching) eventually(what string, ok func() bool) {
	w.t.Helper()
	for deadline := time.Now().Add(time.Minute); !ok(); <-time.After(10 * time.Millisecond) {
		select {
		case code := <-w.code:
			w.t.Fatalf("it ended with %d before: %s\n%s", code, what, w.said)
		default:
		}
		if time.Now().After(deadline) {
			w.t.Fatalf("still not: %s\n%s", what, w.said)
		}
	}
}

func (w *watching) has(file, text string) {
	w.t.Helper()
	w.eventually(file+" has "+text, func() bool {
		got, _ := w.engine.ReadFile("shop-web-1", file) // none is ""
		return got == text
	})
}

func (w *watching) container(name string) planner.Container {
	w.t.Helper()
	s, err := w.engine.Observe(w.t.Context(), planner.Query{AllProjects: true})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, c := range s.Containers {
		if c.Name == name {
			return c
		}
	}
	return planner.Container{}
}

func (w *watching) interrupt() {
	w.t.Helper()
	w.signals <- os.Interrupt
	if code := <-w.code; code != exitInterrupted {
		w.t.Errorf("exit code %d, want %d\n%s", code, exitInterrupted, w.said)
	}
}

func TestWatch(t *testing.T) {
	w := newWatching(t, "watch")
	w.has("/app/a", "1")
	w.eventually("it watches", func() bool { return strings.Contains(w.said.String(), "watching the files of web") })

	w.write("src/a", "2")
	w.has("/app/a", "2")
	w.write("src/new/b", "1")
	w.has("/app/new/b", "1")

	w.write("conf/c", "2")
	w.has("/etc/conf/c", "2")
	w.eventually("web is started again", func() bool { return strings.Count(w.said.String(), "shop-web-1  Started") == 2 })

	w.engine.Behave("web", sim.Behavior{Exec: 3})
	w.write("hooked/h", "2")
	w.has("/hooked/h", "2")
	w.eventually("what the command returns is told", func() bool { return strings.Contains(w.said.String(), "reload: exit code 3") })
	w.engine.Behave("web", sim.Behavior{})

	// A build that fails leaves what runs, and the watching goes on.
	before := w.container("shop-web-1")
	w.broken.Store(true)
	w.write("base", "2")
	w.eventually("it says so", func() bool { return strings.Contains(w.said.String(), "not rebuilt") })
	if after := w.container("shop-web-1"); after.ID != before.ID || after.Status != planner.StatusRunning {
		t.Errorf("the container is %+v", after)
	}

	// The next one is followed by what the image lacks.
	db := w.container("shop-db-1")
	w.broken.Store(false)
	w.engine.Edit("web")
	w.write("base", "3")
	w.has("/app/a", "2")
	w.eventually("web is replaced", func() bool { id := w.container("shop-web-1").ID; return id != "" && id != before.ID })
	w.has("/app/new/b", "1")
	w.eventually("the older image is gone", func() bool {
		s, err := w.engine.Observe(t.Context(), planner.Query{Images: true})
		return err == nil && len(s.Images) == 2
	})
	if w.container("shop-db-1").ID != db.ID {
		t.Error("db was replaced, too")
	}
	w.interrupt()
	if c := w.container("shop-web-1"); c.Status != planner.StatusRunning {
		t.Errorf("web is %s after Ctrl-C", c.Status)
	}
}

// TestUpWatch: what has ended is no end, since a change may bring it back.
func TestUpWatch(t *testing.T) {
	w := newWatching(t, "up", "--watch")
	w.eventually("it watches", func() bool { return strings.Contains(w.said.String(), "watching the files of web") })
	w.run(0, "kill")
	w.write("conf/c", "2")
	w.eventually("web is started again", func() bool {
		return strings.Count(w.said.String(), "shop-web-1  Started") == 2 && w.container("shop-web-1").Status == planner.StatusRunning
	})
	w.interrupt()
	if c := w.container("shop-web-1"); c.Status != planner.StatusExited {
		t.Errorf("web is %s after Ctrl-C", c.Status)
	}
}
