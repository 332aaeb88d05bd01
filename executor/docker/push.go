package docker

import (
	"context"

	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/api/types/registry"

	"recompose/executor"
	"recompose/planner"
)

func (e *Engine) push(ctx context.Context, p planner.PushImage, report executor.Report) error {
	auth, host, err := e.credentials(p.Image)
	if err != nil {
		return err
	}
	header, err := registry.EncodeAuthConfig(auth)
	if err != nil {
		return err
	}
	body, err := e.api.ImagePush(ctx, p.Image, image.PushOptions{RegistryAuth: header})
	if err == nil {
		defer body.Close()
		err = readTransfer(ctx, body, report)
	}
	if err != nil {
		return e.transferError(ctx, err, p.Image, host, "push", loggedIn(auth))
	}
	return nil
}
