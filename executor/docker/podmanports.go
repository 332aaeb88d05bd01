package docker

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/go-connections/nat"

	"recompose/executor/host"
	"recompose/planner"
)

// pickPorts gives a container one port of each range of host ports that it
// publishes, for Podman takes no ranges: one that is free, else that of the
// container that it replaces.
func (e *Engine) pickPorts(ctx context.Context, labels map[string]string, bindings nat.PortMap) error {
	for port, list := range bindings {
		for i, b := range list {
			low, high, ranged := strings.Cut(b.HostPort, "-")
			first, err1 := strconv.Atoi(low)
			last, err2 := strconv.Atoi(high)
			if !ranged || err1 != nil || err2 != nil {
				continue
			}
			picked, err := e.pickPort(ctx, labels, planner.HostPort{IP: b.HostIP, Protocol: port.Proto()}, first, last)
			if err != nil {
				return err
			}
			list[i].HostPort = strconv.Itoa(picked)
		}
	}
	return nil
}

// pickPort picks from first to last. Containers that are made at the same time
// get different ones.
func (e *Engine) pickPort(ctx context.Context, labels map[string]string, p planner.HostPort, first, last int) (int, error) {
	e.picking.Lock()
	defer e.picking.Unlock()
	list, err := e.api.ContainerList(ctx, container.ListOptions{All: true})
	if err != nil {
		return 0, e.failed(ctx, err)
	}
	taken, own := map[int]bool{}, map[int]bool{}
	for _, c := range list {
		ours := true
		for _, label := range []string{planner.LabelProject, planner.LabelService, planner.LabelNumber} {
			ours = ours && c.Labels[label] == labels[label]
		}
		for _, held := range c.Ports {
			if held.Type == p.Protocol {
				taken[int(held.PublicPort)], own[int(held.PublicPort)] = true, ours
			}
		}
	}
	second := 0
	for n := first; n <= last; n++ {
		p.Port = n
		switch {
		case e.picked[p]:
		case own[n]:
			second = max(second, n)
		case !taken[n] && (!e.dial.local() || len(host.Look(ctx, []planner.HostPort{p}, nil).BusyPorts) == 0):
			e.picked[p] = true
			return n, nil
		}
	}
	if second == 0 {
		return 0, fmt.Errorf("of the host's ports %d-%d none is free; publish a longer range, or ask for fewer replicas", first, last)
	}
	p.Port = second
	e.picked[p] = true
	return second, nil
}
