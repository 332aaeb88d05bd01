package loader

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	compose "github.com/compose-spec/compose-go/v2/loader"
)

// errSandbox says that a file was not read since it lies outside the project.
var errSandbox = errors.New("lies outside the project's directory, and nothing may be read there")

// admit tells Options.Read that a file is to be read, and under Sandbox refuses
// what lies outside the project's directory, also through links.
func (l *load) admit(file string) error {
	if l.Read != nil {
		l.Read(file)
	}
	if l.Sandbox && file != stdinName && outside(l.discovery.dir, file) {
		return fmt.Errorf("%s %w", file, errSandbox)
	}
	return nil
}

// outside reports whether a file lies outside a directory once all links are
// followed.
func outside(dir, file string) bool {
	rel, err := filepath.Rel(followed(dir), followed(file))
	return err != nil || rel == ".." || strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

// followed is a path without links, as far as it exists.
func followed(path string) string {
	real, err := filepath.EvalSymlinks(path)
	if err == nil {
		return real
	}
	parent := filepath.Dir(path)
	if _, dangling := os.Lstat(path); dangling == nil || parent == path {
		return path // a link to nothing, or the root: nothing can be read there
	}
	return filepath.Join(followed(parent), filepath.Base(path))
}

// sandboxed stands before compose-go's own reader of files and refuses what the
// checks of this package should have found.
type sandboxed struct {
	dir    string
	copies *overlay // are ours
}

var _ compose.ResourceLoader = sandboxed{}

func (s sandboxed) Accept(path string) bool {
	return (s.copies == nil || !s.copies.Accept(path)) && outside(s.dir, absolute(s.dir, path))
}

func (s sandboxed) Load(_ context.Context, path string) (string, error) {
	return "", fmt.Errorf("%s %w", path, errSandbox)
}

func (s sandboxed) Dir(path string) string { return filepath.Dir(path) }
