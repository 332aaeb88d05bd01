package planner

import (
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"
)

func containerRef(c Container) Ref {
	return Ref{Kind: KindContainer, Name: c.Name, Service: c.Service, Number: c.Number, Role: c.Role}
}

// stopContainer stops an observed container, its pre_stop hooks first; nil if
// it does not run.
func (m *maker) stopContainer(svc types.ServiceConfig, c Container, why Reason, group string, after ...*node) *node {
	if !c.Running() {
		return nil
	}
	ref, h := containerRef(c), Handle{ID: c.ID, Name: c.Name}
	// A hook that fails keeps neither the next one nor the stop from happening.
	var last *node
	add := func(a Action) {
		n := m.add(a, after...)
		n.follow(OnDone, last)
		last = n
	}
	if c.Status == StatusRunning && !c.OneOff { // a one-off has no hooks
		for _, hook := range svc.PreStop {
			add(Action{Op: OpRunHook, Ref: ref, Group: group, Reason: Reason{Text: "pre_stop"}, Payload: RunHook{h, hook}})
		}
	}
	add(Action{Op: OpStop, Ref: ref, Group: group, Reason: why, Payload: Stop{h, m.t.Timeout}})
	return last
}

// takeDown stops a container, if it runs, and removes it.
func (m *maker) takeDown(svc types.ServiceConfig, c Container, why Reason, after ...*node) *node {
	stop := m.stopContainer(svc, c, why, "", after...)
	return m.add(Action{Op: OpRemove, Ref: containerRef(c), Reason: why, Payload: Remove{ID: c.ID, Force: true, Volumes: m.t.RemoveVolumes}}, append(slices.Clone(after), stop)...)
}

// stopOrder adds f's action for every container, those that need others
// before what they need. A failure does not hold the others up.
func (m *maker) stopOrder(cs []Container, f func(Container, types.ServiceConfig) *node) map[string][]*node {
	byService := map[string][]*node{}
	for _, name := range slices.Backward(m.order) {
		svc, _ := m.service(name)
		svc.Name = name
		for _, c := range cs {
			if c.Service != name {
				continue
			}
			first := len(m.nodes)
			n := f(c, svc)
			if n == nil {
				continue
			}
			for _, dependent := range m.graph.Dependents(name) {
				m.nodes[first].follow(OnDone, byService[dependent]...)
			}
			byService[name] = append(byService[name], n)
		}
		if len(byService[name]) == 0 {
			// What needs this one through a service without containers still
			// goes first.
			for _, dependent := range m.graph.Dependents(name) {
				byService[name] = append(byService[name], byService[dependent]...)
			}
		}
	}
	return byService
}

// selected are the project's containers of the named services (all, where
// none is named), by dependency order and number. One-offs only count when
// asked for.
func (m *maker) selected(oneOffs bool) []Container {
	var cs []Container
	for _, name := range m.order {
		if !m.chosen(name) {
			continue
		}
		for _, c := range m.s.Containers {
			if c.Project == m.project && c.Service == name && (oneOffs || !c.OneOff) && c.Status != StatusRemoving {
				cs = append(cs, c)
			}
		}
	}
	slices.SortStableFunc(cs, func(a, b Container) int {
		if a.Service != b.Service {
			return slices.Index(m.order, a.Service) - slices.Index(m.order, b.Service)
		}
		if a.Number != b.Number {
			return a.Number - b.Number
		}
		return strings.Compare(a.Name, b.Name)
	})
	return cs
}

// chosen reports whether the goal is about the service: it is named, or none
// is and the files have it active.
func (m *maker) chosen(name string) bool {
	if len(m.t.Services) > 0 {
		return slices.Contains(m.t.Services, name)
	}
	if m.p == nil {
		return true
	}
	_, ok := m.p.Model.Services[name]
	return ok
}
