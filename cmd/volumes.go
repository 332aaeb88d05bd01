package cmd

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"recompose/planner"
)

type volumesOptions struct {
	services []string
	quiet    bool
	format   string
}

func (a *App) newVolumesCmd() *cobra.Command {
	o := &volumesOptions{}
	c := &cobra.Command{
		Use:     "volumes [OPTIONS] [SERVICE...]",
		Short:   "List the project's volumes",
		Long:    "List the project's volumes; of services, only those that their containers use.",
		Example: "  recompose volumes\n  recompose volumes --format json db",
		RunE: func(c *cobra.Command, args []string) error {
			o.services = args
			return a.runVolumes(c.Context(), o)
		},
	}
	c.Flags().BoolVarP(&o.quiet, "quiet", "q", false, "Only names")
	c.Flags().StringVar(&o.format, "format", "", "table, json, or a template")
	return c
}

func (a *App) runVolumes(ctx context.Context, o *volumesOptions) error {
	v, err := a.look(ctx, o.services, planner.Query{})
	if err != nil {
		return err
	}
	volumes := v.volumes(o.services)
	if o.quiet {
		var names []string
		for _, volume := range volumes {
			names = append(names, volume.Name)
		}
		_, err := a.Out.Write(list(names))
		return err
	}
	r := rows{
		table: `{{.Driver}}\t{{.Name}}`,
		header: map[string]string{"Driver": "DRIVER", "Name": "VOLUME NAME", "Scope": "SCOPE", "Mountpoint": "MOUNTPOINT",
			"Labels": "LABELS"},
	}
	for _, volume := range volumes {
		var labels []string
		for _, key := range slices.Sorted(maps.Keys(volume.Labels)) {
			labels = append(labels, key+"="+volume.Labels[key])
		}
		r.values = append(r.values, map[string]any{
			"Driver": volume.Driver, "Name": volume.Name, "Scope": volume.Scope, "Mountpoint": volume.Mountpoint,
			"Labels": strings.Join(labels, ","), labelsField: volume.Labels,
		})
	}
	return r.write(a.Out, o.format)
}

// volumes are the project's that containers of the services use, or all if
// none is named.
func (v view) volumes(services []string) []planner.Volume {
	used := map[string]bool{}
	for _, c := range v.containers(services) {
		for _, m := range c.Mounts {
			used[m.Name] = m.Type == "volume" || used[m.Name]
		}
	}
	volumes := slices.DeleteFunc(slices.Clone(v.state.Volumes), func(volume planner.Volume) bool {
		return volume.Project != v.name || len(services) > 0 && !used[volume.Name]
	})
	slices.SortFunc(volumes, func(a, b planner.Volume) int { return cmp.Compare(a.Name, b.Name) })
	return volumes
}
