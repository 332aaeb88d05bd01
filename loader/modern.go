package loader

import (
	"bytes"
	"context"
	"fmt"
	"io"

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
		if model := l.loadPlain(ctx); model != nil {
			return model
		}
		model, err := l.compose(ctx, l.contents(), l.modern)
		if err == nil {
			return l.checked(model)
		}
	}
	return l.checked(l.salvage(ctx))
}

// checked applies the rules, if there is a model.
func (l *load) checked(model *types.Project) *types.Project {
	if model != nil {
		l.applyRules(model)
	}
	return model
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
		if !l.refused(err, trees) {
			return nil
		}
	}
	return nil
}

// refused reports what compose-go found and takes it out of the trees; false
// if its place cannot be told.
func (l *load) refused(err error, trees []tree) bool {
	progress := false
	for _, m := range l.mistakes(err) {
		if m.path == "" && HasErrors(l.found) {
			continue // likely the consequence of what was found already
		}
		if m.path == "" || !l.reported(m.path) && !l.reportedBelow(m.path) {
			pos, _ := l.positions.At(m.path)
			if pos.File == "" {
				pos = Position{File: l.sources[len(l.sources)-1].name}
			}
			l.report(SeverityError, m.rule, pos, m.path, m.message, m.hint)
		}
		progress = prune(trees, m.path) || progress
	}
	return progress
}

// compose runs compose-go. It reads env files later (resolve), so that all
// that are missing are found at once. It panics on some files (`pid:` with
// nothing in it, in 2.16.2).
func (l *load) compose(ctx context.Context, contents [][]byte, options func(*compose.Options)) (model *types.Project, err error) {
	defer func() {
		if bug := recover(); bug != nil {
			model, err = nil, fmt.Errorf("compose-go cannot read this: %v", bug)
		}
	}()
	return compose.LoadWithContext(ctx, l.details(contents), options)
}

func (l *load) details(contents [][]byte) types.ConfigDetails {
	details := types.ConfigDetails{WorkingDir: l.discovery.dir, Environment: l.env.vars.Clone()}
	for i, content := range contents {
		details.ConfigFiles = append(details.ConfigFiles, types.ConfigFile{Filename: l.sources[i].name, Content: content})
	}
	return details
}

func (l *load) modern(o *compose.Options) {
	o.SetProjectName(l.name.name, true)
	o.Profiles = l.env.profiles(l.Options)
	o.SkipResolveEnvironment = true
	o.SkipResolveLabels = true
	o.SkipNormalization = l.Skip.Normalization
	o.ResolvePaths = !l.Skip.Paths
	o.SkipConsistencyCheck = l.Skip.Consistency
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
