package docker

import (
	"context"

	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/api/types/registry"

	"recompose/executor"
	"recompose/planner"
)

func (e *Engine) pull(ctx context.Context, p planner.PullImage, report executor.Report) error {
	auth, host, err := e.credentials(p.Image)
	if err != nil {
		return err
	}
	header, err := registry.EncodeAuthConfig(auth)
	if err != nil {
		return err
	}
	body, err := e.api.ImagePull(ctx, p.Image, image.PullOptions{RegistryAuth: header, Platform: p.Platform})
	if err == nil {
		defer body.Close()
		err = readTransfer(ctx, body, report)
	}
	if err != nil {
		return e.transferError(ctx, err, p.Image, host, "pull", loggedIn(auth))
	}
	return nil
}

func loggedIn(a registry.AuthConfig) bool {
	return a.Username != "" || a.Auth != "" || a.IdentityToken != "" || a.RegistryToken != ""
}
