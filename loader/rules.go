package loader

import (
	"maps"
	"slices"

	"github.com/compose-spec/compose-go/v2/types"
)

// rules checks a model that compose-go could build. Each rule is a method in
// a file of its own and reports what it finds; none depends on another.
type rules struct {
	*load
	model  *types.Project
	sorted []types.ServiceConfig // the active services, by name
}

func (l *load) applyRules(model *types.Project) {
	r := &rules{load: l, model: model, sorted: make([]types.ServiceConfig, 0, len(model.Services))}
	for _, name := range slices.Sorted(maps.Keys(model.Services)) {
		r.sorted = append(r.sorted, model.Services[name])
	}
	r.images()
	r.references()
	r.cycles()
	r.containerNames()
	r.hostPorts()
	r.mounts()
	r.files()
}

// at reports at the place of a value.
func (r *rules) at(sev Severity, rule, path, message, hint string) {
	if r.reported(path) {
		return
	}
	pos, _ := r.positions.At(path)
	if pos.File == "" {
		pos = Position{File: r.sources[0].name}
	}
	r.report(sev, rule, pos, path, message, hint)
}

// services are the active ones in the order of their names.
func (r *rules) services() []types.ServiceConfig { return r.sorted }

// declared reports whether the files have something under the path, though
// the model may lack it since it has a mistake of its own.
func (r *rules) declared(path string) bool { return r.positions.has(path) }

// entry is the path of the list entry under path that a test accepts, or the
// key of that name in the mapping form, or path itself.
func (r *rules) entry(path, key string, count int, accept func(i int) bool) string {
	if at := joinKey(path, key); r.declared(at) {
		return at
	}
	for i := range count {
		if at := joinIndex(path, i); accept(i) && r.declared(at) {
			return at
		}
	}
	return path
}
