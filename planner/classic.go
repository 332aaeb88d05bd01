package planner

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"

	"recompose/loader"
)

// withoutBridgeLinks is the project as engines without links on the default
// bridge can run it: v1-format services that use links get a network of their
// own, where the same names lead to the same containers. The project that was
// given is not changed.
func withoutBridgeLinks(p *loader.Project, e Engine) (*loader.Project, bool) {
	if p == nil || !p.Classic() || e.Version == "" || e.LegacyLinks {
		return p, false
	}
	linked := false
	for _, svc := range p.Model.Services {
		linked = linked || onDefaultBridge(svc) && len(svc.Links)+len(svc.ExternalLinks) > 0
	}
	if !linked {
		return p, false
	}
	out, model := *p, *p.Model
	out.Model = &model
	move := func(services types.Services) types.Services {
		moved := maps.Clone(services)
		for name, svc := range moved {
			if onDefaultBridge(svc) {
				svc.NetworkMode = ""
				svc.Networks = map[string]*types.ServiceNetworkConfig{"default": nil}
				moved[name] = svc
			}
		}
		return moved
	}
	model.Services, model.DisabledServices = move(model.Services), move(model.DisabledServices)
	model.Networks = maps.Clone(model.Networks)
	if model.Networks == nil {
		model.Networks = types.Networks{}
	}
	model.Networks["default"] = types.NetworkConfig{Name: p.Name + "_default"}
	return &out, true
}

// linkedAs are the names by which links lead to a replica, for engines that
// have no links on networks either (Podman). There they are everybody's.
func (m *maker) linkedAs(run *serviceRun, r *replica) []string {
	names := []string{m.withoutProject(r.name, run.cfg.Name, r.number)}
	if run.replicas[0] != r {
		return names
	}
	for _, user := range m.order {
		other, _ := m.service(user)
		for _, l := range other.Links {
			if target, alias, _ := strings.Cut(l, ":"); target == run.cfg.Name && alias != "" && !slices.Contains(names, alias) {
				names = append(names, alias)
			}
		}
	}
	return names
}

// setsLinkEnv reports whether the variables of links are left to us.
func (m *maker) setsLinkEnv() bool {
	return m.p.Classic() && m.s.Engine.Version != "" && !m.s.Engine.LegacyLinksEnv
}

// linkEnv are the variables that the engine itself set for links before
// Docker 29, for those that no longer do. The address is the container's name:
// its number is not known before it starts.
func (m *maker) linkEnv(svc types.ServiceConfig) map[string]string {
	if !m.setsLinkEnv() || len(svc.Links) == 0 {
		return nil
	}
	env := map[string]string{}
	for _, l := range svc.Links {
		target, alias, _ := strings.Cut(l, ":")
		run, ok := m.services[target]
		if !ok {
			continue
		}
		ports, vars := m.exposedBy(run.cfg)
		for _, r := range run.replicas {
			for _, a := range []string{cmp.Or(alias, target), r.name, m.withoutProject(r.name, target, r.number)} {
				linkVariables(env, a, r.name, ports, vars)
			}
		}
	}
	return env
}

// exposedBy are the ports and the environment that a link tells of.
func (m *maker) exposedBy(svc types.ServiceConfig) (ports []string, env map[string]string) {
	env = map[string]string{}
	ref := imageName(m.p, m.project, svc)
	if _, known := m.imageVolumes(ref); known {
		if img, ok := m.image(ref); ok && img.Config != nil {
			ports = append(ports, img.Config.ExposedPorts...)
			for _, kv := range img.Config.Env {
				k, v, _ := strings.Cut(kv, "=")
				env[k] = v
			}
		}
	}
	for _, e := range svc.Expose {
		if !strings.Contains(e, "/") {
			e += "/tcp"
		}
		ports = append(ports, e)
	}
	for _, p := range svc.Ports {
		ports = append(ports, fmt.Sprintf("%d/%s", p.Target, cmp.Or(p.Protocol, "tcp")))
	}
	for k, v := range svc.Environment {
		if v != nil {
			env[k] = *v
		}
	}
	slices.SortFunc(ports, func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) })
	return slices.Compact(ports), env
}

// linkVariables are documented by Docker under "legacy container links".
func linkVariables(env map[string]string, alias, address string, ports []string, vars map[string]string) {
	prefix := strings.ToUpper(strings.NewReplacer("-", "_", ".", "_").Replace(alias))
	env[prefix+"_NAME"] = "/" + alias
	for i, p := range ports {
		port, protocol, _ := strings.Cut(p, "/")
		url := fmt.Sprintf("%s://%s:%s", protocol, address, port)
		if i == 0 {
			env[prefix+"_PORT"] = url
		}
		key := fmt.Sprintf("%s_PORT_%s_%s", prefix, port, strings.ToUpper(protocol))
		env[key], env[key+"_ADDR"], env[key+"_PORT"], env[key+"_PROTO"] = url, address, port, protocol
	}
	for k, v := range vars {
		if k != "PATH" && k != "HOME" {
			env[prefix+"_ENV_"+k] = v
		}
	}
}
