package loader

import (
	"bytes"
	"context"
	"errors"
	"io"
	"regexp"
	"strings"

	compose "github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/sirupsen/logrus"
	"gopkg.in/yaml.v3"
)

// maxRounds bounds how often a broken project is loaded again without what
// was found to be wrong with it.
const maxRounds = 25

func init() {
	// compose-go writes its warnings to logrus' global logger. What matters
	// of them is found here too, with its place.
	logrus.SetOutput(io.Discard)
}

// loadModern loads files of all formats but v1 through compose-go. Of a
// project with errors it gives what is left without them, so that the rules
// can find more.
func (l *load) loadModern(ctx context.Context) *types.Project {
	l.checkKeys()
	l.checkVariables()
	l.indexRelated()
	if !HasErrors(l.found) {
		model, err := l.compose(ctx, l.contents(), l.modern)
		if err == nil {
			return model
		}
	}
	return l.salvage(ctx)
}

// salvage finds what is wrong: it takes each mistake out of the trees and
// loads them again, until nothing is wrong or the place of the mistake cannot
// be told.
func (l *load) salvage(ctx context.Context) *types.Project {
	trees := l.reparse()
	for _, d := range l.found {
		if d.Severity == SeverityError {
			prune(trees, d.Path)
		}
	}
	for _, d := range l.schemaErrors() {
		if !l.reported(d.Path) {
			l.found = append(l.found, d)
		}
		prune(trees, d.Path)
	}
	for range maxRounds {
		model, err := l.compose(ctx, encode(trees), l.lenient)
		if err == nil {
			return model
		}
		if ctx.Err() != nil {
			return nil
		}
		path := l.pathOf(err)
		if !l.reported(path) || path == "" {
			pos, _ := l.positions.At(path)
			if pos.File == "" {
				pos = Position{File: l.sources[len(l.sources)-1].name}
			}
			l.report(SeverityError, "compose", pos, path, plainError(err), "")
		}
		if path == "" || !prune(trees, path) {
			return nil
		}
	}
	return nil
}

// compose runs compose-go. It reads env files later (resolve), so that all
// that are missing are found at once.
func (l *load) compose(ctx context.Context, contents [][]byte, options func(*compose.Options)) (model *types.Project, err error) {
	details := types.ConfigDetails{WorkingDir: l.discovery.dir, Environment: l.env.vars.Clone()}
	for i, content := range contents {
		details.ConfigFiles = append(details.ConfigFiles, types.ConfigFile{Filename: l.sources[i].name, Content: content})
	}
	return compose.LoadWithContext(ctx, details, options)
}

func (l *load) modern(o *compose.Options) {
	o.SetProjectName(l.name.name, true)
	o.Profiles = l.env.profiles(l.Options)
	o.SkipResolveEnvironment = true
	o.SkipResolveLabels = true
	o.MaxNodeVisits = maxNodes
	o.ConvertWindowsPaths, _ = l.env.flag("COMPOSE_CONVERT_WINDOWS_PATHS")
}

// lenient leaves the references between services to the rules.
func (l *load) lenient(o *compose.Options) {
	l.modern(o)
	o.SkipConsistencyCheck = true
}

func (l *load) contents() [][]byte {
	var out [][]byte
	for _, s := range l.sources {
		out = append(out, s.content)
	}
	return out
}

// tree is a file's documents, free to be changed.
type tree []*yaml.Node

// reparse makes trees of their own, without repeated keys.
func (l *load) reparse() []tree {
	var out []tree
	for _, s := range l.sources {
		copied := &source{name: s.name, content: s.content}
		copied.parse()
		for _, root := range copied.docs {
			lastKeys(root, map[*yaml.Node]bool{})
		}
		out = append(out, copied.docs)
	}
	return out
}

func encode(trees []tree) [][]byte {
	var out [][]byte
	for _, docs := range trees {
		var b bytes.Buffer
		enc := yaml.NewEncoder(&b)
		for _, root := range docs {
			if err := enc.Encode(root); err != nil {
				return nil
			}
		}
		enc.Close()
		out = append(out, b.Bytes())
	}
	return out
}

