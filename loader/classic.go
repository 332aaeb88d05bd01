package loader

import (
	"context"
	"os"
	"path/filepath"
	"slices"

	compose "github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/template"
	"github.com/compose-spec/compose-go/v2/types"
	"gopkg.in/yaml.v3"

	"recompose/loader/legacy"
)

// loadClassic converts v1-format files and loads the result through
// compose-go like any other file.
func (l *load) loadClassic(ctx context.Context) *types.Project {
	root := l.convertClassic(false)
	l.checkTags()
	l.checkJoined()
	l.checkForms()
	if HasErrors(l.found) {
		return l.salvageClassic(ctx, root)
	}
	if model := l.plainClassic(root); model != nil {
		return l.finishClassic(model)
	}
	if l.surelyBroken() {
		return l.salvageClassic(ctx, root)
	}
	model, err := l.composeClassic(ctx, root)
	if err != nil {
		l.refused(err)
		return l.salvageClassic(ctx, root)
	}
	return l.finishClassic(model)
}

// convertClassic is the files in today's form, their places kept. raw leaves variables as they are written.
func (l *load) convertClassic(raw bool) *yaml.Node {
	o := legacy.Options{Lookup: l.env.vars.Resolve, Open: l.openClassic, Raw: raw}
	for _, s := range l.sources {
		if len(s.docs) > 1 {
			l.report(SeverityError, "yaml-documents", s.position(s.docs[1]), "", "a file of this format is one YAML document; here begins a second", "")
		}
		o.Files = append(o.Files, legacy.File{Name: s.name, Dir: l.discovery.dir, Root: resolve(s.docs[0])})
	}
	result := legacy.Convert(o)
	l.drivers = result.Drivers
	place := func(n *yaml.Node) Position {
		if s := l.files[result.Origin[n]]; s != nil {
			return s.position(n)
		}
		return Position{File: l.sources[0].name}
	}
	l.converted.root, l.converted.place = result.Root, place
	l.positions.add(result.Root, "", false, place)
	l.classicProblems(result.Problems, place)
	if HasErrors(l.found) { // services that could not be converted are known all the same
		for _, s := range l.sources {
			l.positions.add(resolve(s.docs[0]), "services", true, s.position)
		}
	}
	return result.Root
}

func (l *load) classicProblems(problems []legacy.Problem, place func(*yaml.Node) Position) {
	said := map[string]bool{} // a variable is named once, not at each use
	for _, p := range problems {
		if p.Rule == "unset-variable" {
			if said[p.Message] {
				continue
			}
			said[p.Message] = true
		}
		pos := Position{File: p.File}
		if p.Node != nil {
			pos = place(p.Node)
		}
		sev := SeverityError
		if p.Warning {
			sev = SeverityWarning
		}
		l.report(sev, p.Rule, pos, p.Path, p.Message, p.Hint)
	}
}

// openClassic reads a file that `extends` names.
func (l *load) openClassic(name string) (legacy.File, *legacy.Problem) {
	if err := l.admit(name); err != nil {
		return legacy.File{}, &legacy.Problem{Rule: "outside-project", Message: err.Error()}
	}
	s, bad, err := l.source(name)
	switch {
	case err != nil:
		message := err.Error()
		if os.IsNotExist(err) {
			message = name + " does not exist"
		}
		return legacy.File{}, &legacy.Problem{Rule: "extends-file", Message: "extends: " + message}
	case bad != nil:
		// The finding has its own place; the one at `extends` says who asked.
		l.files[name] = s
		l.found = append(l.found, *bad)
		return legacy.File{}, &legacy.Problem{Rule: "extends-file", Message: "extends: " + name + " cannot be read as YAML"}
	case len(s.docs) == 0 || resolve(s.docs[0]).Kind != yaml.MappingNode:
		return legacy.File{}, &legacy.Problem{Rule: "extends-file", Message: "extends: " + name + " has no services"}
	}
	if len(s.docs) > 1 {
		return legacy.File{}, &legacy.Problem{Rule: "extends-file", Message: "extends: " + name + " has more than one YAML document"}
	}
	root := resolve(s.docs[0])
	if f := detectFormat(root); f != FormatV1 {
		return legacy.File{}, &legacy.Problem{
			Rule: "format-mixed", Message: "extends: " + name + " is of the format " + string(f) + ", this file of the format v1",
			Hint: "both files must be of one format",
		}
	}
	l.files[name] = s
	l.readIgnores(s)
	return legacy.File{Name: name, Dir: filepath.Dir(name), Root: root}, nil
}

