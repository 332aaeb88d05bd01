package cmd

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"recompose/loader"
	"recompose/loader/check"
	"recompose/loader/find"
)

// validation is one run of validate.
type validation struct {
	*App
	options *validateOptions
	stdin   []byte            // if that is one of the files
	mended  map[string][]byte // what --fix --diff made of files, by their names

	projects []check.Project
	found    []loader.Diagnostic // in all projects, sorted, with names as the user sees them
	files    []string            // that were checked, likewise
}

// check loads all projects, several at once.
func (v *validation) check(ctx context.Context) error {
	groups, err := v.groups()
	if err != nil {
		return withCode(exitNotChecked, err)
	}
	v.projects = make([]check.Project, len(groups))
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i, group := range groups {
		g.Go(func() error {
			v.projects[i] = v.load(ctx, group)
			return nil
		})
	}
	_ = g.Wait() // errors stand in the projects
	if v.options.changedSince != "" {
		if err := v.keepChanged(ctx); err != nil {
			return withCode(exitNotChecked, err)
		}
	}
	v.projects = check.WithoutParts(v.projects)
	v.collect()
	return nil
}

// groups are the files that belong together. Without paths it is one, which
// the loader finds.
func (v *validation) groups() ([]find.Group, error) {
	paths := v.options.paths
	if v.stdin == nil && (slices.Contains(paths, "-") || slices.Contains(v.global.files, "-")) {
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

// load checks one project.
func (v *validation) load(ctx context.Context, g find.Group) check.Project {
	o := v.loadOptions(nil)
	o.Sandbox, o.Presets = v.options.sandbox, v.options.presets
	o.Stdin = bytes.NewReader(v.stdin)
	o.Open = func(file string) ([]byte, bool) {
		text, ok := v.mended[file]
		return text, ok
	}
	if v.options.stdinName != "" && slices.Contains(g.Files, "-") && o.Directory == "" {
		o.Directory = filepath.Dir(v.absolute(v.options.stdinName))
	}
	return check.Group(ctx, v.App.load, o, g)
}

// collect puts the findings of all projects together, each once.
func (v *validation) collect() {
	v.found, v.files = nil, nil
	for _, p := range v.projects {
		v.found = append(v.found, p.Found...)
		if p.Err == nil {
			v.files = append(v.files, p.Files...)
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
		if p.Err != nil {
			if last != nil {
				v.sayError(last.Error())
			}
			failed++
			last = p.Err
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
