package loader

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	compose "github.com/compose-spec/compose-go/v2/loader"
	"gopkg.in/yaml.v3"
)

// overlay is copies of the files that are included and extended, in a directory
// of this load alone. compose-go reads those from the disk: where an editor holds
// another text of one, or a mistake was taken out of it, it has to find that there.
type overlay struct {
	*load
	dir       string
	copies    map[string]string // by the file's name
	originals map[string]string // by the copy's
	rewriting sync.Mutex        // replacing variables is not for two at once
}

// overlayFiles makes the copies, if an editor holds one of the files.
func (l *load) overlayFiles() error {
	if !slices.ContainsFunc(l.related, func(s *source) bool { return s.held }) {
		return nil
	}
	return l.overlayWith(func(s *source) []byte { return s.content })
}

// overlayWith makes the copies of what is given as the files' contents, or
// writes them anew.
func (l *load) overlayWith(content func(*source) []byte) error {
	if l.overlay == nil {
		if err := l.newOverlay(); err != nil {
			return err
		}
	}
	for _, s := range l.related {
		text := l.overlay.rewrite(content(s), filepath.Dir(s.name))
		if err := os.WriteFile(l.overlay.copies[s.name], text, 0o600); err != nil {
			return err
		}
	}
	return nil
}

func (l *load) newOverlay() error {
	dir, err := os.MkdirTemp("", "recompose-")
	if err != nil {
		return err
	}
	l.overlay = &overlay{load: l, dir: dir, copies: map[string]string{}, originals: map[string]string{}}
	for i, s := range l.related {
		name := filepath.Join(dir, strconv.Itoa(i), filepath.Base(s.name))
		l.overlay.copies[s.name], l.overlay.originals[name] = name, s.name
	}
	for _, name := range l.overlay.copies {
		if err := os.Mkdir(filepath.Dir(name), 0o700); err != nil {
			return err
		}
	}
	return nil
}

// removeOverlay removes the copies.
func (l *load) removeOverlay() {
	if l.overlay != nil {
		_ = os.RemoveAll(l.overlay.dir) // what stays is in the directory for what may
	}
}

// rewrite makes the content of a file name the copies. What cannot be read is
// left alone: it has been told.
func (s *overlay) rewrite(content []byte, dir string) []byte {
	s.rewriting.Lock()
	defer s.rewriting.Unlock()
	docs, err := decodeAll(content)
	if err != nil {
		return content
	}
	var roots tree
	for _, doc := range docs {
		if len(doc.Content) == 0 {
			continue
		}
		root := doc.Content[0]
		s.includes(resolve(root), dir)
		s.extended(resolve(root), dir)
		roots = append(roots, root)
	}
	out, err := encode([]tree{roots})
	if err != nil {
		return content
	}
	return out[0]
}

// includes rewrites the entries of `include`. Their paths go on to start where
// the originals lie.
func (s *overlay) includes(root *yaml.Node, dir string) {
	list := child(root, "include")
	if list == nil || list.Kind != yaml.SequenceNode {
		return
	}
	for i, entry := range list.Content {
		entry = resolve(entry)
		names := []*yaml.Node{entry}
		if entry.Kind == yaml.MappingNode {
			if names = nil; child(entry, "path") != nil {
				names = []*yaml.Node{child(entry, "path")}
			}
		}
		if len(names) == 1 && names[0].Kind == yaml.SequenceNode {
			names = names[0].Content
		}
		first := ""
		for j, n := range names {
			if name, ok := s.point(resolve(n), dir); ok && j == 0 {
				first = name
			}
		}
		if first == "" || child(entry, "project_directory") != nil {
			continue
		}
		if entry.Kind == yaml.ScalarNode {
			entry = &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Content: []*yaml.Node{text("path"), entry}}
			list.Content[i] = entry
		}
		entry.Content = append(entry.Content, text("project_directory"), text(filepath.Dir(first)))
	}
}

func (s *overlay) extended(root *yaml.Node, dir string) {
	services := child(root, "services")
	if services == nil || services.Kind != yaml.MappingNode {
		return
	}
	for i := 1; i < len(services.Content); i += 2 {
		if n := child(child(services.Content[i], "extends"), "file"); n != nil {
			s.point(n, dir)
		}
	}
}

// point makes a value name a copy; name is that of the file, ok says that there
// is a copy.
func (s *overlay) point(n *yaml.Node, dir string) (name string, ok bool) {
	name, ok = s.relatedName(n, dir)
	if !ok || s.copies[name] == "" {
		return name, false
	}
	*n = *text(s.copies[name])
	return name, true
}

// text is a scalar that stands for itself: no variable is replaced in it.
func text(value string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Style: yaml.DoubleQuotedStyle, Value: strings.ReplaceAll(value, "$", "$$")}
}

// restore writes the files' own names into an error.
func (s *overlay) restore(err error) error {
	if err == nil {
		return nil
	}
	said := err.Error()
	for name, original := range s.originals {
		said = strings.ReplaceAll(said, name, original)
	}
	return errors.New(said)
}

var _ compose.ResourceLoader = (*overlay)(nil)

// Accept, Load and Dir let compose-go read copies as if they lay where their
// originals do.
func (s *overlay) Accept(path string) bool { return s.originals[path] != "" }

func (s *overlay) Load(_ context.Context, path string) (string, error) { return path, nil }

func (s *overlay) Dir(path string) string { return filepath.Dir(s.originals[path]) }
