package planner

// mendName gives a container that a crash left under a temporary name its
// final one.
func (m *maker) mendName(run *serviceRun, r *replica, ref Ref) {
	if r.old == nil || r.old.Name == r.name {
		return
	}
	was := ref
	was.Name = r.old.Name
	holder := m.holder(r)
	r.exists = m.add(Action{Op: OpRename, Ref: was, Reason: Reason{Text: "it still has a temporary name"}, Payload: Rename{Handle{ID: r.old.ID, Name: r.old.Name}, r.name}}, holder, r.exists)
}

// holder removes the leftover that has the replica's final name, if one does.
func (m *maker) holder(r *replica) *node {
	for i, c := range r.asides {
		if c.Name == r.name {
			r.asides = append(r.asides[:i:i], r.asides[i+1:]...)
			svc, _ := m.service(c.Service)
			return m.takeDown(svc, c, Reason{Text: leftover})
		}
	}
	return nil
}

// leftover is why a container goes that an unfinished replacement left.
const leftover = "left over from a replacement"

// stopAsides stops running leftovers: they may hold the ports and write to the
// volumes that the replica is about to take.
func (m *maker) stopAsides(r *replica, after ...*node) []*node {
	if m.t.NoStart || m.t.Goal == GoalCreate {
		return nil
	}
	var stops []*node
	for _, c := range r.asides {
		stops = append(stops, m.stopAside(c, r, after...))
	}
	return stops
}

// stopAside stops a leftover, once in a plan; nil if it does not run.
func (m *maker) stopAside(c Container, r *replica, after ...*node) *node {
	if n, planned := r.asideStops[c.ID]; planned {
		return n
	}
	if r.asideStops == nil {
		r.asideStops = map[string]*node{}
	}
	svc, _ := m.service(c.Service)
	r.asideStops[c.ID] = m.stopContainer(svc, c, Reason{Text: leftover}, group(r), after...)
	return r.asideStops[c.ID]
}

// removeAsides takes away what an unfinished replacement left, once the
// replica that stays is up.
func (m *maker) removeAsides(r *replica) {
	for _, c := range r.asides {
		stop := m.stopAside(c, r, r.exists, r.settled)
		m.add(Action{Op: OpRemove, Ref: containerRef(c), Group: group(r), Reason: Reason{Text: leftover}, Payload: Remove{ID: c.ID, Force: true}}, r.exists, r.served(), stop)
	}
}
