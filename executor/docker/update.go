package docker

import (
	"context"
	"fmt"
	"strings"

	"recompose/executor"
	"recompose/planner"
	"recompose/planner/create"
)

// update changes a container in place, and looks at what came of it: what its
// kernel lacks an engine drops with no more than a warning.
func (e *Engine) update(ctx context.Context, p planner.Update, report executor.Report) error {
	want, err := create.Update(p.Spec)
	if err != nil {
		return err
	}
	known, err := e.ready(ctx)
	if err != nil {
		return err
	}
	send := want
	if known.podman {
		send = create.PodmanUpdate(want)
	}
	resp, err := e.api.ContainerUpdate(ctx, p.Container.Addr(), send)
	if err != nil {
		return e.refused(ctx, err, strings.ReplaceAll(said(err), "\n", "")+"; it stays as it was (up --no-in-place replaces it)")
	}
	for _, w := range resp.Warnings {
		report(executor.Progress{Text: w})
	}
	c, err := e.api.ContainerInspect(ctx, p.Container.Addr())
	if err != nil {
		return e.failed(ctx, err)
	}
	if c.ContainerJSONBase == nil || c.HostConfig == nil {
		return nil
	}
	if known.podman {
		create.PodmanLimits(c.HostConfig)
	}
	if keys := create.Lacking(want, c.HostConfig); len(keys) > 0 {
		return fmt.Errorf("the engine did not take over %s (up --no-in-place replaces the container)", strings.Join(keys, ", "))
	}
	return nil
}
