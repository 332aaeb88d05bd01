package lsp

import (
	"context"
	"slices"

	"recompose/loader/find"
)

// document is one that the editor holds. A change makes a new one, so that who
// reads one needs no lock.
type document struct {
	uri     string
	path    string // "" for what is no file
	version int
	text    *text
	// compose: it is a compose file. Once it is, no mistake in it makes it
	// another's.
	compose bool
}

// languages are the names by which editors tell compose files from other YAML.
var languages = []string{"dockercompose", "docker-compose", "yaml.docker-compose"}

func (s *server) didOpen(_ context.Context, p didOpenParams) (none, error) {
	d := &document{uri: p.Document.URI, path: pathOf(p.Document.URI), version: p.Document.Version, text: newText(p.Document.Text)}
	d.compose = slices.Contains(languages, p.Document.Language) || find.IsCompose(d.path, []byte(p.Document.Text))
	s.put(d)
	s.checker.changed(d.path)
	return nil, nil
}

func (s *server) didChange(_ context.Context, p didChangeParams) (none, error) {
	old, err := s.document(p.Document.URI)
	if err != nil {
		return nil, err
	}
	d := *old
	d.version, d.text = p.Document.Version, old.text.with(p.Changes)
	d.compose = d.compose || find.IsCompose(d.path, []byte(d.text.content))
	s.put(&d)
	s.checker.changed(d.path)
	return nil, nil
}

func (s *server) didSave(context.Context, documentParams) (none, error) {
	s.checker.changed("") // what is no document may have been saved with it
	return nil, nil
}

func (s *server) didClose(_ context.Context, p documentParams) (none, error) {
	s.mu.Lock()
	delete(s.docs, p.Document.URI)
	s.mu.Unlock()
	s.checker.changed(pathOf(p.Document.URI))
	return nil, nil
}

func (s *server) filesChanged(context.Context, struct{}) (none, error) {
	s.checker.changed("")
	return nil, nil
}

func (s *server) put(d *document) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.docs[d.uri] = d
}

// open are the documents that are files, by path.
func (s *server) open() map[string]*document {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[string]*document{}
	for _, d := range s.docs {
		if d.path != "" {
			out[d.path] = d
		}
	}
	return out
}
