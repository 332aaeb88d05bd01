package loader

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"
)

// files: what a service reads from files must be there. A config or secret is
// only a warning: it may appear before it is needed.
func (r *rules) files() {
	services := r.services()
	for _, name := range r.Services { // enabled by being named
		if s, ok := r.model.DisabledServices[name]; ok {
			services = append(services[:len(services):len(services)], s)
		}
	}
	used, read := map[string]bool{}, map[string]bool{}
	for _, s := range services {
		path := joinPath("services", s.Name)
		if !r.Skip.EnvFiles {
			for _, f := range s.EnvFiles {
				r.file("env_file", f, path+".env_file", read)
			}
			for _, f := range s.LabelFiles {
				r.file("label_file", types.EnvFile{Path: f, Required: true}, path+".label_file", read)
			}
		}
		for _, c := range s.Configs {
			r.content(used, "configs", c.Source, types.FileObjectConfig(r.model.Configs[c.Source]))
		}
		for _, c := range s.Secrets {
			r.content(used, "secrets", c.Source, types.FileObjectConfig(r.model.Secrets[c.Source]))
		}
	}
}

// file checks one that is read now, and its lines once.
func (r *rules) file(kind string, f types.EnvFile, list string, read map[string]bool) {
	at := r.fileEntry(list, f.Path)
	if err := r.admit(f.Path); err != nil {
		r.at(SeverityError, "outside-project", at, err.Error(), "")
		return
	}
	data, err := readFile(f.Path)
	switch {
	case os.IsNotExist(err) && !bool(f.Required):
	case os.IsNotExist(err):
		r.at(SeverityError, "env-file", at, fmt.Sprintf("%s %s does not exist", kind, f.Path), "")
	case err != nil:
		r.at(SeverityError, "env-file", at, err.Error(), "")
	default:
		if line, why := tooManyVariables(data); why != "" {
			r.at(SeverityError, "env-file", at, fmt.Sprintf("%s:%d: %s", f.Path, line, why), "")
			return
		}
		r.outside(at, f.Path)
		if !read[f.Path] {
			read[f.Path] = true
			r.envLines(f, at, data)
		}
	}
}

// content checks a config or secret once, whoever uses it.
func (r *rules) content(used map[string]bool, section, name string, f types.FileObjectConfig) {
	at := joinPath(section, name, "file")
	if f.File == "" || bool(f.External) || used[at] {
		return
	}
	used[at] = true
	if err := r.admit(f.File); err != nil {
		r.at(SeverityError, "outside-project", at, err.Error(), "")
		return
	}
	if _, err := os.Stat(f.File); os.IsNotExist(err) {
		r.at(SeverityWarning, "missing-file", at, fmt.Sprintf("%s does not exist", f.File), "")
	}
}

// outside tells that a file lies outside the project's directory: allowed, but
// worth knowing before a file of somebody else's is run.
func (r *rules) outside(at, file string) {
	if rel, err := filepath.Rel(r.discovery.dir, file); err != nil || strings.HasPrefix(rel, "..") {
		r.at(SeverityInfo, "outside-project", at, fmt.Sprintf("%s lies outside the project's directory", file), "")
	}
}
