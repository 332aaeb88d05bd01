package planner

import (
	"slices"

	"github.com/compose-spec/compose-go/v2/types"

	"recompose/planner/create"
)

// emit adds the actions of a service whose replicas are decided. It comes
// after those of the services that it needs.
func (m *maker) emit(run *serviceRun) {
	first := len(m.nodes)
	m.setMark(run)
	m.emitReplicas(run)
	for _, c := range run.surplus {
		m.takeDownSurplus(run, c)
	}
	m.dropMarks(run, first)
	m.serializePortRanges(run)
}

// takeDownSurplus removes a replica that is too many: once those that are
// replaced serve again, or before a network that it is on is made anew.
func (m *maker) takeDownSurplus(run *serviceRun, c Container) {
	if len(m.remadeUnder(c)) > 0 {
		m.removeForVolumes(run, c, surplusReason(c), "")
		return
	}
	if changes := m.changesUnder(c); len(changes) > 0 {
		n := m.takeDown(run.cfg, c, surplusReason(c))
		for _, change := range changes {
			change.remove.follow(OnSuccess, n)
		}
		return
	}
	var replaced []*node
	for _, r := range run.replicas {
		if r.fate == fateReplace && c.Running() {
			replaced = append(replaced, r.settled)
		}
	}
	m.takeDown(run.cfg, c, surplusReason(c), replaced...)
}

func surplusReason(c Container) Reason {
	if c.Role == RoleAside {
		return Reason{Text: leftover}
	}
	return Reason{Text: "more replicas than wanted"}
}

func (m *maker) emitReplica(run *serviceRun, r *replica) {
	ref := m.replicaRef(run, r, RoleCurrent)
	begun := len(m.nodes)
	r.asides = slices.DeleteFunc(r.asides, func(c Container) bool {
		goes := len(m.remadeUnder(c)) > 0
		if goes {
			r.exists = m.removeForVolumes(run, c, Reason{Text: leftover}, group(r))
		}
		return goes
	})
	for _, c := range r.asides {
		for _, change := range m.changesUnder(c) {
			change.remove.follow(OnSuccess, m.stopAside(c, r))
			m.groups.join(change.remove.Group, group(r))
		}
	}
	switch r.fate {
	case fateCreate:
		r.exists = m.createContainer(run, r, ref)
		m.startContainer(run, r, ref, r.exists)
		m.removeAsides(r)
	case fateReplace:
		m.replace(run, r, ref)
	default:
		m.mendName(run, r, ref)
		updated := m.updateContainer(run, r, ref)
		switch r.fate {
		case fateKeep:
			if updated == nil {
				m.keep(ref, r.reason.Text).follow(OnSuccess, r.exists)
			}
			r.settled = r.exists // what needs it looks for it by its name
		case fateUnpause:
			r.started = m.add(Action{Op: OpUnpause, Ref: ref, Reason: r.reason, Payload: Unpause{r.handle()}}, r.exists, updated)
			r.settled = r.started
		case fateStart:
			after := append(m.stopAsides(r), r.exists, updated)
			for _, e := range run.spec.Networks { // one that was never started looks for them by name
				after = append(after, m.networks[e.Network])
			}
			m.startContainer(run, r, ref, after...)
		case fateRestart:
			r.stopped = m.stopContainer(run.cfg, *r.old, r.reason, group(r))
			m.awaitDependencies(r.stopped, run)
			m.startContainer(run, r, ref, r.stopped, r.exists)
		}
		if len(r.asides) > 0 && r.willRun(m.t) {
			m.prove(run, r, ref)
		}
		m.removeAsides(r)
	}
	if r.provisional != "" {
		for _, n := range m.nodes[begun:] {
			n.Provisional = r.provisional
		}
	}
}

func (m *maker) replicaRef(run *serviceRun, r *replica, role Role) Ref {
	return Ref{Kind: KindContainer, Name: r.name, Service: run.cfg.Name, Number: r.number, Role: role}
}

