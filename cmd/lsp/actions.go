package lsp

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"recompose/loader"
	"recompose/loader/fix"
)

// actions are the fixes of what was found in a range, and the comments that
// quieten it. They are those of the text that was checked: where that has
// changed since, there are none until it is checked again.
func (s *server) actions(_ context.Context, p actionParams) ([]action, error) {
	d, err := s.document(p.Document.URI)
	if err != nil {
		return nil, err
	}
	found := s.checker.foundIn(d)
	out := []action{}
	if wants(p.Context.Only, kindQuickFix) {
		texts := texts{docs: s.open(), read: map[string]*text{}}
		for _, one := range found {
			at := d.text.spanOf(one.Position)
			if after(at.Start, p.Range.End) || after(p.Range.Start, at.End) {
				continue
			}
			told := []diagnostic{texts.diagnostic(d.text, one)}
			if one.Fix != nil {
				if edits, ok := d.edits(*one.Fix); ok {
					out = append(out, action{Title: one.Fix.Title, Kind: kindQuickFix, Diagnostics: told, Preferred: true, Edit: d.edit(edits...)})
				}
			}
			if edit, ok := d.ignore(one); ok {
				out = append(out, action{Title: "ignore " + one.Rule + " here", Kind: kindQuickFix, Diagnostics: told, Edit: d.edit(edit)})
			}
		}
	}
	if wants(p.Context.Only, kindFixAll) {
		if all, ok := d.fixAll(found); ok {
			out = append(out, all)
		}
	}
	return out, nil
}

// wants tells whether a kind of action was asked for; a kind stands for all
// below it.
func wants(only []string, kind string) bool {
	return len(only) == 0 || slices.ContainsFunc(only, func(o string) bool { return o == kind || strings.HasPrefix(kind, o+".") })
}

func after(a, b position) bool {
	return a.Line > b.Line || a.Line == b.Line && a.Character > b.Character
}

func (d *document) edit(edits ...textEdit) workspaceEdit {
	return workspaceEdit{map[string][]textEdit{d.uri: edits}}
}

// edits are those of a fix; false where one is of another file.
func (d *document) edits(f loader.Fix) ([]textEdit, bool) {
	var out []textEdit
	for _, e := range f.Edits {
		if e.Position.File != d.path {
			return nil, false
		}
		from, to := d.text.place(e.Position.Line, e.Position.Column), d.text.place(e.Position.EndLine, e.Position.EndColumn)
		if to < from {
			return nil, false
		}
		out = append(out, textEdit{d.text.span(from, to), e.Text})
	}
	return out, len(out) > 0
}

// ignore writes a comment above the line of a finding.
func (d *document) ignore(one loader.Diagnostic) (textEdit, bool) {
	if one.Position.Line < 1 || !loader.CanIgnore(one.Rule) {
		return textEdit{}, false
	}
	from, to := d.text.line(one.Position.Line - 1)
	line := d.text.content[from:to]
	indent := line[:len(line)-len(strings.TrimLeft(line, " \t"))]
	return textEdit{d.text.span(from, from), indent + "# recompose: ignore " + one.Rule + "\n"}, true
}

// fixAll mends all that can be mended safely, as validate --fix does once.
func (d *document) fixAll(found []loader.Diagnostic) (action, bool) {
	var fixes []loader.Fix
	var said []string
	for _, one := range found {
		if one.Fix == nil {
			continue
		}
		if key := fmt.Sprint(*one.Fix); !slices.Contains(said, key) {
			said = append(said, key)
			fixes = append(fixes, *one.Fix)
		}
	}
	mended, n, err := fix.Apply(d.path, []byte(d.text.content), fixes)
	if err != nil || n == 0 {
		return action{}, false
	}
	old, now := d.text.content, string(mended)
	from := 0
	for from < min(len(old), len(now)) && old[from] == now[from] {
		from++
	}
	same := 0
	for same < min(len(old), len(now))-from && old[len(old)-1-same] == now[len(now)-1-same] {
		same++
	}
	// Whole lines, so that no character is cut.
	from = strings.LastIndexByte(old[:from], '\n') + 1
	to := len(old)
	if i := strings.IndexByte(old[len(old)-same:], '\n'); i >= 0 {
		to = len(old) - same + i
	}
	edit := textEdit{d.text.span(from, to), now[from : len(now)-(len(old)-to)]}
	return action{Title: fmt.Sprintf("mend what can be mended safely (%d)", n), Kind: kindFixAll, Edit: d.edit(edit)}, true
}
