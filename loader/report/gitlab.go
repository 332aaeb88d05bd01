package report

import (
	"io"

	"recompose/loader"
)

// quality is one entry of GitLab's code quality report, a subset of Code
// Climate's format
// (https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format).
type quality struct {
	Description string `json:"description"`
	CheckName   string `json:"check_name"`
	Fingerprint string `json:"fingerprint"`
	Severity    string `json:"severity"`
	Location    struct {
		Path  string `json:"path"`
		Lines struct {
			Begin int `json:"begin"`
			End   int `json:"end,omitempty"`
		} `json:"lines"`
	} `json:"location"`
}

// GitLab writes a code quality report: merge requests show what is new in it.
func GitLab(w io.Writer, r Report) error {
	severities := map[loader.Severity]string{
		loader.SeverityError: "critical", loader.SeverityWarning: "minor", loader.SeverityInfo: "info",
	}
	out := make([]quality, 0, len(r.Diagnostics))
	prints := Fingerprints(r.Diagnostics)
	for i, d := range r.Diagnostics {
		q := quality{Description: Sentence(d), CheckName: d.Rule, Fingerprint: prints[i], Severity: severities[d.Severity]}
		q.Location.Path = d.Position.File
		q.Location.Lines.Begin = max(1, d.Position.Line) // it must name one
		q.Location.Lines.End = d.Position.EndLine
		out = append(out, q)
	}
	return writeJSON(w, out)
}
