package cmd

import (
	"slices"

	"github.com/spf13/cobra"
)

// completeServices offers the files' services to the shell, without a word
// about mistakes in them.
func (a *App) completeServices(c *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	p, _, err := a.load(c.Context(), a.loadOptions(nil))
	if err != nil || p == nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	names := slices.DeleteFunc(serviceNames(p), func(name string) bool { return slices.Contains(args, name) })
	slices.Sort(names)
	return names, cobra.ShellCompDirectiveNoFileComp
}
