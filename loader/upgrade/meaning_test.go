package upgrade_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"

	"recompose/loader"
)

// project is what two loads of a file are compared by. Each function that
// makes a part of it names the difference that it lets pass, and why.
type project struct {
	Services map[string]types.ServiceConfig
	Disabled map[string]types.ServiceConfig
	Volumes  map[string]types.VolumeConfig
	Networks types.Networks
	Secrets  types.Secrets
	Configs  types.Configs
	Content  map[string]string
}

// meaning is the project without what the upgrade changes on purpose.
func meaning(p *loader.Project) project {
	m := project{
		Services: map[string]types.ServiceConfig{}, Disabled: p.Model.DisabledServices,
		Volumes: volumes(p), Networks: networks(p), Secrets: p.Model.Secrets, Configs: p.Model.Configs, Content: p.Content,
	}
	for name, s := range p.Model.Services {
		s.Networks, s.NetworkMode = attached(p, s)
		s.DependsOn = dependencies(s)
		s.Links = links(s.Links)
		s.Volumes = mounts(p, s)
		s.VolumeDriver = "" // compared where it counts: at the volumes
		m.Services[name] = s
	}
	return m
}

// wasClassic tells whether the project is, or was made from, a v1-format file.
// Only such projects are compared with tolerance.
func tolerant(s types.ServiceConfig) bool { return s.NetworkMode == "default" }

// attached: a v1-format service is on the engine's default bridge, where names
// are given by links only; the upgraded one on the project's own network. It
// can reach the same services under the same names, and more. A network named
// by `net` is one under `networks:` that is external.
func attached(p *loader.Project, s types.ServiceConfig) (map[string]*types.ServiceNetworkConfig, string) {
	mode, _, _ := strings.Cut(s.NetworkMode, ":")
	switch {
	case s.NetworkMode == "bridge" && p.Classic():
		return nil, "default"
	case !p.Classic() && s.NetworkMode == "" && len(s.Networks) == 1:
		for key, config := range s.Networks {
			n := p.Model.Networks[key]
			if key == "default" && config == nil && !bool(n.External) && len(n.DriverOpts) == 0 && n.Driver == "" {
				return nil, "default"
			}
			if bool(n.External) && config == nil {
				return nil, n.Name
			}
		}
	case slices.Contains([]string{"host", "none", "service", "container", "default", ""}, mode):
	}
	return s.Networks, s.NetworkMode
}

// dependencies: a link made the dependent restart with what it is linked to,
// since the engine wrote the address into it. On a network the name is looked
// up anew, so depends_on does without.
func dependencies(s types.ServiceConfig) types.DependsOnConfig {
	out := maps.Clone(s.DependsOn)
	for name, d := range out {
		d.Restart = false
		out[name] = d
	}
	return out
}

// links: by the service's own name, which the network gives.
func links(list []string) []string {
	var out []string
	for _, l := range list {
		if target, alias, ok := strings.Cut(l, ":"); ok && alias != target {
			out = append(out, l)
		}
	}
	return out
}

// mounts: in the order of their targets, for those that come from a data-only
// service stand elsewhere in the list. The volume is compared by the name that
// the engine knows.
func mounts(p *loader.Project, s types.ServiceConfig) []types.ServiceVolumeConfig {
	out := slices.Clone(s.Volumes)
	for i, v := range out {
		if v.Type == types.VolumeTypeVolume && v.Source != "" {
			out[i].Source = p.Model.Volumes[v.Source].Name
		}
	}
	slices.SortStableFunc(out, func(a, b types.ServiceVolumeConfig) int { return strings.Compare(a.Target, b.Target) })
	return out
}

// volumes: the v1 format declares none. That an upgraded file has to, makes
// the volumes the project's own; `down -v` removes them.
func volumes(p *loader.Project) map[string]types.VolumeConfig {
	out := map[string]types.VolumeConfig{}
	for _, v := range p.Model.Volumes {
		if v.Extensions[loader.ImplicitVolume] != nil {
			v.External = false
			v.Extensions = nil
		}
		out[v.Name] = v
	}
	return out
}

// networks: those that a v1-format file needs no declaration for, see
// attached.
func networks(p *loader.Project) types.Networks {
	out := types.Networks{}
	for key, n := range p.Model.Networks {
		if key == "default" && n.Driver == "" && !bool(n.External) {
			continue
		}
		out[key] = n
	}
	return out
}

func sortedCounts(count map[string]int) []string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(count)) {
		out = append(out, fmt.Sprintf("%s: %d", k, count[k]))
	}
	return out
}
