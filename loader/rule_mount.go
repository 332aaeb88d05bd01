package loader

import (
	"cmp"
	"fmt"
	"path"
	"strings"
)

// mounts: a path in the container can have one mount.
func (r *rules) mounts() {
	for _, s := range r.services() {
		at := joinPath("services", s.Name)
		seen := map[string]bool{}
		check := func(severity Severity, target, key string, i int) {
			if target != "" && seen[target] {
				r.at(severity, "duplicate-mount", r.entryAt(at+key, i), fmt.Sprintf("service %q has two mounts at %s", s.Name, target), "")
			}
			seen[target] = true
		}
		for i, t := range s.Tmpfs {
			target, _, _ := strings.Cut(t, ":")
			check(SeverityError, target, ".tmpfs", i)
		}
		for i, v := range s.Volumes {
			check(SeverityError, v.Target, ".volumes", i)
		}
		for i, c := range s.Configs { // they are copied, or mounted: not all peers refuse it
			check(SeverityWarning, inContainer("/", cmp.Or(c.Target, c.Source)), ".configs", i)
		}
		for i, c := range s.Secrets {
			check(SeverityWarning, inContainer("/run/secrets", cmp.Or(c.Target, c.Source)), ".secrets", i)
		}
	}
}

// inContainer is a path in the container, which may be relative to a folder.
func inContainer(folder, name string) string {
	if isAbsolute(name) {
		return name
	}
	return path.Join(folder, name)
}
