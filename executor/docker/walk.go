package docker

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/moby/patternmatcher"

	"recompose/executor/docker/session"
)

// Walk visits what the patterns of a context's folder let through, as
// session.Tree says. Sockets, pipes and devices are left out: nothing could be
// built from them.
func (b *buildContext) Walk(ctx context.Context, only []string, visit func(session.Entry) error) error {
	w := &walker{ctx: ctx, context: b, only: only, visit: visit}
	for _, p := range only {
		if b.linked(p) {
			w.only = nil // what it points to is needed, too
		}
	}
	return w.folder("", patternmatcher.MatchInfo{}, nil)
}

// Open opens a file of the context.
func (b *buildContext) Open(name string) (io.ReadCloser, error) {
	f, err := os.Open(b.file(name))
	if err != nil {
		return nil, unreadable(err)
	}
	return f, nil
}

func (b *buildContext) file(name string) string {
	return filepath.Join(b.dir, filepath.FromSlash(name))
}

// linked reports whether a symbolic link is on the way to a path.
func (b *buildContext) linked(p string) bool {
	for ; p != "." && p != "/"; p = path.Dir(p) {
		if info, err := os.Lstat(b.file(p)); err == nil && info.Mode()&fs.ModeSymlink != 0 {
			return true
		}
	}
	return false
}

// walker is one walk over a context.
type walker struct {
	ctx     context.Context
	context *buildContext
	only    []string
	visit   func(session.Entry) error
}

// parent is a folder that is visited only if something below it is.
type parent struct {
	outer *parent
	entry *session.Entry // nil: it has been
}

func (w *walker) folder(dir string, outer patternmatcher.MatchInfo, p *parent) error {
	entries, err := os.ReadDir(w.context.file(dir))
	if err != nil {
		return unreadable(err)
	}
	for _, found := range entries {
		if err := w.ctx.Err(); err != nil {
			return err
		}
		name := path.Join(dir, found.Name())
		out, inner, err := w.context.ignore.Excluded(name, outer)
		if err != nil {
			return fmt.Errorf("build context: %s: %w", w.context.ignore.Path, err)
		}
		asked, onTheWay := w.asked(name)
		if !asked && !onTheWay || out && !(found.IsDir() && w.context.ignore.Reaches(name)) {
			continue
		}
		entry, ok, err := w.entry(name, found)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		here := &parent{outer: p, entry: &entry}
		if asked && !out {
			if err := w.arrive(here); err != nil {
				return err
			}
		}
		if found.IsDir() {
			if err := w.folder(name, inner, here); err != nil {
				return err
			}
		}
	}
	return nil
}

// asked tells whether a path was asked for, or something below it.
func (w *walker) asked(name string) (asked, onTheWay bool) {
	if w.only == nil {
		return true, true
	}
	for _, p := range w.only {
		if name == p || strings.HasPrefix(name, p+"/") {
			return true, true
		}
		onTheWay = onTheWay || strings.HasPrefix(p, name+"/")
	}
	return false, onTheWay
}

// arrive visits an entry, after the folders around it that were not visited
// yet.
func (w *walker) arrive(p *parent) error {
	if p == nil || p.entry == nil {
		return nil
	}
	if err := w.arrive(p.outer); err != nil {
		return err
	}
	entry := *p.entry
	p.entry = nil
	return w.visit(entry)
}

func (w *walker) entry(name string, found fs.DirEntry) (e session.Entry, ok bool, err error) {
	info, err := found.Info()
	if err != nil {
		return e, false, unreadable(err)
	}
	e = session.Entry{Name: name, Mode: info.Mode(), ModTime: info.ModTime()}
	switch mode := info.Mode(); {
	case mode.IsRegular():
		e.Size = info.Size()
	case mode.IsDir():
	case mode&fs.ModeSymlink != 0:
		link, err := os.Readlink(w.context.file(name))
		if err != nil {
			return e, false, unreadable(err)
		}
		e.Link = filepath.ToSlash(link)
	default:
		return e, false, nil
	}
	if runtime.GOOS == "windows" {
		e.Mode |= 0o111 // as docker: Windows does not tell what may be executed
	}
	return e, true, nil
}

func unreadable(err error) error {
	return fmt.Errorf("build context: %w; what the build does not need can be named in %s", err, ignoreFile)
}