// createContainer adds what makes the replica's new container, up to its
// files and further networks.
func (m *maker) createContainer(run *serviceRun, r *replica, ref Ref, after ...*node) *node {
	return m.createSpec(run, r, ref, m.specFor(run, r), r.reason, after...)
}

func (m *maker) createSpec(run *serviceRun, r *replica, ref Ref, spec create.Spec, why Reason, after ...*node) *node {
	all := spec.Networks
	endpoints := spec.Networks
	if len(endpoints) > 1 && olderThan(m.s.Engine.APIVersion, 1, 44) {
		spec.Networks = endpoints[:1]
	} else {
		endpoints = nil
	}
	n := m.add(Action{Op: OpCreateContainer, Pool: PoolStart, Ref: ref, Reason: why, Group: group(r), Payload: CreateContainer{spec}}, after...)
	n.follow(OnSuccess, m.images[spec.Image])
	for _, e := range all {
		n.follow(OnSuccess, m.networks[e.Network])
	}
	for _, v := range run.cfg.Volumes {
		if v.Type == types.VolumeTypeVolume && v.Source != "" {
			n.follow(OnSuccess, m.volumes[m.p.Model.Volumes[v.Source].Name])
		}
	}
	for _, d := range run.deps {
		if dep, ok := m.services[d.Service]; ok && m.refersTo(run, d) {
			for _, other := range dep.replicas {
				n.follow(OnSuccess, other.exists)
			}
		}
	}
	last := n
	h := Handle{Name: r.name}
	for _, e := range tail(endpoints) {
		last = m.add(Action{Op: OpConnect, Ref: ref, Group: group(r), Reason: Reason{Text: "to the network " + e.Network}, Payload: Connect{Container: h, Endpoint: e}}, last)
	}
	if files := m.copiedFiles(run.cfg); len(files) > 0 {
		last = m.add(Action{Op: OpCopyIn, Ref: ref, Group: group(r), Reason: Reason{Text: "its configs and secrets"}, Payload: CopyIn{Container: h, Files: files}}, last)
	}
	return last
}

func tail(es []create.Endpoint) []create.Endpoint {
	if len(es) == 0 {
		return nil
	}
	return es[1:]
}

// group holds together what must not be left half done: between its first and
// its last action, the service may be down, or an aside may be left.
func group(r *replica) string {
	if r.fate == fateReplace || r.fate == fateRestart || len(r.asides) > 0 {
		return r.name
	}
	return ""
}

// refersTo reports whether the container's creation needs the other one to be
// there, rather than only its start.
func (m *maker) refersTo(run *serviceRun, d Dependency) bool { return d.Bound || d.Key == "links" }

// startContainer adds the start, once the container is there and what the
// service depends on is as far as it asks for.
func (m *maker) startContainer(run *serviceRun, r *replica, ref Ref, after ...*node) {
	if m.t.NoStart || m.t.Goal == GoalCreate {
		return
	}
	if m.attached(run.cfg.Name) {
		n := m.add(Action{Op: OpAttach, Ref: ref, Group: group(r), Payload: Attach{r.handle()}}, after...)
		after = []*node{n}
	}
	r.started = m.add(Action{Op: OpStart, Pool: PoolStart, Ref: ref, Reason: startReason(r), Group: group(r), Payload: Start{r.handle()}}, after...)
	m.awaitDependencies(r.started, run)
	r.settled = r.started
	for _, hook := range run.cfg.PostStart {
		r.settled = m.add(Action{Op: OpRunHook, Ref: ref, Group: group(r), Reason: Reason{Text: "post_start"}, Payload: RunHook{r.handle(), hook}}, r.settled)
	}
}

func startReason(r *replica) Reason {
	if r.changed() {
		return Reason{}
	}
	return r.reason
}

