package planner

import (
	"fmt"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"

	"recompose/loader"
)

// down stops and removes the containers, then what only they used. With named
// services it is about their containers alone.
func (m *maker) down() {
	gone := m.selected(true)
	if len(m.t.Services) == 0 && m.p != nil {
		gone = append(gone, m.orphansOfDown()...)
	}
	removed := m.removeAll(gone)
	m.leftVolumes(gone, nil)
	m.removeMarks(func(service string) bool { return m.leaves(service, gone) }, removed...)
	if len(m.t.Services) > 0 {
		return
	}
	m.removeNetworks(gone, removed)
	if m.t.RemoveVolumes {
		m.removeVolumes(gone, removed)
	}
	if m.t.RemoveImages != "" {
		m.removeImages(removed)
	}
	if len(m.nodes) == 0 {
		m.note(fmt.Sprintf("the engine has nothing of project %q: nothing to do", m.project))
	}
}

// leaves reports whether nothing of the service stays once the containers are
// gone.
func (m *maker) leaves(service string, gone []Container) bool {
	return !slices.ContainsFunc(m.s.Containers, func(c Container) bool {
		return c.Project == m.project && c.Service == service && !c.OneOff &&
			!slices.ContainsFunc(gone, func(g Container) bool { return g.ID == c.ID })
	})
}

func (m *maker) orphansOfDown() []Container {
	orphans := m.orphaned(true)
	if m.t.Orphans == OrphansRemove || m.t.Orphans == OrphansRemoveAll {
		return slices.DeleteFunc(orphans, m.leftAlone)
	}
	if len(orphans) > 0 && m.t.Orphans == OrphansWarn {
		names := make([]string, len(orphans))
		for i, c := range orphans {
			names[i] = c.Name
		}
		m.warning(fmt.Sprintf("containers of services that the files do not have stay: %s (--remove-orphans removes them)", strings.Join(names, ", ")))
	}
	return nil
}

// removeAll stops and removes containers, dependents first, and returns the
// removals.
func (m *maker) removeAll(cs []Container) []*node {
	var removed []*node
	shared := m.mountedBeside(cs)
	removals := map[string]*node{}
	byService := map[string][]*node{}
	m.stopOrder(cs, func(c Container, svc types.ServiceConfig) *node {
		stop := m.stopContainer(svc, c, Reason{}, "")
		n := m.add(Action{Op: OpRemove, Ref: containerRef(c), Payload: Remove{ID: c.ID, Force: true, Volumes: m.t.RemoveVolumes}}, stop)
		if m.t.RemoveVolumes {
			n.Loses = anonymousLoss(c, shared)
			// A volume that volumes_from shares goes with its last user.
			for _, dependent := range m.graph.Dependents(c.Service) {
				n.follow(OnDone, byService[dependent]...)
			}
		}
		byService[c.Service] = append(byService[c.Service], n)
		removed, removals[c.ID] = append(removed, n), n
		if stop == nil {
			return n
		}
		return stop
	})
	if m.t.RemoveVolumes {
		m.removeInherited(cs, removals)
	}
	return removed
}

// anonymousLoss says which data goes along with a container: that of its own
// anonymous volumes which nobody shares.
func anonymousLoss(c Container, shared map[string]bool) string {
	var places []string
	for _, v := range anonymousVolumes(c) {
		if !shared[v.Name] && !c.inherited(v.Name) {
			places = append(places, v.Destination)
		}
	}
	switch len(places) {
	case 0:
		return ""
	case 1:
		return "all data in its anonymous volume at " + places[0] + " is lost"
	}
	return "all data in its anonymous volumes at " + strings.Join(places, ", ") + " is lost"
}

// removeNetworks removes the project's networks that nothing else uses.
func (m *maker) removeNetworks(gone []Container, removed []*node) {
	for _, n := range m.s.Networks {
		if n.Project != m.project || m.externalNetwork(n.Name) {
			continue
		}
		if users := m.users(n, gone); len(users) > 0 {
			m.warning(fmt.Sprintf("the network %s stays: it is still used by %s%s", n.Name, strings.Join(users, ", "), m.behindProfile(users)))
			continue
		}
		m.add(Action{Op: OpRemove, Ref: Ref{Kind: KindNetwork, Name: n.Name}, Payload: Remove{ID: n.ID}}, removed...)
	}
}

