package loader

import (
	"fmt"
	"strings"
)

// mounts: a path in the container can have one mount.
func (r *rules) mounts() {
	for _, s := range r.services() {
		path := joinPath("services", s.Name)
		seen := map[string]bool{}
		check := func(target, key string, i int) {
			if seen[target] {
				r.at(SeverityError, "duplicate-mount", r.entryAt(path+key, i), fmt.Sprintf("service %q has two mounts at %s", s.Name, target), "")
			}
			seen[target] = true
		}
		for i, t := range s.Tmpfs {
			target, _, _ := strings.Cut(t, ":")
			check(target, ".tmpfs", i)
		}
		for i, v := range s.Volumes {
			check(v.Target, ".volumes", i)
		}
	}
}
