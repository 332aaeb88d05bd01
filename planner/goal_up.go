package planner

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"
)

// up plans the goals that bring containers into being: up, create, scale.
func (m *maker) up() {
	m.bring(m.activeServices(), func() {
		if m.t.Goal == GoalScale {
			m.staleLinks()
			m.passingScale()
			return
		}
		m.staleBound()
		m.orphans()
	})
}

// activeServices are those that the goal changes.
func (m *maker) activeServices() []string {
	names := m.t.Services
	if m.t.Goal == GoalScale {
		names = slices.Sorted(maps.Keys(m.t.Replicas))
	}
	if len(names) == 0 {
		names = slices.Sorted(maps.Keys(m.p.Model.Services))
	}
	if m.t.NoDeps {
		return names
	}
	return m.needed(names)
}

// needed are the named services and all that they need, without what nothing
// requires and no active profile has (specification, depends_on: required).
func (m *maker) needed(names []string) []string {
	g := maps.Clone(m.graph)
	for name, deps := range g {
		if slices.ContainsFunc(deps, m.leftOut) {
			g[name] = slices.DeleteFunc(slices.Clone(deps), m.leftOut)
		}
	}
	return g.Closure(names)
}

func (m *maker) leftOut(d Dependency) bool {
	if d.Required || m.p == nil || slices.Contains(m.t.Services, d.Service) {
		return false
	}
	_, disabled := m.p.Model.DisabledServices[d.Service]
	return disabled
}

// bring runs the passes that make the services be there and run; further
// adds what a goal has beside them, for which the touched services' images,
// networks and volumes are there too.
func (m *maker) bring(active []string, further func(), touched ...string) {
	if len(m.p.Model.Services) == 0 && len(active) == 0 {
		m.note("the files have no services: nothing to do")
	}
	m.active = active
	touched = append(touched, active...)
	for _, name := range touched {
		if svc, ok := m.service(name); ok {
			m.services[name] = &serviceRun{cfg: svc}
		}
	}
	ordered := m.inOrder(touched)
	m.imagePass(ordered)
	m.networkPass(ordered)
	m.volumePass(ordered)
	m.prepare(active)
	if len(m.plan.Problems) > 0 {
		return
	}
	for _, name := range m.order {
		if run, ok := m.services[name]; ok && !run.passive {
			m.unsupported(run.cfg)
			m.emit(run)
		}
	}
	if m.t.Wait {
		m.waitForAll()
	}
	m.leftBehind()
	m.fromOtherFolders()
	further()
	m.linkVolumes()
	m.preflight()
}

func (m *maker) inOrder(names []string) []string {
	var out []string
	for _, n := range m.order {
		if slices.Contains(names, n) && m.inFiles(n) {
			out = append(out, n)
		}
	}
	return out
}

// unsupported tells what of a service is not done yet; it is never dropped in
// silence.
func (m *maker) unsupported(svc types.ServiceConfig) {
	if len(svc.PreStart) > 0 {
		m.warning(fmt.Sprintf("service %s: pre_start is not run", svc.Name))
	}
	if svc.Provider != nil {
		m.warning(fmt.Sprintf("service %s: the provider %s is not run", svc.Name, svc.Provider.Type))
	}
	if len(svc.Models) > 0 {
		m.warning(fmt.Sprintf("service %s: its models are not run, and it has no variables for them", svc.Name))
	}
}

// attached reports whether the service's output is wanted.
func (m *maker) attached(service string) bool { return slices.Contains(m.t.Attach, service) }

// awaitDependencies makes n wait until all that the service depends on is as
// far as depends_on asks for.
func (m *maker) awaitDependencies(n *node, run *serviceRun) {
	if n == nil {
		return
	}
	for _, d := range run.deps {
		dep, ok := m.services[d.Service]
		if !ok || (dep.passive && m.t.NoDeps) {
			continue
		}
		on := OnSuccess
		if !d.Required {
			on = OnDone
		}
		for _, r := range dep.replicas {
			if dep.passive && !r.old.Running() {
				continue // nothing of this plan starts it
			}
			switch d.Condition {
			case types.ServiceConditionHealthy:
				n.follow(on, m.healthy(dep, r, WaitHealthy{}, d.Required))
			case types.ServiceConditionCompletedSuccessfully:
				n.follow(on, m.completed(dep, r, d.Required))
			default:
				n.follow(on, r.served())
			}
		}
	}
}

