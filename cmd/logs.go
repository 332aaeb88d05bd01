package cmd

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"recompose/executor"
	"recompose/planner"
)

type logsOptions struct {
	services     []string
	follow       bool
	tail         string
	since, until string
	index        int
	style        logStyle
}

func (a *App) newLogsCmd() *cobra.Command {
	o := &logsOptions{}
	c := &cobra.Command{
		Use:     "logs [OPTIONS] [SERVICE...]",
		Short:   "Show the output of containers",
		Long:    "Show what the containers have written; with -f also what they write from now on, new containers included.",
		Example: "  recompose logs -f --tail 20 web\n  recompose logs --since 10m -t",
		RunE: func(c *cobra.Command, args []string) error {
			o.services = args
			return a.runLogs(c.Context(), o)
		},
	}
	f := c.Flags()
	f.BoolVarP(&o.follow, "follow", "f", false, "Go on with what is written from now on")
	f.StringVarP(&o.tail, "tail", "n", "all", "Only the last `LINES` of each container")
	f.StringVar(&o.since, "since", "", "From `TIME` on: 2026-01-02T15:04:05Z, or 42m ago")
	f.StringVar(&o.until, "until", "", "Up to `TIME`")
	f.IntVar(&o.index, "index", 0, "`NUMBER` of the container, where a service has several")
	o.style.add(c, "timestamps", "t")
	return c
}

// options checks the flags. The engine takes times and durations as they are.
func (o *logsOptions) options() (executor.LogOptions, error) {
	lo := executor.LogOptions{Follow: o.follow, Tail: o.tail, Since: o.since, Until: o.until, Timestamps: o.style.timestamps}
	if o.tail != "all" && o.tail != "" {
		n, err := strconv.Atoi(o.tail)
		if err != nil {
			return lo, failure("--tail %q: expected a number, or all", o.tail)
		}
		if n < 0 { // as in docker
			lo.Tail = "all"
		}
	}
	if o.follow && o.until != "" {
		return lo, failure("--follow and --until contradict each other")
	}
	return lo, nil
}

func (a *App) runLogs(ctx context.Context, o *logsOptions) error {
	lo, err := o.options()
	if err != nil {
		return err
	}
	if o.index > 0 && len(o.services) != 1 {
		return failure("--index is the number of a container of one SERVICE: name that")
	}
	v, err := a.look(ctx, o.services, planner.Query{})
	if err != nil {
		return err
	}
	if o.index > 0 && !o.follow {
		if _, err := v.made(o.services[0], o.index, false); err != nil {
			return err
		}
	}
	streams, err := a.streams()
	if err != nil {
		return err
	}
	ctx, done := a.cancelable(ctx)
	defer done()
	containers := planner.Select(v.state, planner.Selection{Project: v.name, Services: o.services, Index: o.index, Stopped: true, Orphans: true})
	printer := a.newLogPrinter(v.name, o.style, containers)
	if !o.follow {
		for _, c := range containers {
			lo.Ref, lo.TTY = refOf(c), v.tty(c.Service)
			if err := streams.Logs(ctx, c.ID, lo, printer); err != nil {
				return err
			}
		}
		return nil
	}
	return a.followLogs(ctx, v, o, lo, newFollower(streams, printer, v.tty), containers)
}

// followLogs shows output until none of the containers runs any more, those
// that are started meanwhile included.
func (a *App) followLogs(ctx context.Context, v view, o *logsOptions, lo executor.LogOptions, f *follower, containers []planner.Container) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	f.watch(ctx, v.name)
	running := map[string]bool{}
	for _, c := range containers {
		running[c.ID] = c.Running()
		f.follow(ctx, refOf(c), c.ID, time.Time{}, lo)
	}
	lo.Tail, lo.Since = "all", ""
	for {
		for _, e := range f.take() {
			if e.OneOff || len(o.services) > 0 && !slices.Contains(o.services, e.Service) || o.index > 0 && e.Number != o.index {
				continue
			}
			ref := planner.Ref{Kind: planner.KindContainer, Name: e.Name, Service: e.Service, Number: e.Number}
			switch e.Action {
			case "start":
				running[e.ID] = true
				f.followStarted(ctx, ref, e, lo)
			case "die":
				running[e.ID] = false
				f.printer.Status(ref, "exited with code "+strconv.Itoa(e.ExitCode))
			case "destroy":
				delete(running, e.ID)
			}
		}
		if f.idle() && !anyTrue(running) {
			return nil
		}
		select {
		case <-f.changed:
		case <-ctx.Done():
			f.drain(drainTime)
			return errInterrupted
		}
	}
}

func anyTrue(m map[string]bool) bool {
	for _, v := range m {
		if v {
			return true
		}
	}
	return false
}

// tty reports whether the files give a service's containers a terminal: then
// their output has one stream only.
func (v view) tty(service string) bool {
	return v.project != nil && v.project.Model.Services[service].Tty
}
