package planner

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"

	"recompose/planner/create"
)

// A container's limits and restart policy can be changed while it runs; its
// labels can't, and go on to say what it was made with. A volume without data
// (the mark) bears what the labels of a new one would say, and shows that the
// containers of its service are to be asked what they have now; all others are
// taken at their labels' word. It is made before the change, and earlier ones are
// removed after it: what the container has tells which of them counts.

// fieldChanges are the keys in which the container differs from what the files
// want. alone: nothing else is known to differ.
func (m *maker) fieldChanges(run *serviceRun, c *Container, alone bool) []Change {
	changes := diffFields(c.Fields, run.fields, c.Adopted)
	ask := len(m.marks[run.cfg.Name]) > 0 || alone && len(changes) > 0 && updatableOnly(changes)
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
	fields := c.Fields
	if v := m.markFor(*c); v != nil {
		fields = v.fields()
	}
	return diffFields(create.WithLive(fields, c.Live), run.fields, false)
}

// markFor is the mark of the container's change to what it has now; nil if there
// is none.
func (m *maker) markFor(c Container) *Volume {
	marks := m.marks[c.Service]
	if len(marks) == 0 || c.Project != m.project || c.Fields == nil || c.Adopted {
		return nil
	}
	m.need(Query{Live: []string{c.ID}})
	if c.Live == nil {
		return nil // not known yet, or it is gone meanwhile
	}
	now := create.WithLive(c.Fields, c.Live)
	for i, v := range marks {
		if v.Created.Before(c.Created) && !v.Created.IsZero() {
			continue // of one before it
		}
		if fields := v.fields(); fields != nil && len(diffFields(now, fields, false)) == 0 {
			return &marks[i]
		}
	}
	return nil
}

// fields are those of the containers that the volume is a mark of; nil for a
// volume of another kind.
func (v Volume) fields() map[string]string {
	fields, err := create.DecodeFields(v.Labels[LabelFields])
	if err != nil {
		return nil
	}
	return fields
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
		return create.Dropped(change.Key, c.Fields, c.Live) || change.How == Removed && !m.removable(run, change.Key, c.Live)
	})
}

// removable reports whether the engine can take the key away in place: it
// reads no value as no change. No limit of swap can also be what the kernel
// lacks, and an engine's own limit of processes is not known.
func (m *maker) removable(run *serviceRun, key string, live map[string]string) bool {
	switch key {
	case "restart":
		return true
	case "pids_limit":
		return !m.s.Engine.CapsPids
	case "memswap_limit":
		return run.fields["mem_limit"] != "" && !create.Swapless(live)
	}
	return false
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

// marksOf are the marks of a project by service.
func marksOf(s State, project string) map[string][]Volume {
	out := map[string][]Volume{}
	for _, v := range s.Volumes {
		if service := v.Labels[LabelUpdated]; v.marks(project) {
			out[service] = append(out[service], v)
		}
	}
	return out
}

// marks reports whether the volume is a mark of the project. No name of a
// project has a dot: two of them have never one mark.
func (v Volume) marks(project string) bool {
	service := v.Labels[LabelUpdated]
	return service != "" && v.Project == project && strings.HasPrefix(v.Name+".", markPrefix(project, service))
}

func markPrefix(project, service string) string {
	return LabelUpdated + "." + project + "." + service + "."
}

// setMark adds the mark before the first container of the service is changed.
func (m *maker) setMark(run *serviceRun) {
	if !m.compares(run) || !slices.ContainsFunc(run.replicas, func(r *replica) bool { return r.update != nil || m.unmarked(run, r) }) {
		return
	}
	labels := map[string]string{LabelProject: m.project, LabelUpdated: run.cfg.Name, LabelFields: create.EncodeFields(run.fields)}
	if img, ok := m.image(run.spec.Image); ok {
		m.remember(run, labels, img.ID)
	}
	text, _ := json.Marshal(labels) // strings always can be
	run.mark = markPrefix(m.project, run.cfg.Name) + shortID(sha256Hex(text))
	if slices.ContainsFunc(m.marks[run.cfg.Name], func(v Volume) bool { return v.Name == run.mark }) {
		return // left by what was cut off
	}
	labels[LabelVersion] = Version
	run.marked = m.add(Action{Op: OpCreateVolume, Ref: Ref{Kind: KindVolume, Name: run.mark}, Reason: Reason{Text: "remembers what containers of " + run.cfg.Name + " are changed to"},
		Payload: CreateVolume{Name: run.mark, Labels: labels}})
}

// dropMarks removes the service's marks that no container is as. first is the
// index of the service's first action.
func (m *maker) dropMarks(run *serviceRun, first int) {
	if !m.compares(run) {
		return
	}
	kept := map[string]bool{run.mark: true}
	for _, r := range run.replicas {
		if v := m.markOf(r); v != nil && run.mark == "" {
			kept[v.Name] = true
		}
	}
	after := m.nodes[first:]
	for _, v := range m.marks[run.cfg.Name] {
		if kept[v.Name] {
			continue
		}
		n := m.removeMark(v, "no container of "+run.cfg.Name+" is as it says any more", after...)
		for _, r := range run.replicas {
			if r.provisional != "" {
				n.Provisional = r.provisional
			}
		}
	}
}

// markOf is the mark of a replica that stays as it is.
func (m *maker) markOf(r *replica) *Volume {
	if r.old == nil || r.changed() || r.update != nil {
		return nil
	}
	return m.markFor(*r.old)
}

func (m *maker) removeMark(v Volume, why string, after ...*node) *node {
	return m.add(Action{Op: OpRemove, Ref: Ref{Kind: KindVolume, Name: v.Name}, Reason: Reason{Text: why}, Payload: Remove{ID: v.Name}}, after...)
}

// compares reports whether the target looks at how the service's containers
// differ from the files.
func (m *maker) compares(run *serviceRun) bool {
	return m.t.Goal != GoalScale && m.recreatePolicy(run.cfg.Name) != RecreateNever
}

// unmarked reports whether the replica's container, once the plan is done, has
// other limits than its labels and all marks say.
func (m *maker) unmarked(run *serviceRun, r *replica) bool {
	if r.old == nil || r.changed() || m.markFor(*r.old) != nil {
		return false
	}
	if r.old.Fields != nil && !r.old.Adopted {
		return create.LimitsDiffer(r.old.Fields, run.fields)
	}
	if len(m.marks[run.cfg.Name]) == 0 {
		return false // what made it says itself that it differs
	}
	hash, err := ComposeHash(run.cfg)
	return err != nil || hash != r.old.Labels[LabelConfigHash]
}

// changedUnknown reports whether the container has other limits now than its
// labels say, and nothing says how it came to them.
func (m *maker) changedUnknown(c Container) bool {
	if len(m.marks[c.Service]) == 0 || c.Fields == nil || m.markFor(c) != nil {
		return false
	}
	return c.Live != nil && len(diffFields(create.WithLive(c.Fields, c.Live), c.Fields, false)) > 0
}

// removeMarks removes the marks of services without containers.
func (m *maker) removeMarks(gone func(service string) bool, after ...*node) {
	for _, service := range slices.Sorted(maps.Keys(m.marks)) {
		for _, v := range m.marks[service] {
			if gone(service) {
				m.removeMark(v, service+" has no containers any more", after...)
			}
		}
	}
}
