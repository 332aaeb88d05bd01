package lsp

import (
	"context"
	"strings"

	"recompose/loader/draft"
	"recompose/loader/spec"
)

// hover says what the specification knows of the key at a place.
func (s *server) hover(_ context.Context, p placeParams) (*hover, error) {
	d, err := s.document(p.Document.URI)
	if err != nil || !d.compose {
		return nil, err
	}
	root := d.text.draft()
	node, token := root.At(d.text.offset(p.Position))
	if node == nil {
		return nil, nil
	}
	path := modern(root, node.Path())
	f, ok := spec.Describe(path)
	for ok && f.Description == "" && path[len(path)-1] == draft.Entry { // an entry is told by its list
		path = path[:len(path)-1]
		f, ok = spec.Describe(path)
	}
	if !ok || f.Description == "" {
		return nil, nil
	}
	return &hover{markdown(described(f)), d.text.span(token.From, token.To)}, nil
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
