package docker

import (
	"context"

	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/api/types/registry"

	"recompose/executor"
	"recompose/planner"
)

// pull fetches an image. A failure that may be ignored is only reported: the
// image can be built, or an older one is here.
func (e *Engine) pull(ctx context.Context, p planner.PullImage, report executor.Report) error {
	err := e.pullImage(ctx, p.Image, p.Platform, report)
	if err == nil || !p.IgnoreFailure || ctx.Err() != nil {
		return err
	}
	report(executor.Progress{Text: "not pulled: " + err.Error()})
	return nil
}

func (e *Engine) pullImage(ctx context.Context, ref, platform string, report executor.Report) error {
	auth, host, err := e.credentials(ref)
	if err != nil {
		return err
	}
	header, err := registry.EncodeAuthConfig(auth)
	if err != nil {
		return err
	}
	body, err := e.api.ImagePull(ctx, ref, image.PullOptions{RegistryAuth: header, Platform: platform})
	if err == nil {
		defer body.Close()
		err = readTransfer(ctx, body, report)
	}
	if err != nil {
		return e.transferError(ctx, err, ref, host, "pull", loggedIn(auth))
	}
	return nil
}

func loggedIn(a registry.AuthConfig) bool {
	return a.Username != "" || a.Auth != "" || a.IdentityToken != "" || a.RegistryToken != ""
}
