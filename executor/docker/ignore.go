package docker

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
)

// ignore says which files of a build's folder are not sent.
type ignore struct {
	path    string                         // of the file that has the patterns; empty: there is none
	text    []byte                         // its content
	matcher *patternmatcher.PatternMatcher // nil: all are sent
	always  map[string]bool                // sent whatever the patterns say
}

// readIgnore reads the patterns beside the Dockerfile or, where there are none,
// those of the folder, as BuildKit does. dockerfile is a path of this machine.
func readIgnore(dir, dockerfile string) (*ignore, error) {
	for _, path := range []string{dockerfile + ".dockerignore", filepath.Join(dir, ".dockerignore")} {
		text, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("build context: %w", err)
		}
		out := &ignore{path: path, text: text}
		patterns, err := ignorefile.ReadAll(bytes.NewReader(text))
		if err == nil && len(patterns) > 0 {
			out.matcher, err = patternmatcher.New(patterns)
		}
		if err != nil {
			return nil, fmt.Errorf("build context: %s: %w", path, err)
		}
		return out, nil
	}
	return &ignore{}, nil
}

// excluded tells whether a path (relative, with slashes) is left out. inner is
// what the call for a path below it needs to know.
func (g *ignore) excluded(path string, outer patternmatcher.MatchInfo) (out bool, inner patternmatcher.MatchInfo, err error) {
	if g.matcher == nil {
		return false, outer, nil
	}
	out, inner, err = g.matcher.MatchesUsingParentResults(filepath.FromSlash(path), outer)
	if g.always[path] {
		out = false
	}
	return out, inner, err
}

// reaches tells whether something below an excluded folder may be sent all the
// same, by a pattern with "!".
func (g *ignore) reaches(dir string) bool {
	prefix := dir + "/"
	for path := range g.always {
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
