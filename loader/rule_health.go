package loader

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"
)

// health: nobody can wait for what is never looked at.
func (r *rules) health(s types.ServiceConfig, path string) {
	for _, dep := range slices.Sorted(maps.Keys(s.DependsOn)) {
		target, ok := r.model.Services[dep]
		if ok && s.DependsOn[dep].Condition == types.ServiceConditionHealthy && unhealthy(target.HealthCheck) {
			r.flag("never-healthy", joinKey(path+".depends_on", dep)+".condition",
				fmt.Sprintf("the healthcheck of service %q is turned off, so it never is healthy", dep), "write condition: service_started, or give it a healthcheck")
		}
	}
}

func unhealthy(h *types.HealthCheckConfig) bool {
	return h != nil && (h.Disable || len(h.Test) > 0 && h.Test[0] == "NONE")
}

// dependencies: conditions that cannot, or may not, be met.
func (r *rules) dependencies(s types.ServiceConfig, path string) {
	for _, dep := range slices.Sorted(maps.Keys(s.DependsOn)) {
		target, ok := r.model.Services[dep]
		at := joinKey(path+".depends_on", dep) + ".condition"
		switch condition := s.DependsOn[dep].Condition; {
		case !ok:
		case condition == types.ServiceConditionHealthy && target.HealthCheck == nil:
			r.flag("healthcheck-missing", at, fmt.Sprintf("service %q has no healthcheck in the files; its image must have one", dep), "")
		case condition == types.ServiceConditionCompletedSuccessfully && (target.Restart == "always" || target.Restart == "unless-stopped"):
			r.flag("never-completes", at, fmt.Sprintf("service %q is started again whenever it ends (restart: %s), so it never completes", dep, target.Restart),
				"give it restart: on-failure, or none")
		}
	}
	for i, link := range s.Links {
		name, _, _ := strings.Cut(link, ":")
		if target, ok := r.model.Services[name]; ok && apart(s, target) {
			r.flag("unreachable-service", r.entryAt(path+".links", i), fmt.Sprintf("service %q shares no network with service %q", s.Name, name), "put both on one")
		}
	}
	if h := s.HealthCheck; h != nil {
		r.healthWords(h, path+".healthcheck")
	}
}

// apart reports whether two services have networks, but none in common.
func apart(a, b types.ServiceConfig) bool {
	if len(a.Networks) == 0 || len(b.Networks) == 0 {
		return false
	}
	for name := range a.Networks {
		if _, ok := b.Networks[name]; ok {
			return false
		}
	}
	return true
}

func (r *rules) healthWords(h *types.HealthCheckConfig, path string) {
	switch {
	case len(h.Test) == 2 && h.Test[0] == "CMD" && strings.Contains(strings.TrimSpace(h.Test[1]), " "):
		r.flag("command-words", joinIndex(path+".test", 1), fmt.Sprintf("%q is one word, spaces and all", h.Test[1]), "write CMD-SHELL, or make each word an entry of its own")
	case len(h.Test) > 2 && h.Test[0] == "CMD-SHELL":
		r.flag("command-words", joinIndex(path+".test", 2), "CMD-SHELL takes one text; what follows is not run", "write one text, or CMD")
	case len(h.Test) == 2 && h.Test[0] == "CMD-SHELL":
		word, _, _ := strings.Cut(h.Test[1], " ")
		at := path + ".test"
		if second := joinIndex(at, 1); r.declared(second) {
			at = second
		}
		if isOneOf(word, []string{"CMD", "CMD-SHELL", "NONE"}) {
			r.flag("command-words", at, fmt.Sprintf("the shell would run a program %s", word), "write a list, or the command alone")
		}
	}
	if h.StartInterval != nil && h.StartPeriod == nil {
		r.flag("healthcheck-start", path+".start_interval", "start_interval counts within the start_period, and there is none", "give a start_period")
	}
}
