package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"recompose/executor"
	"recompose/planner"
)

type exportOptions struct {
	service, output string
	index           int
}

func (a *App) newExportCmd() *cobra.Command {
	o := &exportOptions{}
	c := &cobra.Command{
		Use:     "export [OPTIONS] SERVICE",
		Short:   "Write a container's files as a tar archive",
		Long:    "Write all files of a service's container as a tar archive to standard output, or to a file. Volumes are not part of it.",
		Example: "  recompose export -o web.tar web\n  recompose export --index 2 web | tar t",
		Args:    takes(1, 1, "SERVICE"),
		RunE: func(c *cobra.Command, args []string) error {
			o.service = args[0]
			return a.runExport(c.Context(), o)
		},
	}
	c.Flags().IntVar(&o.index, "index", 0, "`NUMBER` of the container, where there are several")
	c.Flags().StringVarP(&o.output, "output", "o", "", "Write to `FILE`")
	return c
}

func (a *App) runExport(ctx context.Context, o *exportOptions) error {
	if o.output == "" && a.OutTTY {
		return failure("a tar archive is nothing for a terminal: give -o FILE")
	}
	container, files, err := a.containerFiles(ctx, o.service, o.index)
	if err != nil {
		return err
	}
	if a.global.dryRun {
		_, err := fmt.Fprintf(a.Out, "would export %s\n", container.Name)
		return err
	}
	ctx, done := a.cancelable(ctx)
	defer done()
	body, err := files.Export(ctx, container.ID)
	if err == nil {
		defer body.Close()
		err = a.save(body, o.output)
	}
	if ctx.Err() != nil {
		return errInterrupted
	}
	return err
}

// save copies to a file of ours, or without a name to standard output.
func (a *App) save(from io.Reader, name string) error {
	if name == "" {
		_, err := io.Copy(a.Out, from)
		return err
	}
	f, err := os.OpenFile(a.absolute(name), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return plainPath(err, name)
	}
	_, err = io.Copy(f, from)
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("%s is not complete: %w", name, err)
	}
	return nil
}

// containerFiles is a service's first container, or replica index of it.
func (a *App) containerFiles(ctx context.Context, service string, index int) (planner.Container, executor.Files, error) {
	v, err := a.look(ctx, []string{service}, planner.Query{})
	if err != nil {
		return planner.Container{}, nil, err
	}
	found, err := v.made(service, index, false)
	if err != nil {
		return planner.Container{}, nil, err
	}
	files, err := also[executor.Files](a, "copying of files")
	return found[0], files, err
}
