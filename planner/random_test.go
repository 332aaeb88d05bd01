package planner_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
)

// randomProject is a compose file in few words, which can be changed a little
// and written in either format.
type randomProject struct {
	classic  bool
	options  [3]int // of the networks: another number is another configuration
	services []randomService
}

// randomService refers to services before it only, so that there is no cycle.
type randomService struct {
	name      string
	image     string
	env       int
	scale     int
	checked   bool // it has a healthcheck
	oneShot   bool // somebody waits for its end
	hooks     bool
	anonymous bool // it has an anonymous volume
	named     []int
	networks  []int
	port      int // fixed port of the host; 0: none, -1: from a range
	fixedName bool
	update    string // its update_config
	restart   string // its restart policy; empty: none
	memory    int    // its limit in MiB; 0: none

	needs       map[string]string // condition by service; "?" at its end: not required, "!": restart
	links       []string
	volumesFrom string
	networkOf   string // network_mode: service:
	pidOf       string
}

// updates are ways to replace replicas.
var updates = []string{
	"{}", "{order: start-first}", "{order: start-first, failure_action: rollback}", "{failure_action: rollback, parallelism: 2}",
	"{failure_action: continue}", "{order: start-first, max_failure_ratio: 0.5, failure_action: rollback}", "{parallelism: 0}",
}

func chance(r *rand.Rand, percent int) bool { return r.IntN(100) < percent }

func newRandomProject(r *rand.Rand) randomProject {
	p := randomProject{classic: chance(r, 30)}
	for i := range 1 + r.IntN(5) {
		p.services = append(p.services, p.newService(r, fmt.Sprintf("s%d", i)))
	}
	return p
}

func (p *randomProject) newService(r *rand.Rand, name string) randomService {
	s := randomService{name: name, scale: 1, needs: map[string]string{}, image: p.anyImage(r),
		checked: chance(r, 30) && !p.classic, hooks: chance(r, 15) && !p.classic, anonymous: chance(r, 30), env: r.IntN(2)}
	if chance(r, 25) && !p.classic {
		s.scale = r.IntN(4)
	}
	s.oneShot = s.scale == 1 && !p.classic && chance(r, 20)
	for n := range 3 {
		if chance(r, 20) {
			s.named = append(s.named, n)
		}
		if chance(r, 40) && !p.classic {
			s.networks = append(s.networks, n)
		}
	}
	for _, other := range p.services {
		p.bind(r, &s, other)
	}
	if s.networkOf == "" && s.scale == 1 {
		switch r.IntN(4) {
		case 0:
			s.port = 8000 + len(p.services)
		case 1:
			s.port = -1
		}
	}
	if chance(r, 40) && !p.classic {
		s.update = updates[r.IntN(len(updates))]
	}
	s.fixedName = s.scale == 1 && !p.classic && chance(r, 10)
	return s
}

// bind lets s need other, in one way or another.
func (p *randomProject) bind(r *rand.Rand, s *randomService, other randomService) {
	lasting := other.scale > 0 && !other.oneShot
	switch {
	case !p.classic && chance(r, 30):
		s.needs[other.name] = "service_started"
		if other.checked && !other.oneShot {
			s.needs[other.name] = "service_healthy"
		}
		if other.oneShot {
			s.needs[other.name] = "service_completed_successfully"
		}
		s.needs[other.name] += []string{"", "", "!", "?"}[r.IntN(4)]
	case lasting && chance(r, 20) && s.networkOf == "":
		s.links = append(s.links, other.name)
	case other.scale > 0 && chance(r, 15) && s.volumesFrom == "":
		s.volumesFrom = other.name
	case lasting && chance(r, 10) && len(s.links) == 0:
		s.networkOf, s.networks = other.name, nil
	case lasting && chance(r, 10) && !p.classic:
		s.pidOf = other.name
	}
}

func (p *randomProject) anyImage(r *rand.Rand) string {
	return []string{"app:1", "app:2", "data:1"}[r.IntN(3)]
}

// changed is the project with some changes, as an editor of the file makes
// them.
func (p randomProject) changed(r *rand.Rand) randomProject {
	p.services = slices.Clone(p.services)
	for i := range p.services {
		s := &p.services[i]
		if chance(r, 30) {
			s.env++
		}
		if chance(r, 15) {
			s.image = p.anyImage(r)
		}
		if chance(r, 10) {
			s.anonymous = !s.anonymous
		}
		if chance(r, 20) && s.scale != 1 && s.scale > 0 {
			s.scale = 1 + r.IntN(3)
		}
		if chance(r, 10) && s.update != "" {
			s.update = updates[r.IntN(len(updates))]
		}
		if chance(r, 15) && len(s.networks) > 0 {
			s.networks = []int{r.IntN(3)}
		}
	}
	for i := range p.options {
		if chance(r, 15) && !p.classic {
			p.options[i]++
		}
	}
	if i, j := r.IntN(len(p.services)), r.IntN(len(p.services)); p.services[i].port > 0 && p.services[j].port > 0 {
		p.services[i].port, p.services[j].port = p.services[j].port, p.services[i].port
	}
	if chance(r, 20) {
		p.services = append(p.services, p.newService(r, fmt.Sprintf("n%d", len(p.services))))
	}
	return p
}

