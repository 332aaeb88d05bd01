package lsp

import (
	"slices"

	"recompose/loader/draft"
	"recompose/loader/spec"
)

// modern is a node's path as today's format has it: the services of a file of
// 2015 stand at its top.
func modern(root *draft.Node, path []string) []string {
	if classic(root) {
		return append([]string{"services"}, path...)
	}
	return path
}

// classic tells whether a file looks like one of 2015.
func classic(root *draft.Node) bool {
	return root.Child("services") == nil && root.Child("include") == nil && slices.ContainsFunc(root.Children, func(n *draft.Node) bool {
		return n.Child("image") != nil || n.Child("build") != nil
	})
}

// section are the declarations of a kind in a file: the nodes of its services,
// networks, ...
func section(root *draft.Node, name string) []*draft.Node {
	at := root.Child(name)
	if classic(root) {
		if name != "services" {
			return nil
		}
		at = root
	}
	if at == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(at.Children), func(n *draft.Node) bool { return n.Entry || n.Loose })
}

// file is one of a project, with its text.
type file struct {
	path string // "" for a buffer that is no file
	uri  string
	text *text
}

// maxFiles bounds how many files of a project are looked into for names.
const maxFiles = 200

// related are the files of the document's project, the document first.
func (s *server) related(d *document) []file {
	out := []file{{d.path, d.uri, d.text}}
	if d.path == "" {
		return out
	}
	open := s.open()
	for _, path := range s.checker.together(d.path) {
		if path == d.path || len(out) == maxFiles {
			continue
		}
		out = append(out, fileOf(path, open))
	}
	return out
}

func fileOf(path string, open map[string]*document) file {
	if o := open[path]; o != nil {
		return file{path, o.uri, o.text}
	}
	return file{path, uriOf(path), textOf(path)}
}

// extended is the file that the `extends` of a service names, if it names one.
func (s *server) extended(d *document, root *draft.Node, path []string) (file, bool) {
	if len(path) < 3 || path[0] != "services" || path[2] != "extends" {
		return file{}, false
	}
	for _, n := range section(root, "services") {
		if at := n.Child("extends", "file"); n.Key.Text == path[1] && at != nil {
			if found := s.resolve(d, at.Value.Text); found != "" {
				return fileOf(found, s.open()), true
			}
		}
	}
	return file{}, false
}

// declared are the places where something of a kind is declared under a name.
func declared(files []file, ref spec.Reference, name string) []location {
	out := []location{}
	for _, f := range files {
		for _, n := range section(f.text.draft(), ref.Section) {
			if n.Key.Text == name {
				out = append(out, location{f.uri, f.text.span(n.Key.From, n.Key.To)})
			}
		}
	}
	return out
}

// names are those that are declared in the files.
func names(files []file, ref spec.Reference) []string {
	var out []string
	for _, f := range files {
		for _, n := range section(f.text.draft(), ref.Section) {
			out = append(out, n.Key.Text)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
