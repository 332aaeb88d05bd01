package cmd

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"recompose/loader"
	"recompose/loader/report"
	"recompose/planner"
)

// loadOptions are the global flags and the environment, as the loader takes
// them.
func (a *App) loadOptions(services []string) loader.Options {
	g := &a.global
	return loader.Options{
		Files: g.files, Name: g.project, Directory: g.dir, WorkingDir: a.Dir,
		EnvFiles: g.envFiles, Profiles: g.profiles, Services: services,
		Env: a.Env, Stdin: a.In, Compatibility: g.compatibility,
	}
}

// project loads the files for a command that can't do without them. What the
// loader finds is printed; an error among it ends the command before the
// engine is contacted.
func (a *App) project(ctx context.Context, services []string) (*loader.Project, error) {
	return a.projectBy(ctx, a.loadOptions(services))
}

func (a *App) projectBy(ctx context.Context, o loader.Options) (*loader.Project, error) {
	a.loaded = o
	p, diagnostics, err := a.load(ctx, o)
	a.report(diagnostics)
	if loader.HasErrors(diagnostics) {
		return nil, errReported
	}
	return p, a.noSuchFile(err)
}

// noSuchFile names a file that is not there as the user did.
func (a *App) noSuchFile(err error) error {
	e, ok := errors.AsType[*fs.PathError](err)
	if !ok || !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, file := range a.global.files {
		if filepath.Clean(a.absolute(file)) == e.Path {
			return failure("%s: no such file", file)
		}
	}
	return failure("%s: no such file", a.relativeName(e.Path))
}

// projectOrName is for commands that can go by the engine's labels alone: with
// -p or COMPOSE_PROJECT_NAME no file is needed. p is nil then. outline is for
// those that want no more of the files than names and dependencies.
func (a *App) projectOrName(ctx context.Context, services []string, outline bool) (p *loader.Project, name string, err error) {
	name = firstOf(a.global.project, a.getenv("COMPOSE_PROJECT_NAME"))
	explicit := len(a.global.files) > 0 || a.getenv("COMPOSE_FILE") != ""
	o := a.loadOptions(nil)
	o.Outline = outline
	a.loaded = o
	p, diagnostics, err := a.load(ctx, o)
	broken := loader.HasErrors(diagnostics)
	if (err != nil || broken) && name != "" && !explicit {
		if broken {
			a.say("warning", "the compose files here have mistakes (see "+a.Program+" validate); going by the name "+name+" only")
		}
		return nil, name, nil
	}
	a.report(diagnostics)
	if broken {
		return nil, "", errReported
	}
	if err != nil {
		return nil, "", a.noSuchFile(err)
	}
	return p, p.Name, nil
}

// foreignFiles reports whether p was found in the working directory only by
// chance: the user named the project, and what the engine has under that name
// was all made from another directory. Then the files say nothing about it.
func (a *App) foreignFiles(p *loader.Project, s planner.State) bool {
	if p == nil || a.global.project == "" || len(a.global.files) > 0 || a.global.dir != "" || a.getenv("COMPOSE_FILE") != "" {
		return false
	}
	seen := false
	for _, c := range s.Containers {
		dir := c.Labels[planner.LabelWorkingDir]
		if dir == "" || c.Project != p.Name {
			continue
		}
		if filepath.Clean(dir) == filepath.Clean(p.Dir) {
			return false
		}
		seen = true
	}
	return seen
}

// report prints what the loader found, in the one form for all commands.
func (a *App) report(ds []loader.Diagnostic) {
	var shown []loader.Diagnostic
	for _, d := range ds {
		if d.Severity == loader.SeverityError || !a.silent(d.Severity == loader.SeverityWarning) && d.Severity != loader.SeverityInfo {
			shown = append(shown, d)
		}
	}
	r := report.Report{Diagnostics: a.relative(shown), Source: a.sourceLine, Color: a.global.color && (a.ErrTTY || a.global.ansi == "always")}
	_ = report.Write(a.Err, "text", r) // nowhere to say that Err is closed
}

// relative shortens the files' names to what the user sees from here.
func (a *App) relative(ds []loader.Diagnostic) []loader.Diagnostic {
	out := make([]loader.Diagnostic, len(ds))
	here := a.Dir + string(filepath.Separator)
	for i, d := range ds {
		d.Position.File = a.relativeName(d.Position.File)
		d.Message = strings.ReplaceAll(d.Message, here, "")
		d.Related = slices.Clone(d.Related)
		for j := range d.Related {
			d.Related[j].Position.File = a.relativeName(d.Related[j].Position.File)
		}
		if d.Fix != nil {
			f := loader.Fix{Title: d.Fix.Title, Edits: slices.Clone(d.Fix.Edits)}
			for j := range f.Edits {
				f.Edits[j].Position.File = a.relativeName(f.Edits[j].Position.File)
			}
			d.Fix = &f
		}
		out[i] = d
	}
	return out
}

// relativeName is a file's name as seen from here, unless it is far away.
func (a *App) relativeName(file string) string {
	if filepath.IsAbs(file) {
		if rel, err := filepath.Rel(a.Dir, file); err == nil && !strings.HasPrefix(rel, ".."+string(filepath.Separator)+".."+string(filepath.Separator)) {
			return filepath.ToSlash(rel)
		}
	}
	return file
}

// maxSource bounds what is read of a file for an excerpt, in bytes.
const maxSource = 4 << 20

// sourceLine reads line n of a file again, for an excerpt.
func (a *App) sourceLine(file string, n int) (string, bool) {
	lines := a.sourceLines(file)
	if n < 1 || n > len(lines) {
		return "", false
	}
	return lines[n-1], true
}

// sourceLines are a file's lines. Anything but a regular file has none.
func (a *App) sourceLines(file string) []string {
	file = a.absolute(file)
	if info, err := os.Stat(file); err != nil || !info.Mode().IsRegular() {
		return nil
	}
	f, err := os.Open(file)
	if err != nil {
		return nil
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, maxSource))
	if err != nil {
		return nil
	}
	return loader.Lines(content)
}

// serviceNames are the names of all services of the files, active or not.
func serviceNames(p *loader.Project) []string {
	if p == nil {
		return nil
	}
	return append(p.Model.ServiceNames(), p.Model.DisabledServiceNames()...)
}

// knownServices are the services that a command may name: those of the files
// or, without files, those that have containers.
func knownServices(p *loader.Project, s planner.State) []string {
	if p != nil {
		return serviceNames(p)
	}
	var names []string
	for _, c := range s.Containers {
		if c.Service != "" {
			names = append(names, c.Service)
		}
	}
	return names
}

// withDependencies are services and all that they need, by name.
func withDependencies(p *loader.Project, services []string) []string {
	g := planner.Graph{}
	for name, svc := range p.Model.Services {
		g[name] = planner.Dependencies(svc)
	}
	return g.Closure(services)
}
