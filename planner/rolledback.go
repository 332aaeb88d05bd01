package planner

import (
	"slices"
	"strings"
)

// rollbackMark is the value of LabelRolledBack for what this plan makes: an id
// of the rollback, the services that it takes back, and those that only follow.
// By it the next rollback knows what this one has left undone, in place of
// turning back what it did.
func (m *maker) rollbackMark() string {
	if m.mark != "" {
		return m.mark
	}
	var back, follow, of []string
	for _, name := range m.order {
		run, ok := m.services[name]
		if !ok || run.passive || !slices.ContainsFunc(run.replicas, func(r *replica) bool { return r.changed() || r.update != nil }) {
			continue
		}
		if m.rolledBack[name] {
			back = append(back, name)
		} else {
			follow = append(follow, name)
		}
		of = append(of, m.records[name])
		for _, c := range m.replicasOf(name) {
			of = append(of, c.ID)
		}
	}
	slices.Sort(of)
	m.mark = strings.Join([]string{shortID(sha256Hex([]byte(strings.Join(of, " ")))), strings.Join(back, ","), strings.Join(follow, ",")}, " ")
	return m.mark
}

// goneBack reports whether a rollback has taken the service back, and nothing
// has changed it since.
func (m *maker) goneBack(service string) bool {
	cs := m.replicasOf(service)
	if len(cs) == 0 {
		return false
	}
	parts := strings.Split(m.said(cs[0], LabelRolledBack), " ")
	return len(parts) > 1 && slices.Contains(strings.Split(parts[1], ","), service) && m.unfinished(cs[0]) == ""
}

// unfinished is the mark of the rollback that made or changed the container, if
// that one was to change more than it has: a service that it changes has no
// container with its mark, or still one of before.
func (m *maker) unfinished(c Container) string {
	mark := m.said(c, LabelRolledBack)
	_, services, _ := strings.Cut(mark, " ")
	for _, name := range strings.FieldsFunc(services, func(r rune) bool { return r == ' ' || r == ',' }) {
		cs := m.replicasOf(name)
		if len(cs) == 0 {
			continue
		}
		latest := cs[0]
		marked := m.said(latest, LabelRolledBack) == mark
		if !marked && m.since(latest).After(m.since(c)) {
			continue // changed by something else since
		}
		before := func(x Container) bool {
			return x.Role == RoleAside || m.said(x, LabelConfig) != m.said(latest, LabelConfig)
		}
		if !marked || slices.ContainsFunc(cs, before) {
			return mark
		}
	}
	return ""
}
