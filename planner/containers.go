package planner

import (
	"fmt"
	"slices"
	"strings"
)

// prepare makes the records of all services that the plan touches or looks
// at, dependencies first, and decides what becomes of each replica.
func (m *maker) prepare(active []string) {
	for _, name := range m.order {
		svc, ok := m.service(name)
		if !ok {
			continue
		}
		m.services[name] = &serviceRun{cfg: svc, deps: m.graph[name], passive: !slices.Contains(active, name)}
	}
	for _, name := range m.order {
		run, ok := m.services[name]
		if !ok {
			continue
		}
		if run.passive {
			m.observeOnly(run)
			continue
		}
		want := m.desired(run.cfg)
		if !m.checkScale(run.cfg, want) {
			continue
		}
		if m.t.Goal == GoalScale {
			if _, named := m.t.Replicas[name]; !named {
				want = max(want, m.numbers(name))
			}
		}
		m.match(run, want)
		spec := m.makeSpec(run.cfg)
		run.spec, run.fields = &spec, m.fieldsOf(spec)
		for _, r := range run.replicas {
			m.decide(run, r)
		}
	}
}

// observeOnly takes a service's containers as they are.
func (m *maker) observeOnly(run *serviceRun) {
	for _, c := range m.current(run.cfg.Name) {
		run.replicas = append(run.replicas, &replica{number: c.Number, name: c.Name, old: &c, fate: fateKeep})
	}
}

// decide says what becomes of a replica.
func (m *maker) decide(run *serviceRun, r *replica) {
	if r.old == nil {
		r.fate, r.reason = fateCreate, Reason{Text: "no such container"}
		return
	}
	if m.replaced(run, r) {
		return
	}
	switch r.old.Status {
	case StatusRunning, StatusRestarting:
		r.fate, r.reason = fateKeep, Reason{Text: "up to date"}
	case StatusPaused:
		r.fate, r.reason = fateUnpause, Reason{Text: "it is paused"}
	case StatusCreated:
		r.fate, r.reason = fateStart, Reason{Text: "it was never started"}
	default:
		r.fate, r.reason = fateStart, Reason{Text: fmt.Sprintf("it has exited with %d", r.old.ExitCode)}
	}
	if _, named := m.t.Replicas[run.cfg.Name]; m.t.Goal == GoalScale && !named && r.old.Status == StatusExited && r.old.ExitCode == 0 {
		r.fate, r.reason = fateKeep, Reason{Text: "it has done its work"}
	}
	if r.fate == fateStart && m.doneOnce(run, r) {
		r.fate, r.reason = fateKeep, Reason{Text: "it has done its work, and is to do it once"}
	}
	if r.fate == fateStart && (m.t.NoStart || m.t.Goal == GoalCreate) {
		r.fate, r.reason = fateKeep, Reason{Text: "up to date, and not to be started"}
	}
	starts := !m.t.NoStart && m.t.Goal != GoalCreate
	if why := m.restartedWith(run); why != "" && starts && r.old.Running() && r.fate == fateKeep {
		r.fate, r.reason = fateRestart, Reason{Text: why}
	}
}

