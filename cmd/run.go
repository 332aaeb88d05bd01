package cmd

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/format"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/spf13/cobra"

	"recompose/executor"
	"recompose/loader"
	"recompose/planner"
)

type runOptions struct {
	createFlags
	service        string
	command        []string
	detach, remove bool
	env, labels    []string
	envFiles       []string
	name, user     string
	workDir        string
	entrypoint     string
	entryGiven     bool
	noDeps         bool
	volumes        []string
	publish        []string
	servicePorts   bool
	useAliases     bool
	noTTY          bool
	interactive    bool
	capAdd         []string
	capDrop        []string
	quiet          bool
}

func (a *App) newRunCmd() *cobra.Command {
	o := &runOptions{}
	c := &cobra.Command{
		Use:   "run [OPTIONS] SERVICE [COMMAND] [ARGS...]",
		Short: "Run a command in a new container of a service",
		Long: `Create a container of its own like those of the service, start what it needs,
and run the command in it. Its ports are not published unless asked for. The
exit code is the command's. Without a terminal, signals go to the command, Ctrl-C
too; the third SIGINT or SIGTERM kills it.`,
		Example: "  recompose run --rm web python manage.py migrate\n  recompose run --rm -T db psql < dump.sql",
		Args:    takes(1, -1, "SERVICE"),
		RunE: func(c *cobra.Command, args []string) error {
			o.service, o.command = args[0], args[1:]
			o.entryGiven = c.Flags().Changed("entrypoint")
			o.given(c)
			return a.runRun(c.Context(), o)
		},
	}
	o.addBuild(c)
	o.addOrphans(c)
	addYes(c, &o.yes)
	f := c.Flags()
	f.SetInterspersed(false)
	f.BoolVarP(&o.detach, "detach", "d", false, "Leave it running in the background and print its name")
	f.BoolVar(&o.remove, "rm", false, "Remove the container when it ends")
	f.StringArrayVarP(&o.env, "env", "e", nil, "`KEY=VALUE` in its environment (repeat)")
	f.StringArrayVar(&o.envFiles, "env-from-file", nil, "Read variables of its environment from `FILE` (repeat)")
	f.StringArrayVarP(&o.labels, "label", "l", nil, "`KEY=VALUE` label (repeat)")
	f.StringVar(&o.name, "name", "", "The container's name")
	f.StringVarP(&o.user, "user", "u", "", "As this user")
	f.StringVarP(&o.workDir, "workdir", "w", "", "In this directory")
	f.StringVar(&o.entrypoint, "entrypoint", "", "In place of the image's entrypoint")
	f.BoolVar(&o.noDeps, "no-deps", false, "Don't start what the service needs")
	f.StringArrayVarP(&o.volumes, "volume", "v", nil, "Mount `SOURCE:TARGET[:MODE]` (repeat)")
	f.StringArrayVarP(&o.publish, "publish", "p", nil, "Publish `[HOST:]PORT` (repeat)")
	f.BoolVarP(&o.servicePorts, "service-ports", "P", false, "Publish the service's ports")
	f.BoolVar(&o.useAliases, "use-aliases", false, "Answer to the service's names on its networks")
	f.BoolVarP(&o.noTTY, "no-TTY", "T", false, "Without a terminal (default where there is none)")
	f.BoolVarP(&o.interactive, "interactive", "i", true, "Pass standard input on")
	f.BoolP("tty", "t", true, "With a terminal, where there is one")
	f.StringArrayVar(&o.capAdd, "cap-add", nil, "Add a capability (repeat)")
	f.StringArrayVar(&o.capDrop, "cap-drop", nil, "Drop a capability (repeat)")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "Show no progress")
	_ = f.MarkHidden("tty") // accepted for the habit of docker run -it
	return c
}

// target is what the flags ask for; tty says whether there is a terminal here.
func (o *runOptions) target(tty bool) (planner.Target, error) {
	t := planner.Target{Goal: planner.GoalRun, NoDeps: o.noDeps}
	if o.servicePorts && len(o.publish) > 0 {
		return t, failure("--service-ports and --publish contradict each other")
	}
	if err := o.apply(&t); err != nil {
		return t, err
	}
	r := &planner.RunOptions{
		Service: o.service, Command: o.command, Env: o.env, Name: o.name, User: o.user, WorkDir: o.workDir,
		ServicePorts: o.servicePorts, UseAliases: o.useAliases, Remove: o.remove, Detach: o.detach,
		TTY: tty && !o.noTTY && !o.detach, Stdin: o.interactive && !o.detach, CapAdd: o.capAdd, CapDrop: o.capDrop,
	}
	if o.entryGiven {
		r.Entrypoint = []string{} // an empty one clears the image's
		if o.entrypoint != "" {
			words, err := splitWords(o.entrypoint)
			if err != nil {
				return t, failure("--entrypoint: %v", err)
			}
			r.Entrypoint = words
		}
	}
	for _, l := range o.labels {
		key, value, _ := strings.Cut(l, "=")
		if r.Labels == nil {
			r.Labels = map[string]string{}
		}
		r.Labels[key] = value
	}
	for _, v := range o.volumes {
		mount, err := format.ParseVolume(v)
		if err != nil {
			return t, failure("--volume %q: %v", v, err)
		}
		r.Mounts = append(r.Mounts, mount)
	}
	for _, p := range o.publish {
		ports, err := types.ParsePortConfig(p)
		if err != nil {
			return t, failure("--publish %q: %v", p, err)
		}
		r.Ports = append(r.Ports, ports...)
	}
	t.Run = r
	return t, nil
}

