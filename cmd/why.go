package cmd

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"recompose/loader"
	"recompose/planner"
)

type whyOptions struct {
	format       string
	showValues   bool
	service, key string
}

func (a *App) newWhyCmd() *cobra.Command {
	o := &whyOptions{}
	c := &cobra.Command{
		Use:   "why [OPTIONS] SERVICE [KEY]",
		Short: "Explain what up does with a service, and where its values come from",
		Long: `Say of each container of a service whether up would keep, create or replace it,
and for which key, image or dependency; which services come before and after
it, and by which line of which file; and where each of its values comes from: a
file, an env file, a variable and what set that, or a default. With KEY, only
the values under that key, as in environment or environment.LOG. Nothing is
changed.`,
		Example: "  recompose why web\n  recompose why web environment\n  recompose why web LOG",
		Args:    takes(1, 2, "SERVICE [KEY]"),
		RunE: func(c *cobra.Command, args []string) error {
			o.service = args[0]
			if len(args) > 1 {
				o.key = args[1]
			}
			return a.runWhy(c.Context(), o)
		},
	}
	f := c.Flags()
	f.StringVar(&o.format, "format", "text", "text or json")
	f.BoolVar(&o.showValues, "show-values", false, "Show also what keys hold whose names look like secrets")
	return c
}

func (a *App) runWhy(ctx context.Context, o *whyOptions) error {
	if o.format != "text" && o.format != "json" {
		return failure("--format %q: expected text or json", o.format)
	}
	p, err := a.project(ctx, []string{o.service})
	if err != nil {
		return err
	}
	if err := unknownServices([]string{o.service}, serviceNames(p)); err != nil {
		return err
	}
	a.planning = &planOptions{}
	target := planner.Target{Goal: planner.GoalUp, Explain: true, ShowValues: o.showValues}
	c := &convergence{app: a, said: map[string]bool{}, job: job{project: p, target: target}}
	plan, err := c.plan(ctx)
	if err != nil {
		return err
	}
	w := planner.Explain(p, c.state, c.target, plan, loader.NewOrigins(p, a.Env), o.service, o.key)
	if o.key != "" && len(w.Values) == 0 {
		return failure("service %s has no %s: %s why %s lists what it has", o.service, o.key, a.Program, o.service)
	}
	if o.format == "json" {
		e := json.NewEncoder(a.Out)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		return e.Encode(struct {
			Schema int `json:"schema"`
			planner.Why
		}{1, w})
	}
	place := func(pos loader.Position) string {
		return a.relative([]loader.Diagnostic{{Position: pos}})[0].Position.String()
	}
	_, err = fmt.Fprint(a.Out, planner.WhyText(w, place, o.key))
	return err
}
