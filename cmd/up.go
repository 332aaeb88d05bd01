package cmd

import (
	"context"
	"slices"

	"github.com/spf13/cobra"

	"recompose/loader"
	"recompose/planner"
)

type upOptions struct {
	createFlags
	services           []string
	detach, noStart    bool
	noDeps             bool
	wait               bool
	waitTimeout        int
	abortOnExit        bool
	abortOnFailure     bool
	exitCodeFrom       string
	attach, noAttach   []string
	attachDependencies bool
	watch              bool
	logs               logStyle
}

func (a *App) newUpCmd() *cobra.Command {
	o := &upOptions{}
	c := &cobra.Command{
		Use:   "up [OPTIONS] [SERVICE...]",
		Short: "Create and start containers",
		Long: `Create and start the services of the files, or those that are named and what
they need. Containers that match the files are left alone; what differs is
replaced, or changed in place where only limits or the restart policy differ.
Without -d the output of the services is shown until they end or Ctrl-C stops
them. A named volume whose driver or options changed keeps its data unless a
yes, or --yes, gives it up.`,
		Example: `  recompose up -d
  recompose up -d --scale web=3 web
  recompose up --abort-on-container-exit --exit-code-from tests`,
		RunE: func(c *cobra.Command, args []string) error {
			o.services = args
			o.given(c)
			return a.runUp(c.Context(), o)
		},
	}
	o.addBuild(c)
	o.addRecreate(c)
	o.addOrphans(c)
	addYes(c, &o.yes)
	f := c.Flags()
	f.BoolVarP(&o.detach, "detach", "d", false, "Leave the containers running in the background")
	f.BoolVar(&o.once, "once", false, "Leave jobs alone that have ended with 0 and have nothing new to work on")
	f.BoolVar(&o.rolling, "rolling", false, "Replace replica by replica, the new one first, where the file has no update_config")
	f.BoolVar(&o.noStart, "no-start", false, "Only create the containers")
	f.BoolVar(&o.noDeps, "no-deps", false, "Leave alone what the named services need")
	f.BoolVar(&o.alwaysRecreateDeps, "always-recreate-deps", false, "Replace the containers of dependencies too")
	f.BoolVarP(&o.renewAnonVolumes, "renew-anon-volumes", "V", false, "Replaced containers get new anonymous volumes")
	f.IntVarP(&o.timeout, "timeout", "t", 0, "`SECONDS` that a container has to stop")
	f.BoolVar(&o.wait, "wait", false, "Wait until services are running or healthy; implies -d")
	f.IntVar(&o.waitTimeout, "wait-timeout", 0, "Give up waiting after `SECONDS`")
	f.BoolVar(&o.abortOnExit, "abort-on-container-exit", false, "Stop everything once a container has ended")
	f.BoolVar(&o.abortOnFailure, "abort-on-container-failure", false, "Stop everything once a container has failed")
	f.StringVar(&o.exitCodeFrom, "exit-code-from", "", "Return the exit code of `SERVICE`; implies --abort-on-container-exit")
	f.StringArrayVar(&o.attach, "attach", nil, "Show the output of `SERVICE` only (repeat)")
	f.StringArrayVar(&o.noAttach, "no-attach", nil, "Don't show the output of `SERVICE` (repeat)")
	f.BoolVar(&o.attachDependencies, "attach-dependencies", false, "Show the output of what the named services need, too")
	f.BoolVarP(&o.watch, "watch", "w", false, "Do what develop.watch says for files that change, as the command watch")
	o.logs.add(c, "timestamps", "")
	return c
}

// check refuses contradictions and works out what a flag implies.
func (o *upOptions) check() error {
	if o.exitCodeFrom != "" && !o.abortOnFailure {
		o.abortOnExit = true
	}
	attached := o.attachDependencies || o.abortOnExit || o.abortOnFailure || len(o.attach) > 0 || o.watch
	switch {
	case o.abortOnExit && o.abortOnFailure:
		return failure("--abort-on-container-exit and --abort-on-container-failure contradict each other")
	case o.wait && attached:
		return failure("--wait does not go with --abort-on-container-exit, --abort-on-container-failure, --attach, --attach-dependencies or --watch: it implies -d")
	case o.noStart && (o.wait || attached):
		return failure("--no-start does not go with --wait, --attach, --watch or what reacts to a container's end: nothing is started")
	case o.detach && attached:
		return failure("-d does not go with --abort-on-container-exit, --abort-on-container-failure, --exit-code-from, --attach, --attach-dependencies or --watch")
	case len(o.attach) > 0 && o.attachDependencies:
		return failure("--attach and --attach-dependencies contradict each other")
	case o.waitTimeout < 0:
		return failure("--wait-timeout %d: expected seconds", o.waitTimeout)
	}
	o.detach = o.detach || o.wait
	return nil
}

// target is what the flags ask for. The policy for orphans and the services to
// attach to depend on the files, and are added by runUp.
func (o *upOptions) target() (planner.Target, error) {
	t := planner.Target{
		Goal: planner.GoalUp, Services: o.services, NoDeps: o.noDeps, NoStart: o.noStart,
		Wait: o.wait, WaitTimeout: o.waitTimeout,
	}
	if err := o.check(); err != nil {
		return t, err
	}
	return t, o.apply(&t)
}

// attached are the services whose output is shown: those that are named (or
// all), and what they need if that is asked for, unless the files or a flag
// say no.
func (o *upOptions) attached(p *loader.Project) ([]string, error) {
	if o.detach || o.noStart {
		return nil, nil
	}
	known := p.Model.ServiceNames()
	if err := unknownServices(slices.Concat(o.attach, o.noAttach), serviceNames(p)); err != nil {
		return nil, err
	}
	names := o.attach
	if len(names) == 0 {
		names = o.services
		if len(names) == 0 {
			names = known
		} else if o.attachDependencies {
			names = withDependencies(p, names)
		}
		names = slices.DeleteFunc(slices.Clone(names), func(name string) bool {
			svc, ok := p.Model.Services[name]
			return ok && svc.Attach != nil && !*svc.Attach
		})
	}
	names = slices.DeleteFunc(slices.Clone(names), func(name string) bool { return slices.Contains(o.noAttach, name) })
	slices.Sort(names)
	return slices.Compact(names), nil
}

func (a *App) runUp(ctx context.Context, o *upOptions) error {
	target, err := o.target()
	if err != nil {
		return err
	}
	p, err := a.project(ctx, o.services)
	if err != nil {
		return err
	}
	if len(p.Model.Services) == 0 {
		return failure("no service selected: the files have none, or profiles disable all of them")
	}
	if target.Orphans, err = a.orphanPolicy(p, &o.createFlags); err != nil {
		return err
	}
	if o.exitCodeFrom != "" {
		if err := unknownServices([]string{o.exitCodeFrom}, serviceNames(p)); err != nil {
			return err
		}
	}
	if target.Attach, err = o.attached(p); err != nil {
		return err
	}
	j := job{project: p, target: target, yes: o.yes, quiet: o.quietPull || o.quietBuild}
	if o.detach || o.noStart || a.previews() {
		j.target.Attach = nil
		_, _, err = a.converge(ctx, j)
		return err
	}
	return a.upAttached(ctx, o, j)
}
