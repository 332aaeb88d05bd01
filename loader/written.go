package loader

import (
	"bytes"
	"context"
	"io"
	"slices"
)

// loadAsWritten leaves relative paths in the model as they are written. It
// loads twice: files are found by their whole paths.
func loadAsWritten(ctx context.Context, o Options) (*Project, []Diagnostic, error) {
	var stdin []byte
	if slices.Contains(o.Files, "-") && o.Stdin != nil {
		var err error
		if stdin, err = io.ReadAll(io.LimitReader(o.Stdin, maxInput+1)); err != nil {
			return nil, nil, err
		}
		o.Stdin = bytes.NewReader(stdin)
	}
	o.Skip.Paths = false
	p, ds, err := Load(ctx, o)
	if p == nil {
		return nil, ds, err
	}
	if stdin != nil {
		o.Stdin = bytes.NewReader(stdin)
	}
	l := newLoad(o)
	l.Skip.EnvFiles, l.relative = true, true
	written, err := l.run(ctx)
	if written == nil {
		return nil, ds, err
	}
	for name, s := range written.Model.Services {
		s.Environment, s.Labels = p.Model.Services[name].Environment, p.Model.Services[name].Labels
		if !o.Skip.EnvFiles {
			s.EnvFiles = nil // they are in the environment
		}
		written.Model.Services[name] = s
	}
	p.Model = written.Model
	return p, ds, nil
}