// replace adds the replacement of a container: the old one is set aside and
// goes on serving until the new one is made and all that it needs is ready;
// it is removed only when the new one serves.
func (m *maker) replace(run *serviceRun, r *replica, ref Ref) {
	old := *r.old
	oldRef := m.replicaRef(run, r, RoleAside)
	oldRef.Name = old.Name
	if len(m.remadeUnder(old)) > 0 {
		m.replaceForVolumes(run, r, ref)
		return
	}
	if changes := m.changesUnder(old); len(changes) > 0 {
		r.stopped = m.stopContainer(run.cfg, old, r.reason, group(r))
		m.vacate(old, oldRef, changes, r)
	}
	var still *node
	if old.Status == StatusRestarting && r.stopped == nil { // engines do not rename it between two tries
		still = m.stopContainer(run.cfg, old, Reason{Text: "it ends again and again"}, group(r))
		r.stopped = still
	}
	var before []*node
	first := len(m.nodes)
	if old.Name == r.name || nameBehindAside(old.Name) == old.Name {
		aside := asideName(old)
		before = append(before, m.add(Action{Op: OpRename, Ref: oldRef, Group: group(r), Reason: Reason{Text: "set aside as " + aside + " for its successor"}, Payload: Rename{Handle{ID: old.ID, Name: old.Name}, aside}}, still))
		oldRef.Name = aside
	}
	r.exists = m.createContainer(run, r, ref, append(slices.Clone(before), r.exists)...)
	m.beginWhenReady(run, m.nodes[first], m.nodes[first+len(before)])
	if m.t.NoStart || m.t.Goal == GoalCreate {
		stop := m.stopContainer(run.cfg, old, Reason{Text: "its successor is there"}, group(r), r.exists)
		m.add(Action{Op: OpRemove, Ref: oldRef, Group: group(r), Reason: Reason{Text: "its successor is there"}, Payload: Remove{ID: old.ID, Force: true}}, r.exists, stop)
		m.removeAsides(r)
		return
	}
	r.beside = r.stopped == nil && m.startsFirst(run, m.rolloutOf(run.cfg), old)
	if r.beside {
		m.startContainer(run, r, ref, append(m.stopAsides(r, r.exists), r.exists)...)
		m.prove(run, r, ref)
		r.stopped = m.stopContainer(run.cfg, old, Reason{Text: "its successor serves"}, group(r), r.served())
	} else {
		if r.stopped == nil {
			r.stopped = m.stopContainer(run.cfg, old, Reason{Text: "its successor is there"}, group(r), r.exists)
		}
		m.startContainer(run, r, ref, append(m.stopAsides(r, r.exists), r.exists, r.stopped)...)
		m.prove(run, r, ref)
	}
	if m.keptBySharer(run) {
		m.removeAsides(r)
		return
	}
	r.removed = m.add(Action{Op: OpRemove, Ref: oldRef, Group: group(r), Reason: Reason{Text: "its successor serves"}, Payload: Remove{ID: old.ID, Force: true}}, r.ended())
	m.removeAsides(r)
}

// beginWhenReady lets a replacement begin only when all that it needs from
// outside is there: what fails or is interrupted before leaves the old
// container untouched, and once begun the replacement can be finished.
func (m *maker) beginWhenReady(run *serviceRun, first, create *node) {
	for _, e := range create.after {
		first.follow(e.on, e.to)
	}
	if !m.t.NoStart && m.t.Goal != GoalCreate {
		m.awaitDependencies(first, run)
	}
}

// vacate takes the old container off networks that are made anew, once it has
// stopped: they must be empty first.
func (m *maker) vacate(old Container, ref Ref, changes []*networkChange, r *replica) {
	for _, change := range changes {
		r.stopped = m.add(Action{Op: OpDisconnect, Ref: ref, Group: group(r), Reason: Reason{Text: "from " + change.old.Name}, Payload: Disconnect{Handle{ID: old.ID}, change.old.ID}}, r.stopped)
		change.remove.follow(OnSuccess, r.stopped)
		m.groups.join(change.remove.Group, group(r))
	}
}

// olderThan compares API versions such as "1.41"; an unknown one is old.
func olderThan(version string, major, minor int) bool {
	a, b := 0, 0
	dot := false
	for _, c := range version {
		switch {
		case c == '.':
			dot = true
		case c < '0' || c > '9':
			return true
		case dot:
			b = b*10 + int(c-'0')
		default:
			a = a*10 + int(c-'0')
		}
	}
	return a < major || a == major && b < minor
}
