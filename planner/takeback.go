package planner

import (
	"cmp"
	"slices"
	"strings"
)

// takeBack plans the way back of replacements that began and could not end:
// what was set aside serves again under its name, and what should have
// followed it goes. Nothing else is touched.
func (m *maker) takeBack() {
	var failed []string
	for _, ref := range m.t.Failed {
		failed = append(failed, ref.Service)
	}
	for _, name := range m.order {
		if svc, ok := m.service(name); ok {
			m.services[name] = &serviceRun{cfg: svc, deps: m.graph[name], passive: !slices.Contains(failed, name)}
			m.observeOnly(m.services[name])
		}
	}
	m.networkPass(m.inOrder(failed))
	// What goes all at once comes first: it may hold ports that a batch needs.
	var later []func()
	for _, inBatches := range []bool{false, true} {
		for _, name := range m.order {
			if run, ok := m.services[name]; ok && !run.passive && m.wayBackOf(run.cfg).size > 0 == inBatches {
				later = append(later, m.takeBackService(run)...)
			}
		}
	}
	for _, f := range later {
		f()
	}
	m.returnNames()
}

// takeBackService plans the way back of the service's replicas, in batches
// where the file says how. Without batches all that failed goes at once, and
// what comes back for it is planned later: it may need ports that others hold.
func (m *maker) takeBackService(run *serviceRun) (later []func()) {
	var back []*replica
	for _, number := range m.failedNumbers(run.cfg.Name) {
		if r := m.wayBack(run, number); r != nil {
			back = append(back, r)
		}
	}
	how := m.wayBackOf(run.cfg)
	if how.size == 0 {
		for _, r := range back {
			m.cleared = append(m.cleared, m.clearWay(run, r))
			later = append(later, func() { m.resume(run, r) })
		}
		return later
	}
	var before []*node
	for batch := range slices.Chunk(back, how.size) {
		if len(before) > 0 && how.delay > 0 {
			pause := m.pause(run, how.delay)
			pause.follow(OnDone, before...)
			before = []*node{pause}
		}
		first := len(m.nodes)
		for _, r := range batch {
			begun := len(m.nodes)
			m.putBack(run, r, how)
			m.beginAfter(begun, OnDone, before...)
		}
		before = m.nodes[first:]
	}
	return nil
}

// failedNumbers are the numbers of the service's replicas that go back.
func (m *maker) failedNumbers(service string) []int {
	var numbers []int
	for _, ref := range m.t.Failed {
		if ref.Kind == KindContainer && ref.Service == service {
			numbers = append(numbers, ref.Number)
		}
	}
	slices.Sort(numbers)
	return slices.Compact(numbers)
}

// wayBack finds where the replica's replacement has come to; nil if there is
// nothing to go back to.
func (m *maker) wayBack(run *serviceRun, number int) *replica {
	r := &replica{number: number}
	if i := slices.IndexFunc(run.replicas, func(r *replica) bool { return r.number == number }); i >= 0 {
		r.successor, run.replicas[i] = run.replicas[i].old, r
	} else {
		run.replicas = append(run.replicas, r)
	}
	asides := m.withoutKeepers(m.leftovers(run.cfg.Name, number, r.successor), r.successor)
	slices.SortStableFunc(asides, func(a, b Container) int { return cmp.Compare(everRan(b), everRan(a)) })
	switch {
	case len(asides) > 0 && r.successor != nil && r.successor.Running() && everRan(asides[0]) == 0:
		r.old, r.name = r.successor, r.successor.Name
		return nil // it serves badly, but what was set aside never did
	case len(asides) > 0:
		r.old = &asides[0]
		r.name = nameBehindAside(r.old.Name)
		return r
	case r.successor == nil || r.successor.Status == StatusCreated:
		return nil
	}
	// Nothing was set aside yet: the old one may only have been stopped.
	r.old, r.name, r.successor = r.successor, r.successor.Name, nil
	return r
}

// clearWay removes the successor and gives the old container its name again;
// nil if both is so.
func (m *maker) clearWay(run *serviceRun, r *replica, after ...*node) *node {
	var gone *node
	if r.successor != nil {
		gone = m.takeDown(run.cfg, *r.successor, Reason{Text: "taken back"}, after...)
	}
	r.exists = gone
	if r.old.Name != r.name {
		was := m.replicaRef(run, r, RoleCurrent)
		was.Name = r.old.Name
		r.exists = m.add(Action{Op: OpRename, Ref: was, Reason: Reason{Text: "taken back"}, Payload: Rename{Handle{ID: r.old.ID, Name: r.old.Name}, r.name}}, gone)
	}
	return gone
}