// healthy is the wait for a replica's health; nil if it is healthy already.
func (m *maker) healthy(run *serviceRun, r *replica, w WaitHealthy, required bool) *node {
	switch {
	case r.healthy != nil || r.fate == fateKeep && r.old.Status == StatusRunning && r.old.Health == HealthHealthy:
		return r.healthy.wanted(required)
	case m.provenHealthy(run, r):
		return r.proven
	}
	w.Container = r.handle()
	w.Timeout = m.t.WaitTimeout
	var why Reason
	if w.OrRunning {
		why.Text = "running is enough where nothing checks its health"
	}
	r.healthy = m.add(Action{Op: OpWaitHealthy, Ref: m.replicaRef(run, r, RoleCurrent), Reason: why, Provisional: r.provisional, Optional: true, Payload: w}, r.settled)
	return r.healthy.wanted(required)
}

// wanted is a wait that may fail only as long as nothing requires it.
func (n *node) wanted(required bool) *node {
	if n != nil && required {
		n.Optional = false
	}
	return n
}

// completed is the wait for a replica's end.
func (m *maker) completed(run *serviceRun, r *replica, required bool) *node {
	if r.completed == nil && !(r.fate == fateKeep && r.old.Status == StatusExited && r.old.ExitCode == 0) {
		r.completed = m.add(Action{Op: OpWaitCompleted, Ref: m.replicaRef(run, r, RoleCurrent), Provisional: r.provisional, Optional: true,
			Payload: WaitCompleted{Container: r.handle(), Timeout: m.t.WaitTimeout}}, r.settled)
	}
	return r.completed.wanted(required)
}

// waitForAll is `--wait`: every container runs, is healthy where it has a
// healthcheck, or has ended with 0.
func (m *maker) waitForAll() {
	for _, name := range m.order {
		run, ok := m.services[name]
		if !ok || run.passive {
			continue
		}
		for _, r := range run.replicas {
			if r.completed.wanted(true) == nil {
				m.healthy(run, r, WaitHealthy{OrRunning: true, OrCompleted: true}, true)
			}
		}
	}
}

// serializePortRanges starts replicas one after the other where they take
// their host ports from a range: two at once would try the same one.
func (m *maker) serializePortRanges(run *serviceRun) {
	ranged := slices.ContainsFunc(run.cfg.Ports, func(p types.ServicePortConfig) bool { return strings.Contains(p.Published, "-") })
	if !ranged {
		return
	}
	var last *node
	for _, r := range run.replicas {
		if r.started != nil {
			r.started.follow(OnDone, last)
			last = r.started
		}
	}
}

// staleLinks says whose default-bridge links do not see what scale changed.
func (m *maker) staleLinks() {
	m.stale("links", func(run *serviceRun) bool {
		return len(run.surplus) > 0 || slices.ContainsFunc(run.replicas, (*replica).changed)
	})
}

// staleBound says which containers that the plan leaves as they are hold on to
// a container that it replaces.
func (m *maker) staleBound() {
	m.stale("", func(run *serviceRun) bool {
		return slices.ContainsFunc(run.replicas, func(r *replica) bool { return r.fate == fateReplace && r.provisional == "" })
	})
}

// stale notes, for services that the plan does not change, what they are bound
// to that has changed; key, if it is set, is the only kind of bond that counts.
func (m *maker) stale(key string, changed func(*serviceRun) bool) {
	for _, name := range m.order {
		if run, ok := m.services[name]; !ok || !run.passive || len(m.current(name)) == 0 {
			continue
		}
		for _, d := range m.graph[name] {
			if target, ok := m.services[d.Service]; ok && d.Bound && !target.passive && (key == "" || d.Key == key) && changed(target) {
				m.note(fmt.Sprintf("%s is bound to %s (%s) and does not see the change before it is replaced: run up", name, d.Service, d.Key))
			}
		}
	}
}
