package cmd

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"recompose/planner"
)

// lifecycleOptions are the flags of the commands that change the state of
// containers which exist: start, stop, restart, kill, pause, unpause, rm, down.
type lifecycleOptions struct {
	goal     planner.Goal
	services []string

	timeout       int
	timeoutGiven  bool
	noDeps        bool
	wait          bool
	waitTimeout   int
	signal        string
	orphans       createFlags
	force         bool
	stop          bool
	volumes       bool
	images        string
	yes           bool
	ignoreAll     bool // rm -a: always so
	withOrphanEnv bool
}

func (o *lifecycleOptions) target() (planner.Target, error) {
	t := planner.Target{
		Goal: o.goal, Services: o.services, NoDeps: o.noDeps, Wait: o.wait, WaitTimeout: o.waitTimeout,
		Signal: o.signal, StopFirst: o.stop, RemoveVolumes: o.volumes, RemoveImages: o.images,
	}
	switch o.images {
	case "", "local", "all":
	default:
		return t, failure("--rmi %q: expected local or all", o.images)
	}
	if o.waitTimeout < 0 {
		return t, failure("--wait-timeout %d: expected seconds", o.waitTimeout)
	}
	if o.timeoutGiven {
		var err error
		if t.Timeout, err = seconds(o.timeout); err != nil {
			return t, err
		}
	}
	return t, nil
}

// outline reports whether the goal only acts on containers as they are.
func (o *lifecycleOptions) outline() bool {
	return slices.Contains([]planner.Goal{planner.GoalStop, planner.GoalKill, planner.GoalPause, planner.GoalUnpause, planner.GoalRemove}, o.goal)
}

func (a *App) runLifecycle(ctx context.Context, o *lifecycleOptions) error {
	target, err := o.target()
	if err != nil {
		return err
	}
	p, name, err := a.projectOrName(ctx, o.services, o.outline())
	if err != nil {
		return err
	}
	if p == nil {
		target.ProjectName = name
	}
	if o.withOrphanEnv {
		if target.Orphans, err = a.orphanPolicy(p, &o.orphans); err != nil {
			return err
		}
	}
	j := job{project: p, target: target, labelsOnly: true, yes: o.yes}
	if o.goal == planner.GoalRemove && !o.force {
		j.confirm = a.confirmRemoval
	}
	_, _, err = a.converge(ctx, j)
	return err
}

// confirmRemoval asks before rm. Without a terminal the answer is read from
// standard input, as both peers do (`yes | docker-compose rm`); where there is
// none, -f is needed.
func (a *App) confirmRemoval(p planner.Plan) (bool, error) {
	var names []string
	for _, action := range p.Actions {
		if action.Op == planner.OpRemove && action.Ref.Kind == planner.KindContainer {
			names = append(names, action.Ref.Name)
		}
	}
	if len(names) == 0 {
		if p.Empty() {
			a.say("note", "no stopped containers")
		}
		return true, nil
	}
	slices.Sort(names)
	yes, answered := a.answer("Going to remove " + strings.Join(names, ", ") + "\nAre you sure?")
	if !answered {
		return false, failure("nothing was removed: there is no terminal to ask on, -f removes without asking")
	}
	return yes, nil
}

// newLifecycleCmd is what these commands have in common.
func (a *App) newLifecycleCmd(o *lifecycleOptions, use, short, long, example string) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Long: long, Example: example,
		RunE: func(c *cobra.Command, args []string) error {
			o.services = args
			o.timeoutGiven = c.Flags().Changed("timeout")
			o.orphans.given(c)
			return a.runLifecycle(c.Context(), o)
		},
	}
}

func (o *lifecycleOptions) addTimeout(c *cobra.Command) {
	c.Flags().IntVarP(&o.timeout, "timeout", "t", 0, "`SECONDS` to stop before a container is killed (default: its own, else 10)")
}

