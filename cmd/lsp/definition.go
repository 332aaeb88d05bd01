package lsp

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"recompose/loader"
	"recompose/loader/draft"
	"recompose/loader/spec"
)

// definition finds where what stands at a place is declared.
func (s *server) definition(_ context.Context, p placeParams) ([]location, error) {
	d, err := s.document(p.Document.URI)
	if err != nil || !d.compose {
		return nil, err
	}
	root, offset := d.text.draft(), d.text.offset(p.Position)
	node, token := root.At(offset)
	if node == nil {
		return nil, nil
	}
	path := modern(root, node.Path())
	switch token {
	case node.Alias:
		return anchor(d, root, token), nil
	case node.Key:
		if ref, ok := spec.KeyRefers(path); ok {
			return declared(s.related(d), ref, token.Text), nil
		}
	case node.Value:
		if ref, ok := spec.ValueRefers(path); ok {
			return s.referred(d, root, path, ref, token), nil
		}
	}
	return nil, nil
}

// referred is what a value names: a file, or something declared in one.
func (s *server) referred(d *document, root *draft.Node, path []string, ref spec.Reference, token draft.Token) []location {
	if ref.Section == spec.Paths {
		if found := s.resolve(d, token.Text); found != "" {
			return []location{{URI: fileOf(found, s.open()).uri}}
		}
		return nil
	}
	from, length, ok := ref.Name(token.Text)
	if !ok {
		return nil
	}
	files := s.related(d)
	if f, ok := s.extended(d, root, path); ok {
		files = []file{f}
	}
	return declared(files, ref, token.Text[from:from+length])
}

// anchor is the last one of an alias's name before it.
func anchor(d *document, root *draft.Node, alias draft.Token) []location {
	var out []location
	root.Each(func(n *draft.Node) {
		if n.Anchor.Text == alias.Text && !n.Anchor.IsZero() && n.Anchor.From < alias.From {
			out = []location{{d.uri, d.text.span(n.Anchor.From, n.Anchor.To)}}
		}
	})
	return out
}

// resolve finds the file that a document names: beside itself or, as env files
// of an override are, beside its project's first file. A directory stands for
// the compose file in it.
func (s *server) resolve(d *document, name string) string {
	if d.path == "" || name == "" || strings.Contains(name, "$") {
		return ""
	}
	dirs := []string{filepath.Dir(d.path)}
	if files := s.checker.together(d.path); len(files) > 0 {
		dirs = append(dirs, filepath.Dir(files[0]))
	}
	for _, dir := range dirs {
		path := filepath.FromSlash(name)
		if !filepath.IsAbs(path) {
			path = filepath.Join(dir, path)
		}
		info, err := os.Stat(path)
		if err == nil && info.IsDir() {
			path, _ = loader.DefaultFiles(path)
		}
		if path != "" && err == nil {
			return path
		}
	}
	return ""
}
