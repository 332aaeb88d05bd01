package planner

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/compose-spec/compose-go/v2/types"

	"recompose/planner/create"
)

// fate is what becomes of a replica.
type fate string

const (
	fateKeep    fate = "keep"
	fateStart   fate = "start"
	fateUnpause fate = "unpause"
	fateCreate  fate = "create"
	fateReplace fate = "replace"
	fateRestart fate = "restart" // stop and start, because of what it needs
)

// serviceRun is what a plan knows of one service.
type serviceRun struct {
	cfg  types.ServiceConfig
	deps []Dependency
	// passive: not asked for; its containers are only looked at.
	passive  bool
	replicas []*replica // what there will be, by number
	surplus  []Container

	spec   *create.Spec      // without what differs from replica to replica
	fields map[string]string // of spec
	// history is made when the first new container is.
	history *history
	mark    string // the name of the mark that its updates in place get
	marked  *node  // makes that; nil: it is there, or none is needed
}

// replica is one container that there will be.
type replica struct {
	number int
	name   string
	old    *Container  // what carries the number now
	asides []Container // left over from a replacement that did not end
	// successor is what should have followed old, which is taken back.
	successor *Container
	fate      fate
	reason    Reason
	// update says what is changed in place, beside the fate; nil: nothing.
	update *Reason
	// provisional is the condition under which the fate holds.
	provisional string

	exists  *node // after it the container is there under its name; nil: it is
	started *node // after it the container runs; nil: it does
	settled *node // after it, its hooks have run too
	proven  *node // after it, it is known to serve; nil: nothing asks
	removed *node // removes the container that it replaces
	stopped *node // after it, the old container has stopped
	beside  bool  // the old container serves until the new one is proven
	// asideStops are the stops of asides, by id; nil where none is needed.
	asideStops map[string]*node
	// healthy and completed are made when something waits for them.
	healthy, completed *node
}

// handle addresses the replica's container in actions of this plan.
func (r *replica) handle() Handle {
	if r.old != nil && r.fate != fateReplace {
		return Handle{ID: r.old.ID, Name: r.name}
	}
	return Handle{Name: r.name}
}

// served is the action after which the replica counts as serving.
func (r *replica) served() *node {
	if r.proven != nil {
		return r.proven
	}
	return r.settled
}

// changed reports whether the replica gets another container.
func (r *replica) changed() bool { return r.fate == fateCreate || r.fate == fateReplace }

// willRun reports whether the container runs once the plan is done.
func (r *replica) willRun(t Target) bool {
	if t.NoStart || t.Goal == GoalCreate {
		return r.old != nil && r.old.Running() && !r.changed()
	}
	if r.fate == fateKeep {
		return r.old.Running()
	}
	return true
}

// desired is how many replicas the service shall have. What a provider stands
// for is no container.
func (m *maker) desired(svc types.ServiceConfig) int {
	if svc.Provider != nil {
		return 0
	}
	if n, ok := m.t.Replicas[svc.Name]; ok {
		return n
	}
	if svc.Deploy != nil && svc.Deploy.Mode == "global" {
		return 1
	}
	if m.keepsScale(svc) {
		if n := m.numbers(svc.Name); n > 0 {
			return n
		}
	}
	return svc.GetScale()
}

// keepsScale reports whether the number of replicas lasts that scale has set.
func (m *maker) keepsScale(svc types.ServiceConfig) bool {
	return m.p.Classic() || m.t.KeepScale || extended(m.p.Model.Extensions, "keep-scale") || extended(svc.Extensions, "keep-scale")
}

// passingScale says which numbers that scale sets do not last.
func (m *maker) passingScale() {
	for _, name := range m.order {
		n, scaled := m.t.Replicas[name]
		if svc, ok := m.service(name); ok && scaled && n != svc.GetScale() && !m.keepsScale(svc) {
			m.note(fmt.Sprintf("the file wants %d of %s, and the next up goes back to that; up --keep-scale does not, nor does a file with x-recompose: {keep-scale: true}", svc.GetScale(), name))
		}
	}
}

// numbers counts the service's replicas, those that a crash left set aside
// included.
func (m *maker) numbers(service string) int {
	seen := map[int]bool{}
	for _, c := range m.s.Containers {
		if c.Project == m.project && c.Service == service && !c.OneOff && c.Status != StatusRemoving {
			seen[c.Number] = true
		}
	}
	return len(seen)
}

