package upgrade

import (
	"bytes"
	"strings"

	"gopkg.in/yaml.v3"
)

// block is a mapping in block style: each key begins a line.
type block struct {
	t      *text
	node   *yaml.Node
	path   []string
	indent int
	parts  []part
}

// part is an entry of a block, with the lines that it takes.
type part struct {
	key, value  *yaml.Node
	first, last int // lines; last is the one after
}

// newBlock finds the lines of a mapping that ends before a line; nil if the
// mapping is not in block style.
func newBlock(t *text, m *yaml.Node, end int, path []string) *block {
	if m == nil || m.Kind != yaml.MappingNode || isFlow(m) || len(m.Content) == 0 {
		return nil
	}
	b := &block{t: t, node: m, path: path, indent: m.Content[0].Column - 1}
	for i := 0; i+1 < len(m.Content); i += 2 {
		key := m.Content[i]
		if key.Line > t.lines() || strings.TrimSpace(string(t.content[t.start(key.Line):t.offset(key)])) != "" {
			return nil
		}
		p := part{key: key, value: m.Content[i+1], first: key.Line, last: end}
		if i+2 < len(m.Content) {
			p.last = m.Content[i+2].Line
		}
		if p.last <= p.first {
			return nil
		}
		p.last = b.trim(p.first, p.last)
		b.parts = append(b.parts, p)
	}
	return b
}

// trim leaves out blank lines and comments that belong to what follows.
func (b *block) trim(first, last int) int {
	for last-1 > first {
		n := last - 1
		if !b.t.blank(n) && !(b.t.comment(n) && b.t.indent(n) <= b.indent) {
			break
		}
		last--
	}
	return last
}

func (b *block) part(key string) *part {
	for i := range b.parts {
		if b.parts[i].key.Value == key {
			return &b.parts[i]
		}
	}
	return nil
}

// below is the block that is a part's value.
func (b *block) below(p *part) *block {
	return newBlock(b.t, p.value, p.last, sub(b.path, p.key.Value))
}

// sub is a longer path that shares no memory with the one it extends.
func sub(path []string, keys ...string) []string {
	return append(path[:len(path):len(path)], keys...)
}

// lines is the text of a part, ended by a line break.
func (b *block) lines(p *part) string { return b.between(p.first, p.last) }

func (b *block) between(first, last int) string {
	s := string(b.t.content[b.t.start(first):b.t.start(last)])
	if ended(s) {
		return s
	}
	return s + b.t.newline
}

func ended(s string) bool {
	return s == "" || strings.HasSuffix(s, "\n") || strings.HasSuffix(s, "\r")
}

// under is the text of a part under another key, shifted.
func (b *block) under(p *part, key string, by int) string {
	s := b.lines(p)
	from, to := b.keySpan(p)
	start := b.t.start(p.first)
	return shift(s[:from-start]+key+s[to-start:], by)
}

func (b *block) keySpan(p *part) (from, to int) { return b.t.scalarSpan(p.key) }

// rename gives a part another key.
func (b *block) rename(p *part, key string) edit {
	from, to := b.keySpan(p)
	return edit{from, to, key}
}

// remove deletes a part's lines. Where a gap would be left at the beginning or
// the end, or beside another one, it goes too.
func (b *block) remove(p *part) edit {
	t, first, last := b.t, p.first, p.last
	if first == 1 || t.blank(first-1) || t.marker(first-1) {
		for last <= t.lines() && t.blank(last) {
			last++
		}
	}
	for last > t.lines() && first > 1 && t.blank(first-1) {
		first--
	}
	return edit{t.start(first), t.start(last), ""}
}

// replace writes other lines in a part's place.
func (b *block) replace(p *part, lines string) edit {
	return edit{b.t.start(p.first), b.t.start(p.last), lines}
}

// line is a line at the block's own indentation.
func (b *block) line(s string) string { return strings.Repeat(" ", b.indent) + s + b.t.newline }

// inner is a line one level below.
func (b *block) inner(s string) string {
	return strings.Repeat(" ", b.indent+b.unit()) + s + b.t.newline
}

// unit is how many spaces a level takes: as many as the file itself uses
// somewhere in the block, else two.
func (b *block) unit() int {
	for _, p := range b.parts {
		if v := p.value; v.Kind == yaml.MappingNode && !isFlow(v) && len(v.Content) > 0 {
			if n := v.Content[0].Column - p.key.Column; n > 0 {
				return n
			}
		}
	}
	return 2
}

// scalarSpan is where a scalar or an alias on one line stands, without its
// anchor and tag.
func (t *text) scalarSpan(n *yaml.Node) (from, to int) {
	from = t.offset(n)
	for from < len(t.content) && (t.content[from] == '&' || t.content[from] == '!') {
		rest := t.content[from:]
		word := bytes.IndexAny(rest, " \r\n")
		if word < 0 {
			word = len(rest)
		}
		from = len(t.content) - len(bytes.TrimLeft(rest[word:], " "))
	}
	switch {
	case n.Kind == yaml.AliasNode:
		return from, from + len("*"+n.Value)
	case n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0:
		return from, t.quotedEnd(from)
	}
	return from, from + len(n.Value)
}

// oneLine tells whether scalarSpan knows the end of the scalar.
func (t *text) oneLine(n *yaml.Node) bool {
	switch {
	case n.Kind == yaml.AliasNode:
		return true
	case n.Kind != yaml.ScalarNode || n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		return false
	}
	from, to := t.scalarSpan(n)
	if to > t.start(n.Line+1) || to > len(t.content) {
		return false
	}
	return n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0 || string(t.content[from:to]) == n.Value
}

// scalar writes a string as YAML, on one line.
func scalar(value string) string {
	return scalarLike(&yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str"}, value)
}

const flowSigns = "{}[],"

// scalarLike writes a string with the quotes of another one.
func scalarLike(n *yaml.Node, value string) string {
	style := n.Style & (yaml.DoubleQuotedStyle | yaml.SingleQuotedStyle)
	if strings.ContainsAny(value, "\n\r\u0085\u2028\u2029") || strings.ContainsAny(value, flowSigns) && !strings.ContainsAny(n.Value, flowSigns) {
		style = yaml.DoubleQuotedStyle // safe in a flow list too
	}
	out, err := yaml.Marshal(&yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: value, Style: style})
	if err != nil {
		return `""`
	}
	return strings.TrimSuffix(string(out), "\n")
}

// encode prints a tree in block style.
func encode(n *yaml.Node, unit int) string {
	var b bytes.Buffer
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(unit)
	if err := enc.Encode(n); err != nil {
		return ""
	}
	return b.String()
}
