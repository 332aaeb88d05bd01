package upgrade_test

import (
	"fmt"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/google/go-cmp/cmp"

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

// difference compares what two loads mean; newer formats are compared without
// any tolerance.
func difference(old, updated *loader.Project) string {
	if old.Classic() {
		want := meaning(old)
		inline(want.Services, updated.Model.Services)
		return cmp.Diff(want, meaning(updated), whole)
	}
	return cmp.Diff(old.Model, updated.Model, whole) + cmp.Diff(old.Content, updated.Content)
}

// inline: a data-only service may be gone. What it had is mounted where its
// volumes were used: as the engine does it, below what is mounted there
// itself, the later over the earlier.
func inline(old, updated map[string]types.ServiceConfig) {
	gone := map[string]types.ServiceConfig{}
	for name, s := range old {
		if _, ok := updated[name]; !ok {
			gone[name] = s
			delete(old, name)
		}
	}
	for name, s := range old {
		own := s.Volumes
		has := func(list []types.ServiceVolumeConfig, target string) bool {
			return slices.ContainsFunc(list, func(v types.ServiceVolumeConfig) bool { return v.Target == target })
		}
		var from []string
		var taken []types.ServiceVolumeConfig
		for _, source := range s.VolumesFrom {
			provider, mode, _ := strings.Cut(source, ":")
			if _, ok := gone[provider]; !ok {
				from = append(from, source)
				continue
			}
			delete(s.DependsOn, provider)
			for _, v := range gone[provider].Volumes {
				v.ReadOnly = v.ReadOnly || mode == "ro"
				if !has(own, v.Target) {
					taken = append(slices.DeleteFunc(taken, func(o types.ServiceVolumeConfig) bool { return o.Target == v.Target }), v)
				}
			}
		}
		s.VolumesFrom = from
		s.Volumes = append(slices.Clone(own), taken...)
		sortMounts(s.Volumes)
		if len(s.DependsOn) == 0 {
			s.DependsOn = nil
		}
		old[name] = s
	}
}

func sortMounts(list []types.ServiceVolumeConfig) {
	slices.SortStableFunc(list, func(a, b types.ServiceVolumeConfig) int { return strings.Compare(a.Target, b.Target) })
}

// whole compares unexported fields too.
var whole = cmp.Exporter(func(reflect.Type) bool { return true })

// meaning is a project that was made of v1-format files without what the
// upgrade changes on purpose.
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

// attached: a v1-format service is on the engine's default bridge, where names
// are given by links only; the upgraded one on the project's own network. It
// can reach the same services under the same names, and more. A network named
// by `net` is one under `networks:` that is external.
func attached(p *loader.Project, s types.ServiceConfig) (map[string]*types.ServiceNetworkConfig, string) {
	if s.NetworkMode == "bridge" {
		return s.Networks, "default" // the same network by its other name
	}
	if p.Classic() || s.NetworkMode != "" || len(s.Networks) != 1 {
		return s.Networks, s.NetworkMode
	}
	for key, config := range s.Networks {
		n := p.Model.Networks[key]
		if key == "default" && config == nil && !bool(n.External) && n.Driver == "" {
			return nil, "default"
		}
		if bool(n.External) && config == nil {
			return nil, n.Name
		}
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
// the engine knows; a path with a slash at its end is the same path. A name
// with a slash in it, which no engine takes, is the path that it was meant to
// be.
func mounts(p *loader.Project, s types.ServiceConfig) []types.ServiceVolumeConfig {
	out := slices.Clone(s.Volumes)
	for i := range out {
		v := &out[i]
		switch {
		case v.Type == types.VolumeTypeVolume && strings.Contains(v.Source, "/"):
			*v = types.ServiceVolumeConfig{
				Type: types.VolumeTypeBind, Source: filepath.Join(p.Dir, v.Source), Target: v.Target, ReadOnly: v.ReadOnly,
				Bind: &types.ServiceVolumeBind{CreateHostPath: true},
			}
		case v.Type == types.VolumeTypeVolume && v.Source != "":
			v.Source = p.Model.Volumes[v.Source].Name
			if reflect.DeepEqual(v.Volume, &types.ServiceVolumeVolume{}) {
				v.Volume = nil // how a long form without options reads
			}
		case v.Type == types.VolumeTypeBind:
			v.Source = filepath.Clean(v.Source)
		}
	}
	// Without a place in the container, which an unset variable may leave, no
	// engine takes a mount.
	out = slices.DeleteFunc(out, func(v types.ServiceVolumeConfig) bool { return strings.HasPrefix(v.Target, ".") })
	sortMounts(out)
	return out
}

// volumes: the v1 format declares none. That an upgraded file has to, makes
// the volumes the project's own; `down -v` removes them.
func volumes(p *loader.Project) map[string]types.VolumeConfig {
	out := map[string]types.VolumeConfig{}
	for _, v := range p.Model.Volumes {
		if v.Extensions[loader.ImplicitVolume] != nil {
			if strings.Contains(v.Name, "/") {
				continue // see mounts
			}
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
	used := map[string]bool{}
	for _, s := range p.Model.Services {
		if _, mode := attached(p, s); mode == "" {
			for key := range s.Networks {
				used[key] = true
			}
		}
	}
	for key, n := range p.Model.Networks {
		if used[key] || key != "default" && !bool(n.External) {
			out[key] = n
		}
	}
	return out
}

// refusedToo are mistakes of a file that only the engine refused, when it was
// of the v1 format, and that an unset variable makes.
func refusedToo(ds []loader.Diagnostic) bool {
	for _, d := range ds {
		if d.Severity != loader.SeverityError {
			continue
		}
		switch {
		case d.Rule == "no-image": // an empty image
		case d.Message == "the mount is empty", strings.HasPrefix(d.Message, `a part of "`) && strings.HasSuffix(d.Message, "is empty"):
			// a mount without a place in the container
		default:
			return false
		}
	}
	return true
}

func sortedCounts(count map[string]int) []string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(count)) {
		out = append(out, fmt.Sprintf("%s: %d", k, count[k]))
	}
	return out
}
