package cmd

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"recompose/planner"
)

type rollbackOptions struct {
	createFlags
	services []string
}

func (a *App) newRollbackCmd() *cobra.Command {
	o := &rollbackOptions{}
	c := &cobra.Command{
		Use:   "rollback [OPTIONS] [SERVICE...]",
		Short: "Go back to the last configuration under which services served",
		Long: `Replace the containers of the named services, or of all that have been changed,
by such as were there before the last change: with the configuration and the
very image of then. The containers themselves remember both, so that it works
from any machine. Values that look like secrets, and what configs and secrets
hold, are not remembered: they are those of today's files. The number of
replicas stays. Where only limits or the restart policy have changed, they
change back in place. A second rollback of a named service goes forward again;
without names, those that have gone back stay so.

The files stay as they are, and the next up goes by them. Without SERVICE it is
asked whether all shall go back.`,
		Example: "  recompose rollback web\n  recompose plan rollback\n  recompose rollback -y",
		RunE: func(c *cobra.Command, args []string) error {
			o.services = args
			o.given(c)
			return a.runRollback(c.Context(), o)
		},
	}
	c.Flags().BoolVar(&o.rolling, "rolling", false, "Replace replica by replica, the new one first, where the file has no update_config")
	c.Flags().IntVarP(&o.timeout, "timeout", "t", 0, "`SECONDS` that a container has to stop")
	addYes(c, &o.yes)
	return c
}

func (o *rollbackOptions) target() (planner.Target, error) {
	t := planner.Target{Goal: planner.GoalRollback, Services: o.services}
	return t, o.apply(&t)
}

func (a *App) runRollback(ctx context.Context, o *rollbackOptions) error {
	target, err := o.target()
	if err != nil {
		return err
	}
	p, err := a.project(ctx, o.services)
	if err != nil {
		return err
	}
	j := job{project: p, target: target, yes: o.yes}
	if len(o.services) == 0 {
		j.confirm = a.confirmRollback
	}
	_, _, err = a.converge(ctx, j)
	return err
}

// confirmRollback asks before all services go back: some of them may have been
// changed long ago.
func (a *App) confirmRollback(p planner.Plan) (bool, error) {
	var going []string
	for _, of := range []struct {
		op   planner.Op
		does string
	}{{planner.OpCreateContainer, "replace"}, {planner.OpUpdate, "change"}} {
		var services []string
		for _, action := range p.Actions {
			if action.Op == of.op && !slices.Contains(services, action.Ref.Service) {
				services = append(services, action.Ref.Service)
			}
		}
		if slices.Sort(services); len(services) > 0 {
			going = append(going, of.does+" the containers of "+strings.Join(services, ", "))
		}
	}
	if len(going) == 0 {
		return true, nil
	}
	yes, answered := a.answer("Going to " + strings.Join(going, ", and to ") + "\nAre you sure?")
	if !answered {
		return false, failure("nothing was changed: there is no terminal to ask on; name the services, or give --yes")
	}
	return yes, nil
}
