package planner

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"
)

// maxAsked bounds the ports of one range that this machine is asked about.
const maxAsked = 256

// portRange are the host ports that each replica of a service takes one of.
type portRange struct {
	ip          string
	first, last int
	protocol    string
}

// takenRanges finds services that get more replicas than the ranges of host
// ports that they publish have free ports: those that the plan gives to nobody
// else.
func (m *maker) takenRanges(published map[int][]publishedPort, goes map[string]*node, fixed []wantedPort) {
	for _, name := range m.order {
		run, ok := m.services[name]
		if !ok || run.passive || !slices.ContainsFunc(run.replicas, func(r *replica) bool { return r.started != nil }) {
			continue
		}
		replicas := 0
		for _, r := range run.replicas {
			if r.willRun(m.t) {
				replicas++
			}
		}
		for _, p := range run.cfg.Ports {
			if ports, ok := rangeOf(p); ok {
				m.takenRange(name, ports, replicas, published, goes, fixed)
			}
		}
	}
}

func (m *maker) takenRange(service string, ports portRange, replicas int, published map[int][]publishedPort, goes map[string]*node, fixed []wantedPort) {
	n := 0
	var ask []HostPort
	for port := ports.first; port <= ports.last; port++ {
		p := HostPort{ports.ip, port, ports.protocol}
		holder := holderOf(p, published)
		switch {
		case slices.ContainsFunc(fixed, func(w wantedPort) bool { return collide(p, w.HostPort) }):
		case holder == nil:
			ask = append(ask, p)
			n++
		case holder.ours && holder.container.Service == service || goes[holder.container.ID] != nil:
			n++
		}
	}
	if m.s.Engine.Local && m.s.Answered.Foreign && len(ask) <= maxAsked {
		m.need(Query{HostPorts: ask})
		for _, p := range ask {
			if slices.Contains(m.s.Host.BusyPorts, p) {
				n--
			}
		}
	}
	if replicas > n {
		text := address(ports.ip, fmt.Sprintf("%d-%d", ports.first, ports.last), ports.protocol)
		m.problem("ports-too-few", service, fmt.Sprintf("service %s: the ports %s of the host are too few for %d replicas: %d free", service, text, replicas, n),
			"publish a longer range, or ask for fewer replicas")
	}
}

// holderOf is the container that publishes the port, if one does.
func holderOf(p HostPort, published map[int][]publishedPort) *publishedPort {
	for _, h := range published[p.Port] {
		if collide(p, h.HostPort) {
			return &h
		}
	}
	return nil
}

// rangeOf reads a port of the file; ok is false where it is no range of host
// ports.
func rangeOf(p types.ServicePortConfig) (r portRange, ok bool) {
	low, high, ranged := strings.Cut(p.Published, "-")
	first, err := strconv.Atoi(low)
	last, err2 := strconv.Atoi(high)
	return portRange{p.HostIP, first, last, cmp.Or(p.Protocol, "tcp")}, ranged && err == nil && err2 == nil && 0 < first && first <= last
}
