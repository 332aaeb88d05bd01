package sim

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"recompose/executor"
	"recompose/planner"
)

// tree has all files of a container by their path, those of its volumes
// included.
func (e *Engine) tree(c *container) map[string]string {
	out := maps.Clone(c.files)
	for _, m := range c.Mounts {
		if m.Type == "volume" {
			for name, text := range e.volume(m.Name).files {
				out[m.Destination+name] = text
			}
		}
	}
	return out
}

// stat finds a file, or a directory: the root, a mount, or what has a file in
// it.
func (e *Engine) stat(c *container, name string) (executor.FileInfo, error) {
	tree := e.tree(c)
	if _, ok := tree[name]; ok {
		return executor.FileInfo{Mode: 0o644}, nil
	}
	directory := executor.FileInfo{Mode: fs.ModeDir | 0o755}
	if name == "/" {
		return directory, nil
	}
	for _, m := range c.Mounts {
		if m.Destination == name {
			return directory, nil
		}
	}
	for file := range tree {
		if strings.HasPrefix(file, name+"/") {
			return directory, nil
		}
	}
	return executor.FileInfo{}, fmt.Errorf("container %s has no %s: %w", c.Name, name, executor.ErrNotFound)
}

// Stat knows files and directories; there are no links.
func (e *Engine) Stat(ctx context.Context, ref, name string) (executor.FileInfo, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	c, err := e.find(ref)
	if err != nil {
		return executor.FileInfo{}, err
	}
	if err := ctx.Err(); err != nil {
		return executor.FileInfo{}, err
	}
	return e.stat(c, path.Clean(name))
}

// ReadFiles gives what is there now.
func (e *Engine) ReadFiles(ctx context.Context, ref, name string) (io.ReadCloser, error) {
	name = path.Clean(name)
	info, err := e.Stat(ctx, ref, name)
	if err != nil {
		return nil, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	c, err := e.find(ref)
	if err != nil {
		return nil, err
	}
	return pack(name, info.Mode.IsRegular(), e.tree(c))
}

// pack makes an archive of a file, or of the directory with all in it.
func pack(name string, regular bool, tree map[string]string) (io.ReadCloser, error) {
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	add := func(name, text string, kind byte, mode int64) {
		// Writing to a buffer does not fail.
		_ = w.WriteHeader(&tar.Header{Typeflag: kind, Name: name, Mode: mode, Size: int64(len(text)), ModTime: time.Unix(0, 0)})
		_, _ = io.WriteString(w, text)
	}
	if regular {
		add(path.Base(name), tree[name], tar.TypeReg, 0o644)
		return io.NopCloser(&out), w.Close()
	}
	made := map[string]bool{}
	var directory func(string)
	directory = func(dir string) {
		if made[dir] {
			return
		}
		made[dir] = true
		if dir != path.Base(name) {
			directory(path.Dir(dir))
		}
		add(dir+"/", "", tar.TypeDir, 0o755)
	}
	directory(path.Base(name))
	for _, file := range slices.Sorted(maps.Keys(tree)) {
		if rest, ok := strings.CutPrefix(file, strings.TrimSuffix(name, "/")+"/"); ok {
			entry := path.Join(path.Base(name), rest)
			directory(path.Dir(entry))
			add(entry, tree[file], tar.TypeReg, 0o644)
		}
	}
	return io.NopCloser(&out), w.Close()
}

// WriteFiles keeps regular files only.
func (e *Engine) WriteFiles(ctx context.Context, ref, dir string, archive io.Reader, _ bool) error {
	info, err := e.Stat(ctx, ref, dir)
	if err != nil {
		return err
	}
	if !info.Mode.IsDir() {
		return fmt.Errorf("%s is not a directory", dir)
	}
	for r := tar.NewReader(archive); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		text, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		if h.Typeflag != tar.TypeReg {
			continue
		}
		if err := e.WriteFile(ref, path.Join(dir, path.Clean("/"+h.Name)), string(text)); err != nil {
			return err
		}
	}
}

// Export gives the container's own files.
func (e *Engine) Export(ctx context.Context, ref string) (io.ReadCloser, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	c, err := e.find(ref)
	if err != nil {
		return nil, err
	}
	return pack("/", false, c.files)
}

// Commit adds an image with the labels of the container.
func (e *Engine) Commit(ctx context.Context, ref string, o executor.CommitOptions) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	c, err := e.find(ref)
	if err != nil {
		return "", err
	}
	i := planner.Image{ID: e.newID("image", "commit of "+c.Name), Labels: maps.Clone(c.Labels), Created: e.now()}
	if o.Image != "" {
		i.Tags = []string{o.Image}
	}
	e.addImage(i)
	return i.ID, nil
}
