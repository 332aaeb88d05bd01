package lsp

import (
	"context"

	"recompose/loader/draft"
)

// symbolLevels are sections, what is declared in them, and its keys.
const symbolLevels = 3

// symbols are the document's outline.
func (s *server) symbols(_ context.Context, p documentParams) ([]symbol, error) {
	d, err := s.document(p.Document.URI)
	if err != nil || !d.compose {
		return nil, err
	}
	root := d.text.draft()
	level := 0
	if classic(root) {
		level = 1 // there are no sections
	}
	return outline(d.text, root, level), nil
}

func outline(t *text, n *draft.Node, level int) []symbol {
	if level == symbolLevels {
		return nil
	}
	kinds := []int{symbolModule, symbolClass, symbolProperty}
	var out []symbol
	for _, c := range n.Children {
		if c.Entry || c.Loose || c.Key.Text == "" {
			continue
		}
		sym := symbol{
			Name: c.Key.Text, Kind: kinds[level], Children: outline(t, c, level+1),
			Range: t.span(c.Key.From, c.End()), Select: t.span(c.Key.From, c.Key.To),
		}
		if image := c.Child("image"); level == 1 && image != nil {
			sym.Detail = image.Value.Text
		}
		out = append(out, sym)
	}
	return out
}
