// Package find looks for the compose files of directory trees, and says which
// belong together. It must never say what is wrong with one.
package find

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// skipped are directories that hold other people's files.
var skipped = map[string]bool{".git": true, ".hg": true, ".svn": true, "node_modules": true}

// Files are the compose files among paths: those that are named as files, and
// those found in named directories by name or, where the name says nothing, by
// content. Links to directories are not followed, so that no loop has to be
// feared; .gitignore is respected. All names are absolute, sorted, and each
// comes once.
func Files(dir string, paths []string) ([]string, error) {
	var out []string
	for _, p := range paths {
		if !filepath.IsAbs(p) {
			p = filepath.Join(dir, p)
		}
		info, err := os.Stat(p)
		if err != nil {
			return nil, err
		}
		if !info.IsDir() {
			out = append(out, p)
			continue
		}
		// The root itself may be a link.
		root, err := filepath.EvalSymlinks(p)
		if err != nil {
			return nil, err
		}
		w := walker{root: root, shown: p, rules: map[string]ignores{}}
		if err := filepath.WalkDir(root, w.visit); err != nil {
			return nil, fmt.Errorf("%s: %w", p, err)
		}
		out = append(out, w.found...)
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// walker goes through one tree.
type walker struct {
	root  string // where it really is
	shown string // and how it was named
	rules map[string]ignores
	found []string
}

func (w *walker) visit(path string, entry fs.DirEntry, err error) error {
	if err != nil {
		if entry != nil && entry.IsDir() && path != w.root {
			return fs.SkipDir // somebody else's, like a database's directory
		}
		return err
	}
	rules := w.rules[filepath.Dir(path)]
	if entry.IsDir() {
		switch {
		case path == w.root:
			w.rules[path] = above(path)
		case skipped[entry.Name()] || rules.ignored(path, true):
			return fs.SkipDir
		default:
			w.rules[path] = rules.with(path)
		}
		return nil
	}
	if rules.ignored(path, false) || !w.isCompose(path, entry) {
		return nil
	}
	rel, err := filepath.Rel(w.root, path)
	if err != nil {
		return err
	}
	w.found = append(w.found, filepath.Join(w.shown, rel))
	return nil
}

func (w *walker) isCompose(path string, entry fs.DirEntry) bool {
	name := strings.ToLower(entry.Name())
	if !isYAML(name) {
		return false
	}
	info, err := os.Stat(path) // a link to a file is taken for one
	if err != nil || !info.Mode().IsRegular() {
		return false
	}
	if named(name) {
		return true
	}
	if !entry.Type().IsRegular() || info.Size() > maxContent {
		return false
	}
	content, err := os.ReadFile(path)
	return err == nil && isCompose(content)
}

func isYAML(name string) bool {
	ext := strings.ToLower(filepath.Ext(name))
	return ext == ".yml" || ext == ".yaml"
}

// IsCompose reports whether a file is a compose file by its name or, where that
// says nothing, by its content.
func IsCompose(name string, content []byte) bool {
	return isYAML(name) && named(strings.ToLower(filepath.Base(name))) || len(content) <= maxContent && isCompose(content)
}

// named reports whether the name alone says that it is a compose file:
// compose.yaml, docker-compose.yml, docker-compose.prod.yml, compose-dev.yaml,
// prod.compose.yml.
func named(name string) bool {
	name = strings.TrimSuffix(strings.TrimSuffix(name, ".yml"), ".yaml")
	for _, stem := range []string{"docker-compose", "compose"} {
		if name == stem || strings.HasSuffix(name, "."+stem) || strings.HasSuffix(name, "-"+stem) {
			return true
		}
		if rest, ok := strings.CutPrefix(name, stem); ok && strings.IndexByte(".-_", rest[0]) >= 0 {
			return true
		}
	}
	return false
}
