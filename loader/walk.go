package loader

import (
	"fmt"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// cutKey splits the first key or index off a path.
func cutKey(path string) (key, rest string) {
	if strings.HasPrefix(path, `["`) {
		quoted, err := strconv.QuotedPrefix(path[1:])
		if err != nil {
			return path, ""
		}
		key, _ = strconv.Unquote(quoted)
		rest = strings.TrimPrefix(path[1+len(quoted):], "]")
	} else if strings.HasPrefix(path, "[") {
		key, rest, _ = strings.Cut(path[1:], "]")
	} else {
		end := strings.IndexAny(path, ".[")
		if end < 0 {
			return path, ""
		}
		key, rest = path[:end], path[end:]
	}
	return key, strings.TrimPrefix(rest, ".")
}

// within reports whether a path is the other one or lies below it.
func within(path, above string) bool {
	rest, ok := strings.CutPrefix(path, above)
	return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
}

// indexOf is where in n.Content the value of a key or index stands, or -1.
func indexOf(n *yaml.Node, key string) int {
	switch n.Kind {
	case yaml.MappingNode:
		for i := len(n.Content) - 2; i >= 0; i -= 2 {
			if n.Content[i].Value == key {
				return i + 1
			}
		}
	case yaml.SequenceNode:
		if i, err := strconv.Atoi(key); err == nil && i >= 0 && i < len(n.Content) {
			return i
		}
	}
	return -1
}

// checkKeys reports keys that a mapping has twice: the readers of YAML
// disagree on which one counts.
func (l *load) checkKeys() {
	for _, s := range l.sources {
		seen := map[*yaml.Node]bool{}
		for _, root := range s.docs {
			l.checkNode(s, root, "", seen)
		}
	}
}

func (l *load) checkNode(s *source, n *yaml.Node, path string, seen map[*yaml.Node]bool) {
	if seen[n] || n.Kind == yaml.AliasNode {
		return
	}
	seen[n] = true
	if n.Kind == yaml.SequenceNode {
		for i, c := range n.Content {
			l.checkNode(s, c, joinIndex(path, i), seen)
		}
	}
	if n.Kind != yaml.MappingNode {
		return
	}
	first := map[string]*yaml.Node{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		at := joinKey(path, key.Value)
		if before, ok := first[key.Value]; ok && key.Kind == yaml.ScalarNode && key.Tag != "!!merge" {
			l.report(SeverityError, "duplicate-key", s.position(key), at,
				fmt.Sprintf("%q is given twice", key.Value), fmt.Sprintf("the first one is on line %d", before.Line))
		}
		first[key.Value] = key
		l.checkNode(s, n.Content[i+1], at, seen)
	}
}

// lastKeys drops all but the last of repeated keys.
func lastKeys(n *yaml.Node, seen map[*yaml.Node]bool) {
	if seen[n] || n.Kind == yaml.AliasNode {
		return
	}
	seen[n] = true
	if n.Kind == yaml.MappingNode {
		last := map[string]int{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			last[n.Content[i].Value] = i
		}
		var kept []*yaml.Node
		for i := 0; i+1 < len(n.Content); i += 2 {
			if last[n.Content[i].Value] == i || n.Content[i].Tag == "!!merge" {
				kept = append(kept, n.Content[i], n.Content[i+1])
			}
		}
		n.Content = kept
	}
	for _, c := range n.Content {
		lastKeys(c, seen)
	}
}
