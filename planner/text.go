package planner

import (
	"fmt"
	"strings"
)

// sign is the first column of a plan's text: what becomes of the resource.
var sign = map[Op]string{
	OpKeep: "=", OpCreateNetwork: "+", OpCreateVolume: "+", OpCreateContainer: "+", OpPull: "+", OpBuild: "+",
	OpRemove: "-", OpRemoveImage: "-", OpStop: "-", OpKill: "-", OpDisconnect: "-",
}

// verb is an operation in words.
var verb = map[Op]string{
	OpPull: "pull", OpBuild: "build", OpPush: "push", OpCreateNetwork: "create", OpCreateVolume: "create",
	OpCreateContainer: "create", OpCopyIn: "copy files into", OpConnect: "connect", OpDisconnect: "disconnect",
	OpAttach: "follow the output of", OpStart: "start", OpWaitHealthy: "wait until healthy:", OpWaitCompleted: "wait until completed:",
	OpCheck: "check", OpGate: "go on with", OpDelay: "pause in", OpRunHook: "run a hook in", OpUpdate: "update", OpStop: "stop", OpKill: "kill", OpPause: "pause", OpUnpause: "unpause",
	OpRename: "rename", OpRemove: "remove", OpRemoveImage: "remove", OpKeep: "keep",
}

// Text is the plan for people: an action a line, in order, what differs below
// it. steps puts it all in the line, and adds the numbers and what each action
// waits for.
func Text(p Plan, steps bool) string {
	var b strings.Builder
	if steps {
		for _, a := range p.Actions {
			writeStep(&b, a)
		}
	} else {
		writeOutline(&b, p.Actions)
	}
	for _, n := range p.Notes {
		if n.Warning {
			b.WriteString("warning: ")
		} else {
			b.WriteString("note: ")
		}
		b.WriteString(n.Text + "\n")
	}
	for _, pr := range p.Problems {
		fmt.Fprintf(&b, "problem: %s [%s]\n", pr.Error(), pr.Rule)
	}
	b.WriteString(Summary(p) + "\n")
	return b.String()
}

// what is the action in words, with its sign.
func what(a Action) string {
	s := sign[a.Op]
	if s == "" {
		s = "~"
	}
	return fmt.Sprintf("%s %s %s", s, verb[a.Op], a.Ref)
}

func writeStep(b *strings.Builder, a Action) {
	fmt.Fprintf(b, "%4d %s", a.ID, what(a))
	if a.Optional && a.Pool != PoolFetch {
		a.Reason.Text = optional
	}
	if reason := reasonText(a.Reason); reason != "" {
		fmt.Fprintf(b, "  (%s)", reason)
	}
	if a.Provisional != "" {
		fmt.Fprintf(b, "  [only %s]", a.Provisional)
	}
	if len(a.After) > 0 {
		b.WriteString("  after")
		for _, e := range a.After {
			fmt.Fprintf(b, " %d", e.ID)
			if e.On == OnDone {
				b.WriteString("*")
			}
		}
	}
	b.WriteString("\n")
	if loss := lossLine(a); loss != "" {
		fmt.Fprintf(b, "       ! %s\n", loss)
	}
}

// optional stands for the reason of an action that may fail.
const optional = "it may fail: required is false"

// Longer names and values are not waited for with their column, and cut.
const (
	widestName  = 60
	widestValue = 80
)

func writeOutline(b *strings.Builder, actions []Action) {
	width := 0
	for _, a := range actions {
		if n := len(what(a)); n <= widestName {
			width = max(width, n)
		}
	}
	for _, a := range actions {
		reason := a.Reason.Text
		if a.Optional && a.Pool != PoolFetch {
			reason = optional
		}
		if a.Provisional != "" {
			reason = strings.TrimPrefix(reason+"; only "+a.Provisional, "; ")
		}
		b.WriteString(strings.TrimRight(fmt.Sprintf("%-*s  %s", width, what(a), reason), " ") + "\n")
		for _, c := range a.Reason.Changes {
			fmt.Fprintf(b, "    %s\n", c)
		}
		if loss := lossLine(a); loss != "" {
			fmt.Fprintf(b, "    ! %s\n", loss)
		}
	}
}

// lossLine is what data an action loses, and what happens without a yes.
func lossLine(a Action) string {
	if a.Confirm != "" {
		return a.Confirm + " (asked first; without a yes, or --yes, it is kept)"
	}
	return a.Loses
}

func reasonText(r Reason) string {
	if len(r.Changes) == 0 {
		return r.Text
	}
	parts := make([]string, len(r.Changes))
	for i, c := range r.Changes {
		parts[i] = c.String()
	}
	return r.Text + ": " + strings.Join(parts, ", ")
}

// String is "environment.LOG: info -> debug", as far as the values are known.
func (c Change) String() string {
	before, after := cut(c.Old), cut(c.New)
	switch {
	case c.Masked && c.How == Changed:
		return c.Key + ": (changed)"
	case c.How == Added:
		return strings.TrimRight(fmt.Sprintf("%s: (added) %s", c.Key, after), " ")
	case c.How == Removed:
		return strings.TrimRight(fmt.Sprintf("%s: (removed) %s", c.Key, before), " ")
	case before != "" && after != "":
		return fmt.Sprintf("%s: %s -> %s", c.Key, before, after)
	case after != "":
		return fmt.Sprintf("%s: now %s", c.Key, after)
	case before != "":
		return fmt.Sprintf("%s: %s", c.Key, before)
	}
	return c.Key
}

func cut(text string) string {
	if r := []rune(text); len(r) > widestValue {
		return string(r[:widestValue]) + "…"
	}
	return text
}

// Summary counts what the plan does, in one line.
func Summary(p Plan) string {
	counts := map[Op]int{}
	for _, a := range p.Actions {
		counts[a.Op]++
	}
	var parts []string
	for _, c := range []struct {
		op       Op
		one, all string
	}{
		{OpPull, "%d to pull", ""}, {OpBuild, "%d to build", ""}, {OpPush, "%d to push", ""},
		{OpCreateNetwork, "%d network to create", "%d networks to create"}, {OpCreateVolume, "%d volume to create", "%d volumes to create"},
		{OpCreateContainer, "%d container to create", "%d containers to create"},
		{OpUpdate, "%d to update", ""}, {OpStart, "%d to start", ""}, {OpStop, "%d to stop", ""}, {OpKill, "%d to signal", ""}, {OpPause, "%d to pause", ""}, {OpUnpause, "%d to unpause", ""},
		{OpRemove, "%d to remove", ""}, {OpRemoveImage, "%d image to remove", "%d images to remove"}, {OpKeep, "%d to keep", ""},
	} {
		n, format := counts[c.op], c.one
		if n > 1 && c.all != "" {
			format = c.all
		}
		if n > 0 {
			parts = append(parts, fmt.Sprintf(format, n))
		}
	}
	switch {
	case len(p.Problems) == 1:
		return fmt.Sprintf("%s of %s cannot begin: 1 problem", p.Goal, p.Project)
	case len(p.Problems) > 1:
		return fmt.Sprintf("%s of %s cannot begin: %d problems", p.Goal, p.Project, len(p.Problems))
	case p.Empty():
		return strings.TrimSuffix(fmt.Sprintf("%s of %s: nothing to do; %s", p.Goal, p.Project, strings.Join(parts, ", ")), "; ")
	}
	return fmt.Sprintf("%s of %s: %s", p.Goal, p.Project, strings.Join(parts, ", "))
}
