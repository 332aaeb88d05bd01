package planner

import (
	"fmt"
	"slices"

	"github.com/compose-spec/compose-go/v2/types"

	"recompose/loader"
	"recompose/planner/create"
)

// volumePass plans the named volumes that the given services mount.
func (m *maker) volumePass(names []string) {
	used := map[string]bool{}
	for _, name := range names {
		svc, _ := m.service(name)
		if m.services[name].passive {
			continue
		}
		for _, v := range svc.Volumes {
			if v.Type == types.VolumeTypeVolume && v.Source != "" {
				used[v.Source] = true
			}
		}
	}
	keys := make([]string, 0, len(used))
	for key := range used {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, key := range keys {
		if cfg, ok := m.p.Model.Volumes[key]; ok && cfg.Extensions[loader.ImplicitVolume] == nil {
			m.volume(key, cfg)
		}
	}
}

func (m *maker) volume(key string, cfg types.VolumeConfig) {
	if _, done := m.volumes[cfg.Name]; done {
		return
	}
	m.volumes[cfg.Name] = nil
	i := slices.IndexFunc(m.s.Volumes, func(v Volume) bool { return v.Name == cfg.Name })
	ref := Ref{Kind: KindVolume, Name: cfg.Name}
	if bool(cfg.External) {
		if i < 0 && !m.t.Offline {
			m.problem("volume-missing", "", fmt.Sprintf("the volume %s is declared external, and there is none", cfg.Name),
				"make it with: docker volume create "+cfg.Name)
		}
		return
	}
	hash, err := VolumeHash(cfg)
	if err != nil {
		m.problem("volume-hash", "", fmt.Sprintf("volume %s: %v", cfg.Name, err), "")
		return
	}
	create := Action{Op: OpCreateVolume, Ref: ref, Reason: Reason{Text: "no such volume"},
		Payload: CreateVolume{Name: cfg.Name, Config: cfg, Labels: volumeLabels(m.project, key, cfg, hash)}}
	if i < 0 {
		m.volumes[cfg.Name] = m.add(create)
		return
	}
	found := m.s.Volumes[i]
	switch {
	case found.Project != "" && found.Project != m.project:
		m.warning(fmt.Sprintf("the volume %s was made by project %q; declare it external to say that this is meant", cfg.Name, found.Project))
	case found.Project == m.project && found.Hash != hash:
		// The hash also differs with labels, and between generations of Compose.
		if changes := volumeChanges(found, cfg, m.t.ShowValues); len(changes) > 0 {
			m.changedVolume(ref, found, changes, create)
			return
		}
	}
	m.keep(ref, "there already")
}

// inherited are the anonymous volumes of a container that its successor
// mounts again: those at places where the image or the service wants one.
func (m *maker) inherited(run *serviceRun, old Container) []create.Inherited {
	places, _ := m.imageVolumes(imageName(m.p, m.project, run.cfg))
	for _, v := range run.cfg.Volumes {
		if v.Type == types.VolumeTypeVolume && v.Source == "" {
			places = append(places, v.Target)
		}
	}
	shared := m.volumesOfSources(run.cfg)
	var out []create.Inherited
	for _, mount := range old.Mounts {
		if mount.Type == types.VolumeTypeVolume && slices.Contains(places, mount.Destination) &&
			!mountedByFile(run.cfg, mount.Destination) && !shared[mount.Name] {
			out = append(out, create.Inherited{Volume: mount.Name, Target: mount.Destination, ReadOnly: mount.ReadOnly})
		}
	}
	slices.SortFunc(out, func(a, b create.Inherited) int {
		if a.Target < b.Target {
			return -1
		}
		return 1
	})
	return out
}

// volumesOfSources are the volumes that volumes_from brings along: they come
// from there again.
func (m *maker) volumesOfSources(svc types.ServiceConfig) map[string]bool {
	names := map[string]bool{}
	for _, entry := range svc.VolumesFrom {
		source, _, isService := parseVolumesFrom(entry)
		if run, ok := m.services[source]; ok && isService {
			for _, r := range run.replicas {
				if r.old != nil {
					for _, mount := range r.old.Mounts {
						names[mount.Name] = true
					}
				}
			}
		}
		for _, c := range m.s.Foreign {
			if !isService && c.Name == source {
				for _, mount := range c.Mounts {
					names[mount.Name] = true
				}
			}
		}
	}
	return names
}

// mountedByFile reports whether the file itself says what is mounted there.
func mountedByFile(svc types.ServiceConfig, target string) bool {
	return slices.ContainsFunc(svc.Volumes, func(v types.ServiceVolumeConfig) bool { return v.Target == target && v.Source != "" })
}

// anonymousVolumes are volumes of a container that have no name of their own.
func anonymousVolumes(c Container) []Mount {
	var out []Mount
	for _, mount := range c.Mounts {
		if mount.Type == types.VolumeTypeVolume && len(mount.Name) == 64 && isHex(mount.Name) {
			out = append(out, mount)
		}
	}
	return out
}
