package docker

import (
	"fmt"
	"path/filepath"

	"github.com/distribution/reference"
	"github.com/docker/cli/cli/config"
	"github.com/docker/cli/cli/config/configfile"
	clitypes "github.com/docker/cli/cli/config/types"
	"github.com/docker/docker/api/types/registry"
)

const (
	hubDomain = "docker.io"
	// hubKey is under which `docker login` keeps the credentials of Docker Hub.
	hubKey = "https://index.docker.io/v1/"
)

// dockerConfig is the docker command's configuration; an empty one where there
// is none.
func (e *Engine) dockerConfig() (*configfile.ConfigFile, error) {
	c, err := config.Load(e.config)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(e.config, config.ConfigFileName), err)
	}
	return c, nil
}

// credentials are those that `docker login` has kept for the registry of an
// image, asked from a credential helper where one is set; none is an empty
// value. host is the registry's name.
func (e *Engine) credentials(ref string) (auth registry.AuthConfig, host string, err error) {
	named, err := reference.ParseNormalizedNamed(ref)
	if err != nil {
		return auth, "", fmt.Errorf("image name %q: %w", ref, err)
	}
	host = reference.Domain(named)
	auth, err = e.hostCredentials(host)
	return auth, host, err
}

func (e *Engine) hostCredentials(host string) (registry.AuthConfig, error) {
	c, err := e.dockerConfig()
	if err != nil {
		return registry.AuthConfig{}, err
	}
	key := host
	if host == hubDomain {
		key = hubKey
	}
	found, err := c.GetAuthConfig(key)
	if err != nil {
		return registry.AuthConfig{}, fmt.Errorf("credentials for %s: %w; see credHelpers and credsStore in %s", host, err, filepath.Join(e.config, config.ConfigFileName))
	}
	return engineAuth(found), nil
}

// allCredentials are those of every registry: the classic builder may pull
// from any. A helper that fails is left out, as the docker command does.
func (e *Engine) allCredentials() (map[string]registry.AuthConfig, error) {
	c, err := e.dockerConfig()
	if err != nil {
		return nil, err
	}
	found, _ := c.GetAllCredentials()
	out := make(map[string]registry.AuthConfig, len(found))
	for host, auth := range found {
		out[host] = engineAuth(auth)
	}
	return out, nil
}

func engineAuth(a clitypes.AuthConfig) registry.AuthConfig {
	return registry.AuthConfig{
		Username: a.Username, Password: a.Password, Auth: a.Auth, ServerAddress: a.ServerAddress,
		IdentityToken: a.IdentityToken, RegistryToken: a.RegistryToken,
	}
}
