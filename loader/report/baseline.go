package report

import (
	"encoding/json"
	"fmt"
	"io"

	"recompose/loader"
)

// Baseline is what is known and accepted: mistakes of an old repository that
// checks don't tell again. It is written to a file; all but the fingerprint is
// for people.
type Baseline struct {
	Schema   int     `json:"schema"`
	Problems []Known `json:"problems"`
}

// Known is one accepted problem.
type Known struct {
	Fingerprint string `json:"fingerprint"`
	File        string `json:"file"`
	Rule        string `json:"rule"`
	Message     string `json:"message"`
}

// NewBaseline accepts all that was found.
func NewBaseline(ds []loader.Diagnostic) Baseline {
	b := Baseline{Schema: schema, Problems: make([]Known, 0, len(ds))}
	prints := Fingerprints(ds)
	for i, d := range ds {
		b.Problems = append(b.Problems, Known{Fingerprint: prints[i], File: d.Position.File, Rule: d.Rule, Message: d.Message})
	}
	return b
}

// ReadBaseline reads what Write wrote.
func ReadBaseline(content []byte) (Baseline, error) {
	var b Baseline
	if err := json.Unmarshal(content, &b); err != nil {
		return b, fmt.Errorf("it is no baseline: %w", err)
	}
	if b.Schema != schema {
		return b, fmt.Errorf("its schema is %d; this program knows %d", b.Schema, schema)
	}
	return b, nil
}

// Write writes the baseline as JSON, in the order of the diagnostics, so that
// changes of it are easy to review.
func (b Baseline) Write(w io.Writer) error { return writeJSON(w, b) }

// Filter leaves out what is known. mended are those known that were not found
// any more.
func (b Baseline) Filter(ds []loader.Diagnostic) (fresh []loader.Diagnostic, mended []Known) {
	known := map[string]bool{}
	for _, k := range b.Problems {
		known[k.Fingerprint] = true
	}
	found := map[string]bool{}
	for i, print := range Fingerprints(ds) {
		if found[print] = true; !known[print] {
			fresh = append(fresh, ds[i])
		}
	}
	for _, k := range b.Problems {
		if !found[k.Fingerprint] {
			mended = append(mended, k)
		}
	}
	return fresh, mended
}
