package lsp

import (
	"context"
	"strings"

	"recompose/docs/rules"
	"recompose/loader/draft"
	"recompose/loader/spec"
)

// hover says what the specification knows of the key at a place and, where a
// mistake was found there, what its rule is about.
func (s *server) hover(_ context.Context, p placeParams) (*hover, error) {
	d, err := s.document(p.Document.URI)
	if err != nil || !d.compose {
		return nil, err
	}
	h := d.key(p.Position)
	for _, one := range s.checker.foundIn(d) {
		at, page := d.text.spanOf(one.Position), rules.Page(one.Rule)
		if page == "" || after(at.Start, p.Position) || after(p.Position, at.End) {
			continue
		}
		title, rest, _ := strings.Cut(strings.TrimPrefix(page, "# "), "\n")
		page = "**" + title + "**\n" + rest // a heading would be as large as a document's
		switch {
		case h == nil:
			h = &hover{markdown(page), at}
		case !strings.Contains(h.Contents.Value, page):
			h.Contents.Value += "\n\n---\n\n" + page
		}
	}
	return h, nil
}

// key describes the key at a place; nil where the specification has none.
func (d *document) key(p position) *hover {
	root := d.text.draft()
	node, token := root.At(d.text.offset(p))
	if node == nil {
		return nil
	}
	path := modern(root, node.Path())
	f, ok := spec.Describe(path)
	for ok && f.Description == "" && path[len(path)-1] == draft.Entry { // an entry is told by its list
		path = path[:len(path)-1]
		f, ok = spec.Describe(path)
	}
	if !ok || f.Description == "" {
		return nil
	}
	return &hover{markdown(described(f)), d.text.span(token.From, token.To)}
}

// described is a key with its text and the words that it can be.
func described(f spec.Field) string {
	var b strings.Builder
	b.WriteString("**" + f.Name + "**")
	if f.Deprecated {
		b.WriteString(" (deprecated)")
	}
	b.WriteString("\n\n" + f.Description)
	if len(f.Words) > 0 {
		b.WriteString("\n\nOne of `" + strings.Join(f.Words, "`, `") + "`")
	}
	return b.String()
}
