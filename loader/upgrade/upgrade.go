// Package upgrade rewrites compose files of older formats in today's.
//
// It edits the text at the places that the YAML parser gives, so that what
// need not change stays as it was written: comments, order, anchors, quoting,
// blank lines. What today's format cannot say, and what means something else
// now, it reports. It is pure: bytes in, bytes and notes out; variables are
// left as they are.
package upgrade

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"recompose/loader"
)

// Options choose what is not decided by the files.
type Options struct {
	// NamedVolumes also turns anonymous volumes of data-only services into
	// named ones. What is in them has to be copied once.
	NamedVolumes bool
}

// Result is one file, before and after. Notes are about the file as it was; if
// one is an error, the file could not be rewritten and New is Old.
type Result struct {
	Name     string
	Old, New []byte
	Notes    []loader.Diagnostic
}

// Changed tells whether there was something to rewrite.
func (r Result) Changed() bool { return !bytes.Equal(r.Old, r.New) }

// Files rewrites the files of one project.
func Files(files []loader.File, o Options) []Result {
	services := map[string]bool{}
	roots := map[string]*yaml.Node{}
	for _, f := range files {
		parsed, err := parse(f.Content)
		if err != nil || len(parsed) == 0 || f.Format != loader.FormatV1 {
			continue
		}
		roots[f.Name] = parsed[0]
		for i := 0; i+1 < len(parsed[0].Content); i += 2 {
			services[parsed[0].Content[i].Value] = true
		}
	}
	var results []Result
	var before []*yaml.Node
	for _, f := range files {
		r := Result{Name: f.Name, Old: f.Content, New: f.Content}
		w := &writer{file: f, options: o, services: services, roots: roots, first: len(results) == 0, alone: len(files) == 1}
		if !f.Extended {
			w.before = slices.Clone(before)
			if root := roots[f.Name]; root != nil {
				before = append(before, root)
			}
		}
		if content, err := w.rewrite(); err != nil {
			r.Notes = []loader.Diagnostic{refused(f.Name, err)}
		} else {
			r.New, r.Notes = content, w.diagnostics()
		}
		results = append(results, r)
	}
	return results
}

// refusal says why a file is left as it is, at a node of it if that is known.
type refusal struct {
	node          *yaml.Node
	message, hint string
}

func (r *refusal) Error() string { return r.message }

func refused(file string, err error) loader.Diagnostic {
	d := loader.Diagnostic{
		Severity: loader.SeverityError, Rule: "upgrade-failed", Message: "this file cannot be rewritten: " + err.Error(),
		Position: loader.Position{File: file},
	}
	var r *refusal
	if errors.As(err, &r) {
		d.Hint = r.hint
		if r.node != nil {
			d.Position.Line, d.Position.Column = r.node.Line, r.node.Column
		}
	}
	return d
}

// writer rewrites one file, in passes: each parses the text, collects edits
// and makes them.
type writer struct {
	file     loader.File
	options  Options
	services map[string]bool       // of all v1-format files
	roots    map[string]*yaml.Node // of all v1-format files, as they were
	before   []*yaml.Node          // of those that this file is merged over
	first    bool                  // of the project's files
	alone    bool                  // the project has no other file

	notes []note
	// What the top level has to declare for v1-format services, in order.
	volumes  []declaration
	networks []declaration
}

// declaration is an entry of top-level volumes or networks.
type declaration struct{ key, name, driver string }

// note is a diagnostic whose place is known by its path in the file as it was.
type note struct {
	severity loader.Severity
	rule     string
	path     []string
	key      bool // the key's place, not the value's
	message  string
	hint     string
}

func (w *writer) rewrite() ([]byte, error) {
	content := w.file.Content
	if !utf8.Valid(content) {
		return nil, &refusal{message: "it is not in UTF-8", hint: "save it as UTF-8"}
	}
	if oddBreaks(content) {
		return nil, &refusal{message: "some of its lines end in other signs than line feeds", hint: "save it with line feeds"}
	}
	roots, err := parse(content)
	if err != nil {
		return nil, err
	}
	passes := []pass{w.lastKeys, w.modern}
	switch {
	case w.file.Format == loader.FormatSpec:
		passes = passes[1:] // two equal keys are a mistake there
	case w.file.Format == loader.FormatV1 && len(roots) == 0:
		return content, nil
	case w.file.Format == loader.FormatV1 && len(roots) > 1:
		return nil, &refusal{roots[len(roots)-1], fmt.Sprintf("it has %d YAML documents", len(roots)), "files of 2015 are one document; put the services together"}
	case w.file.Format == loader.FormatV1:
		passes = []pass{blocks, w.lastKeys, w.scalars, w.dataOnly, w.classicServices, w.wrap}
	}
	for i, p := range passes {
		t := newText(content)
		var all []edit
		for _, root := range roots {
			edits, err := p(t, root)
			if err != nil {
				return nil, err
			}
			all = append(all, edits...)
		}
		content = t.apply(all)
		before := roots
		if roots, err = parse(content); err != nil {
			return nil, err
		}
		if i == len(passes)-1 && w.file.Format == loader.FormatV1 && !same(before[0], get(roots[0], "services")) {
			return nil, &refusal{message: "a value would change when its line is indented"}
		}
	}
	return content, nil
}

// same tells whether two trees have the same values.
func same(a, b *yaml.Node) bool {
	if b == nil || a.Kind != b.Kind || a.Value != b.Value || a.ShortTag() != b.ShortTag() || a.Anchor != b.Anchor || len(a.Content) != len(b.Content) {
		return false
	}
	for i := range a.Content {
		if !same(a.Content[i], b.Content[i]) {
			return false
		}
	}
	return true
}

// pass finds the edits for one document.
type pass func(t *text, root *yaml.Node) ([]edit, error)

// parse gives the root value of each document, all of them mappings.
func parse(content []byte) ([]*yaml.Node, error) {
	dec := yaml.NewDecoder(bytes.NewReader(content))
	var roots []*yaml.Node
	for {
		var doc yaml.Node
		err := dec.Decode(&doc)
		if errors.Is(err, io.EOF) {
			return roots, nil
		}
		if err != nil {
			return nil, err
		}
		root := doc.Content[0]
		if isNull(root) {
			continue
		}
		if root.Kind != yaml.MappingNode {
			return nil, fmt.Errorf("line %d: it is no mapping at its top level", root.Line)
		}
		roots = append(roots, root)
	}
}

func (w *writer) add(n note) { w.notes = append(w.notes, n) }

// warn tells what today's format does not say or may say otherwise.
func (w *writer) warn(rule string, path []string, message, hint string) {
	w.add(note{severity: loader.SeverityWarning, rule: rule, path: path, message: message, hint: hint})
}

// tell says what is different from now on.
func (w *writer) tell(rule string, path []string, message, hint string) {
	w.add(note{severity: loader.SeverityInfo, rule: rule, path: path, key: true, message: message, hint: hint})
}

// diagnostics gives the notes their places.
func (w *writer) diagnostics() []loader.Diagnostic {
	roots, err := parse(w.file.Content)
	if err != nil || len(roots) == 0 {
		return nil
	}
	var out []loader.Diagnostic
	for _, n := range w.notes {
		key, value := find(roots[0], n.path)
		if n.key {
			value = key
		}
		out = append(out, loader.Diagnostic{
			Severity: n.severity, Rule: n.rule, Message: n.message, Hint: n.hint, Path: pathText(roots[0], n.path),
			Position: loader.Position{File: w.file.Name, Line: value.Line, Column: value.Column},
		})
	}
	return loader.SortDiagnostics(out)
}
