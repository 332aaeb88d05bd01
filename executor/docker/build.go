package docker

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/docker/docker/api/types/build"
	"github.com/docker/docker/api/types/container"

	"recompose/executor"
	"recompose/planner"
)

// build makes an image with the engine's own builder and gives it all its
// names.
func (e *Engine) build(ctx context.Context, p planner.BuildImage, report executor.Report) error {
	if err := e.buildImage(ctx, p, report); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("service %s: %w", p.Service, err)
	}
	return nil
}

func (e *Engine) buildImage(ctx context.Context, p planner.BuildImage, report executor.Report) error {
	known, err := e.ready(ctx)
	if err != nil {
		return err
	}
	source, err := openContext(p.Config)
	if err != nil {
		return err
	}
	builder, err := e.chooseBuilder(known, p)
	if err != nil {
		return err
	}
	o, err := e.buildOptions(p, source)
	if err != nil {
		return err
	}
	o.Version = builder
	if len(p.Config.Platforms) > 1 {
		report(executor.Progress{Text: fmt.Sprintf("only %s is built of build.platforms (%s): an engine's image has one platform",
			cmp.Or(o.Platform, "the engine's own platform"), strings.Join(p.Config.Platforms, ", "))})
	}
	if builder == build.BuilderV1 {
		return e.buildClassic(ctx, source, o, report)
	}
	return e.buildKit(ctx, p, source, o, report)
}

// buildOptions are what both builders take.
func (e *Engine) buildOptions(p planner.BuildImage, source *buildContext) (build.ImageBuildOptions, error) {
	c := p.Config
	o := build.ImageBuildOptions{
		Tags: imageNames(p), RemoteContext: source.remote, Dockerfile: source.dockerfile, Target: c.Target, Platform: buildPlatform(p),
		NoCache: c.NoCache || p.Options.NoCache, PullParent: c.Pull || p.Options.Pull, Remove: true, ForceRemove: true,
		NetworkMode: c.Network, ExtraHosts: c.ExtraHosts.AsList(":"), ShmSize: int64(c.ShmSize), Memory: p.Options.Memory,
		Isolation: container.Isolation(c.Isolation), Labels: map[string]string{}, BuildArgs: map[string]*string{},
	}
	maps.Copy(o.Labels, c.Labels)
	maps.Copy(o.Labels, p.Labels)
	maps.Copy(o.BuildArgs, c.Args)
	maps.Copy(o.BuildArgs, p.Options.Args)
	for _, name := range slices.Sorted(maps.Keys(c.Ulimits)) {
		o.Ulimits = append(o.Ulimits, ulimit(name, c.Ulimits[name]))
	}
	for _, from := range c.CacheFrom {
		ref, err := cacheImage(from)
		if err != nil {
			return o, err
		}
		o.CacheFrom = append(o.CacheFrom, ref)
	}
	config, err := e.dockerConfig()
	if err != nil {
		return o, err
	}
	// The proxies of the docker command's configuration, for steps that fetch.
	o.BuildArgs = config.ParseProxyConfig(e.api.DaemonHost(), o.BuildArgs)
	return o, nil
}

func ulimit(name string, u *types.UlimitsConfig) *container.Ulimit {
	if u.Single != 0 {
		return &container.Ulimit{Name: name, Soft: int64(u.Single), Hard: int64(u.Single)}
	}
	return &container.Ulimit{Name: name, Soft: int64(u.Soft), Hard: int64(u.Hard)}
}

// imageNames are all names of the image, each once.
func imageNames(p planner.BuildImage) []string {
	names := []string{p.Image}
	for _, tag := range p.Tags {
		if !slices.Contains(names, tag) {
			names = append(names, tag)
		}
	}
	return names
}

// buildPlatform is the one that is built: the service's, or the only one of
// build.platforms; empty: the engine's own. `up` of docker compose builds one
// of several, too.
func buildPlatform(p planner.BuildImage) string {
	if p.Platform == "" && len(p.Config.Platforms) == 1 {
		return p.Config.Platforms[0]
	}
	return p.Platform
}

// cacheImage is the image that an entry of build.cache_from names.
func cacheImage(from string) (string, error) {
	if !strings.Contains(from, "=") {
		return from, nil
	}
	var kind, ref string
	for field := range strings.SplitSeq(from, ",") {
		key, value, _ := strings.Cut(strings.TrimSpace(field), "=")
		switch key {
		case "type":
			kind = value
		case "ref":
			ref = value
		}
	}
	if kind != "registry" || ref == "" {
		return "", fmt.Errorf("build.cache_from: %q: the engine's builder takes images only: NAME, or type=registry,ref=NAME", from)
	}
	return ref, nil
}

// post sends a build and gives the engine's answer to read.
func (e *Engine) post(ctx context.Context, body io.Reader, o build.ImageBuildOptions, read func(io.Reader) error) error {
	answer, err := e.api.ImageBuild(ctx, body, o)
	if err != nil {
		return e.failed(ctx, err)
	}
	defer answer.Body.Close()
	return read(answer.Body)
}
