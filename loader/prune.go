package loader

import (
	"bytes"
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

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

// prune removes what stands at the paths in any of the trees. The last entries
// of a list go first, so that the others keep their index.
func prune(trees []tree, paths []string) {
	paths = slices.Clone(paths)
	slices.SortFunc(paths, func(a, b string) int { return comparePaths(b, a) })
	for _, path := range slices.Compact(paths) {
		for _, docs := range trees {
			for _, root := range docs {
				pruneNode(resolve(root), path)
			}
		}
	}
}

// comparePaths orders paths by their parts, indexes by number.
func comparePaths(a, b string) int {
	for a != "" && b != "" {
		var x, y string
		x, a = cutKey(a)
		y, b = cutKey(b)
		i, err1 := strconv.Atoi(x)
		j, err2 := strconv.Atoi(y)
		if err1 == nil && err2 == nil && i != j {
			return cmp.Compare(i, j)
		}
		if x != y {
			return cmp.Compare(x, y)
		}
	}
	return cmp.Compare(len(a), len(b))
}

func pruneNode(n *yaml.Node, path string) {
	for path != "" {
		key, rest := cutKey(path)
		at := indexOf(n, key)
		if at < 0 {
			return
		}
		if rest == "" {
			if n.Kind == yaml.MappingNode {
				n.Content = append(n.Content[:at-1], n.Content[at+1:]...)
			} else {
				n.Content = append(n.Content[:at], n.Content[at+1:]...)
			}
			return
		}
		n, path = resolve(n.Content[at]), rest
	}
}
