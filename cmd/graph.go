package cmd

import (
	"fmt"

	"github.com/spf13/cobra"

	"recompose/planner"
)

func (a *App) newGraphCmd() *cobra.Command {
	format := "dot"
	c := &cobra.Command{
		Use:     "graph [OPTIONS]",
		Short:   "Draw which services need which",
		Long:    "Print the graph of the services' dependencies for Graphviz or Mermaid.",
		Example: "  recompose graph | dot -Tsvg > services.svg\n  recompose graph --format mermaid",
		Args:    takes(0, 0, ""),
		RunE: func(c *cobra.Command, _ []string) error {
			draw := planner.DOT
			switch format {
			case "dot":
			case "mermaid":
				draw = planner.Mermaid
			default:
				return failure("--format %q: expected dot or mermaid", format)
			}
			p, err := a.project(c.Context(), nil)
			if err != nil {
				return err
			}
			_, err = fmt.Fprint(a.Out, draw(p))
			return err
		},
	}
	c.Flags().StringVar(&format, "format", "dot", "dot or mermaid")
	return c
}
