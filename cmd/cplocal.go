package cmd

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"recompose/executor/archive"
)

// item is what is copied. contents: not the directory, but what is in it.
type item struct {
	name          string
	dir, contents bool
}

// place is where a copy goes; without a name, into the directory itself.
type place struct{ dir, name string }

// localItem is what a path of ours is. as is how the user gave it.
func localItem(file, as string, follow bool) (string, item, error) {
	name := filepath.Base(file)
	if follow || endsAsDirectory(as) {
		to, err := filepath.EvalSymlinks(file)
		if err != nil {
			return "", item{}, plainPath(err, as)
		}
		file = to
	}
	info, err := os.Lstat(file)
	if err != nil {
		return "", item{}, plainPath(err, as)
	}
	if !info.IsDir() && endsAsDirectory(as) {
		return "", item{}, failure("%s is not a directory", as)
	}
	return file, item{name, info.IsDir(), onlyContents(as) || filepath.Dir(file) == file}, nil
}

// localPlace is where something goes that is copied to a path of ours: into a
// directory that is there, over a file, or under a name that is new.
func localPlace(file, as string, what item) (place, error) {
	info, err := os.Stat(file)
	switch {
	case err == nil && info.IsDir() && what.contents:
		return place{dir: file}, nil
	case err == nil && info.IsDir():
		return place{file, what.name}, nil
	case err == nil && what.dir:
		return place{}, failure("%s is a file: a directory is not put in its place", as)
	case err == nil: // what a link leads to is replaced, not the link
		if file, err = filepath.EvalSymlinks(file); err != nil {
			return place{}, plainPath(err, as)
		}
	case !errors.Is(err, fs.ErrNotExist):
		return place{}, plainPath(err, as)
	case !what.dir && endsAsDirectory(as):
		return place{}, failure("there is no directory %s", as)
	}
	dir := filepath.Dir(file)
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return place{}, failure("there is no directory %s", filepath.Dir(filepath.Clean(as)))
	}
	return place{dir, filepath.Base(file)}, nil
}

// plainPath says what is wrong with a path as the user gave it.
func plainPath(err error, as string) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		err = e.Err
	}
	return fmt.Errorf("%s: %w", as, err)
}

// endsAsDirectory: the path names a directory, whatever is there.
func endsAsDirectory(p string) bool {
	return strings.HasSuffix(filepath.ToSlash(p), "/") || onlyContents(p)
}

// onlyContents: the path stands for what is in a directory.
func onlyContents(p string) bool {
	return p == "." || strings.HasSuffix(filepath.ToSlash(p), "/.")
}

// packed hands to write an archive that pack makes while it is read.
func (a *App) packed(pack func(io.Writer) (left []string, err error), write func(io.Reader) error) error {
	r, w := io.Pipe()
	done := make(chan error, 1)
	var left []string
	go func() {
		var err error
		left, err = pack(w)
		w.CloseWithError(err)
		done <- err
	}()
	err := write(r)
	r.CloseWithError(errors.Join(err, io.ErrClosedPipe))
	// Why it could not be packed says more than that its reader got no end.
	if failed := <-done; failed != nil && !errors.Is(failed, io.ErrClosedPipe) {
		return failed
	}
	a.sayLeft(left)
	return err
}

// unpack puts an archive of a container there. Only root may give files away.
func (a *App) unpack(body io.Reader, to place, owners bool) error {
	left, err := archive.Unpack(body, to.dir, to.name, owners && os.Geteuid() == 0)
	a.sayLeft(left)
	return err
}

// sayLeft tells what was not copied.
func (a *App) sayLeft(left []string) {
	if len(left) == 0 {
		return
	}
	more := ""
	if len(left) > 1 {
		more = fmt.Sprintf(" and %d more", len(left)-1)
	}
	a.say("warning", "not copied, as neither file, directory nor link: "+left[0]+more)
}
