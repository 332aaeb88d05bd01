package cmd

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"recompose/planner"
)

type lsOptions struct {
	all, quiet bool
	format     string
	filter     string
}

func (a *App) newLsCmd() *cobra.Command {
	o := &lsOptions{}
	c := &cobra.Command{
		Use:     "ls [OPTIONS]",
		Short:   "List the projects of the engine",
		Long:    "List the projects that have running containers; with -a also those whose containers all stopped.",
		Example: "  recompose ls -a\n  recompose ls --filter name=shop --format json",
		Args:    takes(0, 0, ""),
		RunE:    func(c *cobra.Command, _ []string) error { return a.runLs(c.Context(), o) },
	}
	c.Flags().BoolVarP(&o.all, "all", "a", false, "Stopped projects, too")
	c.Flags().BoolVarP(&o.quiet, "quiet", "q", false, "Only names")
	c.Flags().StringVar(&o.format, "format", "", "table, json, or a template")
	c.Flags().StringVar(&o.filter, "filter", "", "Only what matches: name=PATTERN")
	return c
}

func (a *App) runLs(ctx context.Context, o *lsOptions) error {
	match := func(string) bool { return true }
	if o.filter != "" {
		key, value, _ := strings.Cut(o.filter, "=")
		pattern, err := regexp.Compile(value)
		if key != "name" || err != nil {
			return failure("--filter %q: expected name=PATTERN", o.filter)
		}
		match = pattern.MatchString
	}
	engine, err := a.client()
	if err != nil {
		return err
	}
	state, err := engine.Observe(ctx, planner.Query{AllProjects: true})
	if err != nil {
		return err
	}
	type summary struct{ Name, Status, ConfigFiles string }
	array := []summary{}
	r := rows{table: `{{.Name}}\t{{.Status}}\t{{.ConfigFiles}}`,
		header: map[string]string{"Name": "NAME", "Status": "STATUS", "ConfigFiles": "CONFIG FILES"}}
	for _, p := range projects(state) {
		if !match(p.name) || !o.all && p.running == 0 {
			continue
		}
		if o.quiet {
			fmt.Fprintln(a.Out, p.name)
			continue
		}
		r.values = append(r.values, map[string]any{"Name": p.name, "Status": p.status, "ConfigFiles": p.files})
		array = append(array, summary{p.name, p.status, p.files})
	}
	r.array = array
	if o.quiet {
		return nil
	}
	return r.write(a.Out, o.format)
}

type projectSummary struct {
	name, status, files string
	running             int
}

// projects groups the engine's containers, one-offs left out.
func projects(s planner.State) []projectSummary {
	byName := map[string][]planner.Container{}
	for _, c := range s.Containers {
		if c.Project != "" && !c.OneOff {
			byName[c.Project] = append(byName[c.Project], c)
		}
	}
	var out []projectSummary
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		p := projectSummary{name: name}
		counts, files := map[string]int{}, map[string]bool{}
		for _, c := range byName[name] {
			counts[string(c.Status)]++
			if c.Status == planner.StatusRunning {
				p.running++
			}
			for _, f := range strings.Split(c.Labels[planner.LabelConfigFiles], ",") {
				if f != "" {
					files[f] = true
				}
			}
		}
		var parts []string
		for _, status := range slices.Sorted(maps.Keys(counts)) {
			parts = append(parts, fmt.Sprintf("%s(%d)", status, counts[status]))
		}
		p.status = strings.Join(parts, ", ")
		p.files = strings.Join(slices.Sorted(maps.Keys(files)), ",")
		out = append(out, p)
	}
	return out
}
