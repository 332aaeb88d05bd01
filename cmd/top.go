package cmd

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"recompose/executor"
	"recompose/planner"
)

func (a *App) newTopCmd() *cobra.Command {
	return &cobra.Command{
		Use:     "top [SERVICE...]",
		Short:   "Show the processes of running containers",
		Long:    "Show the processes of running containers, each with its service and the number of its container.",
		Example: "  recompose top\n  recompose top web",
		RunE:    func(c *cobra.Command, args []string) error { return a.runTop(c.Context(), args) },
	}
}

func (a *App) runTop(ctx context.Context, services []string) error {
	v, err := a.look(ctx, services, planner.Query{})
	if err != nil {
		return err
	}
	processes, err := also[executor.Processes](a, "list of processes")
	if err != nil {
		return err
	}
	ctx, done := a.cancelable(ctx)
	defer done()
	table := processTable{columns: []string{"SERVICE", "#"}}
	for _, c := range v.containers(services) {
		if c.Status != planner.StatusRunning && c.Status != planner.StatusPaused {
			continue // the engine lists no others
		}
		titles, rows, err := processes.Top(ctx, c.ID)
		switch {
		case ctx.Err() != nil:
			return errInterrupted
		case errors.Is(err, executor.ErrNotFound):
			continue // it was removed meanwhile
		case err != nil:
			return err
		}
		table.add(c, titles, rows)
	}
	if len(table.processes) == 0 {
		return nil
	}
	return table.rows().write(a.Out, "")
}

// processTable has the columns of all containers: which there are is the
// engine's choice, and may depend on the container.
type processTable struct {
	columns   []string
	processes []fields
}

func (t *processTable) add(c planner.Container, titles []string, rows [][]string) {
	for _, title := range titles {
		if !slices.Contains(t.columns, title) {
			t.columns = append(t.columns, title)
		}
	}
	for _, row := range rows {
		process := fields{"SERVICE": c.Service, "#": c.Number}
		for i, value := range row[:min(len(row), len(titles))] {
			process[titles[i]] = value
		}
		t.processes = append(t.processes, process)
	}
}

func (t *processTable) rows() rows {
	r := rows{header: map[string]string{}, values: t.processes}
	var cells []string
	for _, column := range t.columns {
		r.header[column] = column
		cells = append(cells, "{{index . "+strconv.Quote(column)+"}}")
		for _, process := range t.processes {
			if _, ok := process[column]; !ok {
				process[column] = "-"
			}
		}
	}
	r.table = strings.Join(cells, "\t")
	return r
}
