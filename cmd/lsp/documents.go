package lsp

import (
	"context"
	"regexp"
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
	// unsaved: it has no file yet; path is where one would stand.
	unsaved bool
}

// languages are the names by which editors tell compose files from other YAML.
var languages = []string{"dockercompose", "docker-compose", "yaml.docker-compose"}

// services is the key by which text without a name is known: whoever writes it
// has not written an image yet.
var services = regexp.MustCompile(`(?m)^services[ \t]*:`)

func (d *document) isCompose() bool {
	return find.IsCompose(d.path, []byte(d.text.content)) || d.unsaved && services.MatchString(d.text.content)
}

// pathOf is the file of a document, or where it would stand.
func (s *server) pathOf(uri string) string {
	if path := pathOf(uri); path != "" {
		return path
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	dir := s.Flags.WorkingDir
	if len(s.roots) > 0 {
		dir = s.roots[0]
	}
	return unsaved(uri, dir)
}

func (s *server) didOpen(_ context.Context, p didOpenParams) (none, error) {
	d := &document{uri: p.Document.URI, path: s.pathOf(p.Document.URI), version: p.Document.Version, text: newText(p.Document.Text)}
	d.unsaved = d.path != "" && pathOf(d.uri) == ""
	d.compose = slices.Contains(languages, p.Document.Language) || d.isCompose()
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
	d.compose = d.compose || d.isCompose()
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
	s.checker.changed(s.pathOf(p.Document.URI))
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
