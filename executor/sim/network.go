package sim

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"recompose/executor"
	"recompose/planner"
	"recompose/planner/create"
)

func (e *Engine) createNetwork(p planner.CreateNetwork) error {
	if slices.ContainsFunc(e.networks, func(n *planner.Network) bool { return n.Name == p.Name }) {
		return fmt.Errorf("network %s exists already: %w", p.Name, executor.ErrConflict)
	}
	e.networks = append(e.networks, &planner.Network{
		ID: e.newID("network", p.Name), Name: p.Name, Driver: p.Config.Driver, Created: e.now(), Labels: maps.Clone(p.Labels),
		Project: p.Labels[planner.LabelProject], Key: p.Labels[planner.LabelNetwork], Hash: p.Labels[planner.LabelConfigHash],
		Config: p.Config,
	})
	return nil
}

// network finds a network by id or name.
func (e *Engine) network(ref string) (*planner.Network, error) {
	for _, n := range e.networks {
		if n.ID == ref || n.Name == ref {
			return n, nil
		}
	}
	return nil, fmt.Errorf("network %s not found: %w", ref, executor.ErrNotFound)
}

// removeNetwork refuses while a container runs on the network; stopped ones
// keep the id of what is gone and cannot start again.
func (e *Engine) removeNetwork(ref string) error {
	n, err := e.network(ref)
	if err != nil {
		return err
	}
	for _, c := range e.containers {
		if c.Running() && slices.ContainsFunc(c.Networks, func(a planner.Attachment) bool { return a.NetworkID == n.ID }) {
			return fmt.Errorf("network %s has active endpoints: %s", n.Name, c.Name)
		}
	}
	e.networks = slices.DeleteFunc(e.networks, func(other *planner.Network) bool { return other == n })
	return nil
}

func (e *Engine) connect(p planner.Connect) error {
	c, err := e.find(p.Container.Addr())
	if err != nil {
		return err
	}
	if _, err := e.network(p.Endpoint.Network); err != nil {
		return err
	}
	if slices.ContainsFunc(c.Networks, func(a planner.Attachment) bool { return a.Network == p.Endpoint.Network }) {
		return fmt.Errorf("container %s is on network %s already", c.Name, p.Endpoint.Network)
	}
	c.Networks = append(c.Networks, attachment(p.Endpoint))
	if c.Running() {
		return e.join(c)
	}
	return nil
}

func attachment(to create.Endpoint) planner.Attachment {
	return planner.Attachment{Network: to.Network, IP: to.IPv4, Aliases: slices.Clone(to.Aliases)}
}

func (e *Engine) disconnect(p planner.Disconnect) error {
	c, err := e.find(p.Container.Addr())
	if err != nil {
		return err
	}
	n, err := e.network(p.NetworkID)
	if err != nil {
		return err
	}
	left := slices.DeleteFunc(slices.Clone(c.Networks), func(a planner.Attachment) bool { return a.Network == n.Name })
	if len(left) == len(c.Networks) {
		return fmt.Errorf("container %s is not on network %s", c.Name, n.Name)
	}
	c.Networks = left
	return nil
}

// join gives a container that starts its addresses. A network is meant by the
// id that the container had it under, even if another has its name now.
func (e *Engine) join(c *container) error {
	if err := e.neighbour(c.NetworkMode, "network"); err != nil {
		return err
	}
	for i := range c.Networks {
		a := &c.Networks[i]
		ref := a.NetworkID
		if ref == "" {
			ref = a.Network
		}
		n, err := e.network(ref)
		if err != nil {
			return err
		}
		a.NetworkID = n.ID
		if a.IP, err = e.address(c, n, a.IP); err != nil {
			return err
		}
	}
	return nil
}

// address is the one asked for or the lowest free one.
func (e *Engine) address(c *container, n *planner.Network, want string) (string, error) {
	taken := map[string]bool{}
	for _, other := range e.containers {
		for _, a := range other.Networks {
			if other != c && other.Running() && a.NetworkID == n.ID {
				taken[a.IP] = true
			}
		}
	}
	if want != "" {
		if taken[want] {
			return "", fmt.Errorf("address %s is in use", want)
		}
		return want, nil
	}
	subnet := slices.Index(e.networks, n) + 18
	for host := 2; ; host++ {
		if ip := fmt.Sprintf("172.%d.%d.%d", subnet%256, host/256, host%256); !taken[ip] {
			return ip, nil
		}
	}
}

// leave gives up the addresses that the container did not ask for.
func (c *container) leave() {
	fixed := map[string]string{}
	for _, n := range c.spec.Networks {
		fixed[n.Network] = n.IPv4
	}
	for i := range c.Networks {
		c.Networks[i].IP = fixed[c.Networks[i].Network]
	}
}

// neighbour refuses a mode that joins a container which does not run.
func (e *Engine) neighbour(mode, what string) error {
	name, ok := strings.CutPrefix(mode, "container:")
	if !ok {
		return nil
	}
	other, err := e.find(name)
	if err != nil {
		return err
	}
	if !other.Running() {
		return fmt.Errorf("cannot join the %s of container %s: it does not run", what, other.Name)
	}
	return nil
}
