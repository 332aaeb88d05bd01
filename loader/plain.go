package loader

import (
	"bytes"
	"context"
	"maps"
	"runtime"
	"slices"
	"sync"

	"github.com/compose-spec/compose-go/v2/types"
	"gopkg.in/yaml.v3"

	"recompose/loader/plain"
)

// loadPlain loads a file whose services are plain ones. Where there are others
// too, or more at the top level, compose-go loads the file without the plain
// ones, and the two are put together. nil means that compose-go must load the
// file as a whole: it is the one that words errors. The rules have seen the
// model.
func (l *load) loadPlain(ctx context.Context) *types.Project {
	doc := l.decodePlain(plain.Env{})
	if doc == nil || len(doc.Services) == 0 && len(doc.Left) <= leftAtOnce {
		return nil
	}
	model := l.plainModel(doc)
	whole := !doc.Partial && len(doc.Left) == 0
	if !whole {
		left := l.loadLeft(ctx, l.sources[0], doc)
		if left == nil {
			return nil
		}
		join(left, model)
		model = left
	}
	if !consistent(model) {
		return nil
	}
	// Where the rules find errors in a whole, these are all: what is plain has
	// no others. In what was left, compose-go's way may find more.
	return l.ruled(model, whole)
}

// ruled applies the rules to a model. Unless what they find is final, errors
// are taken back, and nil says that compose-go must load the file.
func (l *load) ruled(model *types.Project, final bool) *types.Project {
	found := l.found
	if l.applyRules(model); HasErrors(l.found) && !final {
		l.found, l.wrong = found, nil
		return nil
	}
	return model
}

// outline decodes what Options.Outline asks for, if the file is so plain.
func (l *load) outline() *types.Project {
	doc := l.decodePlain(plain.Env{Outline: true})
	if doc == nil || doc.Partial || len(doc.Left) > 0 {
		return nil
	}
	return l.ruled(l.plainModel(doc), false)
}

// plainClassic decodes converted files of the v1 format, whose variables are
// replaced already, if all of their services are plain.
func (l *load) plainClassic(root *yaml.Node) *types.Project {
	if root == nil || !l.mayDecode() {
		return nil
	}
	doc := plain.Decode(root, l.plainEnv(plain.Env{Fill: func(text string) (string, error) { return text, nil }}))
	if doc == nil || doc.Partial || len(doc.Left) > 0 {
		return nil
	}
	return l.plainModel(doc)
}

func (l *load) decodePlain(env plain.Env) *plain.Document {
	if !l.mayDecode() || len(l.sources) != 1 || len(l.sources[0].docs) != 1 {
		return nil
	}
	env.Fill = l.substitute
	return plain.Decode(l.sources[0].docs[0], l.plainEnv(env))
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

// join puts the services of ours into a project that compose-go loaded. It may
// have one of them too.
func join(project, ours *types.Project) {
	for _, services := range []types.Services{ours.Services, ours.DisabledServices} {
		for name := range services {
			delete(project.Services, name)
			delete(project.DisabledServices, name)
		}
	}
	maps.Copy(project.Services, ours.Services)
	maps.Copy(project.DisabledServices, ours.DisabledServices)
}

// leftAtOnce is how many services compose-go loads at a time: it holds some
// hundred kB for each while it does.
const leftAtOnce = 500

// loadLeft has compose-go load what is not in doc, in parts.
func (l *load) loadLeft(ctx context.Context, s *source, doc *plain.Document) *types.Project {
	parts := slices.Collect(slices.Chunk(doc.Left, leftAtOnce))
	if len(parts) == 0 {
		parts = [][]string{nil}
	}
	models := make([]*types.Project, len(parts))
	room := make(chan struct{}, runtime.GOMAXPROCS(0))
	var wg sync.WaitGroup
	for i, names := range parts {
		wg.Go(func() {
			room <- struct{}{}
			defer func() { <-room }()
			if content := s.only(names); content != nil {
				models[i], _ = l.compose(ctx, [][]byte{content}, l.lenient) // the error comes again with the whole file
			}
		})
	}
	wg.Wait()
	if slices.Contains(models, nil) {
		return nil
	}
	model := models[0]
	networks := types.Networks{} // `default` is there only if a service of the part is on it
	if implicit, used := doc.Networks["default"]; used {
		networks["default"] = implicit
	}
	for _, part := range models {
		maps.Copy(model.Services, part.Services)
		maps.Copy(model.DisabledServices, part.DisabledServices)
		maps.Copy(networks, part.Networks)
	}
	if len(networks) > 0 {
		model.Networks = networks
	}
	return model
}

// only is the file's text without the lines of other services than those
// named; the first stays if none is, since `services:` must not be empty. nil
// if services don't stand on lines of their own, or hold an anchor that other
// text may refer to.
func (s *source) only(names []string) []byte {
	root := s.docs[0]
	at := indexOf(root, "services")
	if at < 0 || s.starts != nil || !s.onLines(root) || !s.onLines(root.Content[at]) {
		return nil
	}
	list := root.Content[at].Content
	keep := map[string]bool{}
	for _, name := range names {
		keep[name] = true
	}
	if len(names) == 0 {
		keep[list[0].Value] = true
	}
	end := len(s.lines)
	if at+1 < len(root.Content) {
		end = root.Content[at+1].Line - 1
	}
	var out bytes.Buffer
	from := 0
	for i := 0; i < len(list); i += 2 {
		if keep[list[i].Value] {
			continue
		}
		if anchored(list[i]) || anchored(list[i+1]) {
			return nil
		}
		s.copyLines(&out, from, list[i].Line-1)
		if from = end; i+2 < len(list) {
			from = list[i+2].Line - 1
		}
	}
	s.copyLines(&out, from, len(s.lines))
	return out.Bytes()
}

// onLines reports whether each key of a mapping starts a line of its own.
func (s *source) onLines(n *yaml.Node) bool {
	if n.Kind != yaml.MappingNode || n.Style&yaml.FlowStyle != 0 {
		return false
	}
	before := 0
	for i := 0; i < len(n.Content); i += 2 {
		key := n.Content[i]
		if key.Line <= before || key.Line > len(s.lines) || key.Value == "<<" || leading(s.lines[key.Line-1]) != key.Column-1 {
			return false
		}
		before = key.Line
	}
	return true
}

func (s *source) copyLines(out *bytes.Buffer, from, to int) {
	for _, line := range s.lines[from:to] {
		out.WriteString(line)
		out.WriteByte('\n')
	}
}

func anchored(n *yaml.Node) bool {
	if n.Anchor != "" {
		return true
	}
	for _, c := range n.Content {
		if anchored(c) {
			return true
		}
	}
	return false
}
