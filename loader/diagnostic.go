package loader

import (
	"cmp"
	"fmt"
	"slices"
)

// Severity orders diagnostics by weight.
type Severity string

const (
	SeverityError   Severity = "error"
	SeverityWarning Severity = "warning"
	SeverityInfo    Severity = "info"
)

// Position is a range in a file. Lines and columns count from 1, columns in
// characters; the end is exclusive. A zero Line means "the file as a whole".
type Position struct {
	File      string `json:"file"`
	Line      int    `json:"line"`
	Column    int    `json:"column"`
	EndLine   int    `json:"endLine,omitempty"`
	EndColumn int    `json:"endColumn,omitempty"`
}

// String is file:line:column, as far as known.
func (p Position) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// Diagnostic is one mistake, or one thing worth knowing, in the files.
type Diagnostic struct {
	Severity Severity `json:"severity"`
	Rule     string   `json:"rule"` // stable kebab-case id
	Message  string   `json:"message"`
	Position Position `json:"position"`
	Path     string   `json:"path,omitempty"` // services.web.ports[0]
	Hint     string   `json:"help,omitempty"` // how to mend it
	// Related are other places that the message is about.
	Related []Related `json:"related,omitempty"`
	// Fix mends the mistake and changes nothing else; nil where none is safe.
	Fix *Fix `json:"fix,omitempty"`
}

// Related is another place that a diagnostic is about, with a word on it:
// "declared here".
type Related struct {
	Message  string   `json:"message"`
	Position Position `json:"position"`
}

// Fix is a change of the text, all of its edits or none.
type Fix struct {
	Title string `json:"title"` // what it does: `write "image"`
	Edits []Edit `json:"edits"`
}

// Edit replaces what stands in a range; where the range is empty, it inserts.
type Edit struct {
	Position Position `json:"position"` // with its end
	Text     string   `json:"text"`
}

// HasErrors reports whether one of the diagnostics is an error.
func HasErrors(ds []Diagnostic) bool {
	return slices.ContainsFunc(ds, func(d Diagnostic) bool { return d.Severity == SeverityError })
}

// SortDiagnostics orders by file, place and rule, and drops equal ones, so
// that equal input gives equal output.
func SortDiagnostics(ds []Diagnostic) []Diagnostic {
	slices.SortStableFunc(ds, func(a, b Diagnostic) int {
		return cmp.Or(cmp.Compare(a.Position.File, b.Position.File),
			cmp.Compare(a.Position.Line, b.Position.Line),
			cmp.Compare(a.Position.Column, b.Position.Column),
			cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Message, b.Message),
			cmp.Compare(a.Path, b.Path))
	})
	return slices.CompactFunc(ds, func(a, b Diagnostic) bool {
		return a.Position == b.Position && a.Rule == b.Rule && a.Severity == b.Severity &&
			a.Message == b.Message && a.Hint == b.Hint && (a.Path == b.Path || a.Position.Line > 0)
	})
}
