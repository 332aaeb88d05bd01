package loader

import (
	"maps"
	"slices"

	"github.com/compose-spec/compose-go/v2/types"

	"recompose/loader/spelling"
)

// rules checks a model that compose-go could build. Each rule is a method in
// a file of its own and reports what it finds; none depends on another.
type rules struct {
	*load
	model  *types.Project
	sorted []types.ServiceConfig // the active services, by name
	known  []string              // their names
	// What is looked up for each mistake is kept: there may be thousands.
	lists   map[string]*entries
	implied map[string]map[string]string // dependencies by service
	spelled map[string]*spelling.Words
	missing map[string]bool // paths that were said not to exist
}

func newRules(l *load, model *types.Project) *rules {
	r := &rules{
		load: l, model: model, sorted: make([]types.ServiceConfig, 0, len(model.Services)), known: slices.Sorted(maps.Keys(model.Services)),
		lists: map[string]*entries{}, implied: map[string]map[string]string{}, spelled: map[string]*spelling.Words{}, missing: map[string]bool{},
	}
	for _, name := range r.known {
		r.sorted = append(r.sorted, model.Services[name])
	}
	return r
}

// near are the words of one kind, to compare others with.
func (r *rules) near(kind string, list func() []string) *spelling.Words {
	words, known := r.spelled[kind]
	if !known {
		words = spelling.NewWords(list())
		r.spelled[kind] = words
	}
	return words
}

func (l *load) applyRules(model *types.Project) {
	r := newRules(l, model)
	if !l.Skip.Consistency {
		r.images()
		r.references()
		r.cycles()
	}
	r.containerNames()
	r.hostPorts()
	r.mounts()
	r.files()
	if l.Outline {
		return
	}
	for _, s := range r.sorted {
		r.values(s, joinPath("services", s.Name))
	}
	r.addresses()
	r.schedules()
	if l.Check {
		r.checks()
	}
}

// values checks the syntax of what the engine would refuse only once it comes
// to the container.
func (r *rules) values(s types.ServiceConfig, path string) {
	r.conflicts(s, path)
	r.testForm(s, path)
	r.replicas(s, path)
	r.contexts(s, path)
	r.imageName(s, path)
	r.names(s, path)
	r.restartPolicy(s, path)
	r.stopSignal(s, path)
	r.ranges(s, path)
	r.memory(s, path)
	r.platform(s, path)
	r.capabilities(s, path)
	r.ulimits(s, path)
	r.targets(s, path)
	r.namespaces(s, path)
	r.health(s, path)
	r.devices(s, path)
	r.exposed(s, path)
}

// checks find what may be meant, and files that are missing now.
func (r *rules) checks() {
	for _, s := range r.sorted {
		path := joinPath("services", s.Name)
		r.dependencies(s, path)
		r.words(s, path)
		r.bindSources(s, path)
		r.builds(s, path)
		r.variables(s, path)
		r.labels(s, path)
		r.portsWithoutUse(s, path)
		r.logDriver(s, path)
		r.watched(s, path)
		r.ignoredKeys(s, path)
		r.security(s, path)
	}
	r.aliases()
	r.sameImages()
	r.unused()
	for _, s := range append(r.sources[:len(r.sources):len(r.sources)], r.related...) {
		r.written(s)
	}
}

// flag reports by the rule's own severity at the place of a value.
func (r *rules) flag(id, path, message, hint string) {
	r.at(ruleByID(id).Severity, id, path, message, hint)
}

// flagKey does at the key that the path ends with.
func (r *rules) flagKey(id, path, message, hint string) {
	if pos, _ := r.positions.Key(path); pos.File != "" && !r.reported(path) {
		r.report(ruleByID(id).Severity, id, pos, path, message, hint)
	}
}

// at reports at the place of a value; no more than a warning if it is one of
// what is never made.
func (r *rules) at(sev Severity, rule, path, message, hint string) {
	if r.reported(path) {
		return
	}
	section, rest := cutKey(path)
	if name, _ := cutKey(rest); sev == SeverityError && r.idle(section, name) {
		if !r.Check {
			return
		}
		sev = SeverityWarning
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
