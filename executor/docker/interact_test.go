package docker

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/docker/docker/api/types/container"
	"github.com/google/go-cmp/cmp"

	"recompose/executor"
	"recompose/planner"
)

// talk is a handler that takes the connection over, as attach and exec do, and
// leaves it to f.
func talk(t *testing.T, f func(conn net.Conn)) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		conn, buffered, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		_, _ = buffered.WriteString("HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n")
		_ = buffered.Flush() // a test without an answer fails by itself
		f(conn)
	}
}

func say(text string) func(net.Conn) {
	return func(c net.Conn) { _, _ = c.Write([]byte(text)) }
}

// execRoutes are an engine with one container, whose exec talks by f and ends
// with the states, in turn; the last stays.
func execRoutes(t *testing.T, f func(net.Conn), states ...container.ExecInspect) map[string]http.HandlerFunc {
	return map[string]http.HandlerFunc{
		"POST /containers/{id}/exec": answer(http.StatusCreated, map[string]string{"Id": "x1"}),
		"POST /exec/{id}/start":      talk(t, f),
		"GET /exec/{id}/json": func(w http.ResponseWriter, r *http.Request) {
			answer(http.StatusOK, states[0])(w, r)
			if len(states) > 1 {
				states = states[1:]
			}
		},
	}
}

func TestExecOutputAndCode(t *testing.T) {
	_, e := newStandIn(t, execRoutes(t, say(frame(1, "out")+frame(2, "err")+frame(1, "put")), container.ExecInspect{ExitCode: 4}))
	var out, errs bytes.Buffer
	code, err := e.Exec(t.Context(), "c1", executor.ExecOptions{Command: []string{"x"}, Stdout: &out, Stderr: &errs})
	if diff := cmp.Diff([]any{4, nil, "output", "err"}, []any{code, err, out.String(), errs.String()}); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// The output may end before the engine has noted that the command has.
func TestExecWaitsForTheEndOfTheCommand(t *testing.T) {
	routes := execRoutes(t, say(""), container.ExecInspect{Running: true}, container.ExecInspect{Running: true}, container.ExecInspect{ExitCode: 3})
	routes["GET /events"] = func(w http.ResponseWriter, r *http.Request) {
		answer(http.StatusOK, `{"Action":"exec_die","Actor":{"ID":"c1","Attributes":{"execID":"x1","exitCode":"3"}}}`)(w, r)
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}
	s, e := newStandIn(t, routes)
	code, err := e.Exec(t.Context(), "c1", executor.ExecOptions{Command: []string{"x"}})
	if code != 3 || err != nil {
		t.Errorf("code %d, %v; asked %q", code, err, s.asked())
	}
}

func TestExecStreamsThatBreak(t *testing.T) {
	for name, c := range map[string]struct{ said, want string }{
		"within a frame": {frame(1, "abc")[:9], "ends within a frame"},
		"no frames":      {"HTTP/1.1 500 gone wrong\r\n", "is broken"},
	} {
		t.Run(name, func(t *testing.T) {
			_, e := newStandIn(t, execRoutes(t, say(c.said), container.ExecInspect{}))
			if _, err := e.Exec(t.Context(), "c1", executor.ExecOptions{Command: []string{"x"}}); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestExecEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	_, e := newStandIn(t, execRoutes(t, func(c net.Conn) {
		cancel()
		_, _ = io.Copy(io.Discard, c) // until we hang up
	}, container.ExecInspect{}))
	if _, err := e.Exec(ctx, "c1", executor.ExecOptions{Command: []string{"x"}}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestExecInANotRunningContainer(t *testing.T) {
	_, e := newStandIn(t, map[string]http.HandlerFunc{"POST /containers/{id}/exec": refusal(http.StatusConflict, "Container c1 is not running")})
	if _, err := e.Exec(t.Context(), "c1", executor.ExecOptions{Command: []string{"x"}}); err == nil || err.Error() != "Container c1 is not running" {
		t.Errorf("got %v", err)
	}
}

func TestDetachKeysLeaveTheCommandRunning(t *testing.T) {
	got := make(chan string, 1)
	_, e := newStandIn(t, execRoutes(t, func(c net.Conn) {
		b, _ := io.ReadAll(c)
		got <- string(b)
	}, container.ExecInspect{Running: true}))
	in, keys := io.Pipe()
	defer in.Close()
	go func() { _, _ = keys.Write([]byte("ls\r\x10\x11never")) }() // ctrl-p ctrl-q
	code, err := e.Exec(t.Context(), "c1", executor.ExecOptions{Command: []string{"sh"}, TTY: true, Stdin: in})
	if code != 0 || err != nil {
		t.Errorf("code %d, %v", code, err)
	}
	if sent := <-got; strings.Contains(sent, "never") {
		t.Errorf("sent %q", sent)
	}
}

func TestAttachAndStartOrder(t *testing.T) {
	started := make(chan struct{})
	s, e := newStandIn(t, map[string]http.HandlerFunc{
		"POST /containers/{id}/attach": talk(t, func(c net.Conn) {
			<-started
			say(frame(1, "hello\n"))(c)
		}),
		"POST /containers/{id}/wait": func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusOK)
			w.(http.Flusher).Flush()
			<-started
			answer(http.StatusOK, map[string]int{"StatusCode": 6})(w, r)
		},
		"POST /containers/{id}/start": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusNoContent)
			close(started)
		},
	})
	var out bytes.Buffer
	code, err := e.AttachAndStart(t.Context(), "c1", executor.ExecOptions{Stdout: &out})
	if diff := cmp.Diff([]any{6, nil, "hello\n"}, []any{code, err, out.String()}); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	want := []string{"POST /containers/c1/attach", "POST /containers/c1/wait", "POST /containers/c1/start"}
	if diff := cmp.Diff(want, s.asked()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// attachRoutes are an engine with one container that talks by f, takes signals
// and then ends.
func attachRoutes(t *testing.T, f func(c net.Conn, signals <-chan string)) map[string]http.HandlerFunc {
	signals := make(chan string, 1)
	ended := make(chan struct{})
	return map[string]http.HandlerFunc{
		"POST /containers/{id}/attach": talk(t, func(c net.Conn) { f(c, signals); close(ended) }),
		"POST /containers/{id}/wait": func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusOK)
			w.(http.Flusher).Flush()
			<-ended
			answer(http.StatusOK, map[string]int{"StatusCode": 6})(w, r)
		},
		"POST /containers/{id}/kill": func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusNoContent)
			signals <- r.URL.Query().Get("signal")
		},
	}
}

