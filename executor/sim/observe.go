package sim

import (
	"context"
	"maps"
	"slices"
	"strings"

	"recompose/planner"
)

// Observe answers a query with copies.
func (e *Engine) Observe(ctx context.Context, q planner.Query) (planner.State, error) {
	if err := ctx.Err(); err != nil {
		return planner.State{}, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	s := planner.State{Engine: e.Info, Answered: q}
	if !q.Info {
		s.Engine.CPUs = 0
	}
	mine := func(project string) bool {
		return q.AllProjects && project != "" || slices.Contains(q.Projects, project)
	}
	for _, c := range e.containers {
		switch seen := c.observed(q); {
		case mine(c.Project):
			s.Containers = append(s.Containers, seen)
		case q.Foreign:
			s.Foreign = append(s.Foreign, seen)
		}
	}
	for _, n := range e.networks {
		if mine(n.Project) || slices.Contains(q.Networks, n.Name) {
			s.Networks = append(s.Networks, *n)
		}
	}
	for _, v := range e.volumes {
		if mine(v.Project) || slices.Contains(q.Volumes, v.Name) {
			s.Volumes = append(s.Volumes, v.Volume)
		}
	}
	if q.Images || len(q.ImageConfigs) > 0 {
		s.Images = e.observedImages(q.ImageConfigs)
	}
	if e.Info.Local {
		for _, p := range q.HostPorts {
			if slices.Contains(e.Host.BusyPorts, p) {
				s.Host.BusyPorts = append(s.Host.BusyPorts, p)
			}
		}
		for _, p := range q.HostPaths {
			if slices.Contains(e.Host.MissingPaths, p) {
				s.Host.MissingPaths = append(s.Host.MissingPaths, p)
			}
		}
	}
	return s, nil
}

// observed is what the engine's list says of a container.
func (c *container) observed(q planner.Query) planner.Container {
	out := c.Container
	if out.Adopted && !slices.Contains(q.Inspect, out.ID) {
		out.Fields, out.Adopted = nil, false
	}
	c.tell(&out, slices.Contains(q.Values, out.ID), slices.Contains(q.Live, out.ID))
	out.Labels = maps.Clone(out.Labels)
	out.Fields = maps.Clone(out.Fields)
	out.Mounts = slices.Clone(out.Mounts)
	out.Networks = slices.Clone(out.Networks)
	for i := range out.Networks {
		out.Networks[i].Aliases = slices.Clone(out.Networks[i].Aliases)
	}
	out.Ports = slices.Clone(c.listening)
	return out
}

func (e *Engine) observedImages(configs []string) []planner.Image {
	var out []planner.Image
	for _, i := range e.images {
		image := *i
		image.Tags, image.Digests, image.Labels = slices.Clone(i.Tags), slices.Clone(i.Digests), maps.Clone(i.Labels)
		image.Config = nil
		for _, ref := range configs {
			if found, ok := e.image(ref); ok && found == i {
				config := *i.Config
				image.Config = &config
			}
		}
		out = append(out, image)
	}
	return out
}

// image finds a local image by a name, with or without its tag, or by its id.
func (e *Engine) image(ref string) (*planner.Image, bool) {
	for _, i := range e.images {
		if named(*i, ref) {
			return i, true
		}
	}
	return nil, false
}

func named(i planner.Image, ref string) bool {
	return i.ID == ref || strings.TrimPrefix(i.ID, "sha256:") == ref ||
		slices.Contains(i.Digests, ref) || slices.Contains(i.Tags, withTag(ref))
}

// withTag is the reference with the tag that it has by default.
func withTag(ref string) string {
	if strings.Contains(ref, "@") || strings.LastIndex(ref, ":") > strings.LastIndex(ref, "/") {
		return ref
	}
	return ref + ":latest"
}
