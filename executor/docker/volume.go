package docker

import (
	"context"

	"github.com/docker/docker/api/types/volume"

	"recompose/planner"
)

func (e *Engine) createVolume(ctx context.Context, p planner.CreateVolume) error {
	_, err := e.api.VolumeCreate(ctx, volume.CreateOptions{
		Name: p.Name, Driver: p.Config.Driver, DriverOpts: p.Config.DriverOpts, Labels: p.Labels,
	})
	return e.failed(ctx, err)
}
