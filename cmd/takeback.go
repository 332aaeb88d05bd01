package cmd

import (
	"context"
	"errors"
	"fmt"

	"recompose/executor"
	"recompose/planner"
)

// rest notes which containers do not run when the command begins: taking back
// leaves those as they were. One that is set aside may have been stopped by a
// run that did not live to go on.
func (c *convergence) rest() {
	for _, there := range c.state.Containers {
		if !there.Running() && there.Role == planner.RoleCurrent {
			c.atRest = append(c.atRest, there.ID)
		}
	}
}

// takeBack lets those serve again whose replacement has begun and could not be
// ended, after a failure as after the first Ctrl-C. The error stays the run's.
func (c *convergence) takeBack(ctx context.Context, cause error) error {
	var run *executor.RunError
	if !errors.As(cause, &run) || len(run.Undone) == 0 || ctx.Err() != nil {
		return cause
	}
	c.target.Failed, c.target.AtRest = run.Undone, c.atRest
	c.interrupt = nil // the second Ctrl-C ends ctx
	plan, err := c.plan(ctx)
	if err == nil && !plan.Empty() {
		c.app.say("note", "taking back what could not be replaced: "+joinShort(names(run.Undone)))
		err = c.execute(ctx, plan)
	}
	if err != nil {
		return errors.Join(cause, fmt.Errorf("taking back: %w", err))
	}
	return cause
}

// names are replicas as people name them: "web 1".
func names(refs []planner.Ref) []string {
	out := make([]string, len(refs))
	for i, r := range refs {
		out[i] = fmt.Sprintf("%s %d", r.Service, r.Number)
	}
	return out
}
