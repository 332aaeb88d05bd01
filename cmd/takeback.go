package cmd

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"recompose/executor"
	"recompose/planner"
)

// rest notes which containers are there when the command begins, and which of
// them do not run: taking back leaves those as they were. One that is set aside may have been stopped by a
// run that did not live to go on.
func (c *convergence) rest() {
	for _, there := range c.state.Containers {
		c.before = append(c.before, there.ID)
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
		return errors.Join(cause, fmt.Errorf("taking back: %w", err), c.left(ctx, run.Undone))
	}
	return cause
}

// left says how replicas were left that could not be taken back.
func (c *convergence) left(ctx context.Context, undone []planner.Ref) error {
	engine, err := c.app.client()
	if err != nil {
		return err
	}
	state, err := engine.Observe(ctx, planner.NewQuery(c.project, c.target))
	if errors.Is(err, executor.ErrUnreachable) { // that was said already
		return fmt.Errorf("half done: %s; once the engine answers, up goes on from here", joinShort(names(undone)))
	}
	if err != nil {
		return err
	}
	var errs []error
	for _, ref := range undone {
		old, successor := "it is gone", "it is gone"
		for _, there := range state.Containers {
			switch is := fmt.Sprintf("%s is %s", there.Name, there.Status); {
			case there.Service != ref.Service || there.Number != ref.Number || there.OneOff:
			case slices.Contains(c.before, there.ID):
				old = is
			default:
				successor = is
			}
		}
		errs = append(errs, fmt.Errorf("%s %d is half done (old container: %s; new container: %s); once the cause is gone, up goes on from here", ref.Service, ref.Number, old, successor))
	}
	return errors.Join(errs...)
}

// names are replicas as people name them: "web 1".
func names(refs []planner.Ref) []string {
	out := make([]string, len(refs))
	for i, r := range refs {
		out[i] = fmt.Sprintf("%s %d", r.Service, r.Number)
	}
	return out
}
