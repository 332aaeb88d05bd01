package cmd

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"recompose/loader"
	"recompose/loader/report"
)

type validateOptions struct {
	format string
	quiet  bool
}

func (a *App) newValidateCmd() *cobra.Command {
	o := validateOptions{}
	c := &cobra.Command{
		Use:   "validate [OPTIONS]",
		Short: "Find the mistakes in the files",
		Long: `Find all mistakes in the files at once, each with its file, line and column.
No engine is needed. Exit codes: 0 no error, 1 errors, 3 the files could not
be read.`,
		Example: "  recompose validate\n  recompose -f a.yaml -f b.yaml validate --format github",
		Args:    cobra.NoArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return a.runValidate(c.Context(), o) },
	}
	c.Flags().StringVar(&o.format, "format", "text", "text, json or github")
	c.Flags().BoolVarP(&o.quiet, "quiet", "q", false, "Only the exit code")
	return c
}

func (a *App) runValidate(ctx context.Context, o validateOptions) error {
	var print func([]loader.Diagnostic) error
	switch o.format {
	case "text":
		print = func(ds []loader.Diagnostic) error { return report.Text(a.Out, ds, a.sourceLine) }
	case "json":
		print = func(ds []loader.Diagnostic) error { return report.JSON(a.Out, ds) }
	case "github":
		print = func(ds []loader.Diagnostic) error { return report.GitHub(a.Out, ds) }
	default:
		return failure("--format %q: expected text, json or github", o.format)
	}
	p, diagnostics, err := a.load(ctx, a.loadOptions(nil))
	if err != nil && !loader.HasErrors(diagnostics) {
		return withCode(exitNotChecked, err)
	}
	diagnostics = a.relative(diagnostics)
	if !o.quiet {
		if err := print(diagnostics); err != nil {
			return err
		}
		if o.format == "text" {
			a.summarize(p, diagnostics)
		}
	}
	if loader.HasErrors(diagnostics) {
		return errReported
	}
	return nil
}

func (a *App) summarize(p *loader.Project, ds []loader.Diagnostic) {
	if summary := report.Summary(ds); summary != "" {
		fmt.Fprintln(a.Err, summary)
		return
	}
	if p != nil {
		fmt.Fprintf(a.Err, "no mistakes: project %s, format %s, %d services\n", p.Name, p.Format, len(p.Model.Services))
	}
}
