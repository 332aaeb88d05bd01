package loader

import (
	"bytes"
	"context"
	"fmt"

	compose "github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/template"
	"gopkg.in/yaml.v3"
)

// Skip leaves passes of Load out, for `config`. The zero value leaves out
// none.
type Skip struct {
	Normalization bool // default networks, names, implied dependencies
	Paths         bool // relative paths stay as they are written
	Consistency   bool // references between services are not checked
	EnvFiles      bool // env_file and label_file are not read
}

// Tree is the merged content of the files before their variables are
// replaced: plain maps, lists and scalars.
type Tree struct {
	Values    map[string]any
	Variables map[string]Variable
}

// Variable is how the files use a variable, in the words of docker compose's
// output.
type Variable struct {
	Name          string
	DefaultValue  string // ${NAME:-default}
	PresenceValue string // ${NAME:+value}
	Required      bool   // ${NAME:?message}
}

// LoadTree reads and merges the files as Load does, but leaves variables and
// all values as they are written.
func LoadTree(ctx context.Context, o Options) (*Tree, []Diagnostic, error) {
	l := newLoad(o)
	tree, err := l.tree(ctx)
	ds := SortDiagnostics(l.found)
	if err != nil || HasErrors(ds) {
		return nil, ds, err
	}
	return tree, ds, nil
}

func (l *load) tree(ctx context.Context) (*Tree, error) {
	if ok, err := l.begin(); !ok {
		return nil, err
	}
	contents := l.contents()
	if l.format == FormatV1 {
		root := l.convertClassic(true)
		if HasErrors(l.found) {
			return nil, nil
		}
		var err error
		if contents, err = encode([]tree{{root}}); err != nil {
			return nil, err
		}
	}
	values, err := compose.LoadModelWithContext(ctx, l.details(contents), func(o *compose.Options) {
		l.lenient(o)
		o.SkipInterpolation = true
		if l.format == FormatV1 {
			o.SkipNormalization = true // it has no default network
		}
	})
	if err != nil {
		l.refuse(err)
		return nil, ctx.Err()
	}
	if l.format == FormatV1 {
		values["name"] = l.name.name
	}
	return &Tree{Values: values, Variables: variablesOf(values)}, nil
}

// refuse reports what compose-go found, each mistake at its place.
func (l *load) refuse(err error) {
	for _, m := range l.mistakes(err) {
		pos, _ := l.positions.At(m.path)
		if pos.File == "" {
			pos = Position{File: l.sources[len(l.sources)-1].name}
		}
		l.report(SeverityError, m.rule, pos, m.path, m.message, m.hint)
	}
}

func variablesOf(values map[string]any) map[string]Variable {
	out := map[string]Variable{}
	for name, v := range template.ExtractVariables(values, nil) {
		out[name] = Variable{Name: v.Name, Required: v.Required, DefaultValue: v.DefaultValue, PresenceValue: v.PresenceValue}
	}
	return out
}

// YAML writes plain values as YAML.
func YAML(values any) ([]byte, error) {
	var b bytes.Buffer
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	if err := enc.Encode(values); err != nil {
		return nil, fmt.Errorf("cannot be written as YAML: %w", err)
	}
	return b.Bytes(), enc.Close()
}
