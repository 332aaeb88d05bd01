package cmd

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/spf13/cobra"

	"recompose/loader"
	"recompose/planner"
)

type configOptions struct {
	selected    []string
	format      string
	output      string
	quiet       bool
	services    bool
	volumes     bool
	networks    bool
	images      bool
	profiles    bool
	environment bool
	hash        string
}

func (a *App) newConfigCmd() *cobra.Command {
	o := &configOptions{}
	c := &cobra.Command{
		Use:     "config [OPTIONS] [SERVICE...]",
		Aliases: []string{"convert"},
		Short:   "Print the files as they are understood",
		Long: `Print the merged and resolved model of the files: variables filled in, paths
absolute, short forms written out. Files of the 2015 format come out in
today's form. Values are printed as they are, secrets in them too.`,
		Example: `  recompose config
  recompose config --format json web
  recompose config --services
  recompose config --hash '*'`,
		RunE: func(c *cobra.Command, args []string) error {
			o.selected = args
			return a.runConfig(c.Context(), o)
		},
	}
	f := c.Flags()
	f.StringVar(&o.format, "format", "yaml", "yaml or json")
	f.StringVarP(&o.output, "output", "o", "", "Write to `FILE`")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "Only check the files")
	f.BoolVar(&o.services, "services", false, "Print the services' names, one a line")
	f.BoolVar(&o.volumes, "volumes", false, "Print the volumes' names")
	f.BoolVar(&o.networks, "networks", false, "Print the networks' names")
	f.BoolVar(&o.images, "images", false, "Print the images' names")
	f.BoolVar(&o.profiles, "profiles", false, "Print the profiles' names")
	f.BoolVar(&o.environment, "environment", false, "Print the variables that the files can use")
	f.StringVar(&o.hash, "hash", "", "Print the configuration hash of `SERVICES` (comma-separated; * for all)")
	return c
}

func (a *App) runConfig(ctx context.Context, o *configOptions) error {
	if o.format != "yaml" && o.format != "json" {
		return failure("--format %q: expected yaml or json", o.format)
	}
	p, err := a.project(ctx, o.selected)
	if err != nil {
		return err
	}
	if err := unknownServices(o.selected, serviceNames(p)); err != nil {
		return err
	}
	model := p.Model
	if len(o.selected) > 0 {
		if model, err = model.WithSelectedServices(o.selected); err != nil {
			return err
		}
	}
	if o.quiet {
		return nil
	}
	text, err := o.text(p, model)
	if err != nil {
		return err
	}
	if o.output != "" {
		path := o.output
		if !filepath.IsAbs(path) {
			path = filepath.Join(a.Dir, path)
		}
		return os.WriteFile(path, text, 0o644)
	}
	_, err = io.Copy(a.Out, bytes.NewReader(text))
	return err
}

func (o *configOptions) text(p *loader.Project, model *types.Project) ([]byte, error) {
	switch {
	case o.services:
		return list(model.ServiceNames()), nil
	case o.volumes:
		return list(model.VolumeNames()), nil
	case o.networks:
		return list(model.NetworkNames()), nil
	case o.profiles:
		return list(profileNames(p.Model)), nil
	case o.images:
		var names []string
		for _, svc := range model.Services {
			names = append(names, imageOf(p, svc))
		}
		return list(names), nil
	case o.environment:
		var lines []string
		for k, v := range p.Model.Environment {
			lines = append(lines, k+"="+v)
		}
		return list(lines), nil
	case o.hash != "":
		return hashes(model, o.hash)
	case o.format == "json":
		return loader.MarshalJSON(model)
	}
	return loader.MarshalYAML(model)
}

// list is sorted lines, each once.
func list(lines []string) []byte {
	lines = slices.Clone(lines)
	slices.Sort(lines)
	var b bytes.Buffer
	for _, line := range slices.Compact(lines) {
		fmt.Fprintln(&b, line)
	}
	return b.Bytes()
}

func profileNames(model *types.Project) []string {
	names := map[string]bool{}
	for _, services := range []types.Services{model.Services, model.DisabledServices} {
		for _, svc := range services {
			for _, name := range svc.Profiles {
				names[name] = true
			}
		}
	}
	return slices.Collect(maps.Keys(names))
}

// imageOf is the reference of a service's image: the file's, or the name that
// its build gets.
func imageOf(p *loader.Project, svc types.ServiceConfig) string {
	if svc.Image != "" {
		return svc.Image
	}
	separator := "-"
	if p.Classic() || p.Compatibility {
		separator = "_"
	}
	return p.Name + separator + svc.Name
}

func hashes(model *types.Project, which string) ([]byte, error) {
	names := model.ServiceNames()
	if which != "*" {
		names = strings.Split(which, ",")
		if err := unknownServices(names, model.ServiceNames()); err != nil {
			return nil, err
		}
	}
	var lines []string
	for _, name := range names {
		hash, err := planner.ComposeHash(model.Services[name])
		if err != nil {
			return nil, fmt.Errorf("service %s: %w", name, err)
		}
		lines = append(lines, name+" "+hash)
	}
	return list(lines), nil
}