func (a *App) runRun(ctx context.Context, o *runOptions) error {
	o.env = a.withEnvironment(o.env)
	if err := a.readEnvFiles(o); err != nil {
		return err
	}
	target, err := o.target(a.InTTY && a.OutTTY)
	if err != nil {
		return err
	}
	p, err := a.project(ctx, []string{o.service})
	if err != nil {
		return err
	}
	if err := unknownServices([]string{o.service}, serviceNames(p)); err != nil {
		return err
	}
	if target.Orphans, err = a.orphanPolicy(p, &o.createFlags); err != nil {
		return err
	}
	target.Slug = a.Slug()
	plan, _, err := a.converge(ctx, job{project: p, target: target, yes: o.yes, quiet: o.quietPull || o.quietBuild, silent: o.quiet})
	if err != nil || a.previews() {
		return err
	}
	ref, ok := oneOff(plan)
	if !ok {
		return failure("the plan has no container for run: this is a bug of recompose")
	}
	if o.detach {
		_, err := fmt.Fprintln(a.Out, ref.Name)
		return err
	}
	err = a.attachOneOff(ctx, ref, target.Run)
	if o.remove {
		err = errors.Join(err, a.removeOneOff(ref)) //nolint:contextcheck // an interrupt must not leave it behind
	}
	return err
}

// readEnvFiles adds what --env-from-file names. As in docker compose, --env
// stands over it, and the first of several files over the others.
func (a *App) readEnvFiles(o *runOptions) error {
	vars := map[string]string{}
	for _, kv := range o.env {
		key, value, _ := strings.Cut(kv, "=")
		vars[key] = value
	}
	lookup := func(key string) (string, bool) { value, ok := vars[key]; return value, ok }
	for _, name := range o.envFiles {
		read, err := loader.ReadEnvFile(a.absolute(name), lookup)
		if err != nil {
			return failure("--env-from-file: %v", err)
		}
		for _, key := range slices.Sorted(maps.Keys(read)) {
			if _, given := vars[key]; !given {
				vars[key] = read[key]
				o.env = append(o.env, key+"="+read[key])
			}
		}
	}
	return nil
}

// attachOneOff starts the container with our streams, and makes its exit code
// ours.
func (a *App) attachOneOff(ctx context.Context, ref planner.Ref, r *planner.RunOptions) error {
	streams, err := a.streams()
	if err != nil {
		return err
	}
	eo := executor.ExecOptions{TTY: r.TTY, Stdout: a.Out, Stderr: a.Err}
	if r.Stdin {
		eo.Stdin = a.In
	}
	attach := func(ctx context.Context, eo executor.ExecOptions) (int, error) {
		return streams.AttachAndStart(ctx, ref.Name, eo)
	}
	if r.TTY {
		return a.interact(ctx, eo, attach)
	}
	return a.proxied(ctx, eo, a.signalsOrKill, attach)
}

// signalsOrKill are the signals that come to us, and SIGKILL for the third that
// asks for an end: the first process of a container ignores what it does not
// handle, and nobody else would end it.
func (a *App) signalsOrKill(ctx context.Context) <-chan string {
	names := make(chan string)
	go func() {
		asked := 0
		for more := a.signalNames(ctx); ; {
			var name string
			select {
			case name = <-more:
			case <-ctx.Done():
				return
			}
			if name == "SIGINT" || name == "SIGTERM" {
				if asked++; asked == 3 {
					name = "SIGKILL"
				}
			}
			select {
			case names <- name:
			case <-ctx.Done():
				return
			}
		}
	}()
	return names
}

// oneOff finds the container that the plan created for run.
func oneOff(p planner.Plan) (planner.Ref, bool) {
	i := slices.IndexFunc(p.Actions, func(action planner.Action) bool {
		create, ok := action.Payload.(planner.CreateContainer)
		return ok && create.Spec.OneOff
	})
	if i < 0 {
		return planner.Ref{}, false
	}
	return p.Actions[i].Ref, true
}

// removeOneOff takes the container and its anonymous volumes away, also where
// the user has stopped us.
func (a *App) removeOneOff(ref planner.Ref) error {
	plan := planner.Plan{Goal: planner.GoalRemove, Actions: []planner.Action{{
		ID: 1, Op: planner.OpRemove, Ref: ref, Payload: planner.Remove{ID: ref.Name, Force: true, Volumes: true},
	}}}
	return a.run(context.Background(), plan, a.engine, executor.Options{Events: func(executor.Event) {}})
}
