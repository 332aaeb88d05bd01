package cmd

import (
	"context"
	"sync"
	"time"

	"recompose/executor"
	"recompose/planner"
)

// follower shows the output of containers that come and go. Watched events
// are kept until they are taken; none is lost while nobody looks.
type follower struct {
	streams executor.Streams
	printer *logPrinter
	tty     func(service string) bool

	mu      sync.Mutex
	active  map[string]bool // ids whose output is being copied by us
	events  []executor.ContainerEvent
	silent  map[string]time.Time // by id: when it was created or last ended, and said nothing yet
	changed chan struct{}        // has a value after an event or the end of an output
	readers sync.WaitGroup
}

func newFollower(streams executor.Streams, printer *logPrinter, tty func(string) bool) *follower {
	return &follower{streams: streams, printer: printer, tty: tty, active: map[string]bool{}, silent: map[string]time.Time{}, changed: make(chan struct{}, 1)}
}

// watch collects the project's events until ctx ends.
func (f *follower) watch(ctx context.Context, project string) {
	f.readers.Go(func() {
		_ = f.streams.Watch(ctx, project, executor.Span{}, func(e executor.ContainerEvent) { // its end shows in ctx
			f.mu.Lock()
			f.events = append(f.events, e)
			if e.Action == "create" || e.Action == "die" {
				f.silent[e.ID] = e.Time
			}
			f.mu.Unlock()
			f.signal()
		})
	})
}

func (f *follower) signal() {
	select {
	case f.changed <- struct{}{}:
	default:
	}
}

// take returns the events since the last call.
func (f *follower) take() []executor.ContainerEvent {
	f.mu.Lock()
	defer f.mu.Unlock()
	events := f.events
	f.events = nil
	return events
}

// followStarted copies the output of a container that was started, from its last
// end on: its first lines may be older than the event that tells of the start.
func (f *follower) followStarted(ctx context.Context, ref planner.Ref, e executor.ContainerEvent, o executor.LogOptions) {
	f.mu.Lock()
	since, ok := f.silent[e.ID]
	f.mu.Unlock()
	if !ok || since.After(e.Time) { // it has ended once more meanwhile
		since = e.Time
	}
	f.follow(ctx, ref, e.ID, since, o)
}

// follow copies a container's output from since on (zero: from its first
// line, or as tail says) until the container stops or ctx ends.
func (f *follower) follow(ctx context.Context, ref planner.Ref, id string, since time.Time, o executor.LogOptions) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.active[id] {
		return
	}
	f.active[id] = true
	o.Ref, o.Follow, o.Timestamps, o.TTY = ref, true, f.printer.style.timestamps, f.tty(ref.Service)
	if !since.IsZero() {
		o.Since = since.UTC().Format(time.RFC3339Nano)
	}
	f.readers.Go(func() {
		err := f.streams.Logs(ctx, id, o, f.printer)
		if err != nil && ctx.Err() == nil {
			f.printer.Status(ref, "output lost: "+err.Error())
		}
		f.mu.Lock()
		delete(f.active, id)
		f.mu.Unlock()
		f.signal()
	})
}

// idle reports whether no output is being copied.
func (f *follower) idle() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.active) == 0
}

// drain waits until the output of what has stopped is copied, at most for d.
func (f *follower) drain(d time.Duration) {
	deadline := time.After(d)
	for !f.idle() {
		select {
		case <-f.changed:
		case <-deadline:
			return
		}
	}
}
