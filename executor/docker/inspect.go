package docker

import (
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/image"
	"golang.org/x/sync/errgroup"

	"recompose/planner"
	"recompose/planner/create"
)

// inspections is how many run at once.
const inspections = 8

// inspect adds what no list says: the configs of images, the fields of
// containers that another tool made, and the values and limits of those that
// are asked for.
func (e *Engine) inspect(ctx context.Context, q planner.Query, s *planner.State) error {
	images := &imageInspector{engine: e, found: map[string]*image.InspectResponse{}}
	for _, ref := range q.ImageConfigs {
		images.want(ref)
	}
	known, err := e.ready(ctx)
	if err != nil {
		return err
	}
	containers, err := e.inspectContainers(ctx, slices.Compact(slices.Sorted(slices.Values(slices.Concat(q.Inspect, q.Values, q.Live)))))
	if err != nil {
		return err
	}
	for _, id := range q.Inspect {
		if c, ok := containers[id]; ok {
			images.want(c.Image)
		}
	}
	if err := images.run(ctx); err != nil {
		return err
	}
	for _, ref := range q.ImageConfigs {
		if found := images.found[ref]; found != nil {
			addConfig(s, ref, found)
		}
	}
	names := map[string]string{}
	for _, c := range append(slices.Clone(s.Containers), s.Foreign...) {
		names[c.ID] = c.Name
	}
	for i := range s.Containers {
		c, ok := containers[s.Containers[i].ID]
		if !ok {
			continue
		}
		image := defaults(images.found[c.Image])
		if known.podman {
			c, image = create.FromPodman(c, image)
		}
		if slices.Contains(q.Inspect, c.ID) {
			s.Containers[i].Fields, s.Containers[i].Adopted = create.FieldsOf(c, image, names), true
		}
		if slices.Contains(q.Values, c.ID) {
			s.Containers[i].Values = create.ValuesOf(c, names)
		}
		if slices.Contains(q.Live, c.ID) {
			s.Containers[i].Live, s.Containers[i].Failing = create.Live(c.HostConfig), failing(c)
		}
	}
	return nil
}

// defaultRetries is how many probes fail before a container is unhealthy,
// where its healthcheck does not say.
const defaultRetries = 3

// failing reports whether the container ended for want of memory, or while its
// healthcheck failed: every container with one is unhealthy once it has ended,
// but the streak stays as it was.
func failing(c container.InspectResponse) bool {
	if c.State == nil {
		return false
	}
	retries := defaultRetries
	if c.Config != nil && c.Config.Healthcheck != nil && c.Config.Healthcheck.Retries > 0 {
		retries = c.Config.Healthcheck.Retries
	}
	return c.State.OOMKilled || c.State.Health != nil && c.State.Health.FailingStreak >= retries
}

// inspectContainers leaves out what is gone.
func (e *Engine) inspectContainers(ctx context.Context, ids []string) (map[string]container.InspectResponse, error) {
	var mu sync.Mutex
	out := map[string]container.InspectResponse{}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(inspections)
	for _, id := range ids {
		group.Go(func() error {
			c, err := e.api.ContainerInspect(ctx, id)
			if errdefs.IsNotFound(err) {
				return nil
			}
			if err != nil {
				return e.failed(ctx, err)
			}
			if c.ContainerJSONBase == nil {
				return nil
			}
			mu.Lock()
			defer mu.Unlock()
			out[c.ID] = c
			return nil
		})
	}
	return out, group.Wait()
}

// imageInspector inspects each image once.
type imageInspector struct {
	engine *Engine
	mu     sync.Mutex
	found  map[string]*image.InspectResponse // by reference; nil: not there
}

func (i *imageInspector) want(ref string) { i.found[ref] = nil }

func (i *imageInspector) run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(inspections)
	for _, ref := range slices.Sorted(maps.Keys(i.found)) {
		group.Go(func() error {
			resp, err := i.engine.api.ImageInspect(ctx, ref)
			if errdefs.IsNotFound(err) {
				return nil
			}
			if err != nil {
				return i.engine.failed(ctx, err)
			}
			i.mu.Lock()
			defer i.mu.Unlock()
			i.found[ref] = &resp
			return nil
		})
	}
	return group.Wait()
}

// addConfig gives the image of the list its config.
func addConfig(s *planner.State, ref string, found *image.InspectResponse) {
	config := imageConfig(found)
	for i := range s.Images {
		if s.Images[i].ID == found.ID {
			s.Images[i].Config = config
			return
		}
	}
	// Tagged between the list and the inspection, or without a name and below another.
	img := planner.Image{ID: found.ID, Tags: append(familiar(found.RepoTags, false), ref), Config: config}
	if found.Config != nil {
		img.Labels = found.Config.Labels
	}
	s.Images = append(s.Images, img)
}

func imageConfig(found *image.InspectResponse) *planner.ImageConfig {
	c := found.Config
	if c == nil {
		return &planner.ImageConfig{}
	}
	return &planner.ImageConfig{
		Env: c.Env, Entrypoint: c.Entrypoint, Cmd: c.Cmd, WorkingDir: c.WorkingDir, User: c.User, StopSignal: c.StopSignal,
		ExposedPorts: slices.Sorted(maps.Keys(c.ExposedPorts)), Volumes: slices.Sorted(maps.Keys(c.Volumes)),
		Healthcheck: c.Healthcheck != nil && len(c.Healthcheck.Test) > 0 && c.Healthcheck.Test[0] != "NONE",
	}
}

// defaults is what an image gives to its containers; of one that is gone,
// nothing is known.
func defaults(found *image.InspectResponse) create.Defaults {
	if found == nil || found.Config == nil {
		return create.Defaults{}
	}
	c := found.Config
	d := create.Defaults{
		Env: c.Env, Cmd: c.Cmd, Entrypoint: c.Entrypoint, Labels: c.Labels, User: c.User, WorkingDir: c.WorkingDir, StopSignal: c.StopSignal,
		ExposedPorts: slices.Sorted(maps.Keys(c.ExposedPorts)), Volumes: slices.Sorted(maps.Keys(c.Volumes)),
	}
	if h := c.Healthcheck; h != nil {
		d.Healthcheck = &container.HealthConfig{Test: h.Test, Interval: h.Interval, Timeout: h.Timeout, StartPeriod: h.StartPeriod, StartInterval: h.StartInterval, Retries: h.Retries}
	}
	return d
}
