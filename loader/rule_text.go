package loader

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

const (
	smartQuotes = "“”„‟‘’‚‛«»"
	// invisible are characters that look like a space, or like nothing.
	invisible = "\u00a0\u2007\u202f\u3000\u200b\u2060\u200e\u200f\ufeff"
)

// checkText warns of what word processors and web pages leave in text, and
// YAML takes as part of it: typographic quotes, invisible characters.
func (l *load) checkText() {
	for _, s := range l.sources {
		if !bytes.ContainsFunc(s.content, func(r rune) bool { return r >= utf8.RuneSelf }) {
			continue
		}
		for _, root := range s.docs {
			walk(root, func(n *yaml.Node, at trail) {
				if n.Kind == yaml.ScalarNode && n.Style == 0 {
					l.checkPlain(s, n, at)
				}
			})
		}
	}
}

func (l *load) checkPlain(s *source, n *yaml.Node, at trail) {
	text := n.Value
	first, _ := utf8.DecodeRuneInString(text)
	if first != utf8.RuneError && strings.ContainsRune(smartQuotes, first) {
		l.report(SeverityWarning, "smart-quotes", s.position(n), at.path(),
			fmt.Sprintf("the quotes of %s are typographic ones, so they are part of the value", text), `write " or '`)
		return
	}
	i := strings.IndexAny(text, invisible)
	if i < 0 {
		return
	}
	r, width := utf8.DecodeRuneInString(text[i:])
	if space := strings.ContainsRune("\u00a0\u2007\u202f\u3000", r); space && i > 0 && i+width < len(text) {
		return // between words, where it does what a space does
	}
	l.report(SeverityWarning, "invisible-character", s.position(n), at.path(),
		fmt.Sprintf("%q holds the invisible character U+%04X", text, r), "type an ordinary space, or delete it")
}

// walk visits every node of a tree once, with its path; a key has the path of
// its value.
func walk(root *yaml.Node, visit func(*yaml.Node, trail)) {
	seen := map[*yaml.Node]bool{}
	var down func(n *yaml.Node, at trail)
	down = func(n *yaml.Node, at trail) {
		if n == nil || n.Kind == yaml.AliasNode {
			return
		}
		if n.Anchor != "" { // only these can be met twice
			if seen[n] {
				return
			}
			seen[n] = true
		}
		visit(n, at)
		switch n.Kind {
		case yaml.MappingNode:
			for i := 0; i+1 < len(n.Content); i += 2 {
				below := at.key(n.Content[i].Value)
				visit(n.Content[i], below)
				down(n.Content[i+1], below)
			}
		case yaml.SequenceNode:
			for i, c := range n.Content {
				down(c, at.index(i))
			}
		}
	}
	down(root, nil)
}
