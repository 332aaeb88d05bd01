package cmd

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"recompose/executor"
)

type commitOptions struct {
	executor.CommitOptions

	service string
	index   int
}

func (a *App) newCommitCmd() *cobra.Command {
	o := &commitOptions{}
	c := &cobra.Command{
		Use:   "commit [OPTIONS] SERVICE [IMAGE]",
		Short: "Make an image of a container",
		Long: `Make an image of a service's container as it is now, without its volumes, and
print its id. The container is paused meanwhile.`,
		Example: "  recompose commit web shop/web:broken\n  recompose commit -c 'CMD [\"sh\"]' --index 2 web shop/web:look",
		Args:    takes(1, 2, "SERVICE [IMAGE]"),
		RunE: func(c *cobra.Command, args []string) error {
			o.service = args[0]
			if len(args) > 1 {
				o.Image = args[1]
			}
			return a.runCommit(c.Context(), o)
		},
	}
	f := c.Flags()
	f.IntVar(&o.index, "index", 0, "`NUMBER` of the container, where there are several")
	f.StringVarP(&o.Author, "author", "a", "", "Who made it")
	f.StringVarP(&o.Message, "message", "m", "", "What it is for")
	f.StringArrayVarP(&o.Changes, "change", "c", nil, "Dockerfile `INSTRUCTION` for the image (repeat)")
	f.BoolVarP(&o.Pause, "pause", "p", true, "Pause the container meanwhile")
	return c
}

func (a *App) runCommit(ctx context.Context, o *commitOptions) error {
	container, files, err := a.containerFiles(ctx, o.service, o.index)
	if err != nil {
		return err
	}
	if a.global.dryRun {
		_, err := fmt.Fprintf(a.Out, "would make an image of %s\n", container.Name)
		return err
	}
	id, err := files.Commit(ctx, container.ID, o.CommitOptions)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(a.Out, id)
	return err
}
