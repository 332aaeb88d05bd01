package docker

import (
	"context"
	"slices"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	"golang.org/x/sync/errgroup"

	"recompose/executor/host"
	"recompose/planner"
)

// Observe answers a query by one list per kind, whatever their length, and an
// inspection for each image config and container that is asked for, and for what
// the engine may still be making (made).
func (e *Engine) Observe(ctx context.Context, q planner.Query) (planner.State, error) {
	known, err := e.ready(ctx)
	if err != nil {
		return planner.State{}, err
	}
	s := planner.State{Engine: known.engine, Answered: q}
	lists, listCtx := errgroup.WithContext(ctx)
	if q.Info {
		lists.Go(func() error { return e.askInfo(listCtx, &s.Engine) })
	}
	if q.AllProjects || q.Foreign || len(q.Projects) > 0 || len(q.Inspect) > 0 {
		lists.Go(func() (err error) {
			s.Containers, s.Foreign, err = e.containers(listCtx, q)
			return err
		})
	}
	if q.AllProjects || len(q.Projects)+len(q.Networks) > 0 {
		lists.Go(func() (err error) { s.Networks, err = e.networks(listCtx, q); return err })
	}
	if q.AllProjects || len(q.Projects)+len(q.Volumes) > 0 {
		lists.Go(func() (err error) { s.Volumes, err = e.volumes(listCtx, q); return err })
	}
	if q.Images || len(q.ImageConfigs) > 0 {
		lists.Go(func() (err error) { s.Images, err = e.images(listCtx, known.podman); return err })
	}
	if known.engine.Local && len(q.HostPorts)+len(q.HostPaths) > 0 {
		lists.Go(func() error { s.Host = host.Look(listCtx, q.HostPorts, q.HostPaths); return listCtx.Err() })
	}
	if err := lists.Wait(); err != nil {
		return planner.State{}, err
	}
	if known.podman {
		podmanNames(&s)
		if err := e.podmanHealth(ctx, &s); err != nil {
			return planner.State{}, err
		}
	}
	if err := e.inspect(ctx, q, &s); err != nil {
		return planner.State{}, err
	}
	return s, nil
}

// projectFilter narrows a list to the projects of a query as far as the engine
// can: it knows no "or".
func projectFilter(q planner.Query) filters.Args {
	label := planner.LabelProject
	if !q.AllProjects && len(q.Projects) == 1 {
		label += "=" + q.Projects[0]
	}
	return filters.NewArgs(filters.Arg("label", label))
}

// ours reports whether a project is one that the query asks for.
func ours(q planner.Query, project string) bool {
	return project != "" && (q.AllProjects || slices.Contains(q.Projects, project))
}

// containers lists the containers of the query's projects, and all others
// where it asks for them.
func (e *Engine) containers(ctx context.Context, q planner.Query) (own, foreign []planner.Container, err error) {
	o := container.ListOptions{All: true}
	if !q.Foreign {
		o.Filters = projectFilter(q)
	}
	list, err := e.made(ctx, q, o)
	if err != nil {
		return nil, nil, e.failed(ctx, err)
	}
	for _, summary := range list {
		switch c := readContainer(summary); {
		case ours(q, c.Project):
			own = append(own, c)
		case q.Foreign:
			foreign = append(foreign, c)
		}
	}
	return own, foreign, nil
}

// made lists containers when the engine has made them. Those that it is still
// making, for somebody who may have been killed since, are in its list without
// networks, and nothing that is done to them finds them.
func (e *Engine) made(ctx context.Context, q planner.Query, o container.ListOptions) ([]container.Summary, error) {
	over := time.Now().Add(nameWait)
	for again := false; ; again = true {
		list, err := e.api.ContainerList(ctx, o)
		if err != nil {
			return nil, err
		}
		doubtful, hidden := false, false
		for _, s := range list {
			if s.State != container.StateCreated || s.NetworkSettings != nil && len(s.NetworkSettings.Networks) > 0 || !ours(q, s.Labels[planner.LabelProject]) {
				continue
			}
			doubtful = true
			if _, err := e.api.ContainerInspect(ctx, s.ID); errdefs.IsNotFound(err) {
				hidden = true
			}
		}
		if !doubtful || again && !hidden || time.Now().After(over) {
			return list, nil
		}
		if hidden {
			select {
			case <-time.After(nameInterval):
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
	}
}
