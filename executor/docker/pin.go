package docker

import (
	"context"
	"fmt"

	"github.com/distribution/reference"
	"github.com/docker/docker/api/types/registry"
)

// Pin asks the image's registry, through the engine, for the digest that the
// tag has now. The name comes out in full, as docker compose v5 prints it.
func (e *Engine) Pin(ctx context.Context, image string) (string, error) {
	named, err := reference.ParseDockerRef(image)
	if err != nil {
		return "", fmt.Errorf("image name %q: %w", image, err)
	}
	if _, pinned := named.(reference.Canonical); pinned {
		return named.String(), nil
	}
	auth, host, err := e.credentials(image)
	if err != nil {
		return "", err
	}
	header, err := registry.EncodeAuthConfig(auth)
	if err != nil {
		return "", err
	}
	found, err := e.api.DistributionInspect(ctx, named.String(), header)
	if err != nil {
		return "", e.transferError(ctx, err, image, host, "check", loggedIn(auth))
	}
	pinned, err := reference.WithDigest(named, found.Descriptor.Digest)
	if err != nil {
		return "", fmt.Errorf("image %q: the registry's digest %q: %w", image, found.Descriptor.Digest, err)
	}
	return pinned.String(), nil
}
