package loader

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// Positions finds where values were written. Paths are like
// "services.web.ports[0]"; a key that has a dot or a bracket in it is quoted
// ("services.web.labels[\"a.b\"]").
type Positions struct {
	values map[string]Position
	keys   map[string]Position
}

// At is the place of the value at path, or of its nearest known parent;
// ok says whether it is the very value.
func (p *Positions) At(path string) (pos Position, ok bool) {
	return p.find(path, func(path string) (Position, bool) {
		pos, ok := p.values[path]
		return pos, ok
	})
}

// Key is the place of the key that path ends with; for an entry of a list it
// is the entry's. Like At, it falls back to the nearest known parent.
func (p *Positions) Key(path string) (pos Position, ok bool) {
	return p.find(path, func(path string) (Position, bool) {
		if pos, ok := p.keys[path]; ok {
			return pos, true
		}
		pos, ok := p.values[path]
		return pos, ok
	})
}

func (p *Positions) find(path string, at func(string) (Position, bool)) (Position, bool) {
	if p == nil {
		return Position{}, false
	}
	for exact := true; path != ""; exact = false {
		if pos, ok := at(path); ok {
			return pos, exact
		}
		path = parentPath(path)
	}
	return Position{}, false
}

// joinKey appends a mapping's key to a path.
func joinKey(path, key string) string {
	if key == "" || strings.ContainsAny(key, `.[]"`) {
		return path + "[" + strconv.Quote(key) + "]"
	}
	if path == "" {
		return key
	}
	return path + "." + key
}

func joinIndex(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }

// joinPath makes a path of keys.
func joinPath(keys ...string) string {
	path := ""
	for _, k := range keys {
		path = joinKey(path, k)
	}
	return path
}

// parentPath cuts the last key or index off.
func parentPath(path string) string {
	if strings.HasSuffix(path, `"]`) {
		// The opening quote is the last one that a bracket stands before and
		// no backslash inside the key can imitate: keys are quoted by strconv.
		for i := len(path) - 3; i > 0; i-- {
			if path[i] == '"' && path[i-1] == '[' {
				if _, err := strconv.Unquote(path[i : len(path)-1]); err == nil {
					return path[:i-1]
				}
			}
		}
		return ""
	}
	if i := strings.LastIndexAny(path, ".["); i >= 0 {
		return path[:i]
	}
	return ""
}

// indexer fills Positions from node trees. Later files stand over earlier
// ones, as their values do.
type indexer struct {
	*Positions
	place func(*yaml.Node) Position
	// keep leaves known places alone: for included files and extended
	// services, over which the including ones stand.
	keep bool
	left int // nodes that may still be visited
}

func newPositions() *Positions {
	return &Positions{values: map[string]Position{}, keys: map[string]Position{}}
}

// add indexes a tree under a path, with what its aliases and merge keys bring.
func (p *Positions) add(root *yaml.Node, path string, keep bool, place func(*yaml.Node) Position) {
	ix := &indexer{Positions: p, place: place, keep: keep, left: maxNodes}
	ix.value(root, path, 0)
}

func (ix *indexer) set(m map[string]Position, path string, n *yaml.Node, keep bool) {
	if _, known := m[path]; known && keep {
		return
	}
	m[path] = ix.place(n)
}

func (ix *indexer) value(n *yaml.Node, path string, depth int) {
	if ix.left--; n == nil || ix.left < 0 || depth > maxDepth {
		return
	}
	if path != "" {
		ix.set(ix.values, path, n, ix.keep)
	}
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	switch n.Kind {
	case yaml.MappingNode:
		ix.mapping(n, path, depth)
	case yaml.SequenceNode:
		for i, c := range n.Content {
			ix.value(c, joinIndex(path, i), depth+1)
		}
	}
}

func (ix *indexer) mapping(n *yaml.Node, path string, depth int) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Tag == "!!merge" {
			continue
		}
		at := joinKey(path, key.Value)
		ix.set(ix.keys, at, key, ix.keep)
		ix.value(value, at, depth+1)
	}
	// What is merged in stands below what the mapping says itself.
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Tag != "!!merge" {
			continue
		}
		below := *ix
		below.keep = true
		for _, m := range merged(n.Content[i+1]) {
			below.mapping(m, path, depth+1)
		}
		ix.left = below.left
	}
}

// merged are the mappings that the value of a `<<` key names.
func merged(n *yaml.Node) []*yaml.Node {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	switch n.Kind {
	case yaml.MappingNode:
		return []*yaml.Node{n}
	case yaml.SequenceNode:
		var out []*yaml.Node
		for _, c := range n.Content {
			out = append(out, merged(c)...)
		}
		return out
	}
	return nil
}

// position is a node's range; the end is known for scalars on one line.
func (s *source) position(n *yaml.Node) Position {
	pos := Position{File: s.name, Line: n.Line, Column: n.Column}
	if n.Kind == yaml.ScalarNode && n.Line >= 1 && n.Line <= len(s.lines) && n.Anchor == "" && n.Style&yaml.TaggedStyle == 0 {
		if width := scalarWidth(n, s.lines[n.Line-1]); width > 0 {
			pos.EndLine, pos.EndColumn = n.Line, n.Column+width
		}
	}
	return s.inFile(pos)
}

// scalarWidth counts the characters of a scalar as written, 0 if it goes on
// over the line's end.
func scalarWidth(n *yaml.Node, line string) int {
	text := strings.TrimRight(line, "\r")
	for i := 1; i < n.Column && text != ""; i++ {
		_, size := utf8.DecodeRuneInString(text)
		text = text[size:]
	}
	switch {
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		return 0
	case n.Style&yaml.DoubleQuotedStyle != 0:
		return quotedWidth(text, '"', '\\')
	case n.Style&yaml.SingleQuotedStyle != 0:
		return quotedWidth(text, '\'', '\'')
	case strings.HasPrefix(text, n.Value):
		return utf8.RuneCountInString(n.Value)
	}
	return 0
}

func quotedWidth(text string, quote, escape rune) int {
	runes := []rune(text)
	for i := 1; i < len(runes); i++ {
		switch {
		case runes[i] == escape && i+1 < len(runes) && (escape == '\\' || runes[i+1] == quote):
			i++
		case runes[i] == quote:
			return i + 1
		}
	}
	return 0
}
