package docker

import (
	"context"
	"errors"
	"strconv"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/events"
	"github.com/docker/docker/api/types/filters"

	"recompose/executor"
)

// Exec implements executor.Streams. A command that cannot be started gives 126
// or 127, as in a shell, with the engine's words in its output.
func (e *Engine) Exec(ctx context.Context, id string, o executor.ExecOptions) (int, error) {
	if _, err := e.ready(ctx); err != nil {
		return 0, err
	}
	created, err := e.api.ContainerExecCreate(ctx, id, container.ExecOptions{
		Cmd: o.Command, User: o.User, WorkingDir: o.WorkDir, Env: o.Env, Privileged: o.Privileged, Tty: o.TTY,
		AttachStdin: o.Stdin != nil && !o.Detach, AttachStdout: !o.Detach, AttachStderr: !o.Detach,
	})
	if err != nil {
		return 0, e.failed(ctx, err)
	}
	if o.Detach {
		return 0, e.failed(ctx, e.api.ContainerExecStart(ctx, created.ID, container.ExecStartOptions{Detach: true, Tty: o.TTY}))
	}
	conn, err := e.api.ContainerExecAttach(ctx, created.ID, container.ExecAttachOptions{Tty: o.TTY})
	if err != nil {
		return 0, e.failed(ctx, err)
	}
	sizing, stop := context.WithCancel(ctx)
	defer stop()
	if o.TTY && o.Resize != nil {
		go followSize(sizing, o.Resize, func(height, width uint) error {
			return e.api.ContainerExecResize(sizing, created.ID, container.ResizeOptions{Height: height, Width: width})
		})
	}
	err = e.interact(ctx, conn, o)
	if errors.Is(err, executor.ErrDetached) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return e.execCode(ctx, id, created.ID)
}

// execCode is the exit code of a command whose output has ended. It may still
// run: the engine notes the end a moment after the output's, and a command
// may close its output long before.
func (e *Engine) execCode(ctx context.Context, id, exec string) (int, error) {
	state, err := e.api.ContainerExecInspect(ctx, exec)
	if err != nil || !state.Running {
		return state.ExitCode, e.failed(ctx, err)
	}
	known, err := e.ready(ctx)
	if err != nil {
		return 0, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	o := events.ListOptions{Filters: filters.NewArgs(filters.Arg("container", id))}
	for _, action := range []string{"exec_die", "exec_died", "die", "died"} { // Podman has its own words
		o.Filters.Add("event", action)
	}
	if !known.clock.IsZero() {
		o.Since = strconv.FormatInt(known.clock.Unix(), 10) // the engine answers before it listens
	}
	messages, errs := e.api.Events(ctx, o)
	for {
		state, err = e.api.ContainerExecInspect(ctx, exec)
		if err != nil || !state.Running {
			return state.ExitCode, e.failed(ctx, err)
		}
		select {
		case <-messages:
		case err := <-errs:
			return 0, e.failed(ctx, err)
		}
	}
}