// current are the service's replicas that are there, by number; of two with
// one number the better one. Asides and one-offs do not count.
func (m *maker) current(service string) []Container {
	var cs []Container
	for _, c := range m.s.Containers {
		if c.Project == m.project && c.Service == service && c.Role == RoleCurrent && !c.OneOff && c.Status != StatusRemoving {
			cs = append(cs, c)
		}
	}
	slices.SortFunc(cs, func(a, b Container) int {
		return cmp.Or(cmp.Compare(a.Number, b.Number), better(a, b), cmp.Compare(a.Name, b.Name))
	})
	return slices.CompactFunc(cs, func(a, b Container) bool { return a.Number == b.Number })
}

// better orders two containers of one number: a running one first, then the
// newer one.
func better(a, b Container) int {
	if a.Running() != b.Running() {
		if a.Running() {
			return -1
		}
		return 1
	}
	return b.Created.Compare(a.Created)
}

// leftovers are the other containers of a replica's number: set aside, or
// double.
func (m *maker) leftovers(service string, number int, current *Container) []Container {
	var cs []Container
	for _, c := range m.s.Containers {
		if c.Project == m.project && c.Service == service && c.Number == number && !c.OneOff && c.Status != StatusRemoving &&
			(current == nil || c.ID != current.ID) {
			cs = append(cs, c)
		}
	}
	slices.SortFunc(cs, func(a, b Container) int { return cmp.Or(better(a, b), cmp.Compare(a.ID, b.ID)) })
	return cs
}

// match gives each number that the service shall have the container that
// carries it, and says which ones are too many.
func (m *maker) match(run *serviceRun, want int) {
	have := m.current(run.cfg.Name)
	if len(have) > want {
		have, run.surplus = split(have, want)
	}
	taken := map[int]bool{}
	for _, c := range have {
		run.replicas = append(run.replicas, &replica{number: c.Number, name: c.Name, old: &c})
		taken[c.Number] = true
	}
	// An aside without a successor stands for its number; a gap is filled
	// before a new number is given out.
	for n := 1; len(run.replicas) < want; n++ {
		if !taken[n] {
			run.replicas = append(run.replicas, &replica{number: n})
		}
	}
	slices.SortFunc(run.replicas, func(a, b *replica) int { return cmp.Compare(a.number, b.number) })
	for _, r := range run.replicas {
		r.asides = m.leftovers(run.cfg.Name, r.number, r.old)
		if r.old == nil && len(r.asides) > 0 {
			r.old, r.asides = &r.asides[0], r.asides[1:]
		}
		if r.name == "" || nameBehindAside(r.name) != r.name {
			r.name = m.replicaName(run.cfg, r)
		}
	}
	// What a crash left of numbers that are no longer wanted.
	for _, c := range m.s.Containers {
		if c.Project == m.project && c.Service == run.cfg.Name && c.Role == RoleAside && !c.OneOff &&
			!slices.ContainsFunc(run.replicas, func(r *replica) bool { return r.number == c.Number }) {
			run.surplus = append(run.surplus, c)
		}
	}
}

// replicaName is the replica's final name: the one it has had, or a new one.
func (m *maker) replicaName(svc types.ServiceConfig, r *replica) string {
	if r.old != nil && svc.ContainerName == "" {
		if name := nameBehindAside(r.old.Name); isReplicaName(name, m.project, svc.Name, r.number) {
			return name
		}
	}
	return containerName(m.p, m.project, svc, r.number)
}

// split keeps want replicas: those that do not serve go first, then the
// highest numbers.
func split(have []Container, want int) (keep, surplus []Container) {
	byWorth := slices.Clone(have)
	slices.SortStableFunc(byWorth, func(a, b Container) int {
		return cmp.Or(cmp.Compare(unfit(a), unfit(b)), cmp.Compare(a.Number, b.Number))
	})
	keep, surplus = byWorth[:want], byWorth[want:]
	slices.SortFunc(keep, func(a, b Container) int { return cmp.Compare(a.Number, b.Number) })
	slices.SortFunc(surplus, func(a, b Container) int { return cmp.Compare(b.Number, a.Number) })
	return keep, surplus
}

func unfit(c Container) int {
	switch {
	case !c.Running():
		return 2
	case c.Health == HealthUnhealthy, c.Status == StatusRestarting:
		return 1
	}
	return 0
}

// checkScale refuses numbers of replicas that cannot be.
func (m *maker) checkScale(svc types.ServiceConfig, want int) bool {
	if want < 0 {
		m.problem("scale-negative", svc.Name, fmt.Sprintf("service %s: %d replicas cannot be", svc.Name, want), "give 0 or more")
		return false
	}
	if want > 1 && svc.ContainerName != "" {
		m.problem("scale-container-name", svc.Name, fmt.Sprintf("service %s: %d replicas cannot share the container_name %q", svc.Name, want, svc.ContainerName),
			"take container_name out, or ask for one replica")
		return false
	}
	return true
}
