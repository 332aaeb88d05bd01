package loader

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	compose "github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/sirupsen/logrus"

	"recompose/loader/plain"
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
	l.rewriteOlder()
	if l.Outline && !HasErrors(l.found) {
		if model := l.outline(); model != nil {
			return model
		}
	}
	l.checkScalars()
	l.checkVariables()
	l.indexRelated()
	l.checkTags()
	l.checkJoined()
	l.checkForms()
	defer l.removeOverlay()
	if err := l.overlayFiles(); err != nil {
		l.report(SeverityError, "include-file", Position{File: l.sources[0].name}, "", err.Error(), "")
		return nil
	}
	if !HasErrors(l.found) {
		model, broken := l.loadPlain(ctx)
		if model != nil {
			return model
		}
		if broken { // what is wrong is mostly found without a load of the whole
			found := l.found
			if model = l.checked(l.salvage(ctx)); HasErrors(l.found) {
				return model
			}
			l.found, l.told = found, told{}
		}
		model, err := l.compose(ctx, l.contents(), l.modern)
		if err == nil && !schemaUsable() && len(l.schemaErrors()) > 0 {
			return l.checked(l.salvage(ctx))
		}
		if err == nil {
			return l.checked(model)
		}
		if l.unreadable(err) {
			return nil
		}
		model = l.checked(l.salvage(ctx))
		if !HasErrors(l.found) { // what nothing here looks at, and compose-go refuses
			l.refused(err)
		}
		return model
	}
	return l.checked(l.salvage(ctx))
}

// largeText is the size of text, in bytes, from which a load takes so long that
// what is cheap to find is looked for first.
const largeText = 64 << 10

// surelyBroken reports what nothing makes right in a large file: short forms and
// durations that compose-go cannot read, or a key that nobody knows.
func (l *load) surelyBroken() bool {
	if len(l.sources) != 1 || len(l.sources[0].content) < largeText || bytes.Contains(l.sources[0].content, []byte("!reset")) {
		return false
	}
	found := l.found
	l.checkShort()
	l.checkDecoded()
	broken := len(l.found) > len(found)
	l.found, l.told = found, told{} // they are told when all is
	return broken || l.format != FormatV1 && slices.ContainsFunc(l.schemaErrors(), func(d Diagnostic) bool {
		return d.Rule == "unknown-key" && d.Position.File == l.sources[0].name
	})
}

// unreadable reports what only compose-go's reader of YAML refuses.
func (l *load) unreadable(err error) bool {
	if !strings.Contains(err.Error(), "failed to parse") {
		return false
	}
	found := false
	for _, s := range slices.Concat(l.sources, l.related) {
		again := source{name: s.name, content: s.content, lines: s.lines, starts: s.starts}
		if bad := again.reread(nil); bad != nil {
			l.found = append(l.found, *bad)
			found = true
		}
	}
	return found
}

// checked applies the rules, if there is a model.
func (l *load) checked(model *types.Project) *types.Project {
	if model != nil {
		l.applyRules(model)
	}
	return model
}

// salvage finds what is wrong: it takes each mistake out of the files and
// loads them again, until nothing is wrong or the place of the mistake cannot
// be told.
func (l *load) salvage(ctx context.Context) *types.Project {
	invalid := slices.DeleteFunc(slices.Clone(l.schemaErrors()), func(d Diagnostic) bool { return l.reported(d.Path) })
	for _, d := range invalid { // those above others too
		l.add(d)
	}
	l.checkShort()
	l.checkTargets()
	l.checkDecoded()
	l.checkExtends()
	var drop []string
	cuts := newCuts(l.related)
	for _, d := range l.found {
		if d.Severity == SeverityError && !cuts.add(d) {
			drop = append(drop, wholeExtends(d.Path))
		}
	}
	for range maxRounds {
		if len(cuts.made) > 0 && l.overlayWith(cuts.content) != nil {
			return nil
		}
		l.dropped, l.kept = entriesOf(drop), map[string][]int{}
		trees := l.copies()
		prune(trees, drop)
		model, errs := l.composeTrees(ctx, trees)
		if model != nil {
			return model
		}
		before := len(l.found)
		more := l.refusedAll(errs, drop)
		for _, d := range l.found[before:] {
			if d.Severity == SeverityError {
				cuts.add(d)
			}
		}
		if ctx.Err() != nil || len(more) == 0 && len(l.found) == before {
			return nil
		}
		drop = append(drop, more...)
	}
	return nil
}

