package cmd

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/spf13/cobra"

	"recompose/executor"
	"recompose/loader"
	"recompose/planner"
)

type configOptions struct {
	selected []string
	format   string
	output   string
	quiet    bool

	skip          loader.Skip
	noInterpolate bool
	redact        bool
	digests       bool
	lock          bool

	services, volumes, networks, models bool
	images, profiles                    bool
	environment, variables              bool
	hash                                string
}

func (a *App) newConfigCmd() *cobra.Command {
	o := &configOptions{}
	c := &cobra.Command{
		Use:     "config [OPTIONS] [SERVICE...]",
		Aliases: []string{"convert"},
		Short:   "Print the files as they are understood",
		Long: `Print the merged and resolved model of the files: variables filled in, paths
absolute, short forms written out. Files of the 2015 format come out in
today's form. Values are printed as they are, secrets in them too; --redact
masks those.`,
		Example: `  recompose config
  recompose config --format json web
  recompose config --services
  recompose config --hash '*'
  recompose config --redact > bug-report.yaml`,
		RunE: func(c *cobra.Command, args []string) error {
			o.selected = args
			return a.runConfig(c.Context(), o, c.Flags().Changed("format"))
		},
	}
	f := c.Flags()
	f.StringVar(&o.format, "format", "yaml", "yaml or json")
	f.StringVarP(&o.output, "output", "o", "", "Write to `FILE`")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "Only check the files")
	f.BoolVar(&o.noInterpolate, "no-interpolate", false, "Leave variables as they are written")
	f.BoolVar(&o.skip.Normalization, "no-normalize", false, "Leave out what the files only imply")
	f.BoolVar(&o.skip.Paths, "no-path-resolution", false, "Leave relative paths as they are written")
	f.BoolVar(&o.skip.Consistency, "no-consistency", false, "Don't check what services refer to")
	f.BoolVar(&o.skip.EnvFiles, "no-env-resolution", false, "Don't read env files into the environment")
	f.BoolVar(&o.redact, "redact", false, "Mask passwords, tokens and secrets")
	f.BoolVar(&o.digests, "resolve-image-digests", false, "Pin images to the digests that their registries have now")
	f.BoolVar(&o.lock, "lock-image-digests", false, "Print an override file that pins the images")
	f.BoolVar(&o.services, "services", false, "Print the services' names, one a line")
	f.BoolVar(&o.volumes, "volumes", false, "Print the volumes' names")
	f.BoolVar(&o.networks, "networks", false, "Print the networks' names")
	f.BoolVar(&o.models, "models", false, "Print the models' names")
	f.BoolVar(&o.images, "images", false, "Print the images' names")
	f.BoolVar(&o.profiles, "profiles", false, "Print the profiles' names")
	f.BoolVar(&o.environment, "environment", false, "Print the variables that the files can use, with their values")
	f.BoolVar(&o.variables, "variables", false, "Print the variables that the files use, with their defaults")
	f.StringVar(&o.hash, "hash", "", "Print the configuration hash of `SERVICES` (comma-separated; * for all)")
	return c
}

func (a *App) runConfig(ctx context.Context, o *configOptions, formatted bool) error {
	if o.format != "yaml" && o.format != "json" {
		return failure("--format %q: expected yaml or json", o.format)
	}
	if o.lock && o.noInterpolate || o.redact && o.noInterpolate {
		return failure("--no-interpolate does not go with --lock-image-digests or --redact: nothing is resolved yet")
	}
	if o.variables || o.noInterpolate {
		return a.printTree(ctx, o, formatted)
	}
	options := a.loadOptions(o.selected)
	options.Skip = o.skip
	p, err := a.projectBy(ctx, options)
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
	if o.digests || o.lock {
		if model, err = a.withDigests(ctx, model); err != nil {
			return err
		}
	}
	if o.redact {
		model = loader.Redact(model)
	}
	if o.quiet {
		return nil
	}
	text, err := o.text(p, model)
	if err != nil {
		return err
	}
	return a.printOrWrite(o.output, text)
}

// printTree is for what is printed before variables are replaced.
func (a *App) printTree(ctx context.Context, o *configOptions, formatted bool) error {
	tree, diagnostics, err := loader.LoadTree(ctx, a.loadOptions(o.selected))
	a.report(diagnostics)
	if loader.HasErrors(diagnostics) {
		return errReported
	}
	if err != nil || o.quiet {
		return err
	}
	var text []byte
	switch {
	case o.variables && !formatted:
		text = variablesTable(tree.Variables)
	case o.variables && o.format == "json":
		text, err = indentedJSON(tree.Variables)
	case o.variables:
		text, err = loader.YAML(tree.Variables)
	case o.format == "json":
		text, err = indentedJSON(tree.Values)
	default:
		text, err = loader.YAML(tree.Values)
	}
	if err != nil {
		return err
	}
	return a.printOrWrite(o.output, text)
}

// printOrWrite writes to a file or, without one, to the output. A file is
// replaced whole.
func (a *App) printOrWrite(file string, text []byte) error {
	if file == "" {
		_, err := a.Out.Write(text)
		return err
	}
	if !filepath.IsAbs(file) {
		file = filepath.Join(a.Dir, file)
	}
	return os.WriteFile(file, text, 0o644)
}

func indentedJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(v)
	return b.Bytes(), err
}

func variablesTable(variables map[string]loader.Variable) []byte {
	var b bytes.Buffer
	w := tabwriter.NewWriter(&b, 20, 1, 3, ' ', 0)
	fmt.Fprintln(w, "NAME\tREQUIRED\tDEFAULT VALUE\tALTERNATE VALUE")
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		v := variables[name]
		fmt.Fprintf(w, "%s\t%t\t%s\t%s\n", v.Name, v.Required, v.DefaultValue, v.PresenceValue)
	}
	w.Flush()
	return b.Bytes()
}

func (o *configOptions) text(p *loader.Project, model *types.Project) ([]byte, error) {
	switch {
	case o.services:
		return list(model.ServiceNames()), nil
	case o.volumes:
		return list(model.VolumeNames()), nil
	case o.networks:
		return list(model.NetworkNames()), nil
	case o.models:
		return list(slices.Collect(maps.Keys(model.Models))), nil
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
		for k, v := range model.Environment {
			lines = append(lines, k+"="+v)
		}
		return list(lines), nil
	case o.hash != "":
		return hashes(model, o.hash)
	case o.lock:
		model = imagesOnly(model)
	}
	if o.format == "json" {
		return loader.MarshalJSON(model)
	}
	return loader.MarshalYAML(model)
}

// imagesOnly is what an override file needs to pin the images.
func imagesOnly(model *types.Project) *types.Project {
	out := &types.Project{Services: types.Services{}}
	for name, svc := range model.Services {
		if svc.Image != "" {
			pinned := types.ServiceConfig{Name: name}
			pinned.Image = svc.Image
			out.Services[name] = pinned
		}
	}
	return out
}

// withDigests pins each image to the digest that its registry has for it.
func (a *App) withDigests(ctx context.Context, model *types.Project) (*types.Project, error) {
	engine, err := a.client()
	if err != nil {
		return nil, err
	}
	registry, ok := engine.(executor.Registry)
	if !ok {
		return nil, failure("this engine cannot ask registries for digests")
	}
	return model.WithServicesTransform(func(name string, svc types.ServiceConfig) (types.ServiceConfig, error) {
		if svc.Image == "" {
			return svc, nil
		}
		pinned, err := registry.Pin(ctx, svc.Image)
		if err != nil {
			return svc, fmt.Errorf("service %s: %w", name, err)
		}
		svc.Image = pinned
		return svc, nil
	})
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
