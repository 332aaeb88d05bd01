package cmd

import "github.com/spf13/cobra"

// takes checks how many arguments there are; a negative most is no limit, and
// what names them.
func takes(least, most int, what string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		switch {
		case len(args) < least:
			return failure("%s needs %s: %s --help", c.Name(), what, c.CommandPath())
		case most == 0 && len(args) > 0:
			return failure("%s takes no arguments: %s --help", c.Name(), c.CommandPath())
		case most > 0 && len(args) > most:
			return failure("%s takes no more than %s: %s --help", c.Name(), what, c.CommandPath())
		}
		return nil
	}
}
