package cmd

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// Version is the program's. Releases set it when linking
// (-ldflags "-X recompose/cmd.Version=1.2.3").
var Version = "0.1.0-dev"

type versionOptions struct {
	format string
	short  bool
}

func (a *App) newVersionCmd() *cobra.Command {
	o := versionOptions{}
	c := &cobra.Command{
		Use:     "version [OPTIONS]",
		Short:   "Show the version",
		Example: "  recompose version --short",
		Args:    takes(0, 0, ""),
		RunE:    func(*cobra.Command, []string) error { return a.runVersion(o) },
	}
	c.Flags().StringVarP(&o.format, "format", "f", "", "pretty or json")
	c.Flags().BoolVar(&o.short, "short", false, "Only the number")
	return c
}

func (a *App) runVersion(o versionOptions) error {
	var err error
	switch {
	case o.short:
		_, err = fmt.Fprintln(a.Out, strings.TrimPrefix(Version, "v"))
	case o.format == "json":
		err = json.NewEncoder(a.Out).Encode(map[string]string{"version": Version})
	case o.format == "" || o.format == "pretty":
		_, err = fmt.Fprintln(a.Out, "recompose version "+Version)
	default:
		err = failure("--format %q: expected pretty or json", o.format)
	}
	return err
}