func (m *maker) externalNetwork(name string) bool {
	if m.p == nil {
		return false
	}
	for _, cfg := range m.p.Model.Networks {
		if cfg.Name == name && bool(cfg.External) {
			return true
		}
	}
	return false
}

// users are the running containers on a network that stay.
func (m *maker) users(n Network, gone []Container) []string {
	goes := map[string]bool{}
	for _, c := range gone {
		goes[c.ID] = true
	}
	var users []string
	for _, c := range append(slices.Clone(m.s.Containers), m.s.Foreign...) {
		if goes[c.ID] || !c.Running() {
			continue
		}
		if slices.ContainsFunc(c.Networks, func(a Attachment) bool { return a.NetworkID == n.ID }) {
			goes[c.ID] = true
			users = append(users, c.Name)
		}
	}
	return users
}

// behindProfile says with which profiles the goal includes those of the
// containers that are only left out because none is active.
func (m *maker) behindProfile(names []string) string {
	var flags string
	for _, c := range m.s.Containers {
		if m.p == nil || c.Project != m.project || !slices.Contains(names, c.Name) {
			continue
		}
		svc, disabled := m.p.Model.DisabledServices[c.Service]
		if !disabled || len(svc.Profiles) == 0 {
			continue
		}
		if flag := "--profile " + svc.Profiles[0]; !strings.Contains(flags+" ", flag+" ") {
			flags += " " + flag
		}
	}
	if flags == "" {
		return ""
	}
	return " (those of profiles go with" + flags + ")"
}

// removeVolumes removes the project's named volumes that nothing else mounts.
func (m *maker) removeVolumes(gone []Container, removed []*node) {
	for _, v := range m.s.Volumes {
		if v.Project != m.project || m.externalVolume(v.Name) || v.marks(m.project) {
			continue
		}
		if users := m.mounters(v.Name, gone); len(users) > 0 {
			m.warning(fmt.Sprintf("the volume %s stays: it is still mounted by %s", v.Name, strings.Join(users, ", ")))
			continue
		}
		n := m.add(Action{Op: OpRemove, Ref: Ref{Kind: KindVolume, Name: v.Name}, Loses: v.loss(), Payload: Remove{ID: v.Name}}, removed...)
		if v.tries() {
			n.Reason.Text, n.Loses = "left by an up that was cut off, and never used", ""
		}
	}
}

// mounters are the containers that mount a volume, running or not, and stay.
func (m *maker) mounters(volume string, gone []Container) []string {
	var names []string
	for _, c := range append(slices.Clone(m.s.Containers), m.s.Foreign...) {
		if c.mounts(volume) && !slices.ContainsFunc(gone, func(g Container) bool { return g.ID == c.ID }) {
			names = append(names, c.Name)
		}
	}
	return names
}

func (m *maker) externalVolume(name string) bool {
	if m.p == nil {
		return false
	}
	for _, cfg := range m.p.Model.Volumes {
		if cfg.Name == name && (bool(cfg.External) || cfg.Extensions[loader.ImplicitVolume] != nil) {
			return true
		}
	}
	return false
}

// removeImages is `--rmi`: local removes what only has the name of its build.
func (m *maker) removeImages(removed []*node) {
	if m.p == nil {
		m.warning("--rmi needs the compose file: without it, the images of the services are not known")
		return
	}
	done := map[string]bool{}
	for _, name := range m.order {
		svc, ok := m.service(name)
		if !ok || m.t.RemoveImages == "local" && svc.Image != "" {
			continue
		}
		ref := imageName(m.p, m.project, svc)
		if _, here := m.image(ref); here && !done[ref] {
			done[ref] = true
			m.add(Action{Op: OpRemoveImage, Ref: Ref{Kind: KindImage, Name: ref, Service: name}, Payload: RemoveImage{ref}}, removed...)
		}
	}
}
