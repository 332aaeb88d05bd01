package loader

import (
	"fmt"
	"slices"
	"strings"
)

// images: every service needs an image, a build or a provider. In a v1-format
// file the conversion has checked it; an image from an unset variable is
// accepted there, as in 1.29.2.
func (r *rules) images() {
	if r.format == FormatV1 {
		return
	}
	for _, s := range r.services() {
		path := joinPath("services", s.Name)
		if s.Build != nil || s.Image != "" || s.Provider != nil || r.declared(path+".build") || r.declared(path+".provider") || r.declared(path+".extends") {
			continue
		}
		if r.reported(joinKey(path, "<<")) {
			continue
		}
		if r.declared(path + ".image") {
			if !r.reported(path + ".image") {
				r.at(SeverityError, "no-image", path+".image", fmt.Sprintf("service %q has an empty image", s.Name), "")
			}
			continue
		}
		pos, _ := r.positions.Key(path)
		if kindOf[s.Name] != "" && len(r.index().unknown[path]) > 0 {
			continue // a section that is indented too far
		}
		if !r.reported(path) && !r.misspelt(path, "image", "build") {
			r.report(SeverityError, "no-image", pos, path, fmt.Sprintf("service %q has neither image nor build", s.Name), r.overridden(s.Name, pos.File))
		}
	}
}

// overridden suggests the service of another file that an override may mean.
func (r *rules) overridden(name, file string) string {
	if len(r.sources) < 2 {
		return ""
	}
	others := r.near("services outside "+file, func() []string {
		return slices.DeleteFunc(slices.Clone(r.known), func(other string) bool {
			pos, _ := r.positions.Key(joinPath("services", other))
			return pos.File == file
		})
	})
	return suggest(others, name)
}

// misspelt reports whether a key below the path was likely meant to be one of
// these.
func (r *rules) misspelt(path string, keys ...string) bool {
	meant := r.near(strings.Join(keys, " "), func() []string { return keys })
	return slices.ContainsFunc(r.index().unknown[path], func(key string) bool { return meant.Nearest(key) != "" })
}
