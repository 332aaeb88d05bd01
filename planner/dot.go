package planner

import (
	"fmt"
	"slices"
	"strings"

	"recompose/loader"
)

// DOT draws the services and what they need, in Graphviz's language.
func DOT(p *loader.Project) string {
	var b strings.Builder
	fmt.Fprintf(&b, "digraph %q {\n  rankdir=LR;\n  node [shape=box];\n", p.Name)
	eachEdge(p, func(name string) { fmt.Fprintf(&b, "  %q;\n", name) },
		func(from string, d Dependency) {
			fmt.Fprintf(&b, "  %q -> %q [label=%q];\n", from, d.Service, edgeLabel(d))
		})
	b.WriteString("}\n")
	return b.String()
}

// Mermaid draws the same for Markdown.
func Mermaid(p *loader.Project) string {
	var b strings.Builder
	b.WriteString("flowchart LR\n")
	ids := map[string]string{}
	eachEdge(p, func(name string) {
		ids[name] = fmt.Sprintf("s%d", len(ids))
		fmt.Fprintf(&b, "  %s[\"%s\"]\n", ids[name], strings.ReplaceAll(name, `"`, "#quot;"))
	}, func(from string, d Dependency) {
		if ids[d.Service] != "" {
			fmt.Fprintf(&b, "  %s -->|%s| %s\n", ids[from], edgeLabel(d), ids[d.Service])
		}
	})
	return b.String()
}

func eachEdge(p *loader.Project, node func(string), edge func(string, Dependency)) {
	names := p.Model.ServiceNames()
	slices.Sort(names)
	for _, n := range names {
		node(n)
	}
	for _, n := range names {
		for _, d := range Dependencies(p.Model.Services[n]) {
			edge(n, d)
		}
	}
}

func edgeLabel(d Dependency) string {
	if d.Key == "depends_on" || d.Condition != "service_started" {
		return strings.TrimPrefix(d.Condition, "service_")
	}
	return d.Key
}

// PlanDOT draws a plan's actions and what each waits for, in Graphviz's
// language: what is kept in grey, what hangs on a condition dashed.
func PlanDOT(p Plan) string {
	var b strings.Builder
	fmt.Fprintf(&b, "digraph %q {\n  rankdir=LR;\n  node [shape=box];\n", string(p.Goal)+" "+p.Project)
	for _, a := range p.Actions {
		style := ""
		switch {
		case a.Op == OpKeep:
			style = ", color=grey, fontcolor=grey"
		case a.Provisional != "":
			style = ", style=dashed"
		}
		fmt.Fprintf(&b, "  %d [label=%q%s];\n", a.ID, what(a), style)
	}
	for _, a := range p.Actions {
		for _, e := range a.After {
			label := ""
			if e.On == OnDone {
				label = " [style=dashed]"
			}
			fmt.Fprintf(&b, "  %d -> %d%s;\n", e.ID, a.ID, label)
		}
	}
	b.WriteString("}\n")
	return b.String()
}
