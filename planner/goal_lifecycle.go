package planner

import (
	"fmt"
	"slices"

	"github.com/compose-spec/compose-go/v2/types"
)

// lifecycle plans the goals that only change the state of containers that
// are there: start, stop, restart, kill, pause, unpause, rm.
func (m *maker) lifecycle() {
	cs := m.selected(m.t.Goal == GoalRemove)
	switch m.t.Goal {
	case GoalStart:
		m.missing(cs)
		m.start(cs, func(c Container) bool { return !c.Running() })
	case GoalRestart:
		m.missing(cs)
		cs = m.withRestarted(cs)
		m.restart(cs)
	case GoalStop:
		m.stopOrder(cs, func(c Container, svc types.ServiceConfig) *node { return m.stopContainer(svc, c, Reason{}, "") })
	case GoalKill:
		m.stopOrder(cs, func(c Container, _ types.ServiceConfig) *node {
			if !c.Running() {
				return nil
			}
			return m.add(Action{Op: OpKill, Ref: containerRef(c), Payload: Kill{Handle{ID: c.ID, Name: c.Name}, m.t.Signal}})
		})
	case GoalPause, GoalUnpause:
		m.freeze(cs)
	case GoalRemove:
		m.remove(cs)
	}
	if len(m.nodes) == 0 && len(m.plan.Problems) == 0 && len(m.plan.Notes) == 0 {
		m.note(fmt.Sprintf("no container of project %q to %s", m.project, m.t.Goal))
	}
}

// missing refuses to start services that have no container.
func (m *maker) missing(cs []Container) {
	for _, name := range m.t.Services {
		if !slices.ContainsFunc(cs, func(c Container) bool { return c.Service == name }) {
			m.problem("no-container", name, fmt.Sprintf("service %s has no container to %s", name, m.t.Goal), "make one with up or create")
		}
	}
	if len(cs) == 0 && len(m.t.Services) == 0 {
		m.problem("no-container", "", fmt.Sprintf("project %q has no container to %s", m.project, m.t.Goal), "make some with up or create")
	}
}

// start starts the containers that f chooses, in dependency order, and those
// anew that are in a namespace of one; the others count as they are.
func (m *maker) start(cs []Container, f func(Container) bool) {
	m.watch(cs)
	for _, name := range m.order {
		run := m.services[name]
		why := m.restartedWith(run)
		for _, r := range run.replicas {
			chosen := slices.ContainsFunc(cs, func(c Container) bool { return c.ID == r.old.ID })
			switch {
			case why != "" && r.old.Running():
				r.fate, r.reason = fateRestart, Reason{Text: why}
				r.stopped = m.stopContainer(run.cfg, *r.old, r.reason, group(r))
				m.awaitDependencies(r.stopped, run)
			case chosen && f(*r.old):
				r.fate = fateStart
			default:
				continue
			}
			m.startContainer(run, r, m.replicaRef(run, r, RoleCurrent), r.stopped)
		}
	}
	if m.t.Wait {
		m.waitForAll()
	}
}

// watch makes the records of all services from their containers; those of cs
// are active.
func (m *maker) watch(cs []Container) {
	for _, name := range m.order {
		svc, _ := m.service(name)
		svc.Name = name
		run := &serviceRun{cfg: svc, deps: m.graph[name], passive: !slices.ContainsFunc(cs, func(c Container) bool { return c.Service == name })}
		m.observeOnly(run)
		m.services[name] = run
	}
}

// withRestarted adds the containers that are restarted along: depends_on says
// so, or they share a namespace of one that is.
func (m *maker) withRestarted(cs []Container) []Container {
	if m.t.NoDeps || len(m.t.Services) == 0 {
		return cs
	}
	names := slices.Clone(m.t.Services)
	for _, name := range m.order { // dependencies come first, so one walk does
		svc, _ := m.service(name)
		along := slices.ContainsFunc(m.graph[name], func(d Dependency) bool {
			return slices.Contains(names, d.Service) && (d.Restart || sharesNamespace(svc, d.Service))
		})
		if !along || slices.Contains(names, name) {
			continue
		}
		names = append(names, name)
		for _, c := range m.current(name) {
			if c.Running() {
				cs = append(cs, c)
			}
		}
	}
	return cs
}

func (m *maker) restart(cs []Container) {
	stops := map[string]*node{}
	m.stopOrder(cs, func(c Container, svc types.ServiceConfig) *node {
		n := m.stopContainer(svc, c, Reason{}, c.Name)
		stops[c.ID] = n
		return n
	})
	m.watch(cs)
	for _, run := range m.services {
		for _, r := range run.replicas {
			r.stopped = stops[r.old.ID]
		}
	}
	for _, name := range m.order {
		run := m.services[name]
		for _, r := range run.replicas {
			if slices.ContainsFunc(cs, func(c Container) bool { return c.ID == r.old.ID }) {
				r.fate = fateRestart
				m.startContainer(run, r, m.replicaRef(run, r, RoleCurrent), r.stopped)
			}
		}
	}
}

func (m *maker) freeze(cs []Container) {
	for _, c := range cs {
		h := Handle{ID: c.ID, Name: c.Name}
		switch {
		case m.t.Goal == GoalPause && c.Status == StatusRunning:
			m.add(Action{Op: OpPause, Ref: containerRef(c), Payload: Pause{h}})
		case m.t.Goal == GoalUnpause && c.Status == StatusPaused:
			m.add(Action{Op: OpUnpause, Ref: containerRef(c), Payload: Unpause{h}})
		}
	}
}

// remove is `rm`: stopped containers, or all with StopFirst.
func (m *maker) remove(cs []Container) {
	if !m.t.StopFirst {
		cs = slices.DeleteFunc(cs, func(c Container) bool {
			if c.Running() && slices.Contains(m.t.Services, c.Service) {
				m.note(c.Name + " runs and stays: stop it first, or use rm --stop")
			}
			return c.Running()
		})
	}
	m.removeAll(cs)
	m.leftVolumes(cs, nil)
}
