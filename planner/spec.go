package planner

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"

	"recompose/loader"
	"recompose/planner/create"
)

// makeSpec resolves what a service's container refers to into names. It comes
// after the services that this one needs have been matched.
func (m *maker) makeSpec(svc types.ServiceConfig) create.Spec {
	spec := create.Spec{
		Service: svc, Image: imageName(m.p, m.project, svc), Classic: m.p.Classic(),
		IpcMode: m.namespace(svc, "ipc", svc.Ipc), PidMode: m.namespace(svc, "pid", svc.Pid),
		Seccomp: m.p.Seccomp, Volumes: map[string]string{}, Windows: m.s.Engine.OS == "windows",
	}
	for key, v := range m.p.Model.Volumes {
		spec.Volumes[key] = v.Name
	}
	if spec.Classic {
		spec.Service.VolumeDriver = m.classicDriver(svc)
	}
	for _, v := range svc.VolumesFrom {
		source, mode, isService := parseVolumesFrom(v)
		if isService {
			source = m.firstContainer(svc, source, "volumes_from")
		}
		if mode == "" && spec.Classic {
			mode = "rw" // as docker-compose 1.29.2 sent it
		}
		if mode != "" {
			source += ":" + mode
		}
		spec.VolumesFrom = append(spec.VolumesFrom, source)
	}
	switch {
	case svc.NetworkMode != "":
		spec.NetworkMode = m.namespace(svc, "network_mode", svc.NetworkMode)
		if onDefaultBridge(svc) {
			spec.Links = m.bridgeLinks(svc)
		}
	default:
		spec.Networks = m.endpoints(svc)
		if len(spec.Networks) > 0 {
			spec.NetworkMode = spec.Networks[0].Network
		} else {
			spec.NetworkMode = "none"
		}
	}
	spec.Files = m.boundFiles(svc)
	spec.Env = m.linkEnv(svc)
	if _, err := create.Make(spec, m.s.Engine.APIVersion); err != nil {
		m.problem("invalid-service", svc.Name, err.Error(), "")
	}
	for _, lack := range create.Unsupported(spec, m.s.Engine.APIVersion) {
		text := fmt.Sprintf("service %s: this engine does not know %s", svc.Name, lack.Key)
		if lack.Mild {
			m.warning(text + ", which is left out: " + lack.Hint)
			continue
		}
		m.problem("engine-lacks", svc.Name, text, lack.Hint)
	}
	return spec
}

// classicDriver is the driver of a v1-format service's named volumes.
func (m *maker) classicDriver(svc types.ServiceConfig) string {
	if svc.VolumeDriver != "" {
		return svc.VolumeDriver
	}
	for _, v := range svc.Volumes {
		if cfg, ok := m.p.Model.Volumes[v.Source]; ok && v.Type == types.VolumeTypeVolume && cfg.Driver != "" {
			return cfg.Driver
		}
	}
	return ""
}

// namespace resolves "service:NAME" to the container that it means.
func (m *maker) namespace(svc types.ServiceConfig, key, mode string) string {
	if name, ok := strings.CutPrefix(mode, types.ServicePrefix); ok {
		return types.ContainerPrefix + m.firstContainer(svc, name, key)
	}
	return mode
}

// firstContainer is the name of the service's container with the lowest
// number, which the others' references mean in both peers.
func (m *maker) firstContainer(user types.ServiceConfig, service, key string) string {
	run, ok := m.services[service]
	if !ok || len(run.replicas) == 0 {
		m.problem("missing-dependency", user.Name,
			fmt.Sprintf("service %s: %s needs a container of service %s, and there is none", user.Name, key, service),
			"leave out --no-deps, or give "+service+" a replica")
		return service
	}
	return run.replicas[0].name
}

// bridgeLinks are links as docker-compose 1.29.2 sent them for the default
// bridge: each running container by its name, and its name without the
// project; the alias alone leads to the first one. There it led to whichever
// the engine listed last: the one made first, which is ours.
func (m *maker) bridgeLinks(svc types.ServiceConfig) []string {
	byAlias := map[string]string{}
	for _, l := range svc.Links {
		target, alias, _ := strings.Cut(l, ":")
		run, ok := m.services[target]
		if !ok {
			continue
		}
		for _, r := range run.replicas {
			if !r.willRun(m.t) && m.t.Goal != GoalCreate && !m.t.NoStart {
				continue
			}
			if first := cmp.Or(alias, target); byAlias[first] == "" {
				byAlias[first] = r.name
			}
			byAlias[r.name] = r.name
			byAlias[m.withoutProject(r.name, target, r.number)] = r.name
		}
	}
	for _, l := range svc.ExternalLinks {
		name, alias, _ := strings.Cut(l, ":")
		byAlias[cmp.Or(alias, name)] = name
	}
	return flattenLinks(byAlias)
}

