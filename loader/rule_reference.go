package loader

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"
)

// references: what a service names must be declared.
func (r *rules) references() {
	for _, s := range r.services() {
		path := joinPath("services", s.Name)
		for _, dep := range slices.Sorted(maps.Keys(s.DependsOn)) {
			if r.isKnown(dep) {
				continue
			}
			if c := s.DependsOn[dep]; c.Required || !r.isService(dep) && !r.isDisabled(dep) {
				at := r.dependencyPath(s, path, dep)
				r.service(at, dep, keyOf(at))
			}
		}
		for _, mode := range modes(s) {
			if target, ok := strings.CutPrefix(mode.value, types.ServicePrefix); ok {
				r.service(path+"."+mode.key, target, mode.key)
			}
		}
		for i, link := range s.Links {
			target, _, _ := strings.Cut(link, ":")
			r.service(r.entryAt(path+".links", i), target, "links")
		}
		for i, from := range s.VolumesFrom {
			if strings.HasPrefix(from, "container:") {
				continue
			}
			target, _, _ := strings.Cut(from, ":")
			r.service(r.entryAt(path+".volumes_from", i), target, "volumes_from")
		}
		r.resources(s, path)
	}
}

// dependencyPath is where a dependency was written: compose-go adds those of
// links, volumes_from and the service: modes to depends_on.
func (r *rules) dependencyPath(s types.ServiceConfig, path, dep string) string {
	list := path + ".depends_on"
	if at := r.entry(list, dep); at != list {
		return at
	}
	implied, known := r.implied[s.Name]
	if !known {
		implied = impliedDependencies(s, path)
		r.implied[s.Name] = implied
	}
	if at, ok := implied[dep]; ok {
		return at
	}
	return list
}

// impliedDependencies are the places of what else makes a service depend on
// others, by their names.
func impliedDependencies(s types.ServiceConfig, path string) map[string]string {
	places := map[string]string{}
	add := func(name, at string) {
		if _, known := places[name]; !known {
			places[name] = at
		}
	}
	for i, link := range s.Links {
		target, _, _ := strings.Cut(link, ":")
		add(target, joinIndex(path+".links", i))
		add(link, joinIndex(path+".links", i))
	}
	for i, from := range s.VolumesFrom {
		target, _, _ := strings.Cut(from, ":")
		add(target, joinIndex(path+".volumes_from", i))
	}
	for _, mode := range modes(s) {
		if target, ok := strings.CutPrefix(mode.value, types.ServicePrefix); ok {
			add(target, path+"."+mode.key)
		}
	}
	return places
}

// mode is a key whose value may be `service:NAME`.
type mode struct{ key, value string }

func modes(s types.ServiceConfig) []mode {
	return []mode{{"network_mode", s.NetworkMode}, {"ipc", s.Ipc}, {"pid", s.Pid}}
}

// keyOf is the service's key that a path goes through:
// "services.web.links[0]" gives "links".
func keyOf(path string) string {
	_, rest := cutKey(path)
	_, rest = cutKey(rest)
	key, _ := cutKey(rest)
	return key
}

// textAt is the scalar as written at a position, "" if its end is unknown.
func (l *load) textAt(pos Position) string {
	s := l.files[pos.File]
	if s == nil || s.starts != nil || pos.EndLine != pos.Line || pos.Line < 1 || pos.Line > len(s.lines) {
		return ""
	}
	pos.Column, pos.EndColumn = s.moved(pos.Line, pos.Column), s.moved(pos.Line, pos.EndColumn)
	runes := []rune(s.lines[pos.Line-1])
	if pos.Column < 1 || pos.EndColumn-1 > len(runes) || pos.EndColumn < pos.Column {
		return ""
	}
	return strings.Trim(string(runes[pos.Column-1:pos.EndColumn-1]), `"'`)
}

func (r *rules) isService(name string) bool  { _, ok := r.model.Services[name]; return ok }
func (r *rules) isDisabled(name string) bool { _, ok := r.model.DisabledServices[name]; return ok }

func (r *rules) isKnown(name string) bool {
	_, job := r.model.Jobs[name]
	return job || r.isService(name)
}

func (r *rules) service(path, name, key string) {
	if r.isKnown(name) {
		return
	}
	if r.isDisabled(name) {
		profiles := r.model.DisabledServices[name].Profiles
		if slices.Contains(r.Services, name) {
			return
		}
		r.at(SeverityError, "disabled-service", path, fmt.Sprintf("%s: service %q is not enabled by the active profiles", key, name),
			"enable its profile: --profile "+strings.Join(profiles, " or --profile "))
		return
	}
	if r.declared(joinPath("services", name)) {
		return
	}
	hint := suggest(r.near("services", func() []string { return r.known }), name)
	r.named("undefined-service", path, name, fmt.Sprintf("%s: service %q is not defined", key, name), hint)
}

// named reports at the key that is the name, else at the value that has it.
func (r *rules) named(id, path, name, message, hint string) {
	if path == joinKey(parentPath(path), name) {
		r.flagKey(id, path, message, hint)
		return
	}
	r.at(SeverityError, id, path, message, hint)
}

func (r *rules) resources(s types.ServiceConfig, path string) {
	for _, n := range slices.Sorted(maps.Keys(s.Networks)) {
		if _, ok := r.model.Networks[n]; ok || n == "default" { // which needs no declaration
			continue // its place takes time to find
		}
		at := r.entry(path+".networks", n)
		undefined(r, r.model.Networks, "network", "networks", n, at)
	}
	for i, v := range s.Volumes {
		if v.Type == types.VolumeTypeVolume && v.Source != "" {
			undefined(r, r.model.Volumes, "volume", "volumes", v.Source, r.entryAt(path+".volumes", i))
		}
	}
	for i, c := range s.Configs {
		undefined(r, r.model.Configs, "config", "configs", c.Source, r.entryAt(path+".configs", i))
	}
	for i, c := range s.Secrets {
		undefined(r, r.model.Secrets, "secret", "secrets", c.Source, r.entryAt(path+".secrets", i))
	}
	if s.Build != nil {
		for i, c := range s.Build.Secrets {
			undefined(r, r.model.Secrets, "secret", "secrets", c.Source, r.entryAt(path+".build.secrets", i))
		}
	}
	for _, m := range slices.Sorted(maps.Keys(s.Models)) {
		undefined(r, r.model.Models, "model", "models", m, joinKey(path+".models", m))
	}
}

func undefined[V any](r *rules, known map[string]V, noun, section, name, path string) {
	if _, ok := known[name]; ok || r.declared(joinPath(section, name)) {
		return
	}
	hint := suggest(r.near(section, func() []string { return slices.Sorted(maps.Keys(known)) }), name)
	if noun == "volume" && strings.Contains(name, "/") {
		hint = fmt.Sprintf("a path begins with ./ or /: write ./%s", name)
		if strings.HasPrefix(name, ".") || strings.HasPrefix(name, "/") {
			hint = "a path is mounted by type: bind"
		}
	}
	if hint == "" {
		hint = fmt.Sprintf("declare it under the top-level `%s:`", section)
	}
	r.named("undefined-"+noun, path, name, fmt.Sprintf("%s %q is not declared", noun, name), hint)
}
