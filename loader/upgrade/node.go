package upgrade

import (
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

func resolve(n *yaml.Node) *yaml.Node {
	for n != nil && n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

// entry finds a key that the mapping has itself; the last, where it is
// repeated.
func entry(m *yaml.Node, key string) (k, v *yaml.Node) {
	if m == nil || m.Kind != yaml.MappingNode {
		return nil, nil
	}
	for i := len(m.Content) - 2; i >= 0; i -= 2 {
		if m.Content[i].Value == key && m.Content[i].Kind == yaml.ScalarNode {
			return m.Content[i], m.Content[i+1]
		}
	}
	return nil, nil
}

// get is the value of a key that the mapping has itself, aliases resolved.
func get(m *yaml.Node, key string) *yaml.Node {
	_, v := entry(m, key)
	return resolve(v)
}

// effective is the value of a key, be it merged in by `<<`.
func effective(m *yaml.Node, key string) *yaml.Node {
	if v := get(m, key); v != nil || m == nil {
		return v
	}
	return merged(m, key, map[*yaml.Node]bool{})
}

// merged looks for a key in what `<<` names. No mapping is looked at twice:
// anchors may go round in a circle.
func merged(m *yaml.Node, key string, seen map[*yaml.Node]bool) *yaml.Node {
	if m.Kind != yaml.MappingNode || seen[m] {
		return nil
	}
	seen[m] = true
	for i := 0; i+1 < len(m.Content); i += 2 {
		if m.Content[i].Tag != "!!merge" {
			continue
		}
		sources := []*yaml.Node{resolve(m.Content[i+1])}
		if sources[0].Kind == yaml.SequenceNode {
			sources = sources[0].Content
		}
		for _, s := range sources {
			s = resolve(s)
			if v := get(s, key); v != nil {
				return v
			}
			if v := merged(s, key, seen); v != nil {
				return v
			}
		}
	}
	return nil
}

// maxBases bounds a chain of extends, which may go round in a circle.
const maxBases = 50

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" }

func isFlow(n *yaml.Node) bool { return n.Style&yaml.FlowStyle != 0 }

// items are the entries of a list of scalars; a single string is a list of
// one.
func items(n *yaml.Node) []*yaml.Node {
	n = resolve(n)
	switch {
	case n == nil || isNull(n) || n.Kind == yaml.MappingNode:
		return nil
	case n.Kind == yaml.SequenceNode:
		return n.Content
	}
	return []*yaml.Node{n}
}

// anchored tells whether an anchor is set in the tree: what is written
// elsewhere may hang on it.
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

// find is the key and the value at a path of keys and indexes; the nearest
// parents where it does not exist.
func find(root *yaml.Node, path []string) (key, value *yaml.Node) {
	key, value = root, root
	for _, p := range path {
		n := resolve(value)
		if n.Kind == yaml.SequenceNode {
			i, err := strconv.Atoi(p)
			if err != nil || i < 0 || i >= len(n.Content) {
				break
			}
			key, value = n.Content[i], n.Content[i]
			continue
		}
		k, v := entry(n, p)
		if k == nil {
			break
		}
		key, value = k, v
	}
	return key, value
}

// pathText writes a path as diagnostics do: services.web.ports[0].
func pathText(root *yaml.Node, path []string) string {
	var b strings.Builder
	n := root
	for _, p := range path {
		n = resolve(n)
		switch {
		case n != nil && n.Kind == yaml.SequenceNode:
			b.WriteString("[" + p + "]")
			i, err := strconv.Atoi(p)
			if err != nil || i < 0 || i >= len(n.Content) {
				n = nil
				continue
			}
			n = n.Content[i]
			continue
		case p == "" || strings.ContainsAny(p, `.[]"`):
			b.WriteString("[" + strconv.Quote(p) + "]")
		case b.Len() > 0:
			b.WriteString("." + p)
		default:
			b.WriteString(p)
		}
		if n != nil {
			_, n = entry(n, p)
		}
	}
	return b.String()
}