// limited is the project with other limits and restart policies, which
// containers can get in place.
func (p randomProject) limited(r *rand.Rand) randomProject {
	p.services = slices.Clone(p.services)
	for i := range p.services {
		if chance(r, 40) {
			p.services[i].restart = []string{"", "always", "unless-stopped", "on-failure:3"}[r.IntN(4)]
		}
		if chance(r, 40) {
			p.services[i].memory = 64 * r.IntN(4)
		}
	}
	return p
}

func (p randomProject) find(service string) (randomService, bool) {
	i := slices.IndexFunc(p.services, func(s randomService) bool { return s.name == service })
	if i < 0 {
		return randomService{}, false
	}
	return p.services[i], true
}

// yaml writes the file.
func (p randomProject) yaml() string {
	var b strings.Builder
	in := "  "
	if p.classic {
		in = ""
	} else {
		b.WriteString("services:\n")
	}
	for _, s := range p.services {
		fmt.Fprintf(&b, "%s%s:\n", in, s.name)
		line := func(format string, args ...any) { fmt.Fprintf(&b, in+"  "+format+"\n", args...) }
		line("image: %s", s.image)
		line("environment: {N: \"%d\"}", s.env)
		if s.restart != "" {
			line("restart: %s", s.restart)
		}
		if s.memory > 0 {
			line("mem_limit: %dm", s.memory)
		}
		p.writeMounts(s, line)
		p.writeBonds(s, line)
		switch {
		case s.port > 0:
			line("ports: [\"%d:80\"]", s.port)
		case s.port < 0:
			line("ports: [\"9000-9100:80\"]")
		}
		if p.classic {
			continue
		}
		if s.scale != 1 {
			line("scale: %d", s.scale)
		}
		if s.checked {
			line("healthcheck: {test: [CMD, /ok]}")
		}
		if s.hooks {
			line("post_start: [{command: [/a]}, {command: [/b]}]")
			line("pre_stop: [{command: [/c]}, {command: [/d]}]")
		}
		if s.update != "" {
			line("deploy: {update_config: %s}", s.update)
		}
		if s.fixedName {
			line("container_name: the-%s", s.name)
		}
	}
	if !p.classic {
		b.WriteString("volumes: {v0: {}, v1: {}, v2: {}}\nnetworks:\n")
		for i, o := range p.options {
			fmt.Fprintf(&b, "  n%d: {driver_opts: {o: \"%d\"}}\n", i, o)
		}
	}
	return b.String()
}

func (p randomProject) writeMounts(s randomService, line func(string, ...any)) {
	var mounts []string
	if s.anonymous {
		mounts = append(mounts, "/anonymous")
	}
	for _, n := range s.named {
		mounts = append(mounts, fmt.Sprintf("v%d:/named%d", n, n))
	}
	if len(mounts) > 0 {
		line("volumes: [\"%s\"]", strings.Join(mounts, `", "`))
	}
	if s.volumesFrom != "" {
		line("volumes_from: [%s]", s.volumesFrom)
	}
}

func (p randomProject) writeBonds(s randomService, line func(string, ...any)) {
	if len(s.links) > 0 {
		line("links: [%s]", strings.Join(s.links, ", "))
	}
	switch {
	case s.networkOf != "" && p.classic:
		line("net: \"container:%s\"", s.networkOf)
	case s.networkOf != "":
		line("network_mode: \"service:%s\"", s.networkOf)
	case len(s.networks) > 0:
		var names []string
		for _, n := range s.networks {
			names = append(names, fmt.Sprintf("n%d", n))
		}
		line("networks: [%s]", strings.Join(names, ", "))
	}
	if s.pidOf != "" {
		line("pid: \"service:%s\"", s.pidOf)
	}
	if len(s.needs) > 0 {
		line("depends_on:")
		for _, other := range slices.Sorted(maps.Keys(s.needs)) {
			condition := s.needs[other]
			line("  %s: {condition: %s, required: %t, restart: %t}", other, strings.TrimRight(condition, "?!"),
				!strings.HasSuffix(condition, "?"), strings.HasSuffix(condition, "!"))
		}
	}
}
