package watch

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"
)

// changes is a watcher that runs, and what it has told of.
type changes struct {
	t       *testing.T
	dir     string
	batches chan []string
	watcher *Watcher
}

func watch(t *testing.T, dir string, skips func(string) bool, paths ...string) *changes {
	t.Helper()
	for i := range paths {
		paths[i] = filepath.Join(dir, paths[i])
	}
	w, err := New(paths, skips)
	if err != nil {
		t.Fatal(err)
	}
	c := &changes{t: t, dir: dir, batches: make(chan []string), watcher: w}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx, c.batches) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return c
}

// until waits until all files were told of, and none with a word of not.
func (c *changes) until(not string, files ...string) {
	c.t.Helper()
	missing := map[string]bool{}
	for _, f := range files {
		missing[f] = true
	}
	for len(missing) > 0 {
		select {
		case batch := <-c.batches:
			for _, f := range batch {
				rel, _ := below(c.dir, f)
				delete(missing, rel)
				if not != "" && strings.Contains(rel, not) {
					c.t.Errorf("told of %s", rel)
				}
			}
		case <-time.After(30 * time.Second): // only where it is broken
			c.t.Fatalf("nothing of %v", missing)
		}
	}
}

func (c *changes) do(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

func (c *changes) at(name string) string { return filepath.Join(c.dir, name) }

func TestWatcher(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, "src/a", "src/deep/er/b", "src/skip/x", "beside/y", "one.conf")
	c := watch(t, dir, func(d string) bool { return filepath.Base(d) == "skip" }, "src", "one.conf", "later/on")

	write(t, dir, "src/skip/x=2", "beside/y=2", "src/deep/er/b=2", "src/new/folder/c", "one.conf=2")
	c.until("x", "src/deep/er/b", "src/new/folder", "src/new/folder/c", "one.conf")
	write(t, dir, "src/new/folder/c=2")
	c.until("y", "src/new/folder/c")

	c.do(os.Rename(c.at("src/new"), c.at("src/moved")))
	c.until("", "src/new", "src/moved", "src/moved/folder/c")
	write(t, dir, "src/moved/folder/c=3")
	c.until("new", "src/moved/folder/c")

	c.do(os.RemoveAll(c.at("src/deep")))
	c.until("", "src/deep/er/b", "src/deep")

	// What stands for the file of one name, and for a folder as a whole.
	write(t, dir, "one.tmp=3")
	c.do(os.Rename(c.at("one.tmp"), c.at("one.conf")))
	c.until("tmp", "one.conf")
	c.do(os.Rename(c.at("src"), c.at("old")))
	write(t, dir, "next/z")
	c.do(os.Rename(c.at("next"), c.at("src")))
	c.until("", "src/z")
	write(t, dir, "src/z=2", "old/a=2")
	c.until("old", "src/z")

	write(t, dir, "later/on/f")
	c.until("", "later/on/f")
	write(t, dir, "later/on/f=2")
	c.until("", "later/on/f")
}

// A burst is one batch, while nobody has taken it.
func TestWatcherOfManyFiles(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	const n = 500
	var names []string
	for i := range n {
		names = append(names, filepath.ToSlash(filepath.Join("tmp/d", strings.Repeat("x", i%20+1), strings.Repeat("y", i/20+1))))
	}
	write(t, dir, names...)
	c := watch(t, dir, func(string) bool { return false }, "src")
	c.do(os.Rename(c.at("tmp"), c.at("src")))
	if batch := <-c.batches; len(batch) < n {
		t.Errorf("%d of %d files in the first batch", len(batch), n)
	}
}

// Where the system has lost events, any file may have changed.
func TestWatcherOfLostEvents(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, "src/a", "src/b/c", "beside")
	c := watch(t, dir, func(string) bool { return false }, "src")
	c.watcher.notify.Errors <- fsnotify.ErrEventOverflow
	c.until("beside", "src/a", "src/b/c")
}