// networkLinks are links on a user network. As in v5, but the numbered alias
// is that of the linked container.
func (m *maker) networkLinks(svc types.ServiceConfig) []string {
	byAlias := map[string]string{}
	for _, l := range svc.Links {
		target, alias, _ := strings.Cut(l, ":")
		run, ok := m.services[target]
		if !ok {
			continue
		}
		for i, r := range run.replicas {
			if i == 0 {
				byAlias[cmp.Or(alias, target)] = r.name
			}
			byAlias[r.name] = r.name
			byAlias[m.withoutProject(r.name, target, r.number)] = r.name
		}
	}
	for _, l := range svc.ExternalLinks {
		name, alias, _ := strings.Cut(l, ":")
		byAlias[cmp.Or(alias, name)] = name
	}
	return flattenLinks(byAlias)
}

func flattenLinks(byAlias map[string]string) []string {
	links := make([]string, 0, len(byAlias))
	for alias, name := range byAlias {
		links = append(links, name+":"+alias)
	}
	slices.Sort(links)
	return links
}

// withoutProject is "web_1" for "proj_web_1".
func (m *maker) withoutProject(name, service string, number int) string {
	for _, sep := range []string{"_", "-"} {
		if rest, ok := strings.CutPrefix(name, m.project+sep); ok {
			return rest
		}
	}
	return fmt.Sprintf("%s%s%d", service, separator(m.p), number)
}

// endpoints are the service's ends on its networks.
func (m *maker) endpoints(svc types.ServiceConfig) []create.Endpoint {
	if svc.NetworkMode != "" {
		return nil
	}
	links := m.networkLinks(svc)
	var out []create.Endpoint
	for _, key := range svc.NetworksByPriority() {
		out = append(out, m.endpoint(svc, key, links))
	}
	return out
}

// replicaEndpoints are those of one replica, which has its own name there too.
func (m *maker) replicaEndpoints(run *serviceRun, r *replica, shared []create.Endpoint) []create.Endpoint {
	out := slices.Clone(shared)
	for i, e := range shared {
		if m.p.Classic() {
			out[i].Aliases = append(slices.Clone(e.Aliases), m.linkedAs(run, r)...)
		} else {
			out[i].Aliases = append([]string{r.name}, e.Aliases...)
		}
	}
	return out
}

// endpoint is the service's end on one of its networks. The container's own
// name joins the aliases per replica.
func (m *maker) endpoint(svc types.ServiceConfig, key string, links []string) create.Endpoint {
	e := create.Endpoint{Key: key, Network: m.networkName(key), Links: links}
	cfg := svc.Networks[key]
	if cfg == nil || cfg.UseServiceNameAlias == nil || *cfg.UseServiceNameAlias {
		e.Aliases = append(e.Aliases, svc.Name)
	}
	if cfg == nil {
		return e
	}
	e.Aliases = append(e.Aliases, cfg.Aliases...)
	e.IPv4, e.IPv6, e.LinkLocal = cfg.Ipv4Address, cfg.Ipv6Address, cfg.LinkLocalIPs
	e.MacAddress, e.DriverOpts, e.GwPriority = cfg.MacAddress, cfg.DriverOpts, cfg.GatewayPriority
	e.Interface = cfg.InterfaceName
	return e
}

func (m *maker) networkName(key string) string {
	if n, ok := m.p.Model.Networks[key]; ok && n.Name != "" {
		return n.Name
	}
	return key
}

// fieldsOf are the digests that tell whether a container is what the files
// want, with the content of configs and secrets.
func (m *maker) fieldsOf(spec create.Spec) map[string]string {
	fields := create.Fields(spec)
	files := slices.Concat(m.boundFiles(spec.Service), m.copiedFiles(spec.Service))
	maps.Copy(fields, create.FileFields(files, func(f create.File) string { return m.p.Content[loader.ContentKey(f.Kind, f.Name)] }))
	return fields
}

// specFor is the spec of one replica's new container.
func (m *maker) specFor(run *serviceRun, r *replica) create.Spec {
	spec := *run.spec
	spec.Name = r.name
	if r.old != nil && r.fate == fateReplace && !m.t.RenewVolumes {
		spec.Inherit = m.inherited(run, *r.old)
	}
	spec.Networks = m.replicaEndpoints(run, r, run.spec.Networks)
	imageID := ""
	if img, ok := m.image(spec.Image); ok {
		imageID = img.ID
	}
	spec.Labels = containerLabels(m.p, m.project, run.cfg, r.number, imageID, m.configHash(run.cfg), run.fields)
	labelInherited(spec)
	m.remember(run, spec.Labels, imageID)
	return spec
}

// configHash is v5's, so that it takes our containers for its own; v1-format
// files, which v5 does not read, have ours.
func (m *maker) configHash(svc types.ServiceConfig) string {
	if m.p.Classic() {
		return create.Hash(m.services[svc.Name].fields)
	}
	h, err := ComposeHash(svc)
	if err != nil {
		return ""
	}
	return h
}