// composeConverted loads a changed tree: plain services without compose-go.
func (l *load) composeConverted(ctx context.Context, root *yaml.Node) (*types.Project, []error) {
	if doc := l.decodeClassic(root); doc != nil {
		model, errs := l.complete(doc, func(names []string) []byte { return only(root, names) }, func(content []byte) (*types.Project, error) {
			return l.composeText(ctx, content)
		})
		if !slices.Contains(errs, errPart) {
			return model, errs
		}
	}
	model, err := l.composeClassic(ctx, root)
	if err != nil {
		return nil, []error{err}
	}
	return model, nil
}

func (l *load) composeClassic(ctx context.Context, root *yaml.Node) (*types.Project, error) {
	contents, err := encode([]tree{{root}})
	if err != nil {
		return nil, err
	}
	return l.composeText(ctx, contents[0])
}

func (l *load) composeText(ctx context.Context, content []byte) (*types.Project, error) {
	return l.compose(ctx, [][]byte{content}, func(o *compose.Options) {
		l.lenient(o)
		o.SkipExtends, o.SkipInclude = true, true
		// compose-go applies options twice, the first time without these.
		if o.Interpolate != nil {
			// Variables were replaced already. Interpolation itself stays on:
			// without it compose-go leaves ports and volumes as text.
			o.Interpolate.Substitute = func(s string, _ template.Mapping) (string, error) { return s, nil }
		}
	})
}

// salvageClassic finds what else is wrong in files with mistakes, as salvage
// does.
func (l *load) salvageClassic(ctx context.Context, root *yaml.Node) *types.Project {
	l.checkShort()
	l.checkDecoded()
	var drop []string
	for _, d := range l.found {
		if d.Severity == SeverityError {
			drop = append(drop, d.Path, "services."+d.Path)
		}
	}
	for range maxRounds {
		rest := copyTree(root, map[*yaml.Node]*yaml.Node{})
		prune([]tree{{rest}}, drop)
		model, errs := l.composeConverted(ctx, rest)
		if model != nil {
			return l.finishClassic(model)
		}
		more := l.refusedAll(errs, drop)
		if ctx.Err() != nil || len(more) == 0 {
			return nil
		}
		drop = append(drop, more...)
	}
	return nil
}

// finishClassic gives the model what today's format cannot say: the engine's
// default network, and named volumes that nobody declares.
func (l *load) finishClassic(p *types.Project) *types.Project {
	delete(p.Networks, "default")
	for name, s := range p.Services {
		s.Networks = nil
		if s.NetworkMode == "" {
			s.NetworkMode = "default"
		}
		s.VolumeDriver = l.drivers[name]
		for i := range s.EnvFiles {
			s.EnvFiles[i].Format = classicEnvFormat
		}
		for _, v := range s.Volumes {
			if v.Type != types.VolumeTypeVolume || v.Source == "" {
				continue
			}
			if p.Volumes == nil {
				p.Volumes = types.Volumes{}
			}
			driver := l.drivers[name]
			if driver == "" {
				driver = p.Volumes[v.Source].Driver // of another service that mounts it
			}
			p.Volumes[v.Source] = types.VolumeConfig{
				Name: v.Source, Driver: driver, External: true,
				Extensions: types.Extensions{ImplicitVolume: true},
			}
		}
		p.Services[name] = s
	}
	return p
}
