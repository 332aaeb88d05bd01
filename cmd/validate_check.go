package cmd

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"recompose/loader"
	"recompose/loader/find"
)

// validation is one run of validate.
type validation struct {
	*App
	options *validateOptions
	stdin   []byte // if that is one of the files

	projects []checkedProject
	found    []loader.Diagnostic // in all projects, sorted, with names as the user sees them
	files    []string            // that were checked, likewise
}

// checkedProject is what came of the files that are checked together.
type checkedProject struct {
	files []string // in merge order, absolute
	read  []string // those and all that they name
	found []loader.Diagnostic
	err   error // it could not be read
}

func (p checkedProject) errors() int {
	n := 0
	for _, d := range p.found {
		if d.Severity == loader.SeverityError {
			n++
		}
	}
	if p.err != nil {
		n++
	}
	return n
}

// check loads all projects, several at once.
func (v *validation) check(ctx context.Context) error {
	groups, err := v.groups()
	if err != nil {
		return withCode(exitNotChecked, err)
	}
	v.projects = make([]checkedProject, len(groups))
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i, group := range groups {
		g.Go(func() error {
			v.projects[i] = v.checkGroup(ctx, group)
			return nil
		})
	}
	_ = g.Wait() // errors stand in the projects
	if v.options.changedSince != "" {
		if err := v.keepChanged(ctx); err != nil {
			return withCode(exitNotChecked, err)
		}
	}
	v.dropParts()
	v.collect()
	return nil
}

// groups are the files that belong together. Without paths it is one, which
// the loader finds.
func (v *validation) groups() ([]find.Group, error) {
	paths := v.options.paths
	if slices.Contains(paths, "-") || slices.Contains(v.global.files, "-") {
		var err error
		if v.stdin, err = io.ReadAll(io.LimitReader(v.In, maxStdin+1)); err != nil {
			return nil, err
		}
		if len(v.stdin) > maxStdin {
			return nil, failure("standard input is too big: more than %d bytes", maxStdin)
		}
	}
	if len(paths) == 0 {
		return []find.Group{{Files: v.global.files}}, nil
	}
	var groups []find.Group
	if slices.Contains(paths, "-") {
		groups = append(groups, find.Group{Files: []string{"-"}})
	}
	files, err := find.Files(v.Dir, slices.DeleteFunc(slices.Clone(paths), func(p string) bool { return p == "-" }))
	return append(groups, find.Groups(files)...), err
}

// maxStdin is the loader's bound for a file, in bytes.
const maxStdin = 64 << 20

// checkGroup loads one project. A variant that has mistakes by itself is also
// laid over the file that stands beside it, and the better of both counts: it
// was meant so.
func (v *validation) checkGroup(ctx context.Context, g find.Group) checkedProject {
	own := v.load(ctx, g.Files)
	if g.Base == "" || own.errors() == 0 {
		return own
	}
	if over := v.load(ctx, append([]string{g.Base}, g.Files...)); over.errors() < own.errors() {
		return over
	}
	return own
}

func (v *validation) load(ctx context.Context, files []string) checkedProject {
	o := v.loadOptions(nil)
	o.Files, o.Check, o.Sandbox, o.Presets = files, true, v.options.sandbox, v.options.presets
	o.Stdin = bytes.NewReader(v.stdin)
	if v.options.stdinName != "" && slices.Contains(files, "-") && o.Directory == "" {
		o.Directory = filepath.Dir(v.absolute(v.options.stdinName))
	}
	p := checkedProject{files: files}
	var mu sync.Mutex
	o.Read = func(file string) {
		mu.Lock()
		defer mu.Unlock()
		p.read = append(p.read, file)
	}
	project, ds, err := v.App.load(ctx, o)
	if err != nil && !loader.HasErrors(ds) {
		p.err = err
	}
	p.found = ds
	if project != nil && len(files) == 0 {
		p.files = project.Files
	}
	if len(p.files) == 0 { // found by name, and broken
		p.files = slices.Clone(p.read)
	}
	return p
}

// dropParts forgets what was found in files that others include or extend and
// that don't stand alone: they were checked as parts of those.
func (v *validation) dropParts() {
	parts := map[string]bool{}
	for _, p := range v.projects {
		for _, f := range p.read {
			if !slices.Contains(p.files, f) {
				parts[f] = true
			}
		}
	}
	v.projects = slices.DeleteFunc(v.projects, func(p checkedProject) bool {
		return p.err == nil && p.errors() > 0 && len(p.files) == 1 && parts[p.files[0]]
	})
}

// collect puts the findings of all projects together, each once.
func (v *validation) collect() {
	v.found, v.files = nil, nil
	for _, p := range v.projects {
		v.found = append(v.found, p.found...)
		if p.err == nil {
			v.files = append(v.files, p.files...)
		}
	}
	v.found = loader.SortDiagnostics(v.relative(v.found))
	for i, f := range v.files {
		v.files[i] = v.relativeName(f)
	}
	slices.Sort(v.files)
	v.files = slices.Compact(v.files)
	if v.options.stdinName != "" {
		rename(v.found, v.files, "-", filepath.ToSlash(v.options.stdinName))
	}
}

// rename gives standard input its name.
func rename(ds []loader.Diagnostic, files []string, from, to string) {
	for i := range ds {
		if ds[i].Position.File == from {
			ds[i].Position.File = to
		}
		for j := range ds[i].Related {
			if ds[i].Related[j].Position.File == from {
				ds[i].Related[j].Position.File = to
			}
		}
	}
	for i := range files {
		if files[i] == from {
			files[i] = to
		}
	}
}

// unread tells what could not be read, which no exit code may call valid.
func (v *validation) unread() error {
	failed := 0
	var last error
	for _, p := range v.projects {
		if p.err != nil {
			if last != nil {
				v.sayError(last.Error())
			}
			failed++
			last = p.err
		}
	}
	if failed == 0 {
		return nil
	}
	if len(v.projects) > 1 {
		v.sayError(last.Error())
		last = fmt.Errorf("%d of %d projects could not be checked", failed, len(v.projects))
	}
	return withCode(exitNotChecked, last)
}
