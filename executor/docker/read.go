package docker

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/docker/docker/api/types/container"

	"recompose/planner"
)

// readContainer is an entry of the engine's list of containers.
func readContainer(s container.Summary) planner.Container {
	c := planner.Container{
		ID: s.ID, Name: containerName(s.Names), Image: s.Image, ImageID: s.ImageID, Created: time.Unix(s.Created, 0).UTC(),
		Labels: s.Labels, Command: s.Command, StatusText: s.Status, NetworkMode: s.HostConfig.NetworkMode,
		Status: readStatus(s.State, s.Status), Health: readHealth(s.Status), ExitCode: readExitCode(s.Status),
	}
	if s.NetworkSettings != nil && s.NetworkSettings.Networks != nil {
		c.Networks = []planner.Attachment{}
		for name, end := range s.NetworkSettings.Networks {
			if end != nil {
				c.Networks = append(c.Networks, planner.Attachment{Network: name, NetworkID: end.NetworkID, IP: cmp.Or(end.IPAddress, end.GlobalIPv6Address), Aliases: end.Aliases})
			}
		}
		slices.SortFunc(c.Networks, func(a, b planner.Attachment) int { return cmp.Compare(a.Network, b.Network) })
	}
	for _, m := range s.Mounts {
		c.Mounts = append(c.Mounts, planner.Mount{Type: string(m.Type), Name: m.Name, Source: m.Source, Destination: m.Destination, ReadOnly: !m.RW})
	}
	for _, p := range s.Ports {
		if p.PublicPort != 0 {
			c.Ports = append(c.Ports, planner.PublishedPort{IP: p.IP, Host: int(p.PublicPort), Private: int(p.PrivatePort), Protocol: p.Type})
		}
	}
	slices.SortFunc(c.Ports, func(a, b planner.PublishedPort) int {
		return cmp.Or(cmp.Compare(a.Private, b.Private), cmp.Compare(a.Protocol, b.Protocol), cmp.Compare(a.Host, b.Host), cmp.Compare(a.IP, b.IP))
	})
	return planner.ReadLabels(c)
}

// containerName is the container's own name: those with a second slash are
// what other containers' links call it.
func containerName(names []string) string {
	for _, n := range names {
		n = strings.TrimPrefix(n, "/")
		if n != "" && !strings.Contains(n, "/") {
			return n
		}
	}
	return ""
}

// readStatus is the state in Docker's words; Podman has some of its own.
func readStatus(state, text string) planner.Status {
	switch s := strings.ToLower(state); s {
	case "configured", "initialized":
		return planner.StatusCreated
	case "stopped":
		return planner.StatusExited
	case "stopping":
		return planner.StatusRunning
	case "":
		if strings.HasPrefix(text, "Up") {
			return planner.StatusRunning
		}
		return planner.StatusExited
	default:
		return planner.Status(s)
	}
}

// readHealth reads the end of the list's status text: "Up 2 hours (healthy)".
// Engines write these words in no other language.
func readHealth(text string) planner.Health {
	switch {
	case strings.HasSuffix(text, "(healthy)"):
		return planner.HealthHealthy
	case strings.HasSuffix(text, "(unhealthy)"):
		return planner.HealthUnhealthy
	case strings.HasSuffix(text, "(health: starting)"), strings.HasSuffix(text, "(starting)"): // the latter: Podman
		return planner.HealthStarting
	}
	return planner.HealthNone
}

// readExitCode reads "Exited (137) 3 minutes ago" and "Restarting (1) ...".
func readExitCode(text string) int {
	if !strings.HasPrefix(text, "Exited (") && !strings.HasPrefix(text, "Restarting (") {
		return 0
	}
	_, rest, _ := strings.Cut(text, "(")
	number, _, _ := strings.Cut(rest, ")")
	code, _ := strconv.Atoi(number) // not a number: not known
	return code
}