func (a *App) newStartCmd() *cobra.Command {
	o := &lifecycleOptions{goal: planner.GoalStart}
	c := a.newLifecycleCmd(o, "start [OPTIONS] [SERVICE...]", "Start containers that exist",
		"Start stopped containers, in the order of their dependencies. Nothing is created.",
		"  recompose start\n  recompose start --wait db")
	c.Flags().BoolVar(&o.wait, "wait", false, "Wait until the containers are running or healthy")
	c.Flags().IntVar(&o.waitTimeout, "wait-timeout", 0, "Give up waiting after `SECONDS`")
	return c
}

func (a *App) newStopCmd() *cobra.Command {
	o := &lifecycleOptions{goal: planner.GoalStop}
	c := a.newLifecycleCmd(o, "stop [OPTIONS] [SERVICE...]", "Stop containers",
		"Stop running containers without removing them, dependents first. start starts them again.",
		"  recompose stop\n  recompose stop -t 30 db")
	o.addTimeout(c)
	return c
}

func (a *App) newRestartCmd() *cobra.Command {
	o := &lifecycleOptions{goal: planner.GoalRestart}
	c := a.newLifecycleCmd(o, "restart [OPTIONS] [SERVICE...]", "Restart containers",
		"Stop and start containers as they are. Changes of the files take effect with up, not here.",
		"  recompose restart web")
	o.addTimeout(c)
	c.Flags().BoolVar(&o.noDeps, "no-deps", false, "Leave services alone that want to be restarted with these")
	return c
}

func (a *App) newKillCmd() *cobra.Command {
	o := &lifecycleOptions{goal: planner.GoalKill, withOrphanEnv: true}
	c := a.newLifecycleCmd(o, "kill [OPTIONS] [SERVICE...]", "Send a signal to containers",
		"Send SIGKILL, or the signal of -s, to running containers.",
		"  recompose kill -s HUP balancer")
	c.Flags().StringVarP(&o.signal, "signal", "s", "SIGKILL", "`SIGNAL` to send")
	o.orphans.addOrphans(c)
	return c
}

func (a *App) newPauseCmd() *cobra.Command {
	return a.newLifecycleCmd(&lifecycleOptions{goal: planner.GoalPause}, "pause [SERVICE...]", "Freeze containers",
		"Suspend the processes of running containers until unpause.", "  recompose pause worker")
}

func (a *App) newUnpauseCmd() *cobra.Command {
	return a.newLifecycleCmd(&lifecycleOptions{goal: planner.GoalUnpause}, "unpause [SERVICE...]", "Thaw paused containers",
		"Let paused containers go on.", "  recompose unpause worker")
}

func (a *App) newRmCmd() *cobra.Command {
	o := &lifecycleOptions{goal: planner.GoalRemove}
	c := a.newLifecycleCmd(o, "rm [OPTIONS] [SERVICE...]", "Remove stopped containers",
		"Remove stopped containers after a question. Volumes stay, unless -v takes the anonymous ones along.",
		"  recompose rm -f web balancer\n  recompose rm -fsv")
	f := c.Flags()
	f.BoolVarP(&o.force, "force", "f", false, "Don't ask")
	f.BoolVarP(&o.stop, "stop", "s", false, "Stop the containers first")
	f.BoolVarP(&o.volumes, "volumes", "v", false, "Remove their anonymous volumes too")
	f.BoolVarP(&o.ignoreAll, "all", "a", false, "Accepted for older scripts")
	_ = f.MarkHidden("all") // the name is right above
	return c
}

func (a *App) newDownCmd() *cobra.Command {
	o := &lifecycleOptions{goal: planner.GoalDown, withOrphanEnv: true}
	c := a.newLifecycleCmd(o, "down [OPTIONS] [SERVICE...]", "Stop and remove containers and networks",
		`Stop and remove the containers and networks of the project. Named volumes
stay unless -v is given, and where other containers mount them; of anonymous
volumes, it says which are left behind.`,
		"  recompose down\n  recompose down -v --rmi local\n  recompose -p shop down        # without its files")
	o.addTimeout(c)
	f := c.Flags()
	f.BoolVarP(&o.volumes, "volumes", "v", false, "Remove the named volumes of the files and anonymous ones too")
	f.StringVar(&o.images, "rmi", "", "Remove images too: `local` (without a name of their own) or all")
	o.orphans.addOrphans(c)
	addYes(c, &o.yes)
	return c
}
