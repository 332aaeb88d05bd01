// Package ignore reads .dockerignore files and lists of such patterns, with the
// rules of the engine's own builder.
//
// It must never know what the files are wanted for.
package ignore

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
)

// Patterns say which files of a folder are left out.
type Patterns struct {
	Path    string                         // of the file that has the patterns; empty: there is none
	Text    []byte                         // its content
	Always  map[string]bool                // never left out, whatever the patterns say
	matcher *patternmatcher.PatternMatcher // nil: nothing is
}

// New is a list of patterns.
func New(patterns ...string) (*Patterns, error) {
	out := &Patterns{}
	var err error
	if len(patterns) > 0 {
		out.matcher, err = patternmatcher.New(patterns)
	}
	return out, err
}

// Read reads the patterns beside the Dockerfile or, where there are none,
// those of the folder, as BuildKit does. dockerfile is a path of this machine.
func Read(dir, dockerfile string) (*Patterns, error) {
	for _, path := range []string{dockerfile + ".dockerignore", filepath.Join(dir, ".dockerignore")} {
		text, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("build context: %w", err)
		}
		patterns, err := ignorefile.ReadAll(bytes.NewReader(text))
		out := &Patterns{}
		if err == nil {
			out, err = New(patterns...)
		}
		if err != nil {
			return nil, fmt.Errorf("build context: %s: %w", path, err)
		}
		out.Path, out.Text = path, text
		return out, nil
	}
	return &Patterns{}, nil
}

// Excluded tells whether a path (relative, with slashes) is left out. inner is
// what the call for a path below it needs to know.
func (g *Patterns) Excluded(path string, outer patternmatcher.MatchInfo) (out bool, inner patternmatcher.MatchInfo, err error) {
	if g.matcher == nil {
		return false, outer, nil
	}
	out, inner, err = g.matcher.MatchesUsingParentResults(filepath.FromSlash(path), outer)
	if g.Always[path] {
		out = false
	}
	return out, inner, err
}

// Everything reports whether the patterns leave out all but what they name
// with "!".
func (g *Patterns) Everything() bool {
	return g.matcher != nil && slices.ContainsFunc(g.matcher.Patterns(), func(p *patternmatcher.Pattern) bool {
		return !p.Exclusion() && (p.String() == "*" || p.String() == "**")
	})
}

// Match tells whether a path (relative, with slashes), or a folder around it,
// is left out.
func (g *Patterns) Match(path string) bool {
	if g.matcher == nil {
		return false
	}
	out, err := g.matcher.MatchesOrParentMatches(filepath.FromSlash(path))
	return err == nil && out // the patterns are well-formed: New has read them
}

// Reaches tells whether something below an excluded folder may be sent all the
// same, by a pattern with "!".
func (g *Patterns) Reaches(dir string) bool {
	prefix := dir + "/"
	for path := range g.Always {
		if strings.HasPrefix(path, prefix) {
			return true
		}
	}
	if g.matcher == nil || !g.matcher.Exclusions() {
		return false
	}
	for _, p := range g.matcher.Patterns() {
		// A pattern with a wildcard in its first part may match at any depth.
		text := filepath.ToSlash(p.String())
		if p.Exclusion() && (strings.HasPrefix(text+"/", prefix) || strings.HasPrefix(prefix, literal(text))) {
			return true
		}
	}
	return false
}

// literal is a pattern's part before the first wildcard.
func literal(pattern string) string {
	if i := strings.IndexAny(pattern, "*?[\\"); i >= 0 {
		return pattern[:i]
	}
	return pattern + "/"
}
