package cmd

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"recompose/planner"
)

type planOptions struct {
	format           string
	offline          bool
	detailedExitCode bool
}

// exitChanges is what plan --detailed-exitcode returns where there is
// something to do.
const exitChanges = 2

// planGoals are the commands whose plan can be shown.
var planGoals = []string{"up", "down", "create", "scale", "start", "stop", "restart", "kill", "pause", "unpause", "rm", "pull", "build", "push"}

func (a *App) newPlanCmd() *cobra.Command {
	o := &planOptions{}
	c := &cobra.Command{
		Use:   "plan [OPTIONS] [COMMAND [OPTIONS] [ARGS...]]",
		Short: "Show what a command would do, and why",
		Long: `Show the steps that up, or another command with its flags and arguments, would
take now. Nothing is changed. Steps that hang on an image which is not there
yet say so.`,
		Example: `  recompose plan
  recompose plan --format json up --build web
  recompose plan down -v
  recompose plan --offline          # against an empty engine, without asking any`,
		ValidArgs: planGoals,
		RunE: func(c *cobra.Command, args []string) error {
			return a.runPlan(c, o, args)
		},
	}
	f := c.Flags()
	f.SetInterspersed(false)
	f.StringVar(&o.format, "format", "text", "text or json")
	f.BoolVar(&o.offline, "offline", false, "Plan against an empty engine; no request is sent")
	f.BoolVar(&o.detailedExitCode, "detailed-exitcode", false, "Exit with 2 where there is something to do")
	return c
}

func (a *App) runPlan(c *cobra.Command, o *planOptions, args []string) error {
	if o.format != "text" && o.format != "json" {
		return failure("--format %q: expected text or json", o.format)
	}
	if len(args) == 0 {
		args = []string{"up"}
	}
	if !slices.Contains(planGoals, args[0]) {
		text := fmt.Sprintf("no plan for %q: expected one of %s", args[0], strings.Join(planGoals, ", "))
		if near := nearest(args[0], planGoals); near != "" {
			text += fmt.Sprintf("; did you mean %q?", near)
		}
		return failure("%s", text)
	}
	for _, sub := range c.Root().Commands() {
		if sub.Name() != args[0] {
			continue
		}
		if err := sub.ParseFlags(args[1:]); err != nil {
			return flagError(sub, err)
		}
		rest := sub.Flags().Args()
		if err := sub.ValidateArgs(rest); err != nil {
			return err
		}
		sub.SetContext(c.Context())
		a.planning = o
		return sub.RunE(sub, rest)
	}
	return failure("no command %q", args[0])
}

// previews reports whether plans are printed and not run.
func (a *App) previews() bool { return a.global.dryRun || a.planning != nil }

// preview prints a plan that will not run.
func (a *App) preview(plan planner.Plan) error {
	if a.planning == nil {
		a.say("note", "dry run: nothing is changed; this is the plan")
		_, err := fmt.Fprint(a.Out, planner.Text(plan, a.global.verbose))
		return err
	}
	var err error
	if a.planning.format == "json" {
		err = writePlanJSON(a, plan)
	} else {
		_, err = fmt.Fprint(a.Out, planner.Text(plan, a.global.verbose))
	}
	if err == nil && a.planning.detailedExitCode && !plan.Empty() {
		return withCode(exitChanges, nil)
	}
	return err
}

// previewProblems puts problems into the JSON form too: a program should not
// have to read error messages.
func (a *App) previewProblems(plan planner.Plan) {
	if a.planning != nil && a.planning.format == "json" {
		_ = writePlanJSON(a, plan) // the exit code says it all the same
	}
}

func writePlanJSON(a *App, plan planner.Plan) error {
	e := json.NewEncoder(a.Out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(struct {
		Schema int `json:"schema"`
		planner.Plan
	}{1, plan})
}

// planOffline plans as if a local engine with nothing on it had answered.
func (c *convergence) planOffline(query planner.Query) (planner.Plan, error) {
	c.target.Offline = true
	for asked := 0; asked <= maxNeeds; asked++ {
		c.state = planner.State{
			Engine:   planner.Engine{OS: "linux", Local: true, LegacyLinks: true, LegacyLinksEnv: true},
			Answered: query,
		}
		plan, err := c.settle()
		if err != nil || plan.Needs.Empty() {
			return plan, err
		}
		query = query.Plus(plan.Needs)
	}
	return planner.Plan{}, failure("the plan still lacks facts after %d observations", maxNeeds+1)
}
