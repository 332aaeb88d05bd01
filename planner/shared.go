package planner

import (
	"maps"
	"slices"
)

// removeSharersFirst lets a container be removed after those that share a
// namespace of it and go too, where the engine refuses it before.
func (m *maker) removeSharersFirst() {
	if !m.s.Engine.KeepsShared {
		return
	}
	removals := map[string][]*node{} // of containers, by service
	for _, n := range m.nodes {
		if n.Op == OpRemove && n.Ref.Kind == KindContainer {
			removals[n.Ref.Service] = append(removals[n.Ref.Service], n)
		}
	}
	for _, name := range m.order {
		svc, _ := m.service(name)
		for _, sharer := range removals[name] {
			on := map[string]On{}              // what comes after it, by service
			for _, c := range m.s.Containers { // the files may not have it share any more
				if p, _ := sharer.Payload.(Remove); c.ID == p.ID {
					for _, d := range decodeDependencies(c.Labels[LabelDependsOn]) {
						on[d.Service] = OnDone
					}
				}
			}
			for _, d := range m.graph[name] {
				if sharesNamespace(svc, d.Service) {
					on[d.Service] = OnSuccess
				}
			}
			for _, service := range slices.Sorted(maps.Keys(on)) {
				for _, owner := range removals[service] {
					if !sharer.waitsFor(owner) {
						owner.follow(on[service], sharer)
					}
				}
			}
		}
	}
}

// keptBySharer reports whether what shares a namespace of the service's
// containers is not touched: until it is replaced too, the engine keeps them.
func (m *maker) keptBySharer(run *serviceRun) bool {
	if !m.s.Engine.KeepsShared {
		return false
	}
	return slices.ContainsFunc(m.graph.Dependents(run.cfg.Name), func(name string) bool {
		svc, _ := m.service(name)
		user, planned := m.services[name]
		return sharesNamespace(svc, run.cfg.Name) && (!planned || user.passive) && slices.ContainsFunc(m.s.Containers, func(c Container) bool {
			return c.Project == m.project && c.Service == name
		})
	})
}
