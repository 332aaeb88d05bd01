// Package draft reads YAML that is being written: the keys, entries and values
// of a text with their places, as far as they can be told, whatever is wrong with
// it. It must never say that something is wrong: the loader reads for that.
package draft

import "slices"

// Token is a piece of the text; its offsets count bytes.
type Token struct {
	Text     string // without quotes
	From, To int
	Quoted   bool
}

// IsZero reports that there is none.
func (t Token) IsZero() bool { return t.To == 0 }

// Covers tells whether an offset lies in the token or right behind it.
func (t Token) Covers(offset int) bool { return !t.IsZero() && t.From <= offset && offset <= t.To }

// Node is a pair of a mapping, an entry of a list, or a word that stands where
// one of them is to be: what somebody has begun to write.
type Node struct {
	Key      Token // of a pair
	Entry    bool
	Loose    bool // a word alone, where its siblings are pairs or entries
	Value    Token
	Own      bool // the value stands on a line below its key
	Block    bool // the value is text behind | or >
	Flow     bool // between brackets
	Open     bool // a bracket: there may be children
	Anchor   Token
	Alias    Token
	Parent   *Node
	Children []*Node

	column int
}

// Entry stands in paths for an entry of a list.
const Entry = "[]"

// Path is the keys from the top to the node; nil for the top, and what Parent
// has for a loose word.
func (n *Node) Path() []string {
	var path []string
	for ; n.Parent != nil; n = n.Parent {
		switch {
		case n.Entry:
			path = append(path, Entry)
		case !n.Loose:
			path = append(path, n.Key.Text)
		}
	}
	slices.Reverse(path)
	return path
}

// Child is the pair with a key, nil if there is none.
func (n *Node) Child(keys ...string) *Node {
	for _, key := range keys {
		if n == nil {
			return nil
		}
		i := slices.IndexFunc(n.Children, func(c *Node) bool { return !c.Entry && !c.Loose && c.Key.Text == key })
		if i < 0 {
			return nil
		}
		n = n.Children[i]
	}
	return n
}

// Each visits the node and all below it.
func (n *Node) Each(visit func(*Node)) {
	visit(n)
	for _, c := range n.Children {
		c.Each(visit)
	}
}

// At is the node of which the key, the value, the anchor or the alias covers an
// offset, and that token; nil if none does.
func (n *Node) At(offset int) (at *Node, token Token) {
	n.Each(func(c *Node) {
		for _, t := range []Token{c.Key, c.Value, c.Anchor, c.Alias} {
			if t.Covers(offset) {
				at, token = c, t
			}
		}
	})
	return at, token
}

// End is where the node and all below it end.
func (n *Node) End() int {
	end := 0
	n.Each(func(c *Node) { end = max(end, c.Key.To, c.Value.To, c.Anchor.To, c.Alias.To) })
	return end
}
