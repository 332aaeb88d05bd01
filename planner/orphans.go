package planner

import (
	"fmt"
	"strings"
)

// orphans plans what happens to containers of services that the files do not
// have. Those that another directory made are only ever named.
func (m *maker) orphans() {
	if m.t.Orphans == OrphansIgnore {
		return
	}
	var left []string
	for _, c := range m.orphaned() {
		switch dir := c.Labels[LabelWorkingDir]; {
		case m.t.Orphans == OrphansRemove && dir != "" && dir != m.p.Dir:
			m.warning(fmt.Sprintf("%s belongs to no service of the files, but was made from %s: it is left alone", c.Name, dir))
		case m.t.Orphans == OrphansRemove:
			svc, _ := m.service(c.Service)
			m.takeDown(svc, c, Reason{Text: "no service " + c.Service + " in the files"})
		default:
			left = append(left, c.Name)
		}
	}
	if len(left) > 0 {
		m.warning(fmt.Sprintf("containers of services that the files do not have: %s (--remove-orphans removes them)", strings.Join(left, ", ")))
	}
}

func (m *maker) orphaned() []Container {
	var out []Container
	for _, name := range m.order {
		if m.inFiles(name) {
			continue
		}
		for _, c := range m.s.Containers {
			if c.Project == m.project && c.Service == name && !c.OneOff && c.Status != StatusRemoving {
				out = append(out, c)
			}
		}
	}
	return out
}
