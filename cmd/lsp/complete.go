package lsp

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"recompose/loader/draft"
	"recompose/loader/spec"
)

// cursor is a character that no YAML has. It is set where the user writes, so
// that even an empty place has a token, whose path tells what may stand there.
const cursor = "\x00"

// completion is one request: what is being written, and what fits.
type completion struct {
	*server
	doc  *document
	root *draft.Node // of the text with the cursor in it
	node *draft.Node // that the cursor is in
	edit span        // what is replaced
	path []string    // of what is written: a mapping for keys, else the value
	out  []completionItem
}

// complete offers the keys, words and names that fit where the cursor is.
func (s *server) complete(_ context.Context, p placeParams) ([]completionItem, error) {
	d, err := s.document(p.Document.URI)
	if err != nil || !d.compose {
		return nil, err
	}
	offset := d.text.offset(p.Position)
	content := strings.ReplaceAll(d.text.content, cursor, " ")
	c := completion{server: s, doc: d, root: draft.Parse(content[:offset] + cursor + content[offset:])}
	node, token := c.root.At(offset)
	if node == nil || !strings.Contains(token.Text, cursor) || node.Block {
		return []completionItem{}, nil
	}
	c.node, c.out = node, []completionItem{}
	c.edit = c.replaced(offset, token)
	switch token {
	case node.Alias:
		c.anchors(offset)
	case node.Key:
		c.path = modern(c.root, node.Parent.Path())
		c.keys(false)
	case node.Value:
		c.value(token)
	}
	return c.out, nil
}

// replaced is the token's range in the text without the cursor; of one in
// quotes, what is between them.
func (c *completion) replaced(offset int, token draft.Token) span {
	from, to := token.From, token.To-len(cursor)
	if token.Quoted {
		from++
		if content := c.doc.text.content; to > offset && content[to-1] == content[from-1] {
			to--
		}
	}
	return c.doc.text.span(from, max(to, offset))
}

// value offers what fits behind a key or dash, or where one is to be.
func (c *completion) value(token draft.Token) {
	if strings.HasPrefix(token.Text, "*") && !token.Quoted {
		c.anchors(token.From)
		return
	}
	c.path = modern(c.root, c.node.Path())
	if c.node.Loose {
		if !slices.ContainsFunc(c.node.Parent.Children, func(n *draft.Node) bool { return n.Entry }) {
			c.keys(true)
		}
		return
	}
	before, _, _ := strings.Cut(token.Text, cursor)
	c.words(c.path, "", before)
	if c.node.Own || c.node.Entry { // the first key of a mapping
		c.keys(true)
	}
	if c.node.Own { // or the first entry of a list
		c.words(append(slices.Clone(c.path), draft.Entry), "- ", before)
	}
}

// keys offers those of the mapping at the path, less those that it has.
func (c *completion) keys(colon bool) {
	taken := map[string]bool{}
	at := c.node
	if c.node.Loose || !c.node.Key.IsZero() && strings.Contains(c.node.Key.Text, cursor) {
		at = c.node.Parent
	}
	for _, n := range at.Children {
		taken[n.Key.Text] = true
	}
	end := func(scalar bool) string {
		switch {
		case !colon:
			return ""
		case scalar:
			return ": "
		}
		return ":"
	}
	for _, f := range spec.Fields(c.path) {
		if taken[f.Name] {
			continue
		}
		item := completionItem{Label: f.Name, Kind: itemProperty, Edit: textEdit{c.edit, f.Name + end(f.Has("string", "number", "integer", "boolean"))}}
		if text := markdown(described(f)); f.Description != "" {
			item.Doc = &text
		}
		if f.Deprecated {
			item.Tags = []int{1}
		}
		c.out = append(c.out, item)
	}
	if ref, ok := spec.KeyRefers(append(slices.Clone(c.path), "name")); ok {
		for _, name := range c.names(ref) {
			if !taken[name] {
				c.out = append(c.out, completionItem{Label: name, Kind: itemReference, Detail: ref.Section, Edit: textEdit{c.edit, name + end(false)}})
			}
		}
	}
}

// words offers the values that the schema counts, and the names that may be
// referred to; before each comes a text, like the dash of a list.
func (c *completion) words(path []string, lead, before string) {
	if f, ok := spec.Describe(path); ok {
		for _, w := range f.Words {
			text := w
			if f.Has("string") && !f.Has("boolean") && slices.Contains([]string{"no", "yes", "on", "off", "true", "false"}, w) {
				text = `"` + w + `"` // plain, it would be a boolean
			}
			c.out = append(c.out, completionItem{Label: w, Kind: itemValue, Edit: textEdit{c.edit, lead + text}})
		}
	}
	if last := path[len(path)-1]; last == "network_mode" {
		for _, w := range []string{"bridge", "host", "none"} {
			c.out = append(c.out, completionItem{Label: w, Kind: itemValue, Edit: textEdit{c.edit, lead + w}})
		}
	}
	ref, ok := spec.ValueRefers(path)
	if !ok {
		return
	}
	if ref.Section == spec.Paths {
		c.files(lead, before)
		return
	}
	taken := map[string]bool{}
	if c.node.Entry {
		for _, n := range c.node.Parent.Children {
			taken[n.Value.Text] = true
		}
	}
	for _, name := range c.names(ref) {
		if text := ref.Prefix + name; !taken[text] {
			c.out = append(c.out, completionItem{Label: text, Kind: itemReference, Detail: ref.Section, Edit: textEdit{c.edit, lead + text}})
		}
	}
}

// names are those of the project's files; a service does not refer to itself.
func (c *completion) names(ref spec.Reference) []string {
	doc := *c.doc
	files := append([]file{{doc.path, doc.uri, &text{draft: func() *draft.Node { return c.root }}}}, c.related(c.doc)[1:]...)
	if f, ok := c.extended(c.doc, c.root, c.path); ok {
		return names([]file{f}, ref)
	}
	return slices.DeleteFunc(names(files, ref), func(name string) bool {
		return strings.Contains(name, cursor) || ref.Section == "services" && len(c.path) > 1 && name == c.path[1]
	})
}

// anchors offers those that stand before an offset.
func (c *completion) anchors(offset int) {
	c.root.Each(func(n *draft.Node) {
		if !n.Anchor.IsZero() && n.Anchor.From < offset {
			c.out = append(c.out, completionItem{Label: "*" + n.Anchor.Text, Kind: itemReference, Detail: "anchor", Edit: textEdit{c.edit, "*" + n.Anchor.Text}})
		}
	})
}

// maxEntries bounds how many files of a directory are offered.
const maxEntries = 200

// files offers those of the directory that is written so far.
func (c *completion) files(lead, before string) {
	if c.doc.path == "" || strings.Contains(before, "$") || filepath.IsAbs(before) || strings.Contains(before, "..") {
		return
	}
	below := before[:strings.LastIndexByte(before, '/')+1]
	entries, err := os.ReadDir(filepath.Join(filepath.Dir(c.doc.path), filepath.FromSlash(below)))
	if err != nil {
		return
	}
	for _, e := range entries[:min(len(entries), maxEntries)] {
		name := below + e.Name()
		if e.IsDir() {
			if name += "/"; strings.HasPrefix(e.Name(), ".") {
				continue
			}
		}
		c.out = append(c.out, completionItem{Label: name, Kind: itemFile, Edit: textEdit{c.edit, lead + name}})
	}
}
