package planner

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/compose-spec/compose-go/v2/types"
)

// networkChange is a network that must be made anew.
type networkChange struct {
	old    Network
	remove *node
	create *node
}

// networkPass plans the networks that the given services use.
func (m *maker) networkPass(names []string) {
	used := map[string]bool{}
	for _, name := range names {
		svc, _ := m.service(name)
		if m.services[name].passive || svc.NetworkMode != "" {
			continue
		}
		for key := range svc.Networks {
			used[key] = true
		}
	}
	keys := make([]string, 0, len(used))
	for key := range used {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, key := range keys {
		if cfg, ok := m.p.Model.Networks[key]; ok {
			m.network(key, cfg)
		}
	}
}

func (m *maker) network(key string, cfg types.NetworkConfig) {
	name := m.networkName(key)
	if _, done := m.networks[name]; done {
		return
	}
	m.networks[name] = nil
	found, ok := m.findNetwork(name)
	ref := Ref{Kind: KindNetwork, Name: name}
	if bool(cfg.External) {
		if !ok && !m.t.Offline && !predefinedNetwork(name) {
			m.problem("network-missing", "", fmt.Sprintf("the network %s is declared external, and there is none", name),
				"make it with: docker network create "+name)
		}
		return
	}
	hash, err := NetworkHash(cfg)
	if err != nil {
		m.problem("network-hash", "", fmt.Sprintf("network %s: %v", name, err), "")
		return
	}
	create := func(why string, after ...*node) *node {
		return m.add(Action{Op: OpCreateNetwork, Ref: ref, Reason: Reason{Text: why},
			Payload: CreateNetwork{Name: name, Config: cfg, Labels: networkLabels(m.project, key, cfg, hash)}}, after...)
	}
	changed := Reason{Text: "its configuration differs"}
	if ok {
		changed.Changes = networkChanges(found.Config, cfg, m.t.ShowValues)
	}
	switch {
	case !ok:
		m.networks[name] = create("no such network")
	case found.Project != "" && found.Project != m.project:
		m.warning(fmt.Sprintf("the network %s was made by project %q; declare it external to say that this is meant", name, found.Project))
		m.keep(ref, "there already")
	case found.Hash == "" || found.Hash == hash || m.t.Goal == GoalScale || m.t.Goal == GoalRollback || len(m.t.Failed) > 0:
		m.keep(ref, "up to date")
	case m.stayOn(found) != nil:
		on, how := m.stayOn(found), "up for the whole project, or removing that container, lets it be made anew"
		if on.Project != m.project {
			how = "it is made anew once nothing else is on it"
		}
		differs := "differs from the file"
		if len(changed.Changes) > 0 {
			differs += " (" + listChanges(changed.Changes) + ")"
		}
		m.warning(fmt.Sprintf("the network %s %s, and is kept as it is: %s is on it and stays (%s)", name, differs, on.Name, how))
		m.keep(ref, "there already")
	default:
		// Made by another generation of Compose with equal meaning, the hash
		// may still differ; only one of ours or v5's says more.
		change := &networkChange{old: found}
		change.remove = m.add(Action{Op: OpRemove, Ref: ref, Reason: changed, Group: ref.String(), Payload: Remove{ID: found.ID}})
		change.create = create(changed.Text, change.remove)
		change.create.Group = change.remove.Group
		m.networks[name], m.recreated[name] = change.create, change
	}
}

// stayOn is a container on the network that the plan does not replace, if there
// is one: a network can only be made anew when nobody runs on it, and who
// was on it does not start again. Stopped containers of the project count for
// nothing, for the next up mends them.
func (m *maker) stayOn(n Network) *Container {
	m.need(Query{Foreign: true})
	for _, c := range append(slices.Clone(m.s.Containers), m.s.Foreign...) {
		ours := c.Project == m.project
		if c.on(n) && (c.Running() || !ours) && !(ours && m.mayReplace(c)) {
			return &c
		}
	}
	return nil
}

// mayReplace reports whether the plan replaces or removes a container of the
// project where something of it is made anew.
func (m *maker) mayReplace(c Container) bool {
	return !c.OneOff && (m.goesAsOrphan(c) || slices.Contains(m.active, c.Service) && m.recreatePolicy(c.Service) != RecreateNever)
}

// on reports whether the container has an end on the network.
func (c Container) on(n Network) bool {
	return slices.ContainsFunc(c.Networks, func(a Attachment) bool { return a.NetworkID == n.ID })
}

// changesUnder are the networks that are made anew and that the container is
// on, by name.
func (m *maker) changesUnder(c Container) []*networkChange {
	var changes []*networkChange
	for _, name := range slices.Sorted(maps.Keys(m.recreated)) {
		if change := m.recreated[name]; c.on(change.old) {
			changes = append(changes, change)
		}
	}
	return changes
}

// misplaced says which network the container lacks, if it lacks one: its own
// is made anew or gone, or it was taken off, or never came to be connected.
// The engine starts none that was on a network which is gone, even if another
// has its name.
func (m *maker) misplaced(run *serviceRun, c Container) string {
	for _, e := range run.spec.Networks {
		i := slices.IndexFunc(c.Networks, func(a Attachment) bool { return a.Network == e.Network })
		found, here := m.findNetwork(e.Network)
		switch {
		case m.recreated[e.Network] != nil:
			return "the network " + e.Network + " is made anew"
		case c.Networks == nil:
			return ""
		case i < 0:
			return "it is not on the network " + e.Network
		case c.Networks[i].NetworkID != "" && (!here || c.Networks[i].NetworkID != found.ID) && !m.t.Offline && !predefinedNetwork(e.Network):
			return "it was on another network " + e.Network
		}
	}
	return ""
}

// findNetwork is the oldest network of the name: names are not unique on old
// engines.
func (m *maker) findNetwork(name string) (Network, bool) {
	var found []Network
	for _, n := range m.s.Networks {
		if n.Name == name {
			found = append(found, n)
		}
	}
	if len(found) == 0 {
		return Network{}, false
	}
	return slices.MinFunc(found, func(a, b Network) int { return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID)) }), true
}

func predefinedNetwork(name string) bool {
	return name == "host" || name == "none" || name == "bridge" || name == "nat"
}

func (m *maker) keep(ref Ref, why string) *node {
	return m.add(Action{Op: OpKeep, Ref: ref, Reason: Reason{Text: why}, Payload: Keep{}})
}
