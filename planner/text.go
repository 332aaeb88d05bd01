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
	OpRunHook: "run a hook in", OpStop: "stop", OpKill: "kill", OpPause: "pause", OpUnpause: "unpause",
	OpRename: "rename", OpRemove: "remove", OpRemoveImage: "remove", OpKeep: "keep",
}

// Text is the plan for people: an action a line, in order. verbose adds what
// each action waits for.
func Text(p Plan, verbose bool) string {
	var b strings.Builder
	for _, a := range p.Actions {
		s := sign[a.Op]
		if s == "" {
			s = "~"
		}
		fmt.Fprintf(&b, "%4d %s %s %s", a.ID, s, verb[a.Op], a.Ref)
		if reason := reasonText(a.Reason); reason != "" {
			fmt.Fprintf(&b, "  (%s)", reason)
		}
		if a.Provisional != "" {
			fmt.Fprintf(&b, "  [only %s]", a.Provisional)
		}
		if verbose && len(a.After) > 0 {
			b.WriteString("  after")
			for _, e := range a.After {
				fmt.Fprintf(&b, " %d", e.ID)
				if e.On == OnDone {
					b.WriteString("*")
				}
			}
		}
		b.WriteString("\n")
		if a.Confirm != "" {
			fmt.Fprintf(&b, "       ! %s\n", a.Confirm)
		}
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

func reasonText(r Reason) string {
	if len(r.Changes) == 0 {
		return r.Text
	}
	parts := make([]string, len(r.Changes))
	for i, c := range r.Changes {
		switch {
		case c.Old != "" && c.New != "":
			parts[i] = fmt.Sprintf("%s: %s -> %s", c.Key, c.Old, c.New)
		case c.Old != "" || c.New != "":
			parts[i] = c.Key + ": " + c.Old + c.New
		default:
			parts[i] = c.Key
		}
	}
	return r.Text + ": " + strings.Join(parts, ", ")
}

// Summary counts what the plan does, in one line.
func Summary(p Plan) string {
	counts := map[Op]int{}
	for _, a := range p.Actions {
		counts[a.Op]++
	}
	var parts []string
	for _, c := range []struct {
		op   Op
		text string
	}{
		{OpPull, "to pull"}, {OpBuild, "to build"}, {OpPush, "to push"},
		{OpCreateNetwork, "networks to create"}, {OpCreateVolume, "volumes to create"}, {OpCreateContainer, "containers to create"},
		{OpStart, "to start"}, {OpStop, "to stop"}, {OpKill, "to signal"}, {OpPause, "to pause"}, {OpUnpause, "to unpause"},
		{OpRemove, "to remove"}, {OpRemoveImage, "images to remove"}, {OpKeep, "to keep"},
	} {
		if n := counts[c.op]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, c.text))
		}
	}
	switch {
	case len(p.Problems) > 0:
		return fmt.Sprintf("%s of %s cannot begin: %d problems", p.Goal, p.Project, len(p.Problems))
	case p.Empty():
		return strings.TrimSuffix(fmt.Sprintf("%s of %s: nothing to do; %s", p.Goal, p.Project, strings.Join(parts, ", ")), "; ")
	}
	return fmt.Sprintf("%s of %s: %s", p.Goal, p.Project, strings.Join(parts, ", "))
}
