package docker

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/google/go-cmp/cmp"

	"recompose/executor"
	"recompose/planner"
)

// runTalker runs a command of an image and returns its output.
func runTalker(t *testing.T, e *Engine, ctx context.Context, image string, args ...string) string {
	t.Helper()
	created, err := e.api.ContainerCreate(ctx, &container.Config{Image: image, Cmd: args}, &container.HostConfig{NetworkMode: "none"}, nil, nil, "")
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = e.api.ContainerRemove(context.Background(), created.ID, container.RemoveOptions{Force: true})
	}()
	var out bytes.Buffer
	code, err := e.AttachAndStart(ctx, created.ID, executor.ExecOptions{Stdout: &out, Stderr: &out})
	if err != nil || code != 0 {
		t.Fatalf("code %d, %v: %s", code, err, &out)
	}
	return out.String()
}

func TestLiveAttachAndStart(t *testing.T) {
	e, ctx := liveEngine(t)
	id := createTalker(t, e, ctx, &container.Config{Cmd: []string{"fail", "7"}})
	var out, errs bytes.Buffer
	code, err := e.AttachAndStart(ctx, id, executor.ExecOptions{Stdout: &out, Stderr: &errs})
	if err != nil {
		t.Fatal(err)
	}
	got := []any{code, out.String(), errs.String()}
	if diff := cmp.Diff([]any{7, "about to fail\n", "it failed\n"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestLiveAttachAndStartPassesInputAndItsEnd(t *testing.T) {
	e, ctx := liveEngine(t)
	id := createTalker(t, e, ctx, &container.Config{Cmd: []string{"echo"}, OpenStdin: true, StdinOnce: true, AttachStdin: true})
	text := strings.Repeat("to and fro\n", 10000)
	var out bytes.Buffer
	code, err := e.AttachAndStart(ctx, id, executor.ExecOptions{Stdin: strings.NewReader(text), Stdout: &out})
	if err != nil || code != 0 {
		t.Fatal(code, err)
	}
	if out.String() != text {
		t.Errorf("%d bytes came back of %d", out.Len(), len(text))
	}
}

func TestLiveNotStartable(t *testing.T) {
	e, ctx := liveEngine(t)
	id := createTalker(t, e, ctx, &container.Config{Entrypoint: []string{"/nothing"}})
	var errs bytes.Buffer
	code, err := e.AttachAndStart(ctx, id, executor.ExecOptions{Stderr: &errs})
	if err != nil || code != 127 || !strings.Contains(errs.String(), "/nothing") {
		t.Errorf("code %d, error %v, said %q", code, err, &errs)
	}
}

func TestLiveExec(t *testing.T) {
	e, ctx := liveEngine(t)
	id := createTalker(t, e, ctx, &container.Config{Cmd: []string{"wait"}})
	if code, err := e.AttachAndStart(ctx, id, executor.ExecOptions{Detach: true}); err != nil || code != 0 {
		t.Fatal(code, err)
	}
	run := func(o executor.ExecOptions) []any {
		var out, errs bytes.Buffer
		o.Stdout, o.Stderr = &out, &errs
		code, err := e.Exec(ctx, id, o)
		if err != nil {
			t.Fatal(err)
		}
		return []any{code, out.String(), errs.String()}
	}
	for _, c := range []struct {
		o    executor.ExecOptions
		want []any
	}{
		{executor.ExecOptions{Command: []string{"/talker", "fail", "9"}}, []any{9, "about to fail\n", "it failed\n"}},
		{executor.ExecOptions{Command: []string{"/talker", "echo"}, Stdin: strings.NewReader("in and out")}, []any{0, "in and out", ""}},
		{executor.ExecOptions{Command: []string{"/talker", "say", "a", "b"}, TTY: true}, []any{0, "a\r\nb\r\n", ""}},
		{executor.ExecOptions{Command: []string{"/talker", "say", "a", "b"}, Detach: true}, []any{0, "", ""}},
	} {
		if diff := cmp.Diff(c.want, run(c.o)); diff != "" {
			t.Errorf("%v (-want +got):\n%s", c.o.Command, diff)
		}
	}
	got := run(executor.ExecOptions{Command: []string{"/nothing"}})
	if code := got[0].(int); code != 127 && code != 126 {
		t.Errorf("a command that is not there: %v", got)
	}
}

func TestLiveExecResize(t *testing.T) {
	e, ctx := liveEngine(t)
	id := createTalker(t, e, ctx, &container.Config{Cmd: []string{"wait"}})
	if _, err := e.AttachAndStart(ctx, id, executor.ExecOptions{Detach: true}); err != nil {
		t.Fatal(err)
	}
	sizes := make(chan [2]uint)
	r, w := io.Pipe()
	done := make(chan error, 1)
	go func() {
		_, err := e.Exec(ctx, id, executor.ExecOptions{Command: []string{"/talker", "size"}, TTY: true, Stdout: w, Resize: sizes})
		w.CloseWithError(io.EOF)
		done <- err
	}()
	buf := make([]byte, 100)
	n, err := io.ReadAtLeast(r, buf, len("ready"))
	if err != nil {
		t.Fatal(err)
	}
	sizes <- [2]uint{40, 132}
	rest, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("ready\r\nchanged\r\n", string(buf[:n])+string(rest)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestLiveLogs(t *testing.T) {
	e, ctx := liveEngine(t)
	long := 100_000
	id := createTalker(t, e, ctx, &container.Config{Cmd: []string{"long", "100000"}})
	if _, err := e.AttachAndStart(ctx, id, executor.ExecOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, o := range []executor.LogOptions{{}, {Follow: true}, {Timestamps: true}, {TTY: true}} {
		c := &collector{}
		if err := e.Logs(ctx, id, o, c); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"out: " + strings.Repeat("x", long), "out: end"}, c.lines); diff != "" {
			t.Errorf("%+v: (-want +got):\n%s", o, tail(diff, 1000))
		}
		for _, at := range c.times {
			if at.IsZero() == o.Timestamps {
				t.Errorf("%+v: time %v", o, at)
			}
		}
	}
	c := &collector{}
	if err := e.Logs(ctx, id, executor.LogOptions{Tail: "1"}, c); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"out: end"}, c.lines); diff != "" {
		t.Errorf("tail (-want +got):\n%s", diff)
	}
}

func TestLiveAttachHasTheFirstLineAndOutlivesItsAction(t *testing.T) {
	e, ctx := liveEngine(t)
	id := createTalker(t, e, ctx, &container.Config{Cmd: []string{"say", "first", "wrong"}})
	c := &collector{}
	e.SetOutput(c)
	action, cancel := context.WithCancel(ctx)
	if err := e.attach(action, planner.Ref{Name: "web-1"}, planner.Attach{Container: planner.Handle{ID: id}}); err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := e.AttachAndStart(ctx, id, executor.ExecOptions{Detach: true}); err != nil {
		t.Fatal(err)
	}
	e.Drain()
	if diff := cmp.Diff(map[string]bool{"out: first": true, "err: wrong": true}, set(c.lines)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func set(lines []string) map[string]bool {
	out := map[string]bool{}
	for _, l := range lines {
		out[l] = true
	}
	return out
}

func TestLiveWatch(t *testing.T) {
	e, ctx := liveEngine(t)
	project := testName(t)
	id := createTalker(t, e, ctx, &container.Config{Cmd: []string{"fail", "5"}, Labels: map[string]string{
		planner.LabelProject: project, planner.LabelService: "web", planner.LabelNumber: "2", planner.LabelOneOff: "False", "mine": "yes"}})
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var got []executor.ContainerEvent
	seen := make(chan executor.ContainerEvent, 100)
	ended := make(chan error, 1)
	go func() {
		ended <- e.Watch(ctx, project, executor.Span{}, func(ev executor.ContainerEvent) { seen <- ev })
	}()
	// An engine answers before it listens, so that an event may be missed: the
	// container is started until one comes.
	for len(got) == 0 || got[len(got)-1].Action != "die" {
		if _, err := e.AttachAndStart(ctx, id, executor.ExecOptions{}); err != nil {
			t.Fatal(err)
		}
		for wait := time.After(time.Second); wait != nil; {
			select {
			case ev := <-seen:
				got = append(got, ev)
				if ev.Action == "die" {
					wait = nil
				}
			case <-wait:
				wait = nil
			}
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	last := got[len(got)-1]
	if last.Time.IsZero() || last.ID != id {
		t.Errorf("time %v, id %s", last.Time, last.ID)
	}
	last.Time = time.Time{}
	want := executor.ContainerEvent{Action: "die", ID: id, Name: project, Service: "web", Number: 2, ExitCode: 5, Labels: last.Labels, Facts: last.Facts}
	if last.Facts["exitCode"] != "5" {
		t.Errorf("facts %v", last.Facts)
	}
	if diff := cmp.Diff(want, last); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if last.Labels["mine"] != "yes" {
		t.Errorf("labels %v", last.Labels)
	}
}
