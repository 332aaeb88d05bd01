// Package check loads files that belong together and says which findings count:
// the one meaning of "checked" for the command line and for editors. It must
// never read a file itself.
package check

import (
	"context"
	"slices"
	"sync"

	"recompose/loader"
	"recompose/loader/find"
)

// Load is loader.Load, or what stands in for it.
type Load func(context.Context, loader.Options) (*loader.Project, []loader.Diagnostic, error)

// Project is what came of files that are checked together.
type Project struct {
	Files []string // in merge order, absolute
	Read  []string // those and all that they name
	Found []loader.Diagnostic
	Err   error // it could not be read
}

// Errors counts the mistakes; what could not be read is one too.
func (p Project) Errors() int {
	n := 0
	for _, d := range p.Found {
		if d.Severity == loader.SeverityError {
			n++
		}
	}
	if p.Err != nil {
		n++
	}
	return n
}

// Has tells whether the project has a file, or reads it.
func (p Project) Has(file string) bool {
	return slices.Contains(p.Files, file) || slices.Contains(p.Read, file)
}

// Group loads one project. A variant that has mistakes by itself is also laid
// over the file that stands beside it, and the better of both counts: it was
// meant so.
func Group(ctx context.Context, load Load, o loader.Options, g find.Group) Project {
	own := one(ctx, load, o, g.Files)
	if g.Base == "" || own.Errors() == 0 {
		return own
	}
	if over := one(ctx, load, o, append([]string{g.Base}, g.Files...)); over.Errors() < own.Errors() {
		return over
	}
	return own
}

func one(ctx context.Context, load Load, o loader.Options, files []string) Project {
	p := Project{Files: files}
	var mu sync.Mutex
	o.Files, o.Check = files, true
	o.Read = func(file string) {
		mu.Lock()
		defer mu.Unlock()
		p.Read = append(p.Read, file)
	}
	project, ds, err := load(ctx, o)
	if err != nil && !loader.HasErrors(ds) {
		p.Err = err
	}
	p.Found = ds
	if project != nil && len(files) == 0 {
		p.Files = project.Files
	}
	if len(p.Files) == 0 { // found by name, and broken
		p.Files = slices.Clone(p.Read)
	}
	return p
}

// WithoutParts leaves out what was found in files that others include or extend
// and that don't stand alone: they were checked as parts of those.
func WithoutParts(projects []Project) []Project {
	parts := map[string]bool{}
	for _, p := range projects {
		for _, f := range p.Read {
			if !slices.Contains(p.Files, f) {
				parts[f] = true
			}
		}
	}
	return slices.DeleteFunc(slices.Clone(projects), func(p Project) bool {
		return p.Err == nil && p.Errors() > 0 && len(p.Files) == 1 && parts[p.Files[0]]
	})
}
