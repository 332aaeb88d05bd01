package docker

import (
	"fmt"
	"regexp"

	"github.com/docker/docker/api/types/build"

	"recompose/planner"
	"recompose/planner/create"
)

// chooseBuilder decides between BuildKit and the classic builder. What the
// chosen one cannot do is an error that names the key: nothing is left out in
// silence.
func chooseBuilder(known facts, p planner.BuildImage, source *buildContext) (build.BuilderVersion, error) {
	if key := unsupportedKey(p); key != "" {
		return "", fmt.Errorf("build.%s: the engine's build API does not take it", key)
	}
	if notBuildKit(known, p) {
		return build.BuilderV1, nil
	}
	if source.hidden && !buildKitSyntax.Match(source.content) {
		// The classic builder takes the Dockerfile out of the context; BuildKit
		// would show it to steps that copy all.
		return build.BuilderV1, nil
	}
	return build.BuilderBuildKit, nil
}

// buildKitSyntax is what the classic builder does not understand.
var buildKitSyntax = regexp.MustCompile(`(?mi)^\s*#\s*syntax\s*=|^\s*(?:RUN|COPY|ADD)\s.*(?:--(?:mount|network|security|link|chmod|parents|exclude|checksum)\b|<<)`)

// notBuildKit says whether an engine cannot use BuildKit for a build. Docker
// has it since 18.09 (API 1.39), and tells so in its ping since 23.
func notBuildKit(known facts, p planner.BuildImage) bool {
	api, c := known.engine.APIVersion, p.Config
	switch {
	case known.builder == build.BuilderV1, known.podman, known.engine.OS == "windows", create.OlderThan(api, "1.39"):
		return true
	case p.Options.Memory > 0, c.Isolation != "" && c.Isolation != "default":
		return true
	case c.Network != "" && c.Network != "default" && c.Network != "host" && c.Network != "none":
		return true
	}
	// Older ones drop them in silence.
	return (c.ShmSize > 0 || len(c.Ulimits) > 0) && create.OlderThan(api, "1.42")
}

// unsupportedKey is a key that asks for what the API cannot carry.
func unsupportedKey(p planner.BuildImage) string {
	c := p.Config
	switch {
	case len(c.AdditionalContexts) > 0:
		return "additional_contexts"
	case len(c.SSH) > 0:
		return "ssh"
	case len(c.Secrets) > 0:
		return "secrets"
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
	case len(c.Platforms) > 1 && p.Platform == "":
		return "platforms"
	}
	return ""
}
