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
	// All that failed goes before anything comes back: it may hold its ports.
	var back []func()
	for _, name := range m.order {
		run, ok := m.services[name]
		if !ok || run.passive {
			continue
		}
		for _, number := range m.failedNumbers(name) {
			if r := m.clearWay(run, number); r != nil {
				back = append(back, func() { m.resume(run, r) })
			}
		}
	}
	for _, f := range back {
		f()
	}
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

// clearWay removes the successor and gives the old container its name again,
// from wherever the replacement has come to; nil if there is no way to go.
func (m *maker) clearWay(run *serviceRun, number int) *replica {
	r, successor := m.unfinished(run, number)
	asides := m.leftovers(run.cfg.Name, number, successor)
	slices.SortStableFunc(asides, func(a, b Container) int { return cmp.Compare(everRan(b), everRan(a)) })
	if len(asides) == 0 {
		// Nothing was set aside yet: the old one may only have been stopped.
		if successor != nil && successor.Status != StatusCreated {
			r.old, r.name = successor, successor.Name
			return r
		}
		return nil
	}
	r.old = &asides[0]
	r.name = m.replicaName(run.cfg, r)
	var gone *node
	if successor != nil {
		gone = m.takeDown(run.cfg, *successor, Reason{Text: "it has not proved itself"})
		m.cleared = append(m.cleared, gone)
	}
	ref := m.replicaRef(run, r, RoleCurrent)
	if r.old.Name != r.name {
		was := ref
		was.Name = r.old.Name
		r.exists = m.add(Action{Op: OpRename, Ref: was, Reason: Reason{Text: "taken back"}, Payload: Rename{Handle{ID: r.old.ID, Name: r.old.Name}, r.name}}, gone)
	}
	r.exists = cmp.Or(r.exists, gone)
	return r
}

// unfinished is the record of a replica that goes back, in place of what was
// observed, and the container that should have followed it.
func (m *maker) unfinished(run *serviceRun, number int) (r *replica, successor *Container) {
	r = &replica{number: number}
	if i := slices.IndexFunc(run.replicas, func(r *replica) bool { return r.number == number }); i >= 0 {
		successor, run.replicas[i] = run.replicas[i].old, r
	} else {
		run.replicas = append(run.replicas, r)
	}
	return r, successor
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
		shares := slices.ContainsFunc(m.graph[name], func(d Dependency) bool {
			return d.Service == service && d.Bound && d.Key != "links" && d.Key != "volumes_from"
		})
		if !ok || !shares || !user.passive {
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
