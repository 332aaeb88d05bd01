package cmd

import (
	"bufio"
	"fmt"
	"strings"

	"recompose/planner"
)

// ask puts the plan's questions to the user and returns what was refused.
// Without a terminal nobody is asked, and the answer is no. A plan that is to
// be carried out as it was kept is then not carried out at all.
func (c *convergence) ask(plan planner.Plan) (refused []string, err error) {
	for _, action := range plan.Actions {
		key := action.Ref.String()
		if action.Confirm == "" || c.said["asked: "+key] {
			continue
		}
		if c.app.InTTY && c.app.yesOrNo(question(action)) {
			c.said["asked: "+key] = true
			continue
		}
		if c.asKept {
			return nil, failure("nothing was done without a yes to this: %s (--yes)", action.Confirm)
		}
		refused = append(refused, key)
	}
	return refused, nil
}

// question is what an action needs a yes to, and why it would be done.
func question(action planner.Action) string {
	var b strings.Builder
	b.WriteString(action.Confirm + "\n")
	if action.Reason.Text != "" {
		fmt.Fprintf(&b, "  %s: %s\n", action.Ref, action.Reason.Text)
	}
	for _, change := range action.Reason.Changes {
		fmt.Fprintf(&b, "    %s\n", change)
	}
	b.WriteString("Go on?")
	return b.String()
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
