package planner

import (
	"maps"
	"slices"

	"github.com/compose-spec/compose-go/v2/types"

	"recompose/planner/create"
)

// A container's limits and restart policy can be changed while it runs; its
// labels can't, and go on to say what it was made with. A volume without data
// (the mark) remembers which services have such containers: theirs are asked
// what they have now, all others are taken at their labels' word.

// fieldChanges are the keys in which the container differs from what the files
// want. alone: nothing else is known to differ.
func (m *maker) fieldChanges(run *serviceRun, c *Container, alone bool) []Change {
	changes := diffFields(c.Fields, run.fields, c.Adopted)
	ask := m.markOf(run.cfg.Name) != nil || alone && len(changes) > 0 && updatableOnly(changes)
	if c.Adopted || !m.s.Engine.Updates || !ask {
		return changes
	}
	if !slices.Contains(m.s.Answered.Live, c.ID) {
		m.need(Query{Live: []string{c.ID}})
		return nil
	}
	if c.Live == nil {
		return changes // it is gone meanwhile
	}
	return diffFields(create.WithLive(c.Fields, c.Live), run.fields, false)
}

func updatableOnly(changes []Change) bool {
	return !slices.ContainsFunc(changes, func(c Change) bool { return !create.Updatable(c.Key) })
}

// inPlace reports whether the engine can make the changes in the container as
// it is.
func (m *maker) inPlace(run *serviceRun, c Container, changes []Change) bool {
	if !m.s.Engine.Updates || m.t.NoInPlace || switchedOff(m.p.Model.Extensions, "in-place") || switchedOff(run.cfg.Extensions, "in-place") {
		return false
	}
	return updatableOnly(changes) && !slices.ContainsFunc(changes, func(change Change) bool {
		return create.Dropped(change.Key, c.Fields, c.Live) || change.How == Removed && !run.removable(change.Key)
	})
}

// removable reports whether the engine can take the key away in place: it
// reads no value as no change.
func (run *serviceRun) removable(key string) bool {
	return key == "restart" || key == "pids_limit" || key == "memswap_limit" && run.fields["mem_limit"] != ""
}

// switchedOff reports whether x-recompose says no to what is done by default.
func switchedOff(ext types.Extensions, key string) bool {
	x, _ := ext["x-recompose"].(map[string]any)
	on, said := x[key].(bool)
	return said && !on
}

// updateContainer adds the change in place; nil if there is none.
func (m *maker) updateContainer(run *serviceRun, r *replica, ref Ref) *node {
	if r.update == nil {
		return nil
	}
	return m.add(Action{Op: OpUpdate, Ref: ref, Reason: *r.update, Payload: Update{Container: r.handle(), Spec: *run.spec}}, r.exists, run.marked)
}

// markOf is the volume that remembers a service's updates; nil if there is none.
func (m *maker) markOf(service string) *Volume {
	if v, ok := m.marks[service]; ok {
		return &v
	}
	return nil
}

// marksOf are the marks of a project by service.
func marksOf(s State, project string) map[string]Volume {
	out := map[string]Volume{}
	for _, v := range s.Volumes {
		if v.marks(project) {
			out[v.Labels[LabelUpdated]] = v
		}
	}
	return out
}

// marks reports whether the volume is a mark of the project.
func (v Volume) marks(project string) bool {
	service := v.Labels[LabelUpdated]
	return service != "" && v.Project == project && v.Name == markName(project, service)
}

// markName is the name of a service's mark. No name of a project has a dot: two
// of them have never one mark.
func markName(project, service string) string {
	return LabelUpdated + "." + project + "." + service
}

// setMark adds the mark before the first container of the service gets what
// its labels do not say.
func (m *maker) setMark(run *serviceRun) {
	if !m.compares(run) || m.markOf(run.cfg.Name) != nil || !slices.ContainsFunc(run.replicas, func(r *replica) bool { return m.mislabelled(run, r) }) {
		return
	}
	name := markName(m.project, run.cfg.Name)
	run.marked = m.add(Action{Op: OpCreateVolume, Ref: Ref{Kind: KindVolume, Name: name}, Reason: Reason{Text: "marks that containers of " + run.cfg.Name + " are not as their labels say"},
		Payload: CreateVolume{Name: name, Labels: map[string]string{LabelProject: m.project, LabelUpdated: run.cfg.Name, LabelVersion: Version}}})
}

// dropMark removes the mark once all containers are as their labels say. first
// is the index of the service's first action.
func (m *maker) dropMark(run *serviceRun, first int) {
	v := m.markOf(run.cfg.Name)
	if v == nil || !m.compares(run) || slices.ContainsFunc(run.replicas, func(r *replica) bool { return m.mislabelled(run, r) }) {
		return
	}
	n := m.removeMark(*v, m.nodes[first:]...)
	for _, r := range run.replicas {
		if r.provisional != "" {
			n.Provisional = r.provisional
		}
	}
}

func (m *maker) removeMark(v Volume, after ...*node) *node {
	return m.add(Action{Op: OpRemove, Ref: Ref{Kind: KindVolume, Name: v.Name}, Reason: Reason{Text: "the containers of " + v.Labels[LabelUpdated] + " are as their labels say again"},
		Payload: Remove{ID: v.Name}}, after...)
}

// compares reports whether the target looks at how the service's containers
// differ from the files.
func (m *maker) compares(run *serviceRun) bool {
	return m.t.Goal != GoalScale && m.recreatePolicy(run.cfg.Name) != RecreateNever
}

// mislabelled reports whether the replica's container, once the plan is done,
// has other limits than its labels say.
func (m *maker) mislabelled(run *serviceRun, r *replica) bool {
	if r.old == nil || r.changed() {
		return false
	}
	if r.old.Fields != nil && !r.old.Adopted {
		return create.LimitsDiffer(r.old.Fields, run.fields)
	}
	if m.markOf(run.cfg.Name) == nil && r.update == nil {
		return false // what made it says itself that it differs
	}
	hash, err := ComposeHash(run.cfg)
	return err != nil || hash != r.old.Labels[LabelConfigHash]
}

// changedInPlace reports whether the container has other limits now than its
// labels say.
func (m *maker) changedInPlace(c Container) bool {
	if m.markOf(c.Service) == nil || c.Fields == nil {
		return false
	}
	if !slices.Contains(m.s.Answered.Live, c.ID) {
		m.need(Query{Live: []string{c.ID}})
	}
	return c.Live != nil && len(diffFields(create.WithLive(c.Fields, c.Live), c.Fields, false)) > 0
}

// dropMarks removes the marks of services without containers.
func (m *maker) dropMarks(gone func(service string) bool, after ...*node) {
	for _, service := range slices.Sorted(maps.Keys(m.marks)) {
		if gone(service) {
			m.removeMark(m.marks[service], after...).Reason = Reason{Text: service + " has no containers any more"}
		}
	}
}
