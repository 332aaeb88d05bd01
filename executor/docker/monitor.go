package docker

import (
	"context"

	"github.com/docker/docker/api/types/container"

	"recompose/executor"
	"recompose/planner"
)

// check fails if a container that was just started has failed already.
func (e *Engine) check(ctx context.Context, p planner.Check) error {
	c, err := e.state(ctx, p.Container)
	switch {
	case err != nil:
		return err
	case (ended(c.State) || c.State.Restarting) && c.State.ExitCode != 0:
		return e.unhealthy(ctx, c, exitText(c.State))
	}
	return nil
}

// monitor looks on for p.Monitor, in which the container must neither become
// unhealthy nor end badly, not even to be restarted.
func (e *Engine) monitor(ctx context.Context, p planner.WaitHealthy) error {
	restarts := -1
	check := func(ctx context.Context) (bool, error) {
		c, err := e.state(ctx, p.Container)
		if err != nil {
			return false, err
		}
		if restarts < 0 {
			restarts = c.RestartCount
		}
		switch health := c.State.Health; {
		case ended(c.State) && p.OrCompleted && c.State.ExitCode == 0:
			return true, nil
		case ended(c.State), c.State.Restarting, c.RestartCount > restarts:
			return false, e.unhealthy(ctx, c, exitText(c.State)+" while it was monitored")
		case health != nil && health.Status == container.Unhealthy:
			return false, e.unhealthy(ctx, c, "became unhealthy while it was monitored")
		}
		return false, nil
	}
	return e.await(ctx, p.Container.Addr(), p.Monitor, check, func() error { return nil })
}

// state inspects a container of which a verdict is wanted.
func (e *Engine) state(ctx context.Context, h planner.Handle) (container.InspectResponse, error) {
	c, err := e.api.ContainerInspect(ctx, h.Addr())
	if err != nil {
		return c, e.failed(ctx, err)
	}
	if c.ContainerJSONBase == nil || c.State == nil {
		return c, &problem{text: "the engine does not say how " + h.Addr() + " is", kind: executor.ErrUnhealthy}
	}
	return c, nil
}
