package loader

import (
	"bytes"
	"errors"
	"maps"
	"runtime"
	"slices"
	"sync"

	"github.com/compose-spec/compose-go/v2/types"
	"gopkg.in/yaml.v3"

	"recompose/loader/plain"
)

// leftAtOnce is how many services compose-go loads at a time: it holds some
// hundred kB for each while it does.
const leftAtOnce = 500

// errPart: what was left cannot be taken out of its file.
var errPart = errors.New("the file cannot be divided")

// complete makes a project of what was decoded and of what was left, which is
// loaded in parts: some services each, and all that is not a service. If that
// fails it gives all errors.
func (l *load) complete(doc *plain.Document, part func(names []string) []byte, load func(content []byte) (*types.Project, error)) (*types.Project, []error) {
	ours := l.plainModel(doc)
	if doc.Whole() {
		return ours, nil
	}
	parts := slices.Collect(slices.Chunk(doc.Left, leftAtOnce))
	if len(parts) == 0 {
		parts = [][]string{nil}
	}
	models, errs := make([]*types.Project, len(parts)), make([]error, len(parts))
	room := make(chan struct{}, runtime.GOMAXPROCS(0))
	var wg sync.WaitGroup
	for i, names := range parts {
		wg.Go(func() {
			room <- struct{}{}
			defer func() { <-room }()
			if content := part(names); content != nil {
				models[i], errs[i] = load(content)
			} else {
				errs[i] = errPart
			}
		})
	}
	wg.Wait()
	if slices.Contains(models, nil) {
		return nil, slices.DeleteFunc(errs, func(err error) bool { return err == nil })
	}
	model := joinLeft(models, doc)
	join(model, ours)
	return model, nil
}

// joinLeft puts the parts of what was left together.
func joinLeft(models []*types.Project, doc *plain.Document) *types.Project {
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

// only is a tree's text with none but the named services; nil if these hold
// anchors that other text may refer to. A mapping must not be empty, so the
// first stays if none is named.
func only(root *yaml.Node, names []string) []byte {
	at := indexOf(root, "services")
	if at < 0 {
		return nil
	}
	all := resolve(root.Content[at])
	if anchored(all) {
		return nil
	}
	keep := map[string]bool{}
	for _, name := range names {
		keep[name] = true
	}
	services := *all
	services.Content = nil
	for i := 0; i+1 < len(all.Content); i += 2 {
		if keep[all.Content[i].Value] || len(names) == 0 && i == 0 {
			services.Content = append(services.Content, all.Content[i], all.Content[i+1])
		}
	}
	rest := *root
	rest.Content = slices.Clone(root.Content)
	rest.Content[at] = &services
	contents, err := encode([]tree{{&rest}})
	if err != nil {
		return nil
	}
	return contents[0]
}

// only is the file's text without the lines of other services than those
// named; the first stays if none is, since `services:` must not be empty. nil
// if services don't stand on lines of their own, or hold an anchor that other
// text may refer to.
func (s *source) only(names []string) []byte {
	root := s.docs[0]
	if s.rewritten {
		return only(root, names)
	}
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
