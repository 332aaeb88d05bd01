package cmd

import (
	"context"

	"recompose/loader"
	"recompose/planner"
)

// view is what the reading commands work on: the project's containers as they
// were observed.
type view struct {
	project *loader.Project // nil: by name only
	name    string
	state   planner.State
}

// look observes the project for a command that only reads. services are
// checked against what the project has.
func (a *App) look(ctx context.Context, services []string, more planner.Query) (view, error) {
	p, name, err := a.projectOrName(ctx, services, true)
	if err != nil {
		return view{}, err
	}
	engine, err := a.client()
	if err != nil {
		return view{}, err
	}
	target := planner.Target{Goal: planner.GoalStop, ProjectName: name}
	state, err := engine.Observe(ctx, planner.NewQuery(p, target).Plus(more))
	if err != nil {
		return view{}, err
	}
	if a.foreignFiles(p, state) {
		p = nil
	}
	v := view{project: p, name: planner.ProjectName(p, state, target), state: state}
	return v, unknownServices(services, append(knownServices(p, state), knownServices(nil, state)...))
}

// containers are those of the services (all if none), running or not, without
// those of run.
func (v view) containers(services []string) []planner.Container {
	return planner.Select(v.state, planner.Selection{Project: v.name, Services: services, Stopped: true, Orphans: true})
}

// running is the container that attach, exec and port are about: replica index
// of a service, or its first one that runs.
func (a *App) running(ctx context.Context, service string, index int) (planner.Container, error) {
	v, err := a.look(ctx, []string{service}, planner.Query{})
	if err != nil {
		return planner.Container{}, err
	}
	found := planner.Select(v.state, planner.Selection{Project: v.name, Services: []string{service}, Index: index, Orphans: true})
	if len(found) > 0 {
		return found[0], nil
	}
	if index > 0 {
		return planner.Container{}, failure("service %q has no running container number %d", service, index)
	}
	return planner.Container{}, failure("service %q has no running container", service)
}

// made are the containers of a service, at least one, whether they run or not;
// with an index, only that replica.
func (v view) made(service string, index int, oneOffs bool) ([]planner.Container, error) {
	found := planner.Select(v.state, planner.Selection{
		Project: v.name, Services: []string{service}, Index: index, Stopped: true, OneOffs: oneOffs, Orphans: true,
	})
	switch {
	case len(found) > 0:
		return found, nil
	case index > 0:
		return nil, failure("service %q has no container number %d", service, index)
	}
	return nil, failure("service %q has no container", service)
}

// refOf names an observed container in events and output.
func refOf(c planner.Container) planner.Ref {
	return planner.Ref{Kind: planner.KindContainer, Name: c.Name, Service: c.Service, Number: c.Number, Role: c.Role}
}
