package loader

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"

	"gopkg.in/yaml.v3"
)

// tree is a file's documents, free to be changed.
type tree []*yaml.Node

// copies makes trees of their own, without repeated keys.
func (l *load) copies() []tree {
	var out []tree
	for _, s := range l.sources {
		out = append(out, s.copied())
	}
	return out
}

func (s *source) copied() (docs tree) {
	done := map[*yaml.Node]*yaml.Node{}
	for _, root := range s.docs {
		root = copyTree(root, done)
		lastKeys(root, map[*yaml.Node]bool{})
		docs = append(docs, root)
	}
	return docs
}

// copyTree copies a tree with its aliases; done are the nodes with anchors that
// were copied before.
func copyTree(n *yaml.Node, done map[*yaml.Node]*yaml.Node) *yaml.Node {
	if known, ok := done[n]; ok {
		return known
	}
	out := *n
	if n.Anchor != "" {
		done[n] = &out
	}
	if n.Alias != nil {
		out.Alias = copyTree(n.Alias, done)
	}
	if n.Content != nil {
		out.Content = make([]*yaml.Node, len(n.Content))
		for i, c := range n.Content {
			out.Content[i] = copyTree(c, done)
		}
	}
	return &out
}

func encode(trees []tree) ([][]byte, error) {
	var out [][]byte
	for _, docs := range trees {
		var b bytes.Buffer
		enc := yaml.NewEncoder(&b)
		for _, root := range docs {
			writable(root, map[*yaml.Node]bool{})
			if err := enc.Encode(root); err != nil {
				return nil, err
			}
		}
		if len(docs) > 0 { // without any, there is no stream to end
			if err := enc.Close(); err != nil {
				return nil, err
			}
		}
		out = append(out, b.Bytes())
	}
	return out, nil
}

// plainAnchor is what yaml.v3 writes as an anchor's name; it reads more.
var plainAnchor = regexp.MustCompile(`^[0-9A-Za-z_-]*$`)

// writable changes what yaml.v3 would not write as it reads it: a null inside
// braces that has no text becomes an empty string, and texts of several lines
// lose or gain line breaks at their beginning or where they are indented.
func writable(n *yaml.Node, seen map[*yaml.Node]bool) {
	if seen[n] {
		return
	}
	seen[n] = true
	if n.Kind == yaml.ScalarNode && n.Value == "" && n.Tag == "!!null" {
		n.Value = "null"
	}
	if n.Kind == yaml.ScalarNode && (n.Style&yaml.FoldedStyle != 0 || strings.Contains(n.Value, "\n")) {
		n.Style = n.Style&yaml.TaggedStyle | yaml.DoubleQuotedStyle
	}
	if !plainAnchor.MatchString(n.Anchor) {
		n.Anchor = fmt.Sprintf("line%d-%d", n.Line, n.Column)
	}
	if n.Kind == yaml.AliasNode {
		writable(n.Alias, seen)
		n.Value = n.Alias.Anchor
	}
	for _, c := range n.Content {
		writable(c, seen)
	}
}

// branch is a part of the paths that are to be taken out.
type branch struct {
	below map[string]*branch
	whole bool // a path ends here
}

func (b *branch) add(path string) {
	for path != "" {
		var key string
		key, path = cutKey(path)
		next := b.below[key]
		if next == nil {
			next = &branch{below: map[string]*branch{}}
			b.below[key] = next
		}
		b = next
	}
	b.whole = true
}

// prune removes what stands at the paths in any of the trees.
func prune(trees []tree, paths []string) {
	top := &branch{below: map[string]*branch{}}
	for _, path := range paths {
		if path != "" {
			top.add(path)
		}
	}
	gone := map[*yaml.Node]map[int]bool{} // by node: indexes into its content
	for _, docs := range trees {
		for _, root := range docs {
			top.mark(resolve(root), gone)
		}
	}
	for n, indexes := range gone {
		n.Content = without(n.Content, indexes)
	}
}

// mark notes what is to be removed. Nothing is before all is known: aliases
// lead to one list on several ways, on each of which its entries are counted.
func (b *branch) mark(n *yaml.Node, gone map[*yaml.Node]map[int]bool) {
	drop := func(indexes ...int) {
		if gone[n] == nil {
			gone[n] = map[int]bool{}
		}
		for _, i := range indexes {
			gone[n][i] = true
		}
	}
	each := func(key string, at int) {
		next := b.below[key]
		switch {
		case next == nil:
		case next.whole && n.Kind == yaml.MappingNode:
			drop(at-1, at)
		case next.whole:
			drop(at)
		default:
			value := resolve(n.Content[at])
			next.mark(value, gone)
			if mayLack[key] && value.Kind == yaml.SequenceNode && len(gone[value]) == len(value.Content) {
				drop(at-1, at)
			}
		}
	}
	switch n.Kind {
	case yaml.MappingNode:
		for i := 1; i < len(n.Content); i += 2 {
			each(n.Content[i-1].Value, i)
		}
	case yaml.SequenceNode:
		for key := range b.below {
			if i := indexOf(n, key); i >= 0 {
				each(key, i)
			}
		}
	}
}

// mayLack are lists that go with the last of their entries: without them, a
// service is a plain one.
var mayLack = map[string]bool{
	"ports": true, "volumes": true, "environment": true, "depends_on": true, "links": true, "env_file": true, "expose": true,
}

func without(nodes []*yaml.Node, indexes map[int]bool) []*yaml.Node {
	kept := make([]*yaml.Node, 0, len(nodes))
	for i, n := range nodes {
		if !indexes[i] {
			kept = append(kept, n)
		}
	}
	return kept
}
