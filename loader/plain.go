package loader

import (
	"context"
	"sync/atomic"

	"github.com/compose-spec/compose-go/v2/types"
	"gopkg.in/yaml.v3"

	"recompose/loader/plain"
)

// loadPlain loads a file whose services are plain ones. Where there are others
// too, or more at the top level, compose-go loads the file without the plain
// ones, and the two are put together. nil means that compose-go must load the
// file as a whole: it is the one that words errors. broken says that there are
// some, most likely. The rules have seen the model.
func (l *load) loadPlain(ctx context.Context) (model *types.Project, broken bool) {
	doc := l.decodePlain(plain.Env{})
	if (doc == nil || len(doc.Services) == 0 || len(doc.Left) > leftAtOnce) && l.surelyBroken() {
		return nil, true
	}
	if doc == nil || len(doc.Services) == 0 && len(doc.Left) <= leftAtOnce || !doc.Whole() && !schemaUsable() {
		return nil, false
	}
	var failed atomic.Bool
	model, errs := l.complete(doc, l.sources[0].only, func(content []byte) (*types.Project, error) {
		if failed.Load() {
			return nil, errPart // the others do not matter any more
		}
		model, err := l.compose(ctx, [][]byte{content}, l.lenient)
		failed.CompareAndSwap(false, err != nil)
		return model, err
	})
	if model == nil {
		return nil, len(errs) > 0
	}
	// Where the rules find errors, these are all: what could be loaded has no
	// others. Else compose-go must have nothing against the whole.
	found := l.found
	l.applyRules(model)
	if !HasErrors(l.found) && !consistent(model) {
		l.found, l.told = found, told{}
		return nil, false
	}
	return model, false
}

// outline decodes what Options.Outline asks for, if the file is so plain.
func (l *load) outline() *types.Project {
	doc := l.decodePlain(plain.Env{Outline: true})
	if doc == nil || !doc.Whole() {
		return nil
	}
	model, found := l.plainModel(doc), l.found
	if l.applyRules(model); HasErrors(l.found) { // those who load the whole word them
		l.found, l.told = found, told{}
		return nil
	}
	return model
}

// plainClassic decodes converted files of the v1 format, whose variables are
// replaced already, if all of their services are plain.
func (l *load) plainClassic(root *yaml.Node) *types.Project {
	if doc := l.decodeClassic(root); doc != nil && doc.Whole() {
		return l.plainModel(doc)
	}
	return nil
}

func (l *load) decodeClassic(root *yaml.Node) *plain.Document {
	if root == nil || !l.mayDecode() {
		return nil
	}
	return plain.Decode(root, l.plainEnv(plain.Env{Fill: func(text string) (string, error) { return text, nil }}))
}

func (l *load) decodePlain(env plain.Env) *plain.Document {
	if len(l.sources) != 1 {
		return nil
	}
	return l.decodeTree(l.sources[0].docs, env)
}

func (l *load) decodeTree(docs tree, env plain.Env) *plain.Document {
	if !l.mayDecode() || len(docs) != 1 {
		return nil
	}
	env.Fill = l.substitute
	return plain.Decode(docs[0], l.plainEnv(env))
}

// mayDecode: no option asks for another model than the usual one.
func (l *load) mayDecode() bool {
	convert, _ := l.env.flag("COMPOSE_CONVERT_WINDOWS_PATHS")
	return !l.whole && !convert && l.Skip == (Skip{})
}

func (l *load) plainEnv(env plain.Env) plain.Env {
	env.Project, env.Dir, env.Lookup = l.name.name, l.discovery.dir, l.env.vars.Resolve
	return env
}

// plainModel is a project of what was decoded.
func (l *load) plainModel(doc *plain.Document) *types.Project {
	model := &types.Project{
		Name: l.name.name, WorkingDir: l.discovery.dir, Environment: l.env.vars.Clone(),
		Services: doc.Services, DisabledServices: types.Services{},
		Networks: doc.Networks, Volumes: doc.Volumes,
		Profiles: l.env.profiles(l.Options),
	}
	for name, service := range model.Services {
		if !service.HasProfile(model.Profiles) {
			delete(model.Services, name)
			model.DisabledServices[name] = service
		}
	}
	return model
}
