package docker

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/docker/docker/api/types/container"

	"recompose/executor"
)

// Exit codes of `docker run` for a container that did not start.
const (
	exitNotStarted    = 125
	exitNotExecutable = 126
	exitNoCommand     = 127
)

// AttachAndStart implements executor.Streams. A container whose command cannot
// be started gives 125, 126 or 127 as with `docker run`, and the engine's
// words on Stderr.
func (e *Engine) AttachAndStart(ctx context.Context, id string, o executor.ExecOptions) (int, error) {
	if _, err := e.ready(ctx); err != nil {
		return 0, err
	}
	if o.Detach {
		return e.started(ctx, id, o)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	conn, err := e.api.ContainerAttach(ctx, id, container.AttachOptions{Stream: true, Stdin: o.Stdin != nil, Stdout: true, Stderr: true})
	if err != nil {
		return 0, e.failed(ctx, err)
	}
	// Asked for before the start, so that the end of a short command is seen.
	exits, failures := e.api.ContainerWait(ctx, id, container.WaitConditionNextExit)
	if code, err := e.started(ctx, id, o); err != nil || code != 0 {
		conn.Close()
		return code, err
	}
	if o.TTY && o.Resize != nil {
		go followSize(ctx, o.Resize, func(height, width uint) error {
			return e.api.ContainerResize(ctx, id, container.ResizeOptions{Height: height, Width: width})
		})
	}
	if o.Signals != nil {
		go e.passSignals(ctx, id, o.Signals)
	}
	err = e.interact(ctx, conn, o)
	if errors.Is(err, executor.ErrDetached) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return e.exitCode(ctx, exits, failures)
}

// exitCode is what a wait that has been asked for answers.
func (e *Engine) exitCode(ctx context.Context, exits <-chan container.WaitResponse, failures <-chan error) (int, error) {
	select {
	case exit := <-exits:
		if exit.Error != nil && exit.Error.Message != "" {
			return int(exit.StatusCode), fmt.Errorf("the engine lost the container: %s", exit.Error.Message)
		}
		return int(exit.StatusCode), nil
	case err := <-failures:
		return 0, e.failed(ctx, err)
	}
}

// started starts a container. A code other than 0 is for one that cannot be.
func (e *Engine) started(ctx context.Context, id string, o executor.ExecOptions) (int, error) {
	err := e.api.ContainerStart(ctx, id, container.StartOptions{})
	if err == nil {
		return 0, nil
	}
	code := startCode(err.Error())
	if code == exitNotStarted || o.Stderr == nil || ctx.Err() != nil {
		return 0, e.failed(ctx, err)
	}
	_, err = fmt.Fprintln(o.Stderr, err)
	return code, err
}

// startCode reads from the engine's words whether the command was not there
// or not executable, as docker/cli's toStatusError does.
func startCode(message string) int {
	message = strings.ToLower(message)
	contains := func(words ...string) bool {
		for _, w := range words {
			if strings.Contains(message, w) {
				return true
			}
		}
		return false
	}
	switch {
	case contains("executable file not found", "no such file or directory", "system cannot find the file specified"):
		return exitNoCommand
	case contains("permission denied", "not a directory", "is a directory"):
		return exitNotExecutable
	}
	return exitNotStarted
}
