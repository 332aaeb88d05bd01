package planner

import (
	"fmt"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"
)

// orphans plans what happens to containers of services that the files do not
// have.
func (m *maker) orphans() {
	if m.t.Orphans == OrphansIgnore {
		return
	}
	var left []string
	var gone []Container
	begun := len(m.nodes)
	for _, c := range m.orphaned(false) {
		switch {
		case m.t.Orphans == OrphansWarn:
			left = append(left, c.Name)
		case !m.leftAlone(c):
			m.removeOrphan(c)
			gone = append(gone, c)
		}
	}
	m.leftVolumes(gone, nil)
	m.removeMarks(func(service string) bool { return !m.inFiles(service) && m.leaves(service, gone) }, m.nodes[begun:]...)
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

// goesAsOrphan reports whether the goal removes a container of the project for
// being of no service of the files.
func (m *maker) goesAsOrphan(c Container) bool {
	goal := m.t.Goal == GoalUp || m.t.Goal == GoalCreate
	removes := m.t.Orphans == OrphansRemove || m.t.Orphans == OrphansRemoveAll
	return goal && removes && !m.inFiles(c.Service) && !m.protected(c)
}

// protected reports whether an orphan may be another folder's, whose project
// only has the same name.
func (m *maker) protected(c Container) bool {
	return m.otherFolder(c) != "" && m.t.Orphans != OrphansRemoveAll
}

// leftAlone reports whether an orphan stays though orphans are removed, and
// says so.
func (m *maker) leftAlone(c Container) bool {
	stays := m.protected(c)
	if stays {
		m.warning(fmt.Sprintf("%s belongs to no service of the files, but was made from %s: it is left alone (--remove-orphans=all removes it too)", c.Name, m.otherFolder(c)))
	}
	return stays
}

// otherFolder is the folder that a container was made from, if that is not the
// files'.
func (m *maker) otherFolder(c Container) string {
	dir := c.Labels[LabelWorkingDir]
	if m.p == nil || dir == m.p.Dir {
		return ""
	}
	return dir
}

// fromOtherFolders warns before containers that another folder's files made are
// replaced or removed as the files here have it.
func (m *maker) fromOtherFolders() {
	dirs := map[string][]string{}
	var order []string
	found := func(c Container) {
		dir := m.otherFolder(c)
		if dir == "" {
			return
		}
		if dirs[dir] == nil {
			order = append(order, dir)
		}
		dirs[dir] = append(dirs[dir], nameBehindAside(c.Name))
	}
	for _, name := range m.order {
		if run, ok := m.services[name]; ok {
			for _, r := range run.replicas {
				if r.fate == fateReplace {
					found(*r.old)
				}
			}
			for _, c := range run.surplus {
				found(c)
			}
		}
	}
	for _, dir := range order {
		m.warning(fmt.Sprintf("made from %s and changed now as the files here have it: %s (-p gives this project another name)", dir, strings.Join(dirs[dir], ", ")))
	}
}

// orphaned are the containers of services that the files do not have; one-offs
// only count when asked for.
func (m *maker) orphaned(oneOffs bool) []Container {
	var out []Container
	for _, name := range m.order {
		if m.inFiles(name) {
			continue
		}
		for _, c := range m.s.Containers {
			if c.Project == m.project && c.Service == name && (oneOffs || !c.OneOff) && c.Status != StatusRemoving {
				out = append(out, c)
			}
		}
	}
	return out
}
