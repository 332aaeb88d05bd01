package planner

import (
	"cmp"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"
)

// Dependency is one edge of the service graph.
type Dependency struct {
	Service   string
	Condition string // types.ServiceConditionStarted, Healthy, CompletedSuccessfully
	Restart   bool
	Required  bool
	Key       string // where the file says so: depends_on, links, volumes_from, network_mode, ipc, pid
	// Bound: the container refers to the other one itself, so it must follow
	// when that one is replaced.
	Bound bool
}

// Dependencies are the services that a service needs, by name; where several
// keys name the same one, the strongest condition counts.
func Dependencies(svc types.ServiceConfig) []Dependency {
	byName := map[string]Dependency{}
	add := func(d Dependency) {
		old, ok := byName[d.Service]
		if !ok {
			byName[d.Service] = d
			return
		}
		if old.Condition == types.ServiceConditionStarted || old.Condition == "" {
			old.Condition = d.Condition
		}
		old.Restart = old.Restart || d.Restart
		old.Required = old.Required || d.Required
		if d.Bound && !old.Bound {
			old.Bound, old.Key = true, d.Key
		}
		byName[d.Service] = old
	}
	for name, d := range svc.DependsOn {
		add(Dependency{Service: name, Condition: cmp.Or(d.Condition, types.ServiceConditionStarted), Restart: d.Restart, Required: d.Required, Key: "depends_on"})
	}
	bound := func(name, key string, follows bool) {
		add(Dependency{Service: name, Condition: types.ServiceConditionStarted, Required: true, Key: key, Bound: follows})
	}
	for _, l := range svc.Links {
		name, _, _ := strings.Cut(l, ":")
		// Links on a user network are names that the engine looks up anew.
		bound(name, "links", onDefaultBridge(svc))
	}
	for _, v := range svc.VolumesFrom {
		if src, _, isService := parseVolumesFrom(v); isService {
			bound(src, "volumes_from", true)
		}
	}
	for key, mode := range map[string]string{"network_mode": svc.NetworkMode, "ipc": svc.Ipc, "pid": svc.Pid} {
		if name, ok := strings.CutPrefix(mode, types.ServicePrefix); ok {
			bound(name, key, true)
		}
	}
	deps := make([]Dependency, 0, len(byName))
	for _, d := range byName {
		if d.Service != svc.Name {
			deps = append(deps, d)
		}
	}
	slices.SortFunc(deps, func(a, b Dependency) int { return cmp.Compare(a.Service, b.Service) })
	return deps
}

// onDefaultBridge reports whether the service's containers are on the
// engine's own bridge, where links are part of the container.
func onDefaultBridge(svc types.ServiceConfig) bool {
	return svc.NetworkMode == "default" || svc.NetworkMode == "bridge"
}

// sharesNamespace reports whether the service's containers use the network,
// the IPC or the process namespace of the other one's.
func sharesNamespace(svc types.ServiceConfig, other string) bool {
	mode := types.ServicePrefix + other
	return svc.NetworkMode == mode || svc.Ipc == mode || svc.Pid == mode
}

// parseVolumesFrom reads "service[:mode]", "service:NAME[:mode]" and
// "container:NAME[:mode]".
func parseVolumesFrom(entry string) (source, mode string, isService bool) {
	isService = true
	if rest, ok := strings.CutPrefix(entry, types.ContainerPrefix); ok {
		entry, isService = rest, false
	} else if rest, ok := strings.CutPrefix(entry, types.ServicePrefix); ok {
		entry = rest
	}
	source, mode, _ = strings.Cut(entry, ":")
	return source, mode, isService
}

// Graph is the service graph: each service with those that it needs.
type Graph map[string][]Dependency

// Order sorts the services so that each comes after what it needs, by name
// where the graph leaves it open. If there is a cycle, it is returned, first
// service repeated at its end.
func (g Graph) Order() (order, cycle []string) {
	names := make([]string, 0, len(g))
	for n := range g {
		names = append(names, n)
	}
	slices.Sort(names)
	const (
		visiting = 1
		done     = 2
	)
	state := map[string]int{}
	var path []string
	var visit func(string) []string
	visit = func(n string) []string {
		switch state[n] {
		case done:
			return nil
		case visiting:
			return append(slices.Clone(path[slices.Index(path, n):]), n)
		}
		state[n] = visiting
		path = append(path, n)
		for _, d := range g[n] {
			if _, ok := g[d.Service]; !ok {
				continue
			}
			if c := visit(d.Service); c != nil {
				return c
			}
		}
		path = path[:len(path)-1]
		state[n] = done
		order = append(order, n)
		return nil
	}
	for _, n := range names {
		if c := visit(n); c != nil {
			return nil, c
		}
	}
	return order, nil
}

// Closure is the named services and all that they need.
func (g Graph) Closure(names []string) []string {
	seen := map[string]bool{}
	var visit func(string)
	visit = func(n string) {
		if _, ok := g[n]; !ok || seen[n] {
			return
		}
		seen[n] = true
		for _, d := range g[n] {
			visit(d.Service)
		}
	}
	for _, n := range names {
		visit(n)
	}
	out := make([]string, 0, len(seen))
	for n := range seen {
		out = append(out, n)
	}
	slices.Sort(out)
	return out
}

// Dependents are the services that need the named one, directly.
func (g Graph) Dependents(name string) []string {
	var out []string
	for n, deps := range g {
		if slices.ContainsFunc(deps, func(d Dependency) bool { return d.Service == name }) {
			out = append(out, n)
		}
	}
	slices.Sort(out)
	return out
}
