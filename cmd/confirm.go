package cmd

import (
	"bufio"
	"fmt"
	"slices"
	"strings"

	"recompose/planner"
)

// ask puts the plan's questions to the user and returns those that were
// refused. Without a terminal nothing is asked: the command fails and says
// which flag allows it.
func (c *convergence) ask(plan planner.Plan) (refused []string, err error) {
	if c.yes {
		return nil, nil
	}
	for _, action := range plan.Actions {
		if action.Confirm == "" || slices.Contains(c.target.Refused, action.Confirm) || c.said["asked: "+action.Confirm] {
			continue
		}
		if !c.app.InTTY {
			return nil, failure("%s; there is no terminal to ask on: --yes allows it", action.Confirm)
		}
		if !c.app.yesOrNo(action.Confirm + " Go on?") {
			refused = append(refused, action.Confirm)
			continue
		}
		c.said["asked: "+action.Confirm] = true
	}
	return refused, nil
}

func (c *convergence) confirmed(plan planner.Plan) (bool, error) {
	if c.confirm == nil || c.yes {
		return true, nil
	}
	return c.confirm(plan)
}

// yesOrNo asks on the terminal; anything but y or yes means no.
func (a *App) yesOrNo(question string) bool {
	answer, _ := a.answer(question)
	return answer
}

// answer reads a line; ok is false where there is none to read.
func (a *App) answer(question string) (yes, ok bool) {
	fmt.Fprintf(a.Err, "%s [y/N] ", question)
	line, err := bufio.NewReader(oneByte{a.In}).ReadString('\n')
	if err != nil && line == "" {
		fmt.Fprintln(a.Err)
		return false, false
	}
	if !a.InTTY {
		fmt.Fprintln(a.Err)
	}
	switch strings.ToLower(strings.TrimSpace(line)) {
	case "y", "yes":
		return true, true
	}
	return false, true
}

// joinShort is a list for a sentence, cut after a few.
func joinShort(items []string) string {
	const most = 8
	if len(items) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(items[:most], ", "), len(items)-most)
	}
	return strings.Join(items, ", ")
}

// printProblems prints why a plan may not begin: every reason, unknown
// services as one. known are the services that there are.
func (a *App) printProblems(problems []planner.Problem, known []string) {
	var unknown []string
	for _, p := range problems {
		if p.Rule == ruleUnknownService && p.Service != "" {
			unknown = append(unknown, p.Service)
		}
	}
	if len(unknown) > 0 {
		a.sayError(unknownText(unknown, known))
	}
	for _, p := range problems {
		if p.Rule != ruleUnknownService || p.Service == "" {
			a.sayError(p.Error())
		}
	}
}

// ruleUnknownService is the planner's problem for a name that is no service.
const ruleUnknownService = "unknown-service"
