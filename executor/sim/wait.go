package sim

import (
	"context"
	"fmt"

	"recompose/executor"
	"recompose/planner"
)

// errTimeout is what a bounded wait for something that never comes ends with:
// nothing else happens in the engine's time, so it need not pass.
func errTimeout(c *container, what string) error {
	return fmt.Errorf("container %s is not %s in time: %w", c.Name, what, executor.ErrUnhealthy)
}

func (e *Engine) waitHealthy(ctx context.Context, p planner.WaitHealthy) error {
	return e.until(ctx, func() (bool, error) {
		c, err := e.find(p.Container.Addr())
		switch {
		case err != nil:
			return false, err
		case c.Status == planner.StatusExited && p.OrCompleted && c.ExitCode == 0:
			return true, nil
		case !c.Running():
			return false, fmt.Errorf("container %s is %s with code %d: %w", c.Name, c.Status, c.ExitCode, executor.ErrUnhealthy)
		case c.Health == planner.HealthHealthy, c.Health == planner.HealthNone && p.OrRunning:
			return true, nil
		case c.Health == planner.HealthNone:
			return false, fmt.Errorf("container %s has no healthcheck: %w", c.Name, executor.ErrUnhealthy)
		case c.Health == planner.HealthUnhealthy:
			return false, fmt.Errorf("container %s is unhealthy: %w", c.Name, executor.ErrUnhealthy)
		case p.Timeout > 0:
			return false, errTimeout(c, "healthy")
		}
		return false, nil
	})
}

// waitCompleted lets a process end that has nothing better to do.
func (e *Engine) waitCompleted(ctx context.Context, p planner.WaitCompleted) error {
	return e.until(ctx, func() (bool, error) {
		c, err := e.find(p.Container.Addr())
		if err != nil {
			return false, err
		}
		b := e.behavior(c)
		if c.Status == planner.StatusRunning && !b.Hangs {
			e.exit(c, b.ExitCode)
			e.notify()
		}
		switch {
		case c.Status == planner.StatusExited && c.ExitCode == 0:
			return true, nil
		case c.Status == planner.StatusExited, c.Status == planner.StatusDead:
			return false, fmt.Errorf("container %s exited with %d", c.Name, c.ExitCode)
		case p.Timeout > 0:
			return false, errTimeout(c, "done")
		}
		return false, nil
	})
}

// check fails if the process has ended badly already.
func check(c *container) error {
	if (!c.Running() || c.Status == planner.StatusRestarting) && c.ExitCode != 0 {
		return fmt.Errorf("container %s exited with code %d: %w", c.Name, c.ExitCode, executor.ErrUnhealthy)
	}
	return nil
}
