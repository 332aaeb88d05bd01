package cmd

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"recompose/cmd/lsp"
	"recompose/loader"
)

type lspOptions struct {
	presets         []string
	strict, sandbox bool
}

// typingPause is how long a check waits for the next key.
const typingPause = 200 * time.Millisecond

func (a *App) newLspCmd() *cobra.Command {
	o := lspOptions{}
	c := &cobra.Command{
		Use:   "lsp [OPTIONS]",
		Short: "Serve editors over standard input and output",
		Long: `Serve one editor by the Language Server Protocol: the mistakes that validate
finds, while the file is written; what the specification says of a key; the
keys and names that fit; where a name is declared; fixes. Nothing is written,
and no engine is needed.

Editors start it themselves: docs/editors.md has their settings.

Exit codes: 0 after the editor's shutdown, 1 if it left without.`,
		Example: "  recompose lsp --preset security",
		Args:    takes(0, 0, ""),
		RunE:    func(c *cobra.Command, _ []string) error { return a.runLsp(c.Context(), o) },
	}
	f := c.Flags()
	f.BoolVar(&o.strict, "strict", false, "Unset variables and ignored keys are errors; the same as --preset strict")
	f.StringArrayVar(&o.presets, "preset", nil, "Turn on a set of rules: "+strings.Join(slices.Sorted(maps.Keys(loader.Presets)), ", ")+" (repeat)")
	f.BoolVar(&o.sandbox, "sandbox", false, "Refuse to read files outside a project's directory")
	f.Bool("stdio", true, "Accepted for editors that pass it")
	_ = f.MarkHidden("stdio") // the name is right above
	return c
}

func (a *App) runLsp(ctx context.Context, o lspOptions) error {
	if len(a.global.files) > 0 {
		return failure("-f: lsp checks the files that the editor opens")
	}
	presets, err := knownPresets(o.presets, o.strict)
	if err != nil {
		return err
	}
	flags := a.loadOptions(nil)
	flags.Stdin, flags.Sandbox, flags.Presets = nil, o.sandbox, presets
	err = lsp.Serve(ctx, lsp.Options{In: a.In, Out: a.Out, Load: a.load, Flags: flags, Version: Version, Pause: typingPause})
	if errors.Is(err, lsp.ErrNoShutdown) {
		return withCode(exitFailed, nil) // there is nobody to tell
	}
	return err
}
