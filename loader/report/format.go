package report

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"recompose/loader"
)

// Report is what one run has found.
type Report struct {
	Diagnostics []loader.Diagnostic // sorted, with names as the user sees them
	Files       []string            // all that were checked, those without a mistake too
	Source      Source              // for excerpts; may be nil
	Color       bool                // of text
	Version     string              // of the program
	// Fails tells which severities are failures, for formats that know passed
	// and failed only; nil: errors.
	Fails func(loader.Severity) bool
}

func (r Report) fails(s loader.Severity) bool {
	if r.Fails == nil {
		return s == loader.SeverityError
	}
	return r.Fails(s)
}

// formats in the order in which the help names them.
var formats = []struct {
	name  string
	write func(io.Writer, Report) error
}{
	{"text", func(w io.Writer, r Report) error { return text(w, r.Diagnostics, r.Source, r.Color) }},
	{"json", func(w io.Writer, r Report) error { return JSON(w, r.Diagnostics) }},
	{"github", func(w io.Writer, r Report) error { return GitHub(w, r.Diagnostics) }},
	{"sarif", SARIF},
	{"gitlab", GitLab},
	{"junit", JUnit},
	{"checkstyle", Checkstyle},
}

// Formats are the names that Write knows.
func Formats() []string {
	var names []string
	for _, f := range formats {
		names = append(names, f.name)
	}
	return names
}

// IsFormat reports whether Write knows the name.
func IsFormat(name string) bool { return slices.Contains(Formats(), name) }

// Write renders a report in one of the formats.
func Write(w io.Writer, format string, r Report) error {
	for _, f := range formats {
		if f.name == format {
			return f.write(w, r)
		}
	}
	return fmt.Errorf("unknown format %q: expected one of %s", format, strings.Join(Formats(), ", "))
}

// writeJSON prints a document for people to read as well.
func writeJSON(w io.Writer, document any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(document)
}

// Sentence is the message with the hint behind it, for formats that have one
// text only.
func Sentence(d loader.Diagnostic) string {
	if d.Hint == "" {
		return d.Message
	}
	return d.Message + " (" + d.Hint + ")"
}

// byFile are the diagnostics of each file that was checked or has some, by
// name.
func (r Report) byFile() (files []string, of map[string][]loader.Diagnostic) {
	of = map[string][]loader.Diagnostic{}
	files = slices.Clone(r.Files)
	for _, d := range r.Diagnostics {
		of[d.Position.File] = append(of[d.Position.File], d)
		files = append(files, d.Position.File)
	}
	slices.Sort(files)
	return slices.Compact(files), of
}
