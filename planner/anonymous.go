package planner

import (
	"fmt"
	"slices"
	"strings"

	"recompose/planner/create"
)

// labelInherited lets the container say which volumes it has from the one
// before it.
func labelInherited(spec create.Spec) {
	var names []string
	for _, i := range spec.Inherit {
		names = append(names, i.Volume)
	}
	if len(names) > 0 {
		spec.Labels[LabelInherited] = strings.Join(names, " ")
	}
}

// inherited reports whether the container has the anonymous volume from the one
// before it.
func (c Container) inherited(volume string) bool {
	return slices.Contains(strings.Fields(c.Labels[LabelInherited]), volume)
}

// removeInherited removes the inherited volumes of containers that go, which the
// engine leaves, once all that mount them are gone.
func (m *maker) removeInherited(cs []Container, removals map[string]*node) {
	done := map[string]*node{}
	for _, c := range cs {
		for _, v := range anonymousVolumes(c) {
			if !c.inherited(v.Name) || done[v.Name] != nil {
				continue
			}
			m.need(Query{Foreign: true})
			if len(m.mounters(v.Name, cs)) > 0 {
				continue
			}
			done[v.Name] = m.add(Action{Op: OpRemove, Ref: Ref{Kind: KindVolume, Name: v.Name}, Payload: Remove{ID: v.Name},
				Loses: fmt.Sprintf("all data in the anonymous volume of %s at %s is lost", nameBehindAside(c.Name), v.Destination)})
		}
	}
	for _, c := range cs {
		for _, v := range c.Mounts {
			if n := done[v.Name]; n != nil {
				n.follow(OnSuccess, removals[c.ID])
			}
		}
	}
}

// leftBehind tells which anonymous volumes of containers that go, or that are
// replaced, nobody mounts any more.
func (m *maker) leftBehind() {
	var gone []Container
	inherited := map[string]bool{}
	for _, name := range m.order {
		run, ok := m.services[name]
		if !ok {
			continue
		}
		gone = append(gone, run.surplus...)
		for _, r := range run.replicas {
			if r.fate != fateReplace || r.provisional != "" {
				continue
			}
			gone = append(gone, *r.old)
			if !m.t.RenewVolumes {
				for _, v := range m.inherited(run, *r.old) {
					inherited[v.Volume] = true
				}
			}
		}
	}
	m.leftVolumes(gone, inherited)
}

// leftVolumes tells which anonymous volumes stay behind without a container
// that mounts them, and how to mount them again. Those of kept are mounted.
func (m *maker) leftVolumes(cs []Container, kept map[string]bool) {
	if m.t.RemoveVolumes {
		return
	}
	told := m.mountedBeside(cs)
	for _, c := range cs {
		for _, v := range anonymousVolumes(c) {
			if !told[v.Name] && !kept[v.Name] {
				told[v.Name] = true
				m.note(fmt.Sprintf("the anonymous volume of %s at %s stays, with its data: %s (to mount it again: volumes: [\"%s:%s\"] in the file, or docker run -v %s:%s)",
					nameBehindAside(c.Name), v.Destination, v.Name, v.Name, v.Destination, v.Name, v.Destination))
			}
		}
	}
}

// mountedBeside are the volumes that containers other than these mount.
func (m *maker) mountedBeside(cs []Container) map[string]bool {
	goes := map[string]bool{}
	for _, c := range cs {
		goes[c.ID] = true
	}
	names := map[string]bool{}
	for _, all := range [][]Container{m.s.Containers, m.s.Foreign} {
		for _, c := range all {
			for _, mount := range c.Mounts {
				names[mount.Name] = names[mount.Name] || !goes[c.ID]
			}
		}
	}
	return names
}
