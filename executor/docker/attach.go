package docker

import (
	"context"
	"fmt"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/moby/term"

	"recompose/executor"
	"recompose/planner"
)

// Console implements executor.Streams.
func (e *Engine) Console(ctx context.Context, id string) (executor.Console, error) {
	if _, err := e.ready(ctx); err != nil {
		return executor.Console{}, err
	}
	c, err := e.api.ContainerInspect(ctx, id)
	if err != nil || c.Config == nil {
		return executor.Console{}, e.failed(ctx, err)
	}
	return executor.Console{TTY: c.Config.Tty, Input: c.Config.OpenStdin}, nil
}

// Attach implements executor.Streams.
func (e *Engine) Attach(ctx context.Context, id string, o executor.ExecOptions) (int, error) {
	if _, err := e.ready(ctx); err != nil {
		return 0, err
	}
	if _, err := term.ToBytes(o.DetachKeys); err != nil && o.DetachKeys != "" {
		return 0, fmt.Errorf("%q are no keys to detach with: expected letters and ctrl-LETTER, with commas between", o.DetachKeys)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	// Asked for first: the container may end at any moment.
	exits, failures := e.api.ContainerWait(ctx, id, container.WaitConditionNotRunning)
	conn, err := e.api.ContainerAttach(ctx, id, container.AttachOptions{
		Stream: true, Stdin: o.Stdin != nil, Stdout: true, Stderr: true, DetachKeys: o.DetachKeys,
	})
	if err != nil {
		return 0, e.failed(ctx, err)
	}
	if o.TTY && o.Resize != nil {
		resize := func(height, width uint) error {
			return e.api.ContainerResize(ctx, id, container.ResizeOptions{Height: height, Width: width})
		}
		drawn := false
		go followSize(ctx, o.Resize, func(height, width uint) error {
			if !drawn { // only a size that is another one makes the process draw
				drawn = true
				_ = resize(height+1, width+1) // the one that counts comes next
			}
			return resize(height, width)
		})
	}
	if o.Signals != nil {
		go e.passSignals(ctx, id, o.Signals)
	}
	if err := e.interact(ctx, conn, o); err != nil {
		return 0, err
	}
	return e.exitCode(ctx, exits, failures)
}

// passSignals sends a container what its user sends us, until ctx ends. One
// that has ended meanwhile takes no signal, which the user sees anyway.
func (e *Engine) passSignals(ctx context.Context, id string, signals <-chan string) {
	for {
		select {
		case <-ctx.Done():
			return
		case name := <-signals:
			_ = e.api.ContainerKill(ctx, id, name)
		}
	}
}

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
