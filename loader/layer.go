package loader

import (
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// layer is the tree of a file, or of a part of one, under a path. It is
// searched when a place is asked for: most never are.
type layer struct {
	path  string
	root  *yaml.Node
	place func(*yaml.Node) Position
	order int
	*indexes
}

// find gives the nodes at a path, nil if nothing is written there; an entry
// of a list has no key.
func (l *layer) find(path string) (key, value *yaml.Node) {
	rest, ok := strings.CutPrefix(path, l.path)
	switch {
	case !ok || l.path != "" && rest != "" && rest[0] != '.' && rest[0] != '[':
		return nil, nil
	case rest == "":
		return nil, l.root
	}
	s := search{layer: l, left: maxSearch}
	return s.below(l.root, strings.TrimPrefix(rest, "."))
}

// maxSearch bounds how many mappings are looked at for one path, since merges
// of merges multiply.
const maxSearch = 10_000

type search struct {
	*layer
	left int
}

func (s *search) below(n *yaml.Node, path string) (key, value *yaml.Node) {
	n = resolve(n)
	if s.left--; n == nil || s.left < 0 {
		return nil, nil
	}
	if n.Kind == yaml.SequenceNode {
		if !strings.HasPrefix(path, "[") {
			return nil, nil
		}
		name, rest := cutKey(path)
		i, err := strconv.Atoi(name)
		if err != nil || i < 0 || i >= len(n.Content) {
			return nil, nil
		}
		return s.at(nil, n.Content[i], rest)
	}
	if n.Kind != yaml.MappingNode || path[0] == '[' && !strings.HasPrefix(path, `["`) {
		return nil, nil
	}
	name, rest := cutKey(path)
	if i := s.position(n, name); i >= 0 {
		if key, value = s.at(n.Content[i], n.Content[i+1], rest); value != nil {
			return key, value
		}
	}
	// What is merged in stands below what the mapping says itself.
	for _, i := range s.merges(n) {
		for _, m := range merged(n.Content[i+1]) {
			if key, value = s.below(m, path); value != nil {
				return key, value
			}
		}
	}
	return nil, nil
}

func (s *search) at(key, value *yaml.Node, rest string) (*yaml.Node, *yaml.Node) {
	if rest == "" {
		return key, value
	}
	return s.below(value, rest)
}

// each gives every path that is written, each at most once.
func (p *Positions) each(visit func(path string, pos Position)) {
	seen := map[string]bool{}
	for _, l := range p.layers {
		w := paths{layer: l, positions: p, left: maxNodes, visit: func(path string, n *yaml.Node) {
			if !seen[path] {
				seen[path] = true
				visit(path, l.place(n))
			}
		}}
		w.below(l.root, l.path)
	}
}

type paths struct {
	*layer
	positions *Positions
	left      int
	visit     func(path string, n *yaml.Node)
}

func (w *paths) below(n *yaml.Node, path string) {
	if w.left--; w.left < 0 {
		return
	}
	if path != "" {
		w.visit(path, n)
	}
	n = resolve(n)
	if n.Kind == yaml.SequenceNode {
		entries := w.positions.mergedList(path)
		for i, c := range n.Content {
			if entries != nil {
				i = slices.Index(entries, listEntry{w.layer, c})
			}
			if i >= 0 {
				w.below(c, joinIndex(path, i))
			}
		}
	}
	if n.Kind != yaml.MappingNode {
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Tag != "!!merge" {
			w.below(n.Content[i+1], joinKey(path, n.Content[i].Value))
		}
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Tag == "!!merge" {
			for _, m := range merged(n.Content[i+1]) {
				w.below(m, path)
			}
		}
	}
}
