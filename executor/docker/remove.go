package docker

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/api/types/network"

	"recompose/executor"
	"recompose/planner"
)

// remove takes what is gone already for removed.
func (e *Engine) remove(ctx context.Context, ref planner.Ref, p planner.Remove) error {
	var err error
	switch ref.Kind {
	case planner.KindContainer:
		return e.removeContainer(ctx, p)
	case planner.KindNetwork:
		err = e.api.NetworkRemove(ctx, p.ID)
		if err != nil && strings.Contains(said(err), "active endpoints") {
			return e.refused(ctx, err, fmt.Sprintf("still used by %s; stop or disconnect that first", e.networkUsers(ctx, p.ID)))
		}
	case planner.KindVolume:
		err = e.api.VolumeRemove(ctx, p.ID, p.Force)
	default:
		return fmt.Errorf("a %s is not removed by this operation", ref.Kind)
	}
	if errdefs.IsNotFound(err) {
		return nil
	}
	return e.failed(ctx, err)
}

func (e *Engine) removeContainer(ctx context.Context, p planner.Remove) error {
	err := e.api.ContainerRemove(ctx, p.ID, container.RemoveOptions{Force: p.Force, RemoveVolumes: p.Volumes})
	switch {
	case errdefs.IsNotFound(err):
		return nil
	case err != nil && strings.Contains(said(err), "is already in progress"):
		return e.waitRemoved(ctx, p.ID)
	}
	return e.failed(ctx, err)
}

// waitRemoved waits for a removal that somebody else has begun.
func (e *Engine) waitRemoved(ctx context.Context, id string) error {
	done, failed := e.api.ContainerWait(ctx, id, container.WaitConditionRemoved)
	select {
	case <-done:
		return nil
	case err := <-failed:
		if errdefs.IsNotFound(err) {
			return nil
		}
		return e.failed(ctx, err)
	}
}

// networkUsers names the containers on a network, for people.
func (e *Engine) networkUsers(ctx context.Context, id string) string {
	n, err := e.api.NetworkInspect(ctx, id, network.InspectOptions{})
	if err != nil || len(n.Containers) == 0 {
		return "containers"
	}
	names := []string{}
	for _, c := range n.Containers {
		names = append(names, c.Name)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// removeImage leaves an image alone that others use, as both peers do.
func (e *Engine) removeImage(ctx context.Context, p planner.RemoveImage, report executor.Report) error {
	_, err := e.api.ImageRemove(ctx, p.Image, image.RemoveOptions{PruneChildren: true})
	switch {
	case errdefs.IsNotFound(err):
		return nil
	case errdefs.IsConflict(err):
		report(executor.Progress{Text: "still in use: " + said(err)})
		return nil
	}
	return e.failed(ctx, err)
}