// replaced decides whether the replica gets a new container, and sets the
// reason if so.
func (m *maker) replaced(run *serviceRun, r *replica) bool {
	replace := func(text string, changes ...Change) bool {
		r.fate, r.reason, r.update = fateReplace, Reason{Text: text, Changes: changes}, nil
		r.name = m.replicaName(run.cfg, r) // the old one may have another
		m.imageVolumes(run.spec.Image)
		return true
	}
	policy := m.recreatePolicy(run.cfg.Name)
	if r.old.keeper() {
		return replace("it only keeps the volumes of one that is gone")
	}
	if r.old.Status == StatusDead {
		return replace("the engine could not remove it before, and calls it dead")
	}
	if policy == RecreateNever {
		return false
	}
	if m.t.Goal == GoalScale {
		if changes := m.diff(run, r); len(changes) > 0 && !strings.HasPrefix(r.old.Name, shortID(r.old.ID)) {
			does := "replaces"
			if m.inPlace(run, *r.old, changes) {
				does = "updates"
			}
			m.note(fmt.Sprintf("%s differs from the file (%s); scale leaves it as it is, up %s it", r.name, changedKeys(changes), does))
		}
		return false
	}
	if policy == RecreateAlways {
		if len(m.t.Services) > 0 && !slices.Contains(m.t.Services, run.cfg.Name) {
			return replace("--always-recreate-deps")
		}
		return replace("--force-recreate")
	}
	if m.t.RenewVolumes && len(anonymousVolumes(*r.old)) > 0 {
		return replace("its anonymous volumes are to be renewed")
	}
	changes := m.diff(run, r)
	back := m.rolledBack[run.cfg.Name] && m.said(*r.old, LabelConfig) != m.records[run.cfg.Name]
	switch {
	case len(changes) > 0 && m.inPlace(run, *r.old, changes):
		r.update = &Reason{Text: "changed in place", Changes: changes}
	case back || len(changes) > 0:
		return replace(m.differs(run, *r.old), changes...)
	}
	if names := m.remadeUnder(*r.old); len(names) > 0 {
		return replace(m.remadeWhy(names[0]))
	}
	if why := m.followed(run, r); why != "" {
		return replace(why)
	}
	if why := m.voided(run, r); why != "" {
		return replace(why)
	}
	if why := m.misplaced(run, *r.old); why != "" {
		return replace(why)
	}
	if n := m.images[run.spec.Image]; n != nil {
		r.provisional = "if the image " + run.spec.Image + " changes"
		return replace("the image may change")
	}
	return false
}

// differs says why there is a difference, as far as is known.
func (m *maker) differs(run *serviceRun, old Container) string {
	switch {
	case m.rolledBack[run.cfg.Name]:
		return "it goes back to its earlier configuration"
	case m.said(old, LabelRolledBack) != "":
		return "it was rolled back, and differs from the file"
	}
	return "its configuration differs"
}

// recreatePolicy is the target's for the service: another one holds for those
// that are only in the plan because a named one needs them.
func (m *maker) recreatePolicy(service string) RecreatePolicy {
	if len(m.t.Services) > 0 && !slices.Contains(m.t.Services, service) {
		return m.t.RecreateDeps
	}
	return m.t.Recreate
}

// followed says why a container must follow one that it is bound to: that one
// gets a new container, or is newer than this one, so that it was replaced
// without this one.
func (m *maker) followed(run *serviceRun, r *replica) string {
	for _, d := range run.deps {
		dep, ok := m.services[d.Service]
		if !ok || !d.Bound {
			continue
		}
		for i, other := range dep.replicas {
			if i > 0 && d.Key != "links" {
				break
			}
			switch {
			case other.changed() && other.provisional != "" && r.provisional == "":
				r.provisional = other.provisional
				return fmt.Sprintf("%s (%s) gets a new container", displayName(d.Service, other.number), d.Key)
			case other.changed():
				return fmt.Sprintf("%s (%s) gets a new container", displayName(d.Service, other.number), d.Key)
			case other.old != nil && other.old.Created.After(r.old.Created):
				return fmt.Sprintf("%s (%s) is newer", displayName(d.Service, other.number), d.Key)
			}
		}
	}
	return ""
}

// restartedWith says why the service's running containers are restarted:
// depends_on wants it, or they are in a namespace that is started anew.
func (m *maker) restartedWith(run *serviceRun) string {
	for _, d := range run.deps {
		dep, ok := m.services[d.Service]
		if !ok {
			continue
		}
		if sharesNamespace(run.cfg, d.Service) && len(dep.replicas) > 0 {
			if owner := dep.replicas[0]; owner.fate == fateStart || owner.fate == fateRestart {
				return fmt.Sprintf("%s, whose namespace it shares, is started anew", displayName(d.Service, owner.number))
			}
		}
		if !d.Restart {
			continue
		}
		for _, other := range dep.replicas {
			switch {
			case other.fate == fateReplace && other.provisional == "":
				return fmt.Sprintf("%s is replaced, and depends_on says restart", displayName(d.Service, other.number))
			case other.fate == fateRestart:
				return fmt.Sprintf("%s is restarted, and depends_on says restart", displayName(d.Service, other.number))
			}
		}
	}
	return ""
}
