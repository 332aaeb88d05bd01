package docker

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/pkg/stdcopy"

	"recompose/executor"
	"recompose/planner"
)

// waitHealthy waits for a container's health, as the payload defines it.
func (e *Engine) waitHealthy(ctx context.Context, p planner.WaitHealthy) error {
	known, err := e.ready(ctx)
	if err != nil {
		return err
	}
	if known.podman {
		probing, stop := context.WithCancel(ctx)
		defer stop()
		go e.runProbes(probing, p.Container.Addr())
	}
	err = e.wait(ctx, p.Container, p.Timeout, "healthy", func(s *container.State, health string) (bool, string) {
		switch {
		case ended(s):
			if p.OrCompleted && s.ExitCode == 0 {
				return true, ""
			}
			return false, exitText(s)
		case health == container.Unhealthy:
			return false, "is unhealthy"
		case !s.Running || s.Restarting:
			return false, ""
		case health == "" || health == container.NoHealthcheck:
			if p.OrRunning {
				return true, ""
			}
			return false, "has no healthcheck, so that it never becomes healthy; give it one, or wait for service_started"
		}
		return health == container.Healthy, ""
	})
	if err != nil || p.Monitor == 0 {
		return err
	}
	return e.monitor(ctx, p)
}

// waitCompleted waits for a container's exit with 0.
func (e *Engine) waitCompleted(ctx context.Context, p planner.WaitCompleted) error {
	return e.wait(ctx, p.Container, p.Timeout, "completed", func(s *container.State, _ string) (bool, string) {
		if !ended(s) {
			return false, ""
		}
		if s.ExitCode != 0 {
			return false, exitText(s)
		}
		return true, ""
	})
}

// ended reports whether a container has run and does not come back by itself.
func ended(s *container.State) bool {
	return s.Status == container.StateExited || s.Status == container.StateDead
}

func exitText(s *container.State) string {
	text := fmt.Sprintf("exited with code %d", s.ExitCode)
	if s.OOMKilled {
		text += ", out of memory"
	}
	if s.Error != "" {
		text += ": " + startWords(s.Error)
	}
	return text
}

// wait inspects a container after each of its events until judge says that
// it is there, or why it never will be. timeout is in seconds.
func (e *Engine) wait(ctx context.Context, h planner.Handle, timeout int, goal string, judge func(s *container.State, health string) (done bool, why string)) error {
	var last container.InspectResponse
	check := func(ctx context.Context) (bool, error) {
		c, err := e.api.ContainerInspect(ctx, h.Addr())
		if err != nil {
			return false, e.failed(ctx, err)
		}
		if c.ContainerJSONBase == nil || c.State == nil {
			return false, fmt.Errorf("the engine does not say how %s is", h.Addr())
		}
		last = c
		health := container.NoHealthcheck
		if c.State.Health != nil {
			health = c.State.Health.Status
		}
		done, why := judge(c.State, health)
		if why != "" {
			return false, e.unhealthy(ctx, c, why)
		}
		return done, nil
	}
	late := func() error {
		return e.unhealthy(ctx, last, fmt.Sprintf("is not %s after %s", goal, time.Duration(timeout)*time.Second))
	}
	return e.await(ctx, h.Addr(), time.Duration(timeout)*time.Second, check, late)
}

// unhealthy is the error of a wait that cannot end well, with what the last
// probe and the container itself said.
func (e *Engine) unhealthy(ctx context.Context, c container.InspectResponse, why string) error {
	var b strings.Builder
	b.WriteString(why)
	if c.ContainerJSONBase != nil && c.State != nil && c.State.Health != nil && !ended(c.State) {
		if log := c.State.Health.Log; len(log) > 0 && log[len(log)-1] != nil {
			probe := log[len(log)-1]
			fmt.Fprintf(&b, "\nlast probe (exit code %d)", probe.ExitCode)
			if said := printable(probe.Output); said != "" {
				b.WriteString(": " + tail(said, keptOutput))
			}
		}
	}
	if lines := e.lastLines(ctx, c); lines != "" {
		b.WriteString("\nlast output:\n" + lines)
	}
	return &problem{text: b.String(), kind: executor.ErrUnhealthy}
}

// shownLines is how many of a container's last lines go into an error.
const shownLines = 10

// lastLines are the last lines of a container's output; none where they
// cannot be had, for they only explain another error.
func (e *Engine) lastLines(ctx context.Context, c container.InspectResponse) string {
	if c.ContainerJSONBase == nil {
		return ""
	}
	r, err := e.api.ContainerLogs(ctx, c.ID, container.LogsOptions{ShowStdout: true, ShowStderr: true, Tail: fmt.Sprint(shownLines)})
	if err != nil {
		return ""
	}
	defer r.Close()
	bounded := io.LimitReader(r, 1<<20)
	var out bytes.Buffer
	if c.Config != nil && c.Config.Tty {
		_, _ = io.Copy(&out, bounded) // what came is shown
	} else {
		_, _ = stdcopy.StdCopy(&out, &out, bounded)
	}
	return tail(printable(out.String()), keptOutput)
}
