package cmd

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"recompose/planner"
)

type waitOptions struct {
	services []string
	down     bool
}

func (a *App) newWaitCmd() *cobra.Command {
	o := &waitOptions{}
	c := &cobra.Command{
		Use:     "wait [OPTIONS] SERVICE [SERVICE...]",
		Short:   "Wait until containers have ended",
		Long:    "Wait until the containers of the services have ended. The exit code is the first one that is not 0.",
		Example: "  recompose wait migrate",
		Args:    takes(1, -1, "SERVICE"),
		RunE: func(c *cobra.Command, args []string) error {
			o.services = args
			return a.runWait(c.Context(), o)
		},
	}
	c.Flags().BoolVar(&o.down, "down-project", false, "Remove the project when the first container has ended")
	return c
}

func (a *App) runWait(ctx context.Context, o *waitOptions) error {
	v, err := a.look(ctx, o.services, planner.Query{})
	if err != nil {
		return err
	}
	streams, err := a.streams()
	if err != nil {
		return err
	}
	waited, done := a.cancelable(ctx)
	defer done()
	f := newFollower(streams, nil, nil)
	f.watch(waited, v.name)
	said := map[string]bool{}
	code := 0
	for {
		state, err := a.engine.Observe(waited, planner.Query{Projects: []string{v.name}})
		if err != nil {
			if waited.Err() != nil {
				return errInterrupted
			}
			return err
		}
		v.state = state
		left := 0
		containers := v.containers(o.services)
		if len(containers) == 0 && len(said) == 0 {
			return failure("there are no containers to wait for")
		}
		for _, c := range containers {
			if c.Status != planner.StatusExited && c.Status != planner.StatusDead {
				left++
				continue
			}
			if !said[c.ID] {
				said[c.ID] = true
				fmt.Fprintf(a.Out, "container %q exited with status code %d\n", c.Name, c.ExitCode)
				if code == 0 {
					code = c.ExitCode
				}
			}
		}
		if left == 0 || o.down && len(said) > 0 {
			break
		}
		select {
		case <-f.changed:
			f.take()
		case <-waited.Done():
			return errInterrupted
		}
	}
	if o.down {
		j := job{project: v.project, target: planner.Target{Goal: planner.GoalDown, ProjectName: v.name}, labelsOnly: true, yes: true}
		if _, _, err := a.converge(ctx, j); err != nil {
			return err
		}
	}
	return withCode(code, nil)
}
