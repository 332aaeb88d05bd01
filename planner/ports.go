package planner

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
)

// wantedPort is a fixed host port that a container of the plan will take.
type wantedPort struct {
	HostPort
	service   string
	container string
	start     *node
}

// takenPorts finds host ports that two containers of the plan want, that
// another container publishes, or that a process of this host holds.
func (m *maker) takenPorts() {
	published, goes := m.publishedPorts(), m.giveUpPorts()
	wanted := m.wantedPorts()
	m.takenRanges(published, goes, wanted)
	if len(wanted) == 0 {
		return
	}
	before := map[int][]wantedPort{} // by port
	for _, w := range wanted {
		for _, other := range before[w.Port] {
			if collide(w.HostPort, other.HostPort) && w.container != other.container {
				m.portTwice(w, other.container)
			}
		}
		before[w.Port] = append(before[w.Port], w)
	}
	var ask []HostPort
	for _, w := range wanted {
		held := false
		for _, h := range published[w.Port] {
			if !collide(w.HostPort, h.HostPort) {
				continue
			}
			held = held || h.ours // until it is replaced, its port is busy too
			if h.container.Name == w.container {
				continue
			}
			held = true
			if stop := goes[h.container.ID]; stop != nil {
				m.handOver(stop, w.start)
			} else if h.ours && h.container.Service == w.service {
				m.portTwice(w, h.container.Name)
			} else {
				hint := "stop that container, or choose another port"
				if h.ours && !m.inFiles(h.container.Service) && !m.protected(h.container) {
					hint = "the files have no such service: --remove-orphans removes it first"
				}
				m.problem("port-taken", w.service, fmt.Sprintf("%s wants %s of the host, which container %s publishes%s", w.container, portText(w.HostPort), h.container.Name, owner(h.container)), hint)
			}
		}
		if !held && m.s.Engine.Local && m.s.Answered.Foreign {
			ask = append(ask, w.HostPort)
		}
	}
	if len(ask) == 0 {
		return
	}
	m.need(Query{HostPorts: ask})
	for _, w := range wanted {
		if slices.Contains(ask, w.HostPort) && slices.Contains(m.s.Host.BusyPorts, w.HostPort) {
			m.problem("port-taken", w.service, fmt.Sprintf("%s wants %s of the host, which a process of this machine holds", w.container, portText(w.HostPort)),
				"stop that process (ss -ltnp shows it), or choose another port")
		}
	}
}

// giveUpPorts are the actions that make a container give up its ports, by the
// container's id.
func (m *maker) giveUpPorts() map[string]*node {
	goes := map[string]*node{}
	for _, n := range m.nodes {
		switch p := n.Payload.(type) {
		case Stop:
			goes[p.Container.ID] = n
		case Remove:
			if goes[p.ID] == nil {
				goes[p.ID] = n
			}
		}
	}
	return goes
}

func (m *maker) portTwice(w wantedPort, other string) {
	m.problem("port-twice", w.service, fmt.Sprintf("%s and %s both want %s of the host", other, w.container, portText(w.HostPort)),
		"give one of them another port, or publish no fixed host port for more than one replica")
}

// publishedPort is a host port that a container has now.
type publishedPort struct {
	HostPort
	container Container
	ours      bool
}

// publishedPorts are those of all containers, by port.
func (m *maker) publishedPorts() map[int][]publishedPort {
	out := map[int][]publishedPort{}
	for i, c := range slices.Concat(m.s.Containers, m.s.Foreign) {
		for _, p := range c.Ports {
			if p.Host != 0 {
				out[p.Host] = append(out[p.Host], publishedPort{HostPort{p.IP, p.Host, p.Protocol}, c, i < len(m.s.Containers)})
			}
		}
	}
	return out
}

// handOver makes a start wait for the stop that frees its port, or a creation
// for what frees its name. A stop, or a hook before it, that would itself wait
// for the start, because its container's successor depends on what is started,
// no longer does.
func (m *maker) handOver(stop, start *node) {
	for n := stop; n != nil; {
		var hook *node
		n.after = slices.DeleteFunc(n.after, func(e edge) bool {
			if e.to.Op == OpRunHook && e.to.Ref == stop.Ref {
				hook = e.to
				return false
			}
			return e.to.waitsFor(start)
		})
		n.Group = cmp.Or(n.Group, start.Group)
		n = hook
	}
	start.follow(OnSuccess, stop)
	m.groups.join(stop.Group, start.Group)
	m.swaps.join(stop.Group, start.Group)
}

// removeTogether keeps the old containers of replacements that pass ports on
// until all the new ones serve: none of them can go back alone.
func (m *maker) removeTogether() {
	if len(m.swaps) == 0 {
		return
	}
	together := map[string][]*replica{}
	for _, name := range m.order {
		if run, ok := m.services[name]; ok {
			for _, r := range run.replicas {
				if g := m.swaps.of(group(r)); r.removed != nil {
					together[g] = append(together[g], r)
				}
			}
		}
	}
	for _, rs := range together {
		for _, r := range rs {
			for _, other := range rs {
				r.removed.follow(OnSuccess, other.served())
			}
		}
	}
}

// waitsFor reports whether n is or, by way of others, follows other.
func (n *node) waitsFor(other *node) bool {
	seen := map[*node]bool{}
	var waits func(*node) bool
	waits = func(n *node) bool {
		if n == other || seen[n] {
			return n == other
		}
		seen[n] = true
		return slices.ContainsFunc(n.after, func(e edge) bool { return waits(e.to) })
	}
	return waits(n)
}

// wantedPorts are the fixed host ports of the containers that the plan
// starts.
func (m *maker) wantedPorts() []wantedPort {
	var wanted []wantedPort
	for _, name := range m.order {
		run, ok := m.services[name]
		if !ok || run.passive {
			continue
		}
		for _, r := range run.replicas {
			if r.started == nil {
				continue
			}
			for _, p := range run.cfg.Ports {
				port, err := strconv.Atoi(p.Published)
				if err != nil || port == 0 {
					continue // none, or a range: the engine finds a free one
				}
				protocol := p.Protocol
				if protocol == "" {
					protocol = "tcp"
				}
				wanted = append(wanted, wantedPort{HostPort{p.HostIP, port, protocol}, name, r.name, r.started})
			}
		}
	}
	return wanted
}

func collide(a, b HostPort) bool {
	every := func(ip string) bool { return ip == "" || ip == "0.0.0.0" || ip == "::" }
	return a.Port == b.Port && a.Protocol == b.Protocol && (a.IP == b.IP || every(a.IP) || every(b.IP))
}

func portText(p HostPort) string { return "port " + address(p.IP, strconv.Itoa(p.Port), p.Protocol) }

// address is a port, or a range of them, as in a file.
func address(ip, ports, protocol string) string {
	if ip != "" {
		ports = ip + ":" + ports
	}
	return ports + "/" + protocol
}
