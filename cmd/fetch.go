package cmd

import (
	"cmp"
	"context"
	"strconv"
	"strings"

	"github.com/docker/go-units"
	"github.com/spf13/cobra"

	"recompose/planner"
)

// fetchOptions are the flags of build, pull and push.
type fetchOptions struct {
	goal     planner.Goal
	services []string
	quiet    bool

	args             []string
	noCache, pull    bool
	memory           string
	withDependencies bool
	push             bool
	ignored          bool // accepted for older scripts
	ignoredText      string
	attestations     string
	includeDeps      bool
	ignoreFailures   bool
	ignoreBuildable  bool
	policy           string
	getenv           func(string) (string, bool)
}

func (a *App) newFetchCmd(o *fetchOptions, use, short, long, example string) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Long: long, Example: example,
		RunE: func(c *cobra.Command, args []string) error {
			o.services = args
			return a.runFetch(c.Context(), o)
		},
	}
}

func (a *App) newBuildCmd() *cobra.Command {
	o := &fetchOptions{goal: planner.GoalBuild}
	c := a.newFetchCmd(o, "build [OPTIONS] [SERVICE...]", "Build or rebuild images",
		"Build the images of the services that have a build section, with the engine's own builder.",
		"  recompose build --pull web\n  recompose build --build-arg VERSION=2")
	f := c.Flags()
	f.StringArrayVar(&o.args, "build-arg", nil, "`KEY=VALUE` for the Dockerfile's ARG (repeat); KEY alone takes it from the environment")
	f.BoolVar(&o.noCache, "no-cache", false, "Don't use what earlier builds left")
	f.BoolVar(&o.pull, "pull", false, "Look for newer base images")
	f.StringVarP(&o.memory, "memory", "m", "", "Memory `LIMIT` of build containers (512m, 2g)")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "Don't show what the build says")
	f.BoolVar(&o.withDependencies, "with-dependencies", false, "Build what the services need, too")
	f.BoolVar(&o.push, "push", false, "Push the images afterwards")
	for _, name := range []string{"compress", "force-rm", "no-rm", "parallel", "no-parallel"} {
		f.BoolVar(&o.ignored, name, false, "Accepted for older scripts")
		_ = f.MarkHidden(name) // the name is right above
	}
	f.StringVar(&o.ignoredText, "progress", "", "Old place of the global --progress")
	_ = f.MarkHidden("progress")
	for _, name := range []string{"provenance", "sbom"} {
		f.StringVar(&o.attestations, name, "", "Accepted where it asks for none: the engine's builder makes no attestations")
		f.Lookup(name).NoOptDefVal = "true"
		_ = f.MarkHidden(name)
	}
	return c
}

func (a *App) newPullCmd() *cobra.Command {
	o := &fetchOptions{goal: planner.GoalPull}
	c := a.newFetchCmd(o, "pull [OPTIONS] [SERVICE...]", "Pull images",
		"Pull the images of the services from their registries.", "  recompose pull --ignore-pull-failures")
	f := c.Flags()
	f.BoolVarP(&o.quiet, "quiet", "q", false, "Don't show how far pulls are")
	f.BoolVar(&o.includeDeps, "include-deps", false, "Pull what the services need, too")
	f.BoolVar(&o.ignoreFailures, "ignore-pull-failures", false, "Go on with the others when one fails")
	f.BoolVar(&o.ignoreBuildable, "ignore-buildable", false, "Leave out images that can be built")
	f.StringVar(&o.policy, "policy", "", "Pull `always` or only what is missing")
	for _, name := range []string{"parallel", "no-parallel"} {
		f.BoolVar(&o.ignored, name, false, "Accepted for older scripts")
		_ = f.MarkHidden(name) // the name is right above
	}
	return c
}

func (a *App) newPushCmd() *cobra.Command {
	o := &fetchOptions{goal: planner.GoalPush}
	c := a.newFetchCmd(o, "push [OPTIONS] [SERVICE...]", "Push images",
		"Push the images that the services build to their registries.", "  recompose push web")
	f := c.Flags()
	f.BoolVarP(&o.quiet, "quiet", "q", false, "Don't show how far pushes are")
	f.BoolVar(&o.includeDeps, "include-deps", false, "Push what the services need, too")
	f.BoolVar(&o.ignoreFailures, "ignore-push-failures", false, "Go on with the others when one fails")
	return c
}

func (o *fetchOptions) target() (planner.Target, error) {
	t := planner.Target{
		Goal: o.goal, Services: o.services, IgnoreFailures: o.ignoreFailures, IgnoreBuildable: o.ignoreBuildable,
		IncludeDeps:  o.includeDeps || o.withDependencies,
		BuildOptions: planner.BuildOptions{NoCache: o.noCache, Pull: o.pull, Quiet: o.quiet},
	}
	if none, err := strconv.ParseBool(cmp.Or(o.attestations, "false")); none || err != nil {
		return t, failure("--provenance and --sbom: the engine's own builder makes no attestations")
	}
	switch o.policy {
	case "":
	case "always", "missing":
		t.Pull = o.policy
	default:
		return t, failure("--policy %q: expected always or missing", o.policy)
	}
	if o.memory != "" {
		n, err := units.RAMInBytes(o.memory)
		if err != nil || n < 0 {
			return t, failure("--memory %q: expected a size, as in 512m", o.memory)
		}
		t.BuildOptions.Memory = n
	}
	for _, arg := range o.args {
		key, value, given := strings.Cut(arg, "=")
		if key == "" {
			return t, failure("--build-arg %q: expected KEY=VALUE", arg)
		}
		if t.BuildOptions.Args == nil {
			t.BuildOptions.Args = map[string]*string{}
		}
		if !given && o.getenv != nil {
			value, given = o.getenv(key)
		}
		t.BuildOptions.Args[key] = nil
		if given {
			t.BuildOptions.Args[key] = &value
		}
	}
	return t, nil
}

func (a *App) runFetch(ctx context.Context, o *fetchOptions) error {
	o.getenv = a.lookupEnv
	target, err := o.target()
	if err != nil {
		return err
	}
	p, err := a.project(ctx, o.services)
	if err != nil {
		return err
	}
	if _, _, err = a.converge(ctx, job{project: p, target: target, quiet: o.quiet}); err != nil {
		return err
	}
	if o.push {
		target = planner.Target{Goal: planner.GoalPush, Services: o.services, IncludeDeps: target.IncludeDeps}
		_, _, err = a.converge(ctx, job{project: p, target: target, quiet: o.quiet})
	}
	return err
}

// lookupEnv tells a variable that is empty from one that is not set.
func (a *App) lookupEnv(key string) (string, bool) {
	for i := len(a.Env) - 1; i >= 0; i-- {
		if k, v, ok := strings.Cut(a.Env[i], "="); ok && k == key {
			return v, true
		}
	}
	return "", false
}
