package watch

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/fsnotify/fsnotify"
)

// Watcher tells of changes below paths, which need not be there yet.
type Watcher struct {
	notify *fsnotify.Watcher
	paths  []string
	skips  func(dir string) bool
	dirs   map[string]bool // that are watched
	batch  batch
	ready  []string // files of a batch that is over
}

// New begins to watch. skips names folders that nobody wants to hear of.
func New(paths []string, skips func(dir string) bool) (*Watcher, error) {
	notify, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, tooMany(err)
	}
	w := &Watcher{notify: notify, paths: paths, skips: skips, dirs: map[string]bool{}}
	if err := w.scanAll(func(string) {}); err != nil {
		notify.Close()
		return nil, err
	}
	return w, nil
}

// scanAll begins at the folder around each path, or the next that is there: it
// tells when the path itself appears or is replaced.
func (w *Watcher) scanAll(found func(file string)) error {
	for _, p := range w.paths {
		dir := filepath.Dir(p)
		for dir != filepath.Dir(dir) {
			if info, err := os.Stat(dir); err == nil && info.IsDir() {
				break
			}
			dir = filepath.Dir(dir)
		}
		if err := w.scan(dir, found); err != nil {
			return err
		}
	}
	return nil
}

// isDir does not follow links: they are copied as links.
func isDir(path string) bool {
	info, err := os.Lstat(path)
	return err == nil && info.IsDir()
}

// Run gives batches of changed files, until ctx ends. While nobody takes one it
// grows. The watcher cannot be used again.
func (w *Watcher) Run(ctx context.Context, batches chan<- []string) error {
	defer w.notify.Close()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		if due := w.batch.due(); !due.IsZero() {
			if wait := time.Until(due); wait > 0 {
				timer.Reset(wait)
			} else {
				w.ready = append(w.ready, w.batch.take()...)
				slices.Sort(w.ready)
				w.ready = slices.Compact(w.ready)
			}
		}
		var out chan<- []string
		if len(w.ready) > 0 {
			out = batches
		}
		select {
		case <-ctx.Done():
			return nil
		case out <- w.ready:
			w.ready = nil
		case <-timer.C:
		case e, ok := <-w.notify.Events:
			if !ok {
				return nil
			}
			if err := w.event(e); err != nil {
				return err
			}
		case err := <-w.notify.Errors:
			if !errors.Is(err, fsnotify.ErrEventOverflow) {
				return tooMany(err)
			}
			// Some changes were lost: any file may be among them.
			if err := w.scanAll(w.changed); err != nil {
				return err
			}
		}
	}
}

func (w *Watcher) changed(file string) { w.batch.add(file, time.Now()) }

func (w *Watcher) event(e fsnotify.Event) error {
	if e.Has(fsnotify.Remove) || e.Has(fsnotify.Rename) {
		for dir := range w.dirs {
			if _, ok := below(e.Name, dir); ok {
				delete(w.dirs, dir)
				_ = w.notify.Remove(dir) // it may have gone with its folder
			}
		}
	}
	if w.covers(e.Name) {
		w.changed(e.Name)
	}
	if e.Has(fsnotify.Create) && isDir(e.Name) && w.wants(e.Name) {
		return w.scan(e.Name, w.changed)
	}
	return nil
}

// covers reports whether a file is a watched path or below one.
func (w *Watcher) covers(file string) bool {
	return slices.ContainsFunc(w.paths, func(p string) bool { _, ok := below(p, file); return ok })
}

// wants reports whether a folder is to be watched: it has something of the
// paths in it.
func (w *Watcher) wants(dir string) bool {
	onTheWay := slices.ContainsFunc(w.paths, func(p string) bool { _, ok := below(dir, p); return ok })
	return onTheWay || w.covers(dir) && !w.skips(dir)
}

// scan watches a folder with those in it, and tells of every file that it finds
// on the way. It watches first: what appears later, an event tells.
func (w *Watcher) scan(dir string, found func(file string)) error {
	if err := w.notify.Add(dir); err != nil {
		if errors.Is(err, fs.ErrNotExist) || !w.covers(dir) {
			return nil // gone, or only on the way to a path and not ours to read
		}
		return tooMany(fmt.Errorf("%s: %w", dir, err))
	}
	w.dirs[dir] = true
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil // it is gone, which an event tells
	}
	for _, e := range entries {
		file := filepath.Join(dir, e.Name())
		if w.covers(file) {
			found(file)
		}
		if e.IsDir() && w.wants(file) {
			if err := w.scan(file, found); err != nil {
				return err
			}
		}
	}
	return nil
}

// tooMany says how to mend the limits of a system.
func tooMany(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EMFILE) || strings.Contains(err.Error(), "too many open files") {
		return fmt.Errorf("too many folders to watch: %w; name those in `ignore` that need not be, or raise the system's limit (on Linux: sysctl fs.inotify.max_user_watches, fs.inotify.max_user_instances)", err)
	}
	return err
}
