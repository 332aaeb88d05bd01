package loader

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// Positions finds where values were written. Paths are like
// "services.web.ports[0]"; a key that has a dot or a bracket in it is quoted
// ("services.web.labels[\"a.b\"]").
type Positions struct {
	layers  []*layer            // what stands over another comes first
	general []*layer            // those not of one service only
	of      map[string][]*layer // the others, by their path
	lists   sync.Map            // lists that several layers write, by path
	indexes
}

// At is the place of the value at path, or of its nearest known parent;
// ok says whether it is the very value.
func (p *Positions) At(path string) (pos Position, ok bool) {
	return p.nearest(path, func(_, value *yaml.Node) *yaml.Node { return value })
}

// Key is the place of the key that path ends with; for an entry of a list it
// is the entry's. Like At, it falls back to the nearest known parent.
func (p *Positions) Key(path string) (pos Position, ok bool) {
	return p.nearest(path, func(key, value *yaml.Node) *yaml.Node {
		if key != nil {
			return key
		}
		return value
	})
}

func (p *Positions) nearest(path string, which func(key, value *yaml.Node) *yaml.Node) (Position, bool) {
	if p == nil {
		return Position{}, false
	}
	for exact := true; path != ""; exact = false {
		if l, key, value := p.find(path); value != nil {
			return l.place(which(key, value)), exact
		}
		path = parentPath(path)
	}
	return Position{}, false
}

// has reports whether something is written at the very path.
func (p *Positions) has(path string) bool {
	_, _, value := p.find(path)
	return value != nil
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

func newPositions() *Positions { return &Positions{of: map[string][]*layer{}} }

// add takes in a tree under a path. Later files stand over earlier ones, as
// their values do; what is below (included files, extended services) stands
// under all that is known.
func (p *Positions) add(root *yaml.Node, path string, below bool, place func(*yaml.Node) Position) {
	l := &layer{path: path, root: root, place: place, indexes: &p.indexes}
	p.lists.Clear()
	if !below {
		l.order = -len(p.layers)
		p.layers, p.general = slices.Insert(p.layers, 0, l), slices.Insert(p.general, 0, l)
		return
	}
	l.order = len(p.layers)
	p.layers = append(p.layers, l)
	if path == "" || path == "services" {
		p.general = append(p.general, l)
	} else {
		p.of[path] = append(p.of[path], l)
	}
}

// over are the layers that may have a path, in their order.
func (p *Positions) over(path string) []*layer {
	if len(p.of) == 0 {
		return p.general
	}
	_, below := cutKey(path)
	_, below = cutKey(below)
	service := strings.TrimSuffix(strings.TrimSuffix(path, below), ".")
	own := p.of[service]
	if len(own) == 0 {
		return p.general
	}
	all := slices.Concat(p.general, own)
	slices.SortFunc(all, func(a, b *layer) int { return cmp.Compare(a.order, b.order) })
	return all
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
	if n.Line > len(s.lines) { // a document without content at the end
		pos.Line, pos.Column = s.inside(n.Line, n.Column)
	}
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
