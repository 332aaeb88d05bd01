package planner

import (
	"slices"
	"strings"
)

// rollbackMark is the value of LabelRolledBack for what this plan makes: an id
// of the rollback, and the services that it changes. By it the next rollback
// knows what this one has left undone, in place of turning back what it did.
func (m *maker) rollbackMark() string {
	if m.mark != "" {
		return m.mark
	}
	var services, ids []string
	for _, name := range m.order {
		run, ok := m.services[name]
		if !ok || run.passive || !slices.ContainsFunc(run.replicas, (*replica).changed) {
			continue
		}
		services = append(services, name)
		for _, c := range m.replicasOf(name) {
			ids = append(ids, c.ID)
		}
	}
	slices.Sort(ids)
	m.mark = shortID(sha256Hex([]byte(strings.Join(ids, " ")))) + " " + strings.Join(services, ",")
	return m.mark
}

// unfinished is the mark of the rollback that made the container, if that one
// was to change more than it has: a service that it changes has no container
// with its mark, or still one of before.
func (m *maker) unfinished(c Container) string {
	mark := m.told(c, LabelRolledBack)
	_, services, _ := strings.Cut(mark, " ")
	for name := range strings.SplitSeq(services, ",") {
		cs := m.replicasOf(name)
		if len(cs) == 0 {
			continue
		}
		newest := cs[0]
		marked := m.told(newest, LabelRolledBack) == mark
		if !marked && newest.Created.After(c.Created) {
			continue // changed by something else since
		}
		before := func(x Container) bool {
			return x.Role == RoleAside || m.told(x, LabelConfig) != m.told(newest, LabelConfig)
		}
		if !marked || slices.ContainsFunc(cs, before) {
			return mark
		}
	}
	return ""
}
