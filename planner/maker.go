package planner

import (
	"container/heap"
	"slices"

	"github.com/compose-spec/compose-go/v2/types"

	"recompose/loader"
)

// maker collects the actions of one plan. Each pass is a method in a file of
// its own; a goal says which passes run.
type maker struct {
	p       *loader.Project // nil: no files
	s       State
	t       Target
	project string
	graph   Graph

	plan  Plan
	nodes []*node

	active   []string // services that the plan changes; the others are looked at
	services map[string]*serviceRun
	order    []string // of services, dependencies first

	images   map[string]*node // by reference: what makes it appear
	networks map[string]*node // by the engine's name: what makes it exist
	volumes  map[string]*node
	groups   unions              // of actions that are finished together
	cleared  []*node             // what took away containers that have failed
	swaps    unions              // of replacements that pass host ports on
	marks    map[string][]Volume // of updates in place, by service
	// recreated are networks that are removed and made again.
	recreated map[string]*networkChange
	remade    map[string]*volumeChange // the same of volumes, by name

	// records are configurations by service that count in place of the files';
	// rolledBack are those that go back to an earlier one.
	records    map[string]string
	rolledBack map[string]bool
	mark       string // of the containers that a rollback makes
}

// node is an action whose ID is not known yet.
type node struct {
	Action
	after []edge
	index int
}

type edge struct {
	to *node
	on On
}

// add appends an action that follows all of after, if they succeed.
func (m *maker) add(a Action, after ...*node) *node {
	n := &node{Action: a, index: len(m.nodes)}
	n.follow(OnSuccess, after...)
	m.nodes = append(m.nodes, n)
	return n
}

// follow adds edges; nil nodes are what is there already.
func (n *node) follow(on On, after ...*node) {
	for _, to := range after {
		if to == nil || to == n {
			continue
		}
		if i := slices.IndexFunc(n.after, func(e edge) bool { return e.to == to }); i >= 0 {
			if on == OnSuccess {
				n.after[i].on = OnSuccess
			}
			continue
		}
		n.after = append(n.after, edge{to, on})
	}
}

// finish numbers the actions: topological, as added where the edges leave it
// open.
func (m *maker) finish() Plan {
	m.removeSharersFirst()
	waiting := make([]int, len(m.nodes))
	dependents := make([][]*node, len(m.nodes))
	ready := &byIndex{}
	for _, n := range m.nodes {
		waiting[n.index] = len(n.after)
		for _, e := range n.after {
			dependents[e.to.index] = append(dependents[e.to.index], n)
		}
		if len(n.after) == 0 {
			heap.Push(ready, n)
		}
	}
	m.plan.Actions = make([]Action, 0, len(m.nodes))
	for ready.Len() > 0 {
		n := heap.Pop(ready).(*node)
		n.ID = ID(len(m.plan.Actions) + 1)
		n.Group = m.groups.of(n.Group)
		for _, e := range n.after {
			n.After = append(n.After, After{e.to.ID, e.on})
		}
		slices.SortFunc(n.After, func(a, b After) int { return int(a.ID - b.ID) })
		m.plan.Actions = append(m.plan.Actions, n.Action)
		for _, d := range dependents[n.index] {
			if waiting[d.index]--; waiting[d.index] == 0 {
				heap.Push(ready, d)
			}
		}
	}
	if len(m.plan.Actions) != len(m.nodes) {
		// The passes only ever point backwards or along the acyclic service
		// graph; if one does not, nothing may run.
		m.problem("internal-cycle", "", "the plan has a cycle", "this is a bug of recompose, please report it with the compose file")
		m.plan.Actions = nil
	}
	m.plan.Provisional = m.fetchesFirst()
	return m.plan
}

// fetchesFirst reports whether containers are made from images that the plan
// fetches: what those images hold decides the rest.
func (m *maker) fetchesFirst() bool {
	if m.t.Goal == GoalPull || m.t.Goal == GoalBuild {
		return false
	}
	return slices.ContainsFunc(m.nodes, func(n *node) bool { return n.Op == OpPull || n.Op == OpBuild })
}

type byIndex []*node

func (h byIndex) Len() int           { return len(h) }
func (h byIndex) Less(i, j int) bool { return h[i].index < h[j].index }
func (h byIndex) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *byIndex) Push(x any)        { *h = append(*h, x.(*node)) }
func (h *byIndex) Pop() any {
	old := *h
	n := old[len(old)-1]
	*h = old[:len(old)-1]
	return n
}

func (m *maker) note(text string) { m.plan.Notes = append(m.plan.Notes, Note{Text: text}) }

func (m *maker) noteOnce(text string) {
	if n := (Note{Text: text}); !slices.Contains(m.plan.Notes, n) {
		m.plan.Notes = append(m.plan.Notes, n)
	}
}

func (m *maker) warning(text string) {
	m.plan.Notes = append(m.plan.Notes, Note{Warning: true, Text: text})
}

func (m *maker) problem(rule, service, text, hint string) {
	p := Problem{Rule: rule, Service: service, Text: text, Hint: hint}
	if !slices.Contains(m.plan.Problems, p) {
		m.plan.Problems = append(m.plan.Problems, p)
	}
}

// need asks for more facts; the plan is made anew when they are there.
func (m *maker) need(q Query) { m.plan.Needs = m.plan.Needs.Plus(q.Minus(m.s.Answered)) }

// service is a service of the files, active or behind a profile.
func (m *maker) service(name string) (types.ServiceConfig, bool) {
	if m.p == nil {
		return types.ServiceConfig{}, false
	}
	svc, ok := m.p.Model.Services[name]
	if !ok {
		svc, ok = m.p.Model.DisabledServices[name]
	}
	return svc, ok
}
