package planner

import (
	"fmt"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"
)

// orphans plans what happens to containers of services that the files do not
// have. Those that another directory made are only ever named.
func (m *maker) orphans() {
	if m.t.Orphans == OrphansIgnore {
		return
	}
	var left []string
	for _, c := range m.orphaned() {
		switch {
		case m.t.Orphans == OrphansRemove && !m.madeHere(c):
			m.warning(fmt.Sprintf("%s belongs to no service of the files, but was made from %s: it is left alone", c.Name, c.Labels[LabelWorkingDir]))
		case m.t.Orphans == OrphansRemove:
			m.removeOrphan(c)
		default:
			left = append(left, c.Name)
		}
	}
	if len(left) > 0 {
		m.warning(fmt.Sprintf("containers of services that the files do not have: %s (--remove-orphans removes them)", strings.Join(left, ", ")))
	}
}

// removeOrphan removes it before volumes and networks are made anew that it
// uses.
func (m *maker) removeOrphan(c Container) {
	why := Reason{Text: "no service " + c.Service + " in the files"}
	if len(m.remadeUnder(c)) > 0 {
		m.removeForVolumes(&serviceRun{}, c, why, "")
		return
	}
	n := m.takeDown(types.ServiceConfig{}, c, why)
	for _, change := range m.changesUnder(c) {
		change.remove.follow(OnSuccess, n)
	}
}

// madeHere reports whether the container was made from the files' directory,
// as far as its labels say.
func (m *maker) madeHere(c Container) bool {
	dir := c.Labels[LabelWorkingDir]
	return dir == "" || dir == m.p.Dir
}

// goesAsOrphan reports whether the goal removes a container of the project for
// being of no service of the files.
func (m *maker) goesAsOrphan(c Container) bool {
	goal := m.t.Goal == GoalUp || m.t.Goal == GoalCreate
	return goal && m.t.Orphans == OrphansRemove && !m.inFiles(c.Service) && m.madeHere(c)
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
