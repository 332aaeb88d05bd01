package planner

import (
	"fmt"
	"slices"
	"strings"

	"recompose/loader"
)

// NewQuery says which facts the plan for a target begins with. What turns out
// to be wanted beside them, the plan itself asks for.
func NewQuery(p *loader.Project, t Target) Query {
	if p == nil {
		return Query{Projects: []string{t.ProjectName}, Foreign: t.Goal == GoalDown && len(t.Services) == 0}
	}
	q := Query{Projects: []string{p.Name}}
	if p.OtherName != "" {
		q.Projects = append(q.Projects, p.OtherName)
	}
	switch t.Goal {
	case GoalUp, GoalCreate, GoalScale, GoalRun, GoalRollback:
		q.Images = !t.Offline
		for _, name := range p.Model.NetworkNames() {
			if n := p.Model.Networks[name]; bool(n.External) || !strings.HasPrefix(n.Name, p.Name) {
				q.Networks = append(q.Networks, n.Name)
			}
		}
		for _, name := range p.Model.VolumeNames() {
			if v := p.Model.Volumes[name]; v.Extensions[loader.ImplicitVolume] == nil && (bool(v.External) || !strings.HasPrefix(v.Name, p.Name)) {
				q.Volumes = append(q.Volumes, v.Name)
			}
		}
	case GoalPull:
		q.Images = !t.Offline
	case GoalDown:
		q.Images = t.RemoveImages != ""
		q.Foreign = len(t.Services) == 0
	}
	return q
}

// Make compares what the files want with what was observed, and says what the
// target takes. It is a pure function: equal input gives an equal plan. p may
// be nil for goals that need no files: then only the labels of what is there
// are known.
func Make(p *loader.Project, s State, t Target) Plan {
	s = s.sorted()
	project := ProjectName(p, s, t)
	p, moved := withoutBridgeLinks(p, s.Engine)
	m := &maker{
		p: p, s: s, t: t,
		project:  project,
		services: map[string]*serviceRun{}, images: map[string]*node{},
		networks: map[string]*node{}, volumes: map[string]*node{}, recreated: map[string]*networkChange{}, remade: map[string]*volumeChange{}, groups: unions{}, swaps: unions{},
		marks: marksOf(s, project), records: map[string]string{}, rolledBack: map[string]bool{},
	}
	m.plan = Plan{Goal: t.Goal, Project: m.project}
	if p == nil && m.wantsFiles() {
		m.problem("no-files", "", string(t.Goal)+" needs a compose file", "give one with -f, or run in its folder")
		return m.plan
	}
	if !m.sortServices() || !m.knownServices() {
		return m.plan
	}
	if p != nil && p.OtherName != "" && m.project == p.OtherName {
		m.note(fmt.Sprintf("continuing project %q, which is here already; its classic name would be %q (-p chooses)", p.OtherName, p.Name))
	}
	if moved && m.wantsFiles() {
		m.note(fmt.Sprintf("this engine has no links on its default bridge: the services get the network %s_default, with the same names and variables", p.Name))
	}
	if len(t.Failed) > 0 {
		m.takeBack()
		return m.finish()
	}
	switch t.Goal {
	case GoalUp, GoalCreate, GoalScale:
		m.up()
	case GoalRollback:
		m.rollback()
	case GoalRun:
		m.run()
	case GoalDown:
		m.down()
	case GoalStop, GoalKill, GoalPause, GoalUnpause, GoalStart, GoalRestart, GoalRemove:
		m.lifecycle()
	case GoalPull, GoalBuild, GoalPush:
		m.fetch()
	default:
		m.problem("unknown-goal", "", fmt.Sprintf("no such goal: %q", t.Goal), "")
	}
	return m.finish()
}

// sortServices makes the graph of the services and their order; false if there
// is none.
func (m *maker) sortServices() bool {
	m.graph = m.serviceGraph()
	var cycle []string
	if m.order, cycle = m.orderServices(); cycle != nil {
		m.problem("dependency-cycle", cycle[0], "services need each other in a circle: "+strings.Join(cycle, " -> "),
			"take one of the links, volumes_from, depends_on, network_mode, ipc or pid entries between them out")
		return false
	}
	return true
}

// serviceGraph is the graph of the files' services, disabled ones too, or
// without files the one that the containers' labels remember.
func (m *maker) serviceGraph() Graph {
	g := Graph{}
	if m.p != nil {
		for name, svc := range m.p.Model.Services {
			g[name] = Dependencies(svc)
		}
		for name, svc := range m.p.Model.DisabledServices {
			g[name] = Dependencies(svc)
		}
	}
	for _, c := range m.s.Containers {
		if _, ok := g[c.Service]; !ok && c.Service != "" {
			g[c.Service] = decodeDependencies(c.Labels[LabelDependsOn])
		}
	}
	return g
}

// orderServices sorts the graph. Containers that were made at different times
// may remember dependencies in a circle; of those that only labels tell of,
// some are forgotten, for what is there must always come down.
func (m *maker) orderServices() (order, cycle []string) {
	for {
		order, cycle = m.graph.Order()
		i := slices.IndexFunc(cycle, func(name string) bool { return !m.inFiles(name) })
		if i < 0 {
			return order, cycle
		}
		name := cycle[i]
		next := cycle[(i+1)%len(cycle)]
		m.graph[name] = slices.DeleteFunc(slices.Clone(m.graph[name]), func(d Dependency) bool { return d.Service == next || d.Service == name })
	}
}

// knownServices refuses names that neither the files nor the engine have.
func (m *maker) knownServices() bool {
	var unknown []string
	names := slices.Clone(m.t.Services)
	for name := range m.t.Replicas {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		if _, ok := m.graph[name]; !ok || (m.p != nil && m.wantsFiles() && !m.inFiles(name)) {
			unknown = append(unknown, name)
		}
	}
	if len(unknown) == 0 {
		return true
	}
	var known []string
	for name := range m.graph {
		if m.p == nil || m.inFiles(name) {
			known = append(known, name)
		}
	}
	slices.Sort(known)
	hint := "there are no services"
	if len(known) > 0 {
		hint = "there are " + strings.Join(known, ", ")
	}
	for _, name := range unknown {
		m.problem("unknown-service", name, "no such service: "+name, hint)
	}
	return false
}

// wantsFiles reports whether the goal creates containers, which only the
// files describe.
func (m *maker) wantsFiles() bool {
	switch m.t.Goal {
	case GoalUp, GoalCreate, GoalScale, GoalRun, GoalRollback, GoalPull, GoalBuild, GoalPush:
		return true
	}
	return false
}

func (m *maker) inFiles(name string) bool {
	_, ok := m.service(name)
	return ok
}