func TestAttachPassesSignalsAndReturnsTheCode(t *testing.T) {
	got := ""
	routes := attachRoutes(t, func(c net.Conn, signals <-chan string) {
		got = <-signals
		say(frame(1, "reloaded\n"))(c)
	})
	_, e := newStandIn(t, routes)
	ours := make(chan string, 1)
	ours <- "SIGHUP"
	var out bytes.Buffer
	code, err := e.Attach(t.Context(), "c1", executor.ExecOptions{Stdout: &out, Signals: ours})
	if diff := cmp.Diff([]any{6, nil, "reloaded\n", "SIGHUP"}, []any{code, err, out.String(), got}); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAttachLeavesByTheKeysThatAreAskedFor(t *testing.T) {
	routes := attachRoutes(t, func(c net.Conn, _ <-chan string) { _, _ = io.Copy(io.Discard, c) })
	_, e := newStandIn(t, routes)
	in, keys := io.Pipe()
	defer in.Close()
	go func() { _, _ = keys.Write([]byte("ls\r\x10\x11\x18")) }() // the usual keys are none here
	_, err := e.Attach(t.Context(), "c1", executor.ExecOptions{TTY: true, Stdin: in, DetachKeys: "ctrl-x"})
	if !errors.Is(err, executor.ErrDetached) {
		t.Errorf("got %v", err)
	}
	if _, err := e.Attach(t.Context(), "c1", executor.ExecOptions{DetachKeys: "ctrl-enter"}); err == nil || !strings.Contains(err.Error(), "no keys to detach with") {
		t.Errorf("got %v", err)
	}
}

func TestStartCodes(t *testing.T) {
	for message, want := range map[string]int{
		`OCI runtime create failed: exec: "x": executable file not found in $PATH: unknown`:  127,
		`OCI runtime create failed: exec: "/x": stat /x: no such file or directory: unknown`: 127,
		`OCI runtime create failed: exec: "/x": permission denied: unknown`:                  126,
		`OCI runtime create failed: exec: "/": is a directory: unknown`:                      126,
		`driver failed programming external connectivity: port is already allocated`:         125,
	} {
		if got := startCode(message); got != want {
			t.Errorf("%s: %d, want %d", message, got, want)
		}
	}
}

func TestAttachWithoutAnOutputAsksNothing(t *testing.T) {
	s, e := newStandIn(t, nil)
	if err := e.attach(t.Context(), planner.Ref{}, planner.Attach{Container: planner.Handle{ID: "c1"}}); err != nil {
		t.Fatal(err)
	}
	if got := s.asked(); len(got) > 0 {
		t.Errorf("asked %q", got)
	}
}

func TestLogsEndWithTheirContext(t *testing.T) {
	_, e := newStandIn(t, map[string]http.HandlerFunc{"GET /containers/{id}/logs": func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, frame(1, "a\n"))
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	err := e.Logs(ctx, "c1", executor.LogOptions{Follow: true}, lineFunc(cancel))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
