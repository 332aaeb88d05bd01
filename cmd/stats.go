package cmd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/docker/go-units"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"recompose/executor"
	"recompose/planner"
)

// statsPause is between two tables; measuring takes about a second more.
const statsPause = time.Second

// statsAtOnce bounds the requests that wait for their measuring.
const statsAtOnce = 100

type statsOptions struct {
	service                string
	all, noStream, noTrunc bool
	format                 string
}

func (a *App) newStatsCmd() *cobra.Command {
	o := &statsOptions{}
	c := &cobra.Command{
		Use:     "stats [OPTIONS] [SERVICE]",
		Short:   "Show what containers use of processors, memory, network and disks",
		Long:    "Show what running containers use of processors, memory, network and disks, again and again until Ctrl-C.",
		Example: "  recompose stats --no-stream\n  recompose stats --format '{{.Name}} {{.MemUsage}}' web",
		Args:    takes(0, 1, "one SERVICE"),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				o.service = args[0]
			}
			return a.runStats(c.Context(), o)
		},
	}
	f := c.Flags()
	f.BoolVarP(&o.all, "all", "a", false, "Containers that do not run, too")
	f.StringVar(&o.format, "format", "", "table, json, or a template")
	f.BoolVar(&o.noStream, "no-stream", false, "Only once")
	f.BoolVar(&o.noTrunc, "no-trunc", false, "Don't cut long values")
	return c
}

func (a *App) runStats(ctx context.Context, o *statsOptions) error {
	var services []string
	if o.service != "" {
		services = []string{o.service}
	}
	v, err := a.look(ctx, services, planner.Query{})
	if err != nil {
		return err
	}
	processes, err := also[executor.Processes](a, "statistics")
	if err != nil {
		return err
	}
	ctx, done := a.cancelable(ctx)
	defer done()
	for {
		containers := planner.Select(v.state, planner.Selection{Project: v.name, Services: services, Stopped: o.all, Orphans: true})
		err := a.showUsage(ctx, processes, containers, o)
		if err == nil && o.noStream {
			return nil
		}
		if err == nil {
			select {
			case <-time.After(statsPause):
			case <-ctx.Done():
			}
			v.state, err = a.engine.Observe(ctx, planner.Query{Projects: []string{v.name}})
		}
		if ctx.Err() != nil {
			return errInterrupted
		}
		if err != nil {
			return err
		}
	}
}

// showUsage measures all containers at once and prints a table. On a terminal
// it takes the last one's place.
func (a *App) showUsage(ctx context.Context, processes executor.Processes, containers []planner.Container, o *statsOptions) error {
	used := make([]executor.Usage, len(containers))
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(statsAtOnce)
	for i, c := range containers {
		group.Go(func() (err error) {
			if used[i], err = processes.Usage(groupCtx, c.ID); errors.Is(err, executor.ErrNotFound) {
				return nil // it was removed meanwhile
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	var b bytes.Buffer
	if a.OutTTY && !o.noStream {
		b.WriteString("\x1b[H\x1b[J") // to the first line, and clear
	}
	if err := usageRows(containers, used, !o.noTrunc).write(&b, o.format); err != nil {
		return err
	}
	_, err := a.Out.Write(b.Bytes())
	return err
}

// usageRows has the fields of the docker command's stats.
func usageRows(containers []planner.Container, used []executor.Usage, trunc bool) rows {
	r := rows{
		table: `{{.ID}}\t{{.Name}}\t{{.CPUPerc}}\t{{.MemUsage}}\t{{.MemPerc}}\t{{.NetIO}}\t{{.BlockIO}}\t{{.PIDs}}`,
		header: map[string]string{"ID": "CONTAINER ID", "Container": "CONTAINER", "Name": "NAME", "CPUPerc": "CPU %",
			"MemUsage": "MEM USAGE / LIMIT", "MemPerc": "MEM %", "NetIO": "NET I/O", "BlockIO": "BLOCK I/O", "PIDs": "PIDS"},
	}
	decimal := func(n uint64) string { return units.HumanSizeWithPrecision(float64(n), 3) }
	for i, c := range containers {
		u, id := used[i], c.ID
		if trunc {
			id = shortID(id)
		}
		memory := 0.0
		if u.Limit > 0 {
			memory = float64(u.Memory) / float64(u.Limit) * 100
		}
		r.values = append(r.values, map[string]any{
			"ID": id, "Container": id, "Name": c.Name, "CPUPerc": fmt.Sprintf("%.2f%%", u.CPU),
			"MemUsage": units.BytesSize(float64(u.Memory)) + " / " + units.BytesSize(float64(u.Limit)),
			"MemPerc":  fmt.Sprintf("%.2f%%", memory), "NetIO": decimal(u.Received) + " / " + decimal(u.Sent),
			"BlockIO": decimal(u.BytesRead) + " / " + decimal(u.BytesWrite), "PIDs": fmt.Sprint(u.Processes),
		})
	}
	return r
}
