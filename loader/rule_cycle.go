package loader

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"
)

// cycles: services that wait for each other can never start. Each circle is
// named once, with its whole way, at its first service by name.
func (r *rules) cycles() {
	const (
		open = 1
		done = 2
	)
	state := map[string]int{}
	var way []string
	var visit func(name string)
	visit = func(name string) {
		state[name] = open
		way = append(way, name)
		for _, next := range r.needs(r.model.Services[name]) {
			switch {
			case !r.isService(next):
			case state[next] == open:
				circle := append(slices.Clone(way[slices.Index(way, next):]), next)
				path := joinPath("services", name)
				at := r.dependencyPath(r.model.Services[name], path, next)
				r.at(SeverityError, "dependency-cycle", at, "services depend on each other: "+joinCircle(circle), "")
			case state[next] == 0:
				visit(next)
			}
		}
		way = way[:len(way)-1]
		state[name] = done
	}
	for _, s := range r.services() {
		if state[s.Name] == 0 {
			visit(s.Name)
		}
	}
}

// maxCircle is how many services of a circle are named.
const maxCircle = 20

// joinCircle leaves out the middle of a circle that nobody would read.
func joinCircle(names []string) string {
	if more := len(names) - maxCircle; more > 0 {
		left := slices.Concat(names[:maxCircle-1], []string{fmt.Sprintf("(%d more)", more)}, names[len(names)-1:])
		return strings.Join(left, " -> ")
	}
	return strings.Join(names, " -> ")
}

// needs are the services that must run before s, sorted.
func (r *rules) needs(s types.ServiceConfig) []string {
	set := map[string]bool{}
	for dep := range s.DependsOn {
		set[dep] = true
	}
	for _, list := range [][]string{s.Links, s.VolumesFrom} {
		for _, entry := range list {
			if target, _, _ := strings.Cut(entry, ":"); !strings.HasPrefix(entry, "container:") {
				set[target] = true
			}
		}
	}
	for _, mode := range modes(s) {
		if target, ok := strings.CutPrefix(mode.value, types.ServicePrefix); ok {
			set[target] = true
		}
	}
	return slices.Sorted(maps.Keys(set))
}
