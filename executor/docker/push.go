package docker

import (
	"context"

	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/api/types/registry"

	"recompose/executor"
	"recompose/planner"
)

// push sends an image to its registry. A failure that may be ignored is only
// reported.
func (e *Engine) push(ctx context.Context, p planner.PushImage, report executor.Report) error {
	err := e.pushImage(ctx, p.Image, report)
	if err == nil || !p.IgnoreFailure || ctx.Err() != nil {
		return err
	}
	report(executor.Progress{Text: "not pushed: " + err.Error()})
	return nil
}

func (e *Engine) pushImage(ctx context.Context, ref string, report executor.Report) error {
	auth, host, err := e.credentials(ref)
	if err != nil {
		return err
	}
	header, err := registry.EncodeAuthConfig(auth)
	if err != nil {
		return err
	}
	body, err := e.api.ImagePush(ctx, ref, image.PushOptions{RegistryAuth: header})
	if err == nil {
		defer body.Close()
		err = readTransfer(ctx, body, report)
	}
	if err != nil {
		return e.transferError(ctx, err, ref, host, "push", loggedIn(auth))
	}
	return nil
}
