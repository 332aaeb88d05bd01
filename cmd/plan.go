package cmd

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"recompose/planner"
)

type planOptions struct {
	format           string
	graph            bool
	output           string
	offline          bool
	showValues       bool
	detailedExitCode bool
	saved            bool
}

// exitChanges is what plan --detailed-exitcode returns where there is
// something to do.
const exitChanges = 2

// planGoals are the commands whose plan can be shown.
var planGoals = []string{"up", "down", "create", "scale", "rollback", "start", "stop", "restart", "kill", "pause", "unpause", "rm", "pull", "build", "push"}

func (a *App) newPlanCmd() *cobra.Command {
	o := &planOptions{}
	c := &cobra.Command{
		Use:   "plan [OPTIONS] [COMMAND [OPTIONS] [ARGS...]]",
		Short: "Show what a command would do, and why",
		Long: `Show the steps that up, or another command with its flags and arguments, would
take now, in their order, with the keys that differ and what they hold. Nothing
is changed. Steps that hang on an image which is not there yet say so. A
service in place of a command means up of it.

With -o the plan is also kept in a file, which apply carries out if it still
holds. The file has no values, only digests of them.`,
		Example: `  recompose plan
  recompose plan web
  recompose plan --format json up --build web
  recompose plan down -v
  recompose plan -o release.plan up --build
  recompose plan --offline          # against an empty engine, without asking any`,
		ValidArgs: planGoals,
		RunE: func(c *cobra.Command, args []string) error {
			return a.runPlan(c, o, args)
		},
	}
	f := c.Flags()
	f.SetInterspersed(false)
	f.StringVar(&o.format, "format", "text", "text or json")
	f.BoolVar(&o.graph, "graph", false, "Draw the steps and what each waits for, for Graphviz")
	f.StringVarP(&o.output, "output", "o", "", "Keep the plan in `FILE`, for apply")
	f.BoolVar(&o.showValues, "show-values", false, "Show also what keys hold whose names look like secrets")
	f.BoolVar(&o.offline, "offline", false, "Plan against an empty engine; no request is sent")
	f.BoolVar(&o.detailedExitCode, "detailed-exitcode", false, "Exit with 2 where there is something to do")
	return c
}

func (a *App) runPlan(c *cobra.Command, o *planOptions, args []string) error {
	if o.format != "text" && o.format != "json" {
		return failure("--format %q: expected text or json", o.format)
	}
	if o.graph && c.Flags().Changed("format") {
		return failure("--graph and --format contradict each other: the graph has a form of its own")
	}
	if o.output != "" && o.offline {
		return failure("-o and --offline contradict each other: a plan against an empty engine cannot be applied")
	}
	if len(args) == 0 || a.isService(c, args[0]) {
		args = append([]string{"up"}, args...)
	}
	if !slices.Contains(planGoals, args[0]) {
		text := fmt.Sprintf("no plan for %q: expected one of %s", args[0], strings.Join(planGoals, ", "))
		if near := nearest(args[0], planGoals); near != "" {
			text += fmt.Sprintf(", or a service; did you mean %q?", near)
		}
		return failure("%s", text)
	}
	for _, sub := range c.Root().Commands() {
		if sub.Name() != args[0] {
			continue
		}
		if err := sub.ParseFlags(args[1:]); err != nil {
			return planFlagError(c, sub, err)
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

// planFlagError is the error of a flag of the planned command, which may be one of
// plan itself.
func planFlagError(c, sub *cobra.Command, err error) error {
	if unknown, ok := errors.AsType[*pflag.NotExistError](err); ok {
		name := unknown.GetSpecifiedName()
		flag, ours := "--"+name, c.Flags().Lookup(name)
		if len(name) == 1 {
			flag, ours = "-"+name, c.Flags().ShorthandLookup(name)
		}
		if ours != nil {
			return failure("%s is of plan, and stands before the command: plan %s … %s", flag, flag, sub.Name())
		}
	}
	return flagError(sub, err)
}

// isService reports whether a word is the name of a service, and of no command.
func (a *App) isService(c *cobra.Command, word string) bool {
	if slices.ContainsFunc(c.Root().Commands(), func(sub *cobra.Command) bool { return sub.Name() == word || sub.HasAlias(word) }) {
		return false
	}
	o := a.loadOptions(nil)
	o.Outline = true
	if slices.Contains(o.Files, "-") {
		return false // it can be read only once
	}
	p, _, err := a.load(c.Context(), o)
	return err == nil && slices.Contains(serviceNames(p), word)
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
	switch {
	case a.planning.graph:
		_, err = fmt.Fprint(a.Out, planner.PlanDOT(plan))
	case a.planning.format == "json":
		err = writePlanJSON(a, plan)
	default:
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
