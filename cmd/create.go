package cmd

import (
	"context"

	"github.com/spf13/cobra"

	"recompose/planner"
)

type createOptions struct {
	createFlags
	services []string
}

func (a *App) newCreateCmd() *cobra.Command {
	o := &createOptions{}
	c := &cobra.Command{
		Use:     "create [OPTIONS] [SERVICE...]",
		Short:   "Create containers without starting them",
		Long:    "Do what up does, but start nothing.",
		Example: "  recompose create --build web",
		RunE: func(c *cobra.Command, args []string) error {
			o.services = args
			o.given(c)
			return a.runCreate(c.Context(), o)
		},
	}
	o.addBuild(c)
	o.addRecreate(c)
	o.addOrphans(c)
	addYes(c, &o.yes)
	return c
}

func (o *createOptions) target() (planner.Target, error) {
	t := planner.Target{Goal: planner.GoalCreate, Services: o.services, NoStart: true}
	return t, o.apply(&t)
}

func (a *App) runCreate(ctx context.Context, o *createOptions) error {
	target, err := o.target()
	if err != nil {
		return err
	}
	p, err := a.project(ctx, o.services)
	if err != nil {
		return err
	}
	if target.Orphans, err = a.orphanPolicy(p, &o.createFlags); err != nil {
		return err
	}
	_, _, err = a.converge(ctx, job{project: p, target: target, yes: o.yes, quiet: o.quietPull || o.quietBuild})
	return err
}
