package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"recompose/executor"
	"recompose/executor/archive"
	"recompose/planner"
)

type cpOptions struct {
	from, to            copyEnd
	index               int
	all, follow, owners bool
}

// copyEnd is one side of a copy: a path here, or in a service's containers.
type copyEnd struct{ service, path string }

func (a *App) newCpCmd() *cobra.Command {
	o := &cpOptions{}
	c := &cobra.Command{
		Use:   "cp [OPTIONS] SERVICE:PATH LOCAL | LOCAL SERVICE:PATH",
		Short: "Copy files out of a container, or into containers",
		Long: `Copy a file or a directory out of a service's first container, or into all of
its containers, whether they run or not. Into a directory that is there it is
copied under its own name; DIR/. stands for all that is in a directory. With -
in place of a local path, a tar archive goes to standard output or comes from
standard input.`,
		Example: "  recompose cp db:/var/lib/dump.sql .\n  recompose cp site/. web:/www\n  recompose cp web:/www - | tar t",
		Args:    takes(2, 2, "SERVICE:PATH and a local path"),
		RunE: func(c *cobra.Command, args []string) error {
			o.from, o.to = copyEndOf(args[0]), copyEndOf(args[1])
			return a.runCp(c.Context(), o)
		},
	}
	f := c.Flags()
	f.IntVar(&o.index, "index", 0, "`NUMBER` of the container, where there are several")
	f.BoolVar(&o.all, "all", false, "Into containers of run, too")
	f.BoolVarP(&o.follow, "follow-link", "L", false, "Copy what the path leads to if it is a link")
	f.BoolVarP(&o.owners, "archive", "a", false, "Keep owners here (as root); in a container, its user owns the files")
	return c
}

// copyEndOf reads NAME:PATH. What begins like a path is local.
func copyEndOf(arg string) copyEnd {
	service, in, ok := strings.Cut(arg, ":")
	if !ok || filepath.IsAbs(arg) || strings.HasPrefix(arg, ".") {
		return copyEnd{path: arg}
	}
	return copyEnd{service, in}
}

func (a *App) runCp(ctx context.Context, o *cpOptions) error {
	service := o.from.service + o.to.service
	switch {
	case o.from.service != "" && o.to.service != "":
		return failure("cp does not copy between services; copy to here first")
	case service == "":
		return failure("cp needs SERVICE:PATH on one side: %s --help", a.command)
	case o.from.path == "" || o.to.path == "":
		return failure("cp needs a path on both sides: %s --help", a.command)
	}
	v, err := a.look(ctx, []string{service}, planner.Query{})
	if err != nil {
		return err
	}
	found, err := v.made(service, o.index, o.all)
	if err != nil {
		return err
	}
	if o.from.service != "" {
		found = found[:1]
	}
	if o.from.path == "-" && len(found) > 1 {
		return failure("service %q has %d containers, and standard input is only enough for one: --index", service, len(found))
	}
	files, err := also[executor.Files](a, "copying of files")
	if err != nil {
		return err
	}
	ctx, done := a.cancelable(ctx)
	defer done()
	for _, container := range found {
		t := transfer{app: a, files: files, container: container, cpOptions: *o}
		run := t.in
		if o.from.service != "" {
			run = t.out
		}
		if err := run(ctx); ctx.Err() != nil {
			return errInterrupted
		} else if err != nil {
			return err
		}
	}
	return nil
}

// transfer is a copy of one container's.
type transfer struct {
	cpOptions

	app       *App
	files     executor.Files
	container planner.Container
}

// out copies to here.
func (t *transfer) out(ctx context.Context) error {
	name := path.Clean("/" + t.from.path)
	source, isDir, err := t.find(ctx, name, t.follow || endsAsDirectory(t.from.path))
	if err != nil {
		return err
	}
	if !isDir && endsAsDirectory(t.from.path) {
		return failure("%s in container %s is not a directory", name, t.container.Name)
	}
	if t.to.path == "-" && t.app.OutTTY {
		return failure("a tar archive is nothing for a terminal: give a path in place of -")
	}
	var into place
	if t.to.path != "-" {
		into, err = localPlace(filepath.Clean(t.app.absolute(t.to.path)), t.to.path, item{path.Base(name), isDir, onlyContents(t.from.path) || name == "/"})
		if err != nil {
			return err
		}
	}
	if t.app.global.dryRun {
		return t.app.wouldCopy(t.container.Name+":"+source, t.to.path)
	}
	body, err := t.files.ReadFiles(ctx, t.container.ID, source)
	if err != nil {
		return err
	}
	defer body.Close()
	if t.to.path == "-" {
		_, err = io.Copy(t.app.Out, body)
		return err
	}
	return t.app.unpack(body, into, t.owners)
}

// find is where a path of the container leads if its links are followed, and
// whether that is a directory.
func (t *transfer) find(ctx context.Context, name string, follow bool) (string, bool, error) {
	info, err := t.files.Stat(ctx, t.container.ID, name)
	if err == nil && follow && info.Mode&fs.ModeSymlink != 0 {
		name = info.Target
		info, err = t.files.Stat(ctx, t.container.ID, name)
	}
	if errors.Is(err, executor.ErrNotFound) {
		return name, false, fmt.Errorf("container %s has no %s: %w", t.container.Name, name, fs.ErrNotExist)
	}
	return name, info.Mode.IsDir(), err
}

// in copies from here.
func (t *transfer) in(ctx context.Context) error {
	target, isDir, err := t.find(ctx, path.Clean("/"+t.to.path), true)
	missing := errors.Is(err, fs.ErrNotExist)
	if err != nil && !missing {
		return err
	}
	into := place{dir: target}
	if t.from.path == "-" {
		if !isDir {
			return failure("%s in container %s is not a directory: an archive needs one", target, t.container.Name)
		}
	} else {
		source, what, err := localItem(filepath.Clean(t.app.absolute(t.from.path)), t.from.path, t.follow)
		if err != nil {
			return err
		}
		t.from.path = source
		switch {
		case isDir && what.contents:
		case isDir:
			into.name = what.name
		case !missing && what.dir:
			return failure("%s in container %s is a file: a directory is not put in its place", target, t.container.Name)
		case missing && !what.dir && endsAsDirectory(t.to.path):
			return failure("container %s has no directory %s", t.container.Name, target)
		default:
			into.dir, into.name = path.Dir(target), path.Base(target)
			if _, ok, err := t.find(ctx, into.dir, true); err != nil || !ok {
				return failure("container %s has no directory %s", t.container.Name, into.dir)
			}
		}
	}
	if t.app.global.dryRun {
		return t.app.wouldCopy(t.from.path, t.container.Name+":"+path.Join(into.dir, into.name))
	}
	write := func(archive io.Reader) error {
		return t.files.WriteFiles(ctx, t.container.ID, into.dir, archive, t.owners)
	}
	if t.from.path == "-" {
		return write(t.app.In)
	}
	return t.app.packed(func(w io.Writer) ([]string, error) { return archive.Pack(w, t.from.path, into.name) }, write)
}

func (a *App) wouldCopy(from, to string) error {
	_, err := fmt.Fprintf(a.Out, "would copy %s to %s\n", from, to)
	return err
}
