package docker

import (
	"context"
	"time"

	"github.com/docker/docker/api/types/container"

	"recompose/planner"
)

// attach connects to a container that was created and is not yet started, so
// that its first line is not missed, and copies its output in the background
// until it ends: the copy outlives the action.
func (e *Engine) attach(ctx context.Context, ref planner.Ref, p planner.Attach) error {
	e.mu.Lock()
	out := e.output
	e.mu.Unlock()
	if out == nil {
		return nil
	}
	if _, err := e.ready(ctx); err != nil {
		return err
	}
	conn, err := e.api.ContainerAttach(ctx, p.Container.Addr(), container.AttachOptions{Stream: true, Stdout: true, Stderr: true})
	if err != nil {
		return e.failed(ctx, err)
	}
	e.copies.Go(func() {
		defer conn.Close()
		defer context.AfterFunc(e.ctx, conn.Close)() // a container that never starts never ends, either
		// An output that breaks off is no failure of the container: its end
		// is seen in the events, and its log is kept by the engine.
		_ = readLines(conn.Reader, false, func(stderr bool, _ time.Time, line []byte) {
			out.Line(ref, stderr, time.Now(), line)
		})
	})
	return nil
}
