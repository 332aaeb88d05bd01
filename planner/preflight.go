package planner

import (
	"fmt"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"
)

// preflight looks for what would make the plan fail on its way, before
// anything is touched.
func (m *maker) preflight() {
	if m.t.Offline {
		return
	}
	creates, starts := 0, 0
	for _, n := range m.nodes {
		switch n.Op {
		case OpCreateContainer:
			creates++
		case OpStart:
			starts++
		}
	}
	if creates+starts > 1 && !m.s.Engine.Local { // this machine's are known
		m.need(Query{Info: true})
	}
	if creates == 0 {
		m.takenPorts()
		return
	}
	m.need(Query{Foreign: true})
	if !m.s.Answered.Foreign {
		return
	}
	for _, name := range m.order {
		if run, ok := m.services[name]; ok && slices.ContainsFunc(run.replicas, (*replica).changed) {
			m.checkCopied(run.cfg)
		}
	}
	m.takenNames()
	m.references()
	m.takenPorts()
	m.removeTogether()
	m.bindSources()
}

// takenNames finds containers of somebody else under names that the plan
// gives out.
func (m *maker) takenNames() {
	byName := map[string]Container{}
	for _, c := range append(slices.Clone(m.s.Foreign), m.s.Containers...) {
		byName[c.Name] = c
	}
	given, freed := map[string]string{}, m.freed()
	for _, n := range m.nodes {
		if n.Op != OpCreateContainer {
			continue
		}
		if other, twice := given[n.Ref.Name]; twice {
			m.problem("name-twice", n.Ref.Service, fmt.Sprintf("services %s and %s want the same container name %s", other, n.Ref.Service, n.Ref.Name), "change one container_name")
			continue
		}
		given[n.Ref.Name] = n.Ref.Service
		c, taken := byName[n.Ref.Name]
		if free := freed[c.ID]; taken && free != nil && !n.waitsFor(free) {
			m.handOver(free, n)
		} else if taken && free == nil {
			m.problem("name-taken", n.Ref.Service, fmt.Sprintf("service %s: the name %s is taken by container %s%s", n.Ref.Service, c.Name, shortID(c.ID), owner(c)),
				"remove or rename that container, or choose another name for this one")
		}
	}
}

// freed are the actions that take the name off a container, by its id.
func (m *maker) freed() map[string]*node {
	by := map[string]*node{}
	for _, n := range m.nodes {
		switch p := n.Payload.(type) {
		case Rename:
			by[p.Container.ID] = n
		case Remove:
			if by[p.ID] == nil {
				by[p.ID] = n
			}
		}
	}
	return by
}

// returnNames lets those who get their name back wait until nobody else has it.
func (m *maker) returnNames() {
	freed := m.freed()
	for _, n := range m.nodes {
		if p, ok := n.Payload.(Rename); ok {
			for _, c := range m.s.Containers {
				if c.Name == p.To && freed[c.ID] != n {
					n.follow(OnSuccess, freed[c.ID])
				}
			}
		}
	}
}

func owner(c Container) string {
	switch {
	case c.Project != "" && c.Service != "":
		return fmt.Sprintf(" (service %s of project %s)", c.Service, c.Project)
	case c.Image != "":
		return fmt.Sprintf(" (image %s, of no project)", c.Image)
	}
	return ""
}

// references finds containers outside the project that the files name and
// that are not there.
func (m *maker) references() {
	there := func(name string) bool {
		return slices.ContainsFunc(append(slices.Clone(m.s.Foreign), m.s.Containers...), func(c Container) bool {
			return c.Name == name || c.ID == name || len(name) >= 12 && strings.HasPrefix(c.ID, name)
		})
	}
	for _, name := range m.order {
		run, ok := m.services[name]
		if !ok || run.passive {
			continue
		}
		want := func(key, container string) {
			if container != "" && !there(container) {
				m.problem("container-missing", name, fmt.Sprintf("service %s: %s names the container %s, and there is none", name, key, container),
					"start that container first, or correct the name")
			}
		}
		for _, v := range run.cfg.VolumesFrom {
			if source, _, isService := parseVolumesFrom(v); !isService {
				want("volumes_from", source)
			}
		}
		for _, l := range run.cfg.ExternalLinks {
			source, _, _ := strings.Cut(l, ":")
			want("external_links", source)
		}
		for key, mode := range map[string]string{"network_mode": run.cfg.NetworkMode, "ipc": run.cfg.Ipc, "pid": run.cfg.Pid} {
			if source, ok := strings.CutPrefix(mode, types.ContainerPrefix); ok {
				want(key, source)
			}
		}
	}
}

// bindSources finds directories that the file wants to be there and that are
// not (create_host_path: false, and the files of configs and secrets).
func (m *maker) bindSources() {
	if !m.s.Engine.Local {
		return
	}
	var ask []string
	users := map[string]string{}
	want := func(path, service string) {
		if !slices.Contains(ask, path) {
			ask = append(ask, path)
			users[path] = service
		}
	}
	for _, n := range m.nodes {
		p, ok := n.Payload.(CreateContainer)
		if !ok {
			continue
		}
		for _, v := range p.Spec.Service.Volumes {
			if v.Type == types.VolumeTypeBind && v.Bind != nil && !bool(v.Bind.CreateHostPath) {
				want(v.Source, n.Ref.Service)
			}
		}
		for _, f := range p.Spec.Files {
			want(f.Source, n.Ref.Service)
		}
	}
	if len(ask) == 0 {
		return
	}
	m.need(Query{HostPaths: ask})
	for _, path := range m.s.Host.MissingPaths {
		if service, ok := users[path]; ok {
			m.problem("path-missing", service, fmt.Sprintf("service %s: there is no %s to mount", service, path), "make it, or correct the path")
		}
	}
}
