package report

import (
	"io"

	"recompose/loader"
)

// schema is the version of the JSON form, which docs/validate.schema.json
// describes. Fields are only ever added to it.
const schema = 1

type document struct {
	Schema      int     `json:"schema"`
	Diagnostics []entry `json:"diagnostics"`
}

type entry struct {
	Rule     string          `json:"rule"`
	Severity loader.Severity `json:"severity"`
	Message  string          `json:"message"`
	Path     string          `json:"path,omitempty"`
	place
	Help    string    `json:"help,omitempty"`
	Fixes   []fix     `json:"fixes,omitempty"`
	Related []related `json:"related,omitempty"`
}

type place struct {
	File      string `json:"file,omitempty"`
	Line      int    `json:"line,omitempty"`
	Column    int    `json:"column,omitempty"`
	EndLine   int    `json:"endLine,omitempty"`
	EndColumn int    `json:"endColumn,omitempty"`
}

type related struct {
	Message string `json:"message"`
	place
}

type fix struct {
	Title string `json:"title"`
	Edits []edit `json:"edits"`
}

type edit struct {
	place
	Text string `json:"text"`
}

// JSON writes one document with all diagnostics. Lines and columns count from
// 1, columns in characters; a diagnostic without a line is about the file.
func JSON(w io.Writer, ds []loader.Diagnostic) error {
	doc := document{Schema: schema, Diagnostics: make([]entry, 0, len(ds))}
	for _, d := range ds {
		e := entry{Rule: d.Rule, Severity: d.Severity, Message: d.Message, Path: d.Path, place: place(d.Position), Help: d.Hint}
		for _, r := range d.Related {
			e.Related = append(e.Related, related{Message: r.Message, place: place(r.Position)})
		}
		if d.Fix != nil {
			f := fix{Title: d.Fix.Title}
			for _, x := range d.Fix.Edits {
				f.Edits = append(f.Edits, edit{place: place(x.Position), Text: x.Text})
			}
			e.Fixes = []fix{f}
		}
		doc.Diagnostics = append(doc.Diagnostics, e)
	}
	return writeJSON(w, doc)
}
