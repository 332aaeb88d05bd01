package cmd

import (
	"context"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"recompose/planner"
)

type scaleOptions struct {
	createFlags
	args   []string
	noDeps bool
}

func (a *App) newScaleCmd() *cobra.Command {
	o := &scaleOptions{}
	c := &cobra.Command{
		Use:   "scale [OPTIONS] SERVICE=NUMBER...",
		Short: "Set how many containers a service has",
		Long: `Create, start or remove containers until each named service has as many as
wanted, together with what it needs. For files of the 2015 format the number
lasts; for others the file decides again at the next up (--keep-scale there).`,
		Example: "  recompose scale web=2 worker=3",
		Args:    takes(1, -1, "SERVICE=NUMBER"),
		RunE: func(c *cobra.Command, args []string) error {
			o.args = args
			o.given(c)
			return a.runScale(c.Context(), o)
		},
	}
	c.Flags().BoolVar(&o.noDeps, "no-deps", false, "Leave alone what the services need")
	c.Flags().IntVarP(&o.timeout, "timeout", "t", 0, "`SECONDS` that a container has to stop")
	addYes(c, &o.yes)
	return c
}

func (o *scaleOptions) target() (planner.Target, error) {
	t := planner.Target{Goal: planner.GoalScale, NoDeps: o.noDeps}
	if err := o.apply(&t); err != nil {
		return t, err
	}
	var err error
	if t.Replicas, err = parseScales(o.args); err != nil {
		return t, err
	}
	t.Services = slices.Sorted(maps.Keys(t.Replicas))
	return t, nil
}

func (a *App) runScale(ctx context.Context, o *scaleOptions) error {
	target, err := o.target()
	if err != nil {
		return err
	}
	p, err := a.project(ctx, target.Services)
	if err != nil {
		return err
	}
	if target.Orphans, err = a.orphanPolicy(p, &o.createFlags); err != nil {
		return err
	}
	_, _, err = a.converge(ctx, job{project: p, target: target, yes: o.yes})
	return err
}
