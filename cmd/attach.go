package cmd

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"recompose/executor"
	"recompose/planner"
)

type attachOptions struct {
	service    string
	index      int
	detachKeys string
	noStdin    bool
	sigProxy   bool
}

func (a *App) newAttachCmd() *cobra.Command {
	o := &attachOptions{}
	c := &cobra.Command{
		Use:   "attach [OPTIONS] SERVICE",
		Short: "Connect to a running container",
		Long: `Connect standard input, output and error to the first process of a service's
running container, with its terminal if it has one. What it said before is not
shown. The exit code is the container's; who leaves it with the detach keys
(Ctrl-P Ctrl-Q, in a terminal) gets 1. Without a terminal, signals go to the
container, Ctrl-C too.`,
		Example: "  recompose attach console\n  recompose attach --no-stdin --sig-proxy=false web",
		Args:    takes(1, 1, "SERVICE"),
		RunE: func(c *cobra.Command, args []string) error {
			o.service = args[0]
			return a.runAttach(c.Context(), o)
		},
	}
	f := c.Flags()
	f.StringVar(&o.detachKeys, "detach-keys", "", "`KEYS` that leave the container, as ctrl-x,x (default: the docker command's)")
	f.IntVar(&o.index, "index", 0, "`NUMBER` of the container, where there are several")
	f.BoolVar(&o.noStdin, "no-stdin", false, "Don't pass standard input on")
	f.BoolVar(&o.sigProxy, "sig-proxy", true, "Pass signals on where the container has no terminal")
	return c
}

func (a *App) runAttach(ctx context.Context, o *attachOptions) error {
	c, err := a.running(ctx, o.service, o.index)
	if err != nil {
		return err
	}
	switch c.Status {
	case planner.StatusPaused:
		return failure("container %s is paused: unpause it first", c.Name)
	case planner.StatusRestarting:
		return failure("container %s is being restarted: look at its logs, or try again", c.Name)
	}
	streams, err := a.streams()
	if err != nil {
		return err
	}
	has, err := streams.Console(ctx, c.ID)
	if err != nil {
		return err
	}
	eo := executor.ExecOptions{TTY: has.TTY, Stdout: a.Out, Stderr: a.Err, DetachKeys: o.detachKeys}
	if has.Input && !o.noStdin {
		if has.TTY && !a.InTTY {
			return failure("container %s has a terminal, and there is none here: use --no-stdin to see its output only", c.Name)
		}
		eo.Stdin = a.In
	}
	attach := func(ctx context.Context, eo executor.ExecOptions) (int, error) { return streams.Attach(ctx, c.ID, eo) }
	if has.TTY || !o.sigProxy {
		err = a.interact(ctx, eo, attach)
	} else {
		err = a.proxied(ctx, eo, a.signalNames, attach)
	}
	if errors.Is(err, executor.ErrDetached) {
		return failure("left container %s, which runs on", c.Name)
	}
	return err
}

// proxied runs a process that has no terminal here: the signals that come to us
// go to it, and its exit code is ours.
func (a *App) proxied(ctx context.Context, o executor.ExecOptions, signals func(context.Context) <-chan string,
	run func(context.Context, executor.ExecOptions) (int, error),
) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	o.Signals = signals(ctx)
	code, err := run(ctx, o)
	if err != nil {
		return err
	}
	return withCode(code, nil)
}

// signalNames are the signals that come to us until ctx ends, by name.
func (a *App) signalNames(ctx context.Context) <-chan string {
	names := make(chan string)
	more := make(chan os.Signal, cap(a.Signals)+1)
	for s := range passedOn {
		if s != syscall.SIGINT && s != syscall.SIGTERM && !signal.Ignored(s) { // those two come by a.Signals
			signal.Notify(more, s)
		}
	}
	go func() {
		defer signal.Stop(more)
		for {
			var s os.Signal
			select {
			case s = <-a.Signals:
			case s = <-more:
			case <-ctx.Done():
				return
			}
			select {
			case names <- passedOn[s]:
			case <-ctx.Done():
				return
			}
		}
	}()
	return names
}
