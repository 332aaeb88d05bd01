package cmd

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"recompose/executor"
	"recompose/planner"
)

// told is an engine that tells of events, and notes since when logs are read.
type told struct {
	executor.Streams

	events []executor.ContainerEvent
	since  []string
}

func (o *told) Watch(_ context.Context, _ string, _ executor.Span, f func(executor.ContainerEvent)) error {
	for _, e := range o.events {
		f(e)
	}
	return nil
}

func (o *told) Logs(_ context.Context, id string, lo executor.LogOptions, _ executor.Output) error {
	o.since = append(o.since, id+" "+lo.Since)
	return nil
}

// TestFollowStarted: a container's first lines may be older than the event of
// its start, and none of them is lost.
func TestFollowStarted(t *testing.T) {
	at := func(second int) time.Time { return time.Date(2026, 1, 1, 0, 0, second, 0, time.UTC) }
	o := &told{events: []executor.ContainerEvent{
		{ID: "new", Action: "create", Time: at(1)}, {ID: "new", Action: "start", Time: at(2)},
		{ID: "again", Action: "die", Time: at(3)}, {ID: "again", Action: "start", Time: at(4)},
		{ID: "old", Action: "start", Time: at(5)},
		{ID: "short", Action: "start", Time: at(6)}, {ID: "short", Action: "die", Time: at(7)},
	}}
	a := &App{Out: &bytes.Buffer{}, Err: &bytes.Buffer{}}
	f := newFollower(o, a.newLogPrinter("shop", logStyle{}, nil), func(string) bool { return false })
	f.watch(t.Context(), "shop")
	f.readers.Wait()
	for _, e := range f.take() {
		if e.Action == "start" {
			f.followStarted(t.Context(), planner.Ref{}, e, executor.LogOptions{})
			f.readers.Wait()
		}
	}
	want := []string{"new 2026-01-01T00:00:01Z", "again 2026-01-01T00:00:03Z", "old 2026-01-01T00:00:05Z", "short 2026-01-01T00:00:06Z"}
	if diff := cmp.Diff(want, o.since); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
