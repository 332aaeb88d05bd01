package docker

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/docker/api/types/volume"

	"recompose/planner"
)

// networks lists those of the query's projects, and those that it names.
func (e *Engine) networks(ctx context.Context, q planner.Query) ([]planner.Network, error) {
	list, err := e.api.NetworkList(ctx, network.ListOptions{Filters: listFilter(q, q.Networks)})
	if err != nil {
		return nil, e.failed(ctx, err)
	}
	var out []planner.Network
	for _, n := range list {
		found := planner.Network{
			ID: n.ID, Name: n.Name, Driver: n.Driver, Created: n.Created, Labels: n.Labels,
			Project: n.Labels[planner.LabelProject], Key: n.Labels[planner.LabelNetwork], Hash: n.Labels[planner.LabelConfigHash],
			Config: networkConfig(n),
		}
		if ours(q, found.Project) || slices.Contains(q.Networks, n.Name) {
			out = append(out, found)
		}
	}
	return out, nil
}

// volumes lists those of the query's projects, and those that it names.
func (e *Engine) volumes(ctx context.Context, q planner.Query) ([]planner.Volume, error) {
	list, err := e.api.VolumeList(ctx, volume.ListOptions{Filters: listFilter(q, q.Volumes)})
	if err != nil {
		return nil, e.failed(ctx, err)
	}
	var out []planner.Volume
	for _, v := range list.Volumes {
		if v == nil {
			continue
		}
		found := planner.Volume{
			Name: v.Name, Driver: v.Driver, Options: v.Options, Labels: v.Labels,
			Project: v.Labels[planner.LabelProject], Key: v.Labels[planner.LabelVolume], Hash: v.Labels[planner.LabelConfigHash],
			Scope: v.Scope, Mountpoint: v.Mountpoint,
		}
		found.Created, _ = time.Parse(time.RFC3339, v.CreatedAt) // else it is not known
		if ours(q, found.Project) || slices.Contains(q.Volumes, v.Name) {
			out = append(out, found)
		}
	}
	return out, nil
}

// listFilter narrows a list by label unless names without one are wanted too.
func listFilter(q planner.Query, names []string) filters.Args {
	if len(names) > 0 {
		return filters.NewArgs()
	}
	return projectFilter(q)
}

// images lists all local images.
func (e *Engine) images(ctx context.Context, podman bool) ([]planner.Image, error) {
	list, err := e.api.ImageList(ctx, image.ListOptions{})
	if err != nil {
		return nil, e.failed(ctx, err)
	}
	out := make([]planner.Image, 0, len(list))
	for _, i := range list {
		out = append(out, planner.Image{
			ID: i.ID, Tags: familiar(i.RepoTags, podman), Digests: familiar(i.RepoDigests, podman),
			Labels: i.Labels, Size: i.Size, Created: time.Unix(i.Created, 0).UTC(),
		})
	}
	return out, nil
}

// familiar are references as people write them: without Docker Hub's name and
// without the one that Podman gives to what is built here.
func familiar(refs []string, podman bool) []string {
	var out []string
	for _, ref := range refs {
		if strings.HasPrefix(ref, "<none>") || strings.HasSuffix(ref, "<none>") {
			continue
		}
		prefixes := []string{"docker.io/library/", "docker.io/"}
		if podman {
			prefixes = append(prefixes, "localhost/")
		}
		for _, prefix := range prefixes {
			if rest, ok := strings.CutPrefix(ref, prefix); ok {
				ref = rest
				break
			}
		}
		out = append(out, ref)
	}
	return out
}
