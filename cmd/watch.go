package cmd

import (
	"context"

	"github.com/spf13/cobra"

	"recompose/planner"
)

type watchOptions struct {
	services           []string
	noUp, prune, quiet bool
}

func (a *App) newWatchCmd() *cobra.Command {
	o := &watchOptions{}
	c := &cobra.Command{
		Use:   "watch [OPTIONS] [SERVICE...]",
		Short: "Bring changed files into containers, or build anew, while you work",
		Long: `Do what up -d --build does, then look for changes of the files that the
services' develop.watch names, and do what it says: copy them into the
containers, restart these, run a command in them, or build the image anew and
replace them. What .dockerignore names, .git and what editors write for
themselves is left out. Ctrl-C ends the watching and leaves the containers
running. up --watch shows the output of the services, too.`,
		Example: "  recompose watch\n  recompose watch --no-up web",
		RunE: func(c *cobra.Command, args []string) error {
			o.services = args
			return a.runWatch(c.Context(), o)
		},
	}
	f := c.Flags()
	f.BoolVar(&o.noUp, "no-up", false, "Don't build and start anything first")
	f.BoolVar(&o.prune, "prune", true, "Remove images that a rebuild has made needless")
	f.BoolVar(&o.quiet, "quiet", false, "Don't show what builds say")
	return c
}

func (a *App) runWatch(ctx context.Context, o *watchOptions) error {
	p, err := a.project(ctx, o.services)
	if err != nil {
		return err
	}
	if err := unknownServices(o.services, serviceNames(p)); err != nil {
		return err
	}
	up := job{project: p, quiet: o.quiet, target: planner.Target{
		Goal: planner.GoalUp, Services: o.services, Build: planner.BuildAlways, Orphans: planner.OrphansIgnore,
		BuildOptions: planner.BuildOptions{Quiet: o.quiet},
	}}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	d, err := a.newDeveloper(ctx, up, o.prune)
	if err != nil {
		return err
	}
	if !o.noUp {
		if _, _, err := a.converge(ctx, up); err != nil {
			return err
		}
	}
	if a.previews() {
		return nil
	}
	if err := d.begin(ctx); err != nil {
		return err
	}
	for {
		select {
		case files := <-d.changes:
			if err := d.handle(ctx, files); err != nil {
				return err
			}
		case err := <-d.broken:
			return err
		case <-a.Signals:
			return errInterrupted
		}
	}
}
