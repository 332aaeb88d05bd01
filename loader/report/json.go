package report

import (
	"encoding/json"
	"io"

	"recompose/loader"
)

// schema is the version of the JSON form. Fields are only ever added to it.
const schema = 1

type document struct {
	Schema      int     `json:"schema"`
	Diagnostics []entry `json:"diagnostics"`
}

type entry struct {
	Rule      string          `json:"rule"`
	Severity  loader.Severity `json:"severity"`
	Message   string          `json:"message"`
	Path      string          `json:"path,omitempty"`
	File      string          `json:"file,omitempty"`
	Line      int             `json:"line,omitempty"`
	Column    int             `json:"column,omitempty"`
	EndLine   int             `json:"endLine,omitempty"`
	EndColumn int             `json:"endColumn,omitempty"`
	Help      string          `json:"help,omitempty"`
}

// JSON writes one document with all diagnostics. Lines and columns count from
// 1, columns in characters; a diagnostic without a line is about the file.
func JSON(w io.Writer, ds []loader.Diagnostic) error {
	doc := document{Schema: schema, Diagnostics: make([]entry, 0, len(ds))}
	for _, d := range ds {
		doc.Diagnostics = append(doc.Diagnostics, entry{
			Rule: d.Rule, Severity: d.Severity, Message: d.Message, Path: d.Path,
			File: d.Position.File, Line: d.Position.Line, Column: d.Position.Column,
			EndLine: d.Position.EndLine, EndColumn: d.Position.EndColumn, Help: d.Hint,
		})
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(doc)
}