// prune removes what stands at a path in any of the trees, and tells whether
// there was something.
func prune(trees []tree, path string) bool {
	if path == "" {
		return false
	}
	removed := false
	for _, docs := range trees {
		for _, root := range docs {
			removed = pruneNode(resolve(root), path) || removed
		}
	}
	return removed
}

func pruneNode(n *yaml.Node, path string) bool {
	for path != "" {
		key, rest := cutKey(path)
		at := indexOf(n, key)
		if at < 0 {
			return false
		}
		if rest == "" {
			if n.Kind == yaml.MappingNode {
				n.Content = append(n.Content[:at-1], n.Content[at+1:]...)
			} else {
				n.Content = append(n.Content[:at], n.Content[at+1:]...)
			}
			return true
		}
		n, path = resolve(n.Content[at]), rest
	}
	return false
}

// pathText is how compose-go names a place: services.web.ports.0 or
// services.web.ports[0].
var (
	pathText    = regexp.MustCompile(`\b(?:services|networks|volumes|configs|secrets|models|jobs|include)[.\[][^\s:,"']+`)
	serviceText = regexp.MustCompile("service[s]? [\"'`]([^\"'`]+)[\"'`]")
	volumeText  = regexp.MustCompile("(volume|network|config|secret) [\"'`]?([^\"'`\\s]+)[\"'`]?")
)

// pathOf finds the place that an error of compose-go is about, "" if it names
// none that is written in a file.
func (l *load) pathOf(err error) string {
	text := err.Error()
	for _, m := range pathText.FindAllString(text, -1) {
		if path, ok := l.written(strings.TrimRight(m, ".")); ok {
			return path
		}
	}
	for _, m := range serviceText.FindAllStringSubmatch(text, -1) {
		path := joinPath("services", m[1])
		if _, ok := l.positions.At(path); ok {
			if _, ok := l.positions.At(path + ".extends"); ok && strings.Contains(text, "extend") {
				return path + ".extends"
			}
			return path
		}
	}
	if m := volumeText.FindStringSubmatch(text); m != nil {
		path := joinPath(m[1]+"s", m[2])
		if _, ok := l.positions.At(path); ok {
			return path
		}
	}
	if strings.Contains(text, "Circular reference") {
		return l.circular(text)
	}
	if strings.Contains(text, "include") {
		if _, ok := l.positions.At("include"); ok {
			return "include"
		}
	}
	return ""
}

// written turns a dotted path into ours, as far as the files have it. Keys
// with dots in them make it ambiguous: the longest key that exists wins.
func (l *load) written(dotted string) (string, bool) {
	parts := strings.FieldsFunc(dotted, func(r rune) bool { return r == '.' || r == '[' || r == ']' })
	path := ""
next:
	for i := 0; i < len(parts); {
		for j := len(parts); j > i; j-- {
			key := strings.Join(parts[i:j], ".")
			for _, p := range []string{joinKey(path, key), path + "[" + key + "]"} {
				if _, ok := l.positions.At(p); ok {
					path, i = p, j
					continue next
				}
			}
		}
		break
	}
	return path, path != "" && strings.ContainsAny(path, ".[")
}

func (l *load) circular(text string) string {
	m := regexp.MustCompile(`(?m)^\s*(\S+) in `).FindStringSubmatch(text)
	if m == nil {
		return ""
	}
	path := joinPath("services", m[1], "extends")
	if _, ok := l.positions.At(path); ok {
		return path
	}
	return ""
}

// plainError is an error's text without the file's name, which the diagnostic
// has already, on one line.
func plainError(err error) string {
	text := err.Error()
	if inner := errors.Unwrap(err); inner != nil && strings.HasPrefix(text, "validating ") {
		text = inner.Error()
	}
	return strings.Join(strings.Fields(text), " ")
}
