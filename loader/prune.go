package loader

import (
	"bytes"
	"cmp"
	"slices"
	"strconv"

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
