package legacy

import (
	"fmt"
	"strings"

	"gopkg.in/yaml.v3"
)

// plain copies a tree without aliases and merge keys, and without repeated
// keys: 1.29.2's parser keeps the last of them. Every copy keeps its line and
// column, and origin learns its file. left bounds the copied nodes.
func (c *converter) plain(n *yaml.Node, file, path string) *yaml.Node {
	if c.left--; c.left < 0 {
		return c.keep(&yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Line: n.Line, Column: n.Column}, file)
	}
	if n.Kind == yaml.AliasNode {
		return c.plain(n.Alias, file, path)
	}
	style := n.Style
	if style&yaml.FoldedStyle != 0 {
		style = yaml.DoubleQuotedStyle // yaml.v3 writes indented lines of a folded text with too many breaks
	}
	out := c.keep(&yaml.Node{Kind: n.Kind, Tag: classicTag(n), Value: n.Value, Style: style, Line: n.Line, Column: n.Column}, file)
	if isNull(out) {
		out.Value = "null" // none at all, within braces, would be read again as ""
	}
	switch n.Kind {
	case yaml.SequenceNode:
		for i, item := range n.Content {
			out.Content = append(out.Content, c.plain(item, file, fmt.Sprintf("%s[%d]", path, i)))
		}
	case yaml.MappingNode:
		seen := map[string]bool{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			key := n.Content[i]
			if key.Tag == "!!merge" {
				continue
			}
			at := join(path, key.Value)
			if seen[key.Value] {
				c.warn(Problem{Rule: "duplicate-key", Message: fmt.Sprintf("%q is given twice; the last one counts", key.Value), Node: c.keep(key, file), Path: at})
			}
			seen[key.Value] = true
			set(out, c.key(key, file, path), c.plain(n.Content[i+1], file, at))
		}
		for i := len(n.Content) - 2; i >= 0; i -= 2 { // of two merge keys, the later stands over the earlier
			if n.Content[i].Tag != "!!merge" {
				continue
			}
			for _, m := range mergedMappings(n.Content[i+1]) {
				below := c.plain(m, file, path)
				for j := 0; j+1 < len(below.Content); j += 2 {
					if get(out, below.Content[j].Value) == nil {
						out.Content = append(out.Content, below.Content[j], below.Content[j+1])
					}
				}
			}
		}
	}
	return out
}

// key copies a mapping's key, which must be text. Python makes text of what
// else it reads, but not of a service's name.
func (c *converter) key(n *yaml.Node, file, path string) *yaml.Node {
	out := c.plain(n, file, join(path, n.Value))
	if out.Tag == "!!str" || out.Kind != yaml.ScalarNode {
		return out
	}
	if text := classicText(out); path == "" {
		c.fail(Problem{Rule: "schema", Message: fmt.Sprintf("the service's name %s must be a string", n.Value), Node: out, Path: join(path, n.Value), Hint: quoteIt(n.Value)})
	} else {
		c.changed(out, text, join(path, n.Value))
		out.Value = text
	}
	out.Tag = "!!str"
	return out
}

// changed says that the reader of the time made another text of a scalar than
// was written.
func (c *converter) changed(n *yaml.Node, text, path string) {
	if text == n.Value {
		return
	}
	as := text
	if isNumber(n) {
		as = "the number " + text
	}
	written := *n // the caller changes the value
	c.warn(Problem{Rule: "changed-scalar", Message: fmt.Sprintf("%s is read as %s", n.Value, as), Node: c.keep(&written, c.origin[n]), Path: path, Hint: quoteIt(n.Value)})
}

func quoteIt(text string) string { return fmt.Sprintf("quote it: %q", text) }

func mergedMappings(n *yaml.Node) []*yaml.Node {
	switch n.Kind {
	case yaml.AliasNode:
		return mergedMappings(n.Alias)
	case yaml.MappingNode:
		return []*yaml.Node{n}
	case yaml.SequenceNode:
		var out []*yaml.Node
		for _, item := range n.Content {
			out = append(out, mergedMappings(item)...)
		}
		return out
	}
	return nil
}

func (c *converter) keep(n *yaml.Node, file string) *yaml.Node {
	c.origin[n] = file
	return n
}

// text makes a string node that stands where from does.
func (c *converter) text(from *yaml.Node, value string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: value, Line: from.Line, Column: from.Column}
	return c.keep(n, c.origin[from])
}

// list makes an empty sequence, mapping an empty mapping, where from stands.
func (c *converter) list(from *yaml.Node) *yaml.Node {
	return c.empty(from, yaml.SequenceNode, "!!seq")
}
func (c *converter) mapping(from *yaml.Node) *yaml.Node {
	return c.empty(from, yaml.MappingNode, "!!map")
}

func (c *converter) empty(from *yaml.Node, kind yaml.Kind, tag string) *yaml.Node {
	n := &yaml.Node{Kind: kind, Tag: tag}
	if from != nil {
		n.Line, n.Column = from.Line, from.Column
		c.keep(n, c.origin[from])
	}
	return n
}

// get is the value of a mapping's key, nil if it has none.
func get(m *yaml.Node, key string) *yaml.Node {
	_, v := entry(m, key)
	return v
}

func entry(m *yaml.Node, key string) (k, v *yaml.Node) {
	if m == nil || m.Kind != yaml.MappingNode {
		return nil, nil
	}
	for i := 0; i+1 < len(m.Content); i += 2 {
		if m.Content[i].Value == key {
			return m.Content[i], m.Content[i+1]
		}
	}
	return nil, nil
}

// set gives a key its value; one that exists is replaced with its key node.
func set(m, key, value *yaml.Node) {
	for i := 0; i+1 < len(m.Content); i += 2 {
		if m.Content[i].Value == key.Value {
			m.Content[i], m.Content[i+1] = key, value
			return
		}
	}
	m.Content = append(m.Content, key, value)
}

// without is a shallow copy that lacks some keys.
func without(m *yaml.Node, keys ...string) *yaml.Node {
	out := *m
	out.Content = nil
next:
	for i := 0; i+1 < len(m.Content); i += 2 {
		for _, k := range keys {
			if m.Content[i].Value == k {
				continue next
			}
		}
		out.Content = append(out.Content, m.Content[i], m.Content[i+1])
	}
	return &out
}

// items are the entries of a list, or a single string as a list.
func items(n *yaml.Node) []*yaml.Node {
	switch {
	case n == nil || isNull(n):
		return nil
	case n.Kind == yaml.SequenceNode:
		return n.Content
	}
	return []*yaml.Node{n}
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" }

func isText(n *yaml.Node) bool {
	if n.Kind != yaml.ScalarNode {
		return false
	}
	tag := n.ShortTag()
	return tag == "!!str" || tag == "!!binary"
}

func isNumber(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && (n.ShortTag() == "!!int" || n.ShortTag() == "!!float")
}

// join appends a key to a path as diagnostics write it.
func join(path, key string) string {
	if key == "" || strings.ContainsAny(key, `.[]"`) {
		return fmt.Sprintf("%s[%q]", path, key)
	}
	if path == "" {
		return key
	}
	return path + "." + key
}
