package cmd

import (
	"context"

	"github.com/spf13/cobra"

	"recompose/loader"
	"recompose/planner"
)

func (a *App) newApplyCmd() *cobra.Command {
	yes := false
	c := &cobra.Command{
		Use:   "apply [OPTIONS] FILE",
		Short: "Carry out a plan that was kept",
		Long: `Load the files again that a plan of plan -o was made from, look at the engine,
make the plan again, and carry it out if all is as it was. At the first
difference nothing is done, and the file, container or other resource that has
changed is named. Variables come from the environment, as for plan.

Exit codes: 0 done, 1 it failed, 3 the plan no longer holds.`,
		Example: "  recompose plan -o release.plan\n  recompose apply release.plan",
		Args:    takes(1, 1, "the FILE of a saved plan"),
		RunE: func(c *cobra.Command, args []string) error {
			return a.runApply(c.Context(), args[0], yes)
		},
	}
	addYes(c, &yes)
	return c
}

func (a *App) runApply(ctx context.Context, path string, yes bool) error {
	g := &a.global
	if len(g.files)+len(g.envFiles)+len(g.profiles) > 0 || g.project != "" || g.dir != "" || g.compatibility {
		return failure("apply takes the files and the project from the plan: leave -f, -p, --project-directory, --env-file, --profile and --compatibility out")
	}
	s, err := a.readSaved(path)
	if err != nil {
		return err
	}
	a.fillArgs(s.Target.BuildOptions.Args)
	j := job{target: s.Target, yes: yes, asKept: true}
	if s.ByName == "" {
		if j.project, err = a.sameProject(ctx, path, s); err != nil {
			return err
		}
	}
	j.check = func(plan planner.Plan, state planner.State) error {
		if now := addressOf(a.engine); now != s.Engine {
			return moved(path, s, "it was made for the engine at "+s.Engine+", this one is at "+now)
		}
		if what := planner.FirstDifference(s.State, planner.StateFacts(j.project, state, plan.Project)); what != "" {
			return moved(path, s, what)
		}
		if what := planner.FirstDifference(planner.PlanFacts(s.Actions), planner.PlanFacts(plan)); what != "" {
			return moved(path, s, "this version would do otherwise: "+what)
		}
		return nil
	}
	_, _, err = a.converge(ctx, j)
	return err
}

// sameProject loads the plan's files, which must be as they were.
func (a *App) sameProject(ctx context.Context, path string, s savedPlan) (*loader.Project, error) {
	l := s.Load
	p, err := a.projectBy(ctx, loader.Options{
		WorkingDir: l.WorkingDir, Files: l.Files, Name: l.Name, Directory: l.Directory, EnvFiles: l.EnvFiles,
		Profiles: l.Profiles, Services: l.Services, Compatibility: l.Compatibility, Outline: l.Outline, Env: a.Env,
	})
	if err != nil {
		return nil, err
	}
	files, inputs, err := a.inputs(p, s.Target.BuildOptions.Args)
	if err != nil {
		return nil, err
	}
	what := planner.FirstDifference(s.Files, files)
	if what == "" {
		what = planner.FirstDifference(s.Inputs, inputs)
	}
	if what != "" {
		return nil, moved(path, s, what)
	}
	return p, nil
}
