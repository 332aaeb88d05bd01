package loader

import (
	"fmt"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"
)

// conflicts: keys that cannot stand together, and values that must be equal
// (checkConsistency in compose-go's loader/validate.go, which stops at its
// first and names no place).
func (r *rules) conflicts(s types.ServiceConfig, path string) {
	conflict := func(key, message string) {
		r.flagKey("conflicting-keys", path+"."+key, message, "leave one of them out")
	}
	if s.NetworkMode != "" && len(s.Networks) > 0 && r.declared(path+".network_mode") && r.declared(path+".networks") {
		conflict("networks", fmt.Sprintf("networks cannot stand beside network_mode: %s", s.NetworkMode))
	}
	if b := s.Build; b != nil && b.DockerfileInline != "" && b.Dockerfile != "" {
		conflict("build.dockerfile_inline", "dockerfile_inline cannot stand beside dockerfile")
	}
	if b := s.Build; b != nil && s.Platform != "" && len(b.Platforms) > 0 && !isOneOf(s.Platform, b.Platforms) {
		r.flag("conflicting-keys", path+".platform", fmt.Sprintf("platform %s is none of those that the image is built for", s.Platform), "add it to build.platforms")
	}
	r.distinct(s, path)
	if s.Develop != nil {
		for i, w := range s.Develop.Watch {
			at := r.entryAt(path+".develop.watch", i)
			if w.Target == "" && !r.reportedBelow(at) && w.Action != types.WatchActionRebuild && w.Action != types.WatchActionRestart {
				r.flag("conflicting-keys", at, fmt.Sprintf("action %s needs a target", w.Action), "")
			}
		}
	}
}

// distinct: two keys for one limit.
func (r *rules) distinct(s types.ServiceConfig, path string) {
	if s.Deploy == nil {
		return
	}
	differ := func(key, other string) {
		r.flag("conflicting-keys", path+"."+key, fmt.Sprintf("%s and deploy.%s have distinct values", key, other), "leave one of them out")
	}
	if s.Scale != nil && s.Deploy.Replicas != nil && *s.Scale != *s.Deploy.Replicas {
		differ("scale", "replicas")
	}
	if l := s.Deploy.Resources.Limits; l != nil {
		if s.CPUS != 0 && l.NanoCPUs.Value() != s.CPUS {
			differ("cpus", "resources.limits.cpus")
		}
		if s.MemLimit != 0 && l.MemoryBytes != s.MemLimit {
			differ("mem_limit", "resources.limits.memory")
		}
		if s.PidsLimit != 0 && l.Pids != s.PidsLimit {
			differ("pids_limit", "resources.limits.pids")
		}
	}
	if v := s.Deploy.Resources.Reservations; v != nil && s.MemReservation != 0 && v.MemoryBytes != s.MemReservation {
		differ("mem_reservation", "resources.reservations.memory")
	}
}

// testForm: what a healthcheck's list begins with.
func (r *rules) testForm(s types.ServiceConfig, path string) {
	if h := s.HealthCheck; h != nil && len(h.Test) > 0 && !isOneOf(h.Test[0], []string{"CMD", "CMD-SHELL", "NONE"}) {
		r.flag("healthcheck-test", path+".healthcheck.test", fmt.Sprintf("the list begins with %q", h.Test[0]), "begin it with CMD (a program and its words), CMD-SHELL (one text) or NONE")
	}
}

// negative replicas cannot be run.
func (r *rules) replicas(s types.ServiceConfig, path string) {
	if s.Scale != nil && *s.Scale < 0 {
		r.flag("negative-scale", path+".scale", fmt.Sprintf("service %q cannot have %d replicas", s.Name, *s.Scale), "")
	} else if s.Deploy != nil && s.Deploy.Replicas != nil && *s.Deploy.Replicas < 0 {
		r.flag("negative-scale", path+".deploy.replicas", fmt.Sprintf("service %q cannot have %d replicas", s.Name, *s.Deploy.Replicas), "")
	}
}

// contexts: builds that take another service's image as a context.
func (r *rules) contexts(s types.ServiceConfig, path string) {
	if s.Build == nil {
		return
	}
	for name, c := range s.Build.AdditionalContexts {
		target, ok := strings.CutPrefix(c, types.ServicePrefix)
		if !ok {
			continue
		}
		at := joinKey(path+".build.additional_contexts", name)
		other, known := r.model.Services[target]
		if !known {
			other, known = r.model.DisabledServices[target]
		}
		if !known {
			r.service(at, target, "additional_contexts")
		} else if other.Build == nil {
			r.flag("conflicting-keys", at, fmt.Sprintf("service %q has no build, so it is no context", target), "")
		}
	}
}