// composeTrees loads changed trees: plain services without compose-go, if they
// can be divided from the others.
func (l *load) composeTrees(ctx context.Context, trees []tree) (*types.Project, []error) {
	if len(trees) == 1 {
		if doc := l.decodeTree(trees[0], plain.Env{}); doc != nil {
			model, errs := l.complete(doc, func(names []string) []byte { return only(trees[0][0], names) }, func(content []byte) (*types.Project, error) {
				return l.compose(ctx, [][]byte{content}, l.lenient)
			})
			if !slices.Contains(errs, errPart) {
				return model, errs
			}
		}
	}
	contents, err := encode(trees)
	if err != nil {
		return nil, nil
	}
	model, err := l.compose(ctx, contents, l.lenient)
	if err != nil {
		return nil, []error{err}
	}
	return model, nil
}

// refusedAll is refused for several errors.
func (l *load) refusedAll(errs []error, dropped []string) (more []string) {
	gone := map[string]bool{}
	for _, path := range dropped {
		gone[path] = true
	}
	for _, err := range errs {
		for _, path := range l.refused(err) {
			if !gone[path] {
				gone[path] = true
				more = append(more, path)
			}
		}
	}
	return more
}

// refused reports what compose-go found, and gives the paths to take out next;
// none if the places cannot be told.
func (l *load) refused(err error) (more []string) {
	for _, m := range l.mistakes(err) {
		if m.at != nil && !slices.ContainsFunc(l.found, func(d Diagnostic) bool { return d.Position == *m.at }) {
			l.report(SeverityError, m.rule, *m.at, "", m.message, m.hint)
			continue
		}
		if m.path == "" && HasErrors(l.found) {
			continue // likely the consequence of what was found already
		}
		whole := wholeExtends(m.path)
		if m.path == "" || !l.reported(m.path) && !l.reportedBelow(whole) && !(m.rule == "compose" && l.wrongThere(m.path)) {
			pos, _ := l.positions.At(m.path)
			if pos.File == "" {
				pos = Position{File: l.sources[len(l.sources)-1].name}
			}
			l.report(SeverityError, m.rule, pos, m.path, m.message, m.hint)
		}
		if whole != "" {
			more = append(more, whole)
		}
	}
	return more
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
	if l.overlay == nil {
		return compose.LoadWithContext(ctx, l.details(contents), options)
	}
	staged := make([][]byte, len(contents))
	for i, content := range contents {
		staged[i] = l.overlay.rewrite(content, l.discovery.dir)
	}
	model, err = compose.LoadWithContext(ctx, l.details(staged), options)
	return model, l.overlay.restore(err)
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
	o.ResolvePaths = !l.relative
	o.SkipConsistencyCheck = l.Skip.Consistency
	o.MaxNodeVisits = maxNodes
	o.SkipValidation = !schemaUsable()
	if l.overlay != nil {
		o.ResourceLoaders = append(o.ResourceLoaders, l.overlay)
	}
	if l.Sandbox {
		o.ResourceLoaders = append(o.ResourceLoaders, sandboxed{l.discovery.dir, l.overlay})
	}
	o.ConvertWindowsPaths, _ = l.env.flag("COMPOSE_CONVERT_WINDOWS_PATHS")
}

// schemaUsable reports whether compose-go can read its schema, which it names
// by a relative URL. Where it cannot, our own check has to do.
var schemaUsable = sync.OnceValue(func() bool {
	dir, err := os.Getwd()
	if err != nil {
		return true
	}
	_, err = url.Parse("file://" + filepath.ToSlash(dir))
	return err == nil
})

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
