package planner

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"recompose/planner/create"
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
	if r.fate == fateStart && (m.t.NoStart || m.t.Goal == GoalCreate) {
		r.fate, r.reason = fateKeep, Reason{Text: "up to date, and not to be started"}
	}
	if why := m.restartedWith(run); why != "" && r.old.Running() && r.fate == fateKeep {
		r.fate, r.reason = fateRestart, Reason{Text: why}
	}
}

// replaced decides whether the replica gets a new container, and sets the
// reason if so.
func (m *maker) replaced(run *serviceRun, r *replica) bool {
	replace := func(text string, changes ...Change) bool {
		r.fate, r.reason = fateReplace, Reason{Text: text, Changes: changes}
		m.imageVolumes(run.spec.Image)
		return true
	}
	policy := m.recreatePolicy(run.cfg.Name)
	if r.old.Status == StatusDead {
		return replace("the engine could not remove it before, and calls it dead")
	}
	if policy == RecreateNever {
		return false
	}
	if m.t.Goal == GoalScale {
		if changes := m.diff(run, r); len(changes) > 0 && !strings.HasPrefix(r.old.Name, shortID(r.old.ID)) {
			m.note(fmt.Sprintf("%s differs from the file (%s); scale leaves it as it is, up replaces it", r.name, changedKeys(changes)))
		}
		return false
	}
	if policy == RecreateAlways {
		return replace("--force-recreate")
	}
	if m.t.RenewVolumes && len(anonymousVolumes(*r.old)) > 0 {
		return replace("its anonymous volumes are to be renewed")
	}
	if changes := m.diff(run, r); len(changes) > 0 {
		return replace("its configuration differs", changes...)
	}
	if why := m.followed(run, r); why != "" {
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

// recreatePolicy is the target's for the service: another one holds for those
// that are only in the plan because a named one needs them.
func (m *maker) recreatePolicy(service string) RecreatePolicy {
	if len(m.t.Services) > 0 && !slices.Contains(m.t.Services, service) {
		return m.t.RecreateDeps
	}
	return m.t.Recreate
}

// diff is what differs between the container and what the files want.
func (m *maker) diff(run *serviceRun, r *replica) []Change {
	var changes []Change
	c := r.old
	if img, ok := m.image(run.spec.Image); ok {
		had := c.ImageID
		if label := c.Labels[LabelImage]; label != "" && label == img.ID {
			had = label
		}
		if had != "" && had != img.ID {
			changes = append(changes, Change{Key: "image", Old: shortID(had), New: shortID(img.ID)})
		}
	}
	if name := run.cfg.ContainerName; name != "" && nameBehindAside(c.Name) != name {
		changes = append(changes, Change{Key: "container_name", Old: c.Name, New: name})
	} else if name == "" && !isReplicaName(nameBehindAside(c.Name), m.project, run.cfg.Name, c.Number) {
		changes = append(changes, Change{Key: "container_name", Old: c.Name, New: r.name})
	}
	if c.Fields == nil {
		if h := c.Labels[LabelConfigHash]; !m.p.Classic() && h != "" {
			if ours, err := ComposeHash(run.cfg); err == nil && ours == h {
				return changes // made by v5 from the same configuration
			}
		}
		if !slices.Contains(m.s.Answered.Inspect, c.ID) {
			m.need(Query{Inspect: []string{c.ID}, ImageConfigs: []string{c.ImageID}})
			return changes
		}
		return append(changes, Change{Key: "unknown", Old: "made by another tool"})
	}
	fields := diffFields(c.Fields, run.fields, c.Adopted)
	if len(changes) > 0 && changes[0].Key == "image" {
		// The other image says more than the other name of it.
		fields = slices.DeleteFunc(fields, func(f Change) bool { return f.Key == "image" })
	}
	return append(changes, fields...)
}

// diffFields names the keys whose digests differ, of which an adopted container
// does not show all.
func diffFields(have, want map[string]string, adopted bool) []Change {
	keys := map[string]bool{}
	for k := range have {
		keys[k] = true
	}
	for k := range want {
		keys[k] = true
	}
	var changes []Change
	network := "" // the one that the container is put on or taken off
	for _, k := range slices.Sorted(maps.Keys(keys)) {
		if network != "" && strings.HasPrefix(k, network+".") {
			continue
		}
		if have[k] == want[k] || adopted && create.Unseen(k) || strings.HasPrefix(k, create.Given) {
			continue
		}
		if given := have[create.Given+k]; given != "" && given == want[k] {
			continue // the image or the engine gives the same by itself
		}
		if strings.HasPrefix(k, "networks.") && (have[k] == "" || want[k] == "") {
			network = k
		}
		switch {
		case have[k] == "":
			changes = append(changes, Change{Key: k, New: "(added)"})
		case want[k] == "":
			changes = append(changes, Change{Key: k, Old: "(removed)"})
		default:
			changes = append(changes, Change{Key: k})
		}
	}
	return changes
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

// restartedWith says why depends_on restarts the service.
func (m *maker) restartedWith(run *serviceRun) string {
	for _, d := range run.deps {
		dep, ok := m.services[d.Service]
		if !ok || !d.Restart {
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

func changedKeys(changes []Change) string {
	keys := make([]string, len(changes))
	for i, c := range changes {
		keys[i] = c.Key
	}
	return strings.Join(keys, ", ")
}