// putBack is the way back of one replica of a batch: it ends when the old
// container has shown that it serves, and where the file wants it so the
// successor goes only then.
func (m *maker) putBack(run *serviceRun, r *replica, how rollout) {
	r.beside = how.startFirst && r.successor != nil && m.stopFirstBecause(run, *r.old, how.inFile) == ""
	if !r.beside {
		m.clearWay(run, r)
	}
	m.resume(run, r)
	if r.started != nil {
		w := WaitHealthy{Container: Handle{ID: r.old.ID, Name: r.name}, OrRunning: true, OrCompleted: true, Monitor: r.monitor(how), Timeout: m.t.WaitTimeout}
		r.proven = m.add(Action{Op: OpWaitHealthy, Ref: m.replicaRef(run, r, RoleCurrent), Reason: Reason{Text: "it must serve again"}, Payload: w}, r.settled)
	}
	if r.beside {
		m.clearWay(run, r, r.proven)
	}
}

// everRan orders containers by whether they run or have run: one that was only
// created has served nobody.
func everRan(c Container) int {
	switch {
	case c.Running():
		return 2
	case c.Status == StatusCreated:
		return 0
	}
	return 1
}

// resume lets a container serve again that its replacement has stopped, with
// those that share its namespaces.
func (m *maker) resume(run *serviceRun, r *replica) {
	if r.old.Running() || slices.Contains(m.t.AtRest, r.old.ID) {
		return
	}
	ref, h := m.replicaRef(run, r, RoleCurrent), Handle{ID: r.old.ID, Name: r.name}
	after := append(m.reconnect(run, r, ref, h), r.exists)
	r.started = m.add(Action{Op: OpStart, Pool: PoolStart, Ref: ref, Reason: Reason{Text: "it served before"}, Payload: Start{h}}, after...)
	r.started.follow(OnDone, m.cleared...)
	for _, d := range run.deps {
		if dep, ok := m.services[d.Service]; ok {
			for _, other := range dep.replicas {
				r.started.follow(OnDone, other.exists, other.settled)
			}
		}
	}
	r.settled = r.started
	for _, hook := range run.cfg.PostStart {
		r.settled = m.add(Action{Op: OpRunHook, Ref: ref, Reason: Reason{Text: "post_start"}, Payload: RunHook{h, hook}}, r.settled)
	}
	m.restartSharers(run.cfg.Name, r)
}

// reconnect puts a stopped container back on those of its networks that were
// made anew.
func (m *maker) reconnect(run *serviceRun, r *replica, ref Ref, h Handle) []*node {
	var connected []*node
	for _, e := range m.replicaEndpoints(run, r, m.endpoints(run.cfg)) {
		found, here := m.findNetwork(e.Network)
		i := slices.IndexFunc(r.old.Networks, func(a Attachment) bool { return a.Network == e.Network })
		if r.old.Networks == nil || !wasMadeOn(*r.old, e.Network) || i >= 0 && here && r.old.Networks[i].NetworkID == found.ID {
			continue
		}
		made := m.networks[e.Network]
		if i >= 0 {
			made = m.add(Action{Op: OpDisconnect, Ref: ref, Reason: Reason{Text: "it remembers another network of that name"}, Payload: Disconnect{h, e.Network}}, made, r.exists)
		}
		connected = append(connected, m.add(Action{Op: OpConnect, Ref: ref, Reason: Reason{Text: "to the network " + e.Network}, Payload: Connect{Container: h, Endpoint: e}}, made, r.exists))
	}
	return connected
}

// wasMadeOn reports whether the container was created on the network, as far
// as is known.
func wasMadeOn(c Container, network string) bool {
	if c.Fields == nil {
		return true
	}
	for key := range c.Fields {
		if rest, ok := strings.CutPrefix(key, "networks."+network); ok && (rest == "" || rest[0] == '.') {
			return true
		}
	}
	return false
}

// restartSharers starts those anew that use a namespace of the container: a
// start gives it new ones.
func (m *maker) restartSharers(service string, r *replica) {
	for _, name := range m.graph.Dependents(service) {
		user, ok := m.services[name]
		if !ok || !user.passive || !sharesNamespace(user.cfg, service) {
			continue
		}
		for _, other := range user.replicas {
			if !other.old.Running() {
				continue
			}
			why := Reason{Text: "it shares a namespace of " + r.name}
			stop := m.stopContainer(user.cfg, *other.old, why, "", r.settled)
			m.add(Action{Op: OpStart, Pool: PoolStart, Ref: m.replicaRef(user, other, RoleCurrent), Reason: why, Payload: Start{other.handle()}}, stop)
		}
	}
}
