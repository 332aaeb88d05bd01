package planner

import (
	"cmp"
	"fmt"
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
	switch {
	case !ok:
		m.networks[name] = create("no such network")
	case found.Project != "" && found.Project != m.project:
		m.warning(fmt.Sprintf("the network %s was made by project %q; declare it external to say that this is meant", name, found.Project))
		m.keep(ref, "there already")
	case found.Hash == "" || found.Hash == hash || m.t.Goal == GoalScale:
		m.keep(ref, "up to date")
	default:
		// Made by another generation of Compose with equal meaning, the hash
		// may still differ; only one of ours or v5's says more.
		change := &networkChange{old: found}
		change.remove = m.add(Action{Op: OpRemove, Ref: ref, Reason: Reason{Text: "its configuration differs"}, Payload: Remove{ID: found.ID}})
		change.create = create("its configuration differs", change.remove)
		m.networks[name], m.recreated[name] = change.create, change
	}
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
