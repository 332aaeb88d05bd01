package docker

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/docker/docker/api/types/build"

	"recompose/planner"
	"recompose/planner/create"
)

// chooseBuilder decides between BuildKit and the classic builder. What the
// chosen one cannot do is an error that names the key: nothing is left out in
// silence.
func (e *Engine) chooseBuilder(known facts, p planner.BuildImage) (build.BuilderVersion, error) {
	if key := unsupportedKey(p); key != "" {
		return "", fmt.Errorf("build.%s: the engine's build API does not take it", key)
	}
	if why := e.notBuildKit(known, p); why != "" {
		switch {
		case len(p.Config.Secrets) > 0:
			return "", fmt.Errorf("build.secrets needs BuildKit, and %s", why)
		case len(p.Config.SSH) > 0:
			return "", fmt.Errorf("build.ssh needs BuildKit, and %s", why)
		case len(p.Config.Ulimits) > 0 && known.podman: // it reads another form than clients send
			return "", errors.New("build.ulimits: Podman does not take it by Docker's API; set default_ulimits in its containers.conf")
		}
		return build.BuilderV1, nil
	}
	return build.BuilderBuildKit, nil
}

// notBuildKit says why a build cannot use BuildKit; empty: it can. Docker has
// it since 18.09 (API 1.39), and names in its ping which builder it wants
// since 23.
func (e *Engine) notBuildKit(known facts, p planner.BuildImage) string {
	api, c := known.engine.APIVersion, p.Config
	wanted, err := strconv.ParseBool(e.env("DOCKER_BUILDKIT"))
	switch {
	case err == nil && !wanted: // as in the docker command
		return "DOCKER_BUILDKIT is off"
	case known.podman:
		return "Podman has a builder of its own"
	case known.builder == build.BuilderV1:
		return "the engine's configuration names the classic builder"
	case known.engine.OS == "windows":
		return "Windows images are built by the classic builder"
	case create.OlderThan(api, "1.39"):
		return "the engine is older than Docker 18.09"
	case p.Options.Memory > 0:
		return "it has no --memory"
	case c.Isolation != "" && c.Isolation != "default":
		return "it has no build.isolation"
	case c.Network != "" && c.Network != "default" && c.Network != "host" && c.Network != "none":
		return "it has no build.network: " + c.Network
	case (c.ShmSize > 0 || len(c.Ulimits) > 0) && create.OlderThan(api, "1.42"):
		return "this engine's has no build.shm_size and build.ulimits" // it would drop them in silence
	}
	return ""
}

// unsupportedKey is a key that asks for what the API cannot carry.
func unsupportedKey(p planner.BuildImage) string {
	c := p.Config
	switch {
	case len(c.AdditionalContexts) > 0:
		return "additional_contexts"
	case len(c.Entitlements) > 0:
		return "entitlements"
	case c.Privileged:
		return "privileged"
	case len(c.CacheTo) > 0:
		return "cache_to"
	case len(c.NoCacheFilter) > 0:
		return "no_cache_filter"
	case c.SBOM != "" && c.SBOM != "false":
		return "sbom"
	case c.Provenance != "" && c.Provenance != "false":
		return "provenance"
	}
	return ""
}
