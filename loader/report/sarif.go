package report

import (
	"io"
	"net/url"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"recompose/docs/rules"
	"recompose/loader"
)

// The parts of SARIF 2.1.0 that are used here
// (https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html).
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool struct {
			Driver sarifDriver `json:"driver"`
		} `json:"tool"`
		ColumnKind string        `json:"columnKind"`
		Results    []sarifResult `json:"results"`
	}
	sarifDriver struct {
		Name    string      `json:"name"`
		Version string      `json:"version,omitempty"`
		Rules   []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID    string     `json:"id"`
		Short *sarifText `json:"shortDescription,omitempty"`
		URI   string     `json:"helpUri,omitempty"`
		Help  *sarifHelp `json:"help,omitempty"`
	}
	sarifHelp struct {
		Text     string `json:"text"`
		Markdown string `json:"markdown"`
	}
	sarifResult struct {
		RuleID              string            `json:"ruleId"`
		RuleIndex           int               `json:"ruleIndex"`
		Level               string            `json:"level"`
		Message             sarifText         `json:"message"`
		Locations           []sarifLocation   `json:"locations"`
		RelatedLocations    []sarifLocation   `json:"relatedLocations,omitempty"`
		PartialFingerprints map[string]string `json:"partialFingerprints"`
		Fixes               []sarifFix        `json:"fixes,omitempty"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifLocation struct {
		ID       int `json:"id,omitempty"`
		Physical struct {
			Artifact sarifArtifact `json:"artifactLocation"`
			Region   *sarifRegion  `json:"region,omitempty"`
		} `json:"physicalLocation"`
		Logical []sarifLogical `json:"logicalLocations,omitempty"`
		Message *sarifText     `json:"message,omitempty"`
	}
	sarifLogical struct {
		FullyQualifiedName string `json:"fullyQualifiedName"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn,omitempty"`
		EndLine     int `json:"endLine,omitempty"`
		EndColumn   int `json:"endColumn,omitempty"`
	}
	sarifFix struct {
		Description sarifText     `json:"description"`
		Changes     []sarifChange `json:"artifactChanges"`
	}
	sarifChange struct {
		Artifact     sarifArtifact      `json:"artifactLocation"`
		Replacements []sarifReplacement `json:"replacements"`
	}
	sarifReplacement struct {
		Deleted  sarifRegion `json:"deletedRegion"`
		Inserted sarifText   `json:"insertedContent"`
	}
)

// SARIF writes a log that GitHub's code scanning and most editors read. File
// names are relative URIs, columns count characters.
func SARIF(w io.Writer, r Report) error {
	run := sarifRun{ColumnKind: "unicodeCodePoints", Results: make([]sarifResult, 0, len(r.Diagnostics))}
	run.Tool.Driver = sarifDriver{Name: "recompose", Version: r.Version, Rules: []sarifRule{}}
	levels := map[loader.Severity]string{loader.SeverityError: "error", loader.SeverityWarning: "warning", loader.SeverityInfo: "note"}
	prints := Fingerprints(r.Diagnostics)
	index := map[string]int{}
	for i, d := range r.Diagnostics {
		if _, known := index[d.Rule]; !known {
			index[d.Rule] = len(index)
			run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{ID: d.Rule, Short: summary(d.Rule), URI: rules.URL(d.Rule), Help: help(d.Rule)})
		}
		result := sarifResult{
			RuleID: d.Rule, RuleIndex: index[d.Rule], Level: levels[d.Severity], Message: sarifText{Sentence(d)},
			Locations: []sarifLocation{location(d.Position)}, PartialFingerprints: map[string]string{"recompose/v1": prints[i]},
		}
		if d.Path != "" {
			result.Locations[0].Logical = []sarifLogical{{d.Path}}
		}
		for j, related := range d.Related {
			at := location(related.Position)
			at.ID, at.Message = j+1, &sarifText{related.Message}
			result.RelatedLocations = append(result.RelatedLocations, at)
		}
		if d.Fix != nil {
			result.Fixes = []sarifFix{changes(*d.Fix)}
		}
		run.Results = append(run.Results, result)
	}
	return writeJSON(w, sarifLog{Schema: "https://json.schemastore.org/sarif-2.1.0.json", Version: "2.1.0", Runs: []sarifRun{run}})
}

// summary says what a rule finds; nil for one that is not in the catalog.
func summary(id string) *sarifText {
	for _, rule := range loader.Rules() {
		if rule.ID == id {
			return &sarifText{rule.Summary}
		}
	}
	return nil
}

// help is the rule's page, which GitHub shows beside a finding.
func help(id string) *sarifHelp {
	page := rules.Page(id)
	if page == "" {
		return nil
	}
	return &sarifHelp{page, page}
}

func location(p loader.Position) sarifLocation {
	var l sarifLocation
	l.Physical.Artifact.URI = uri(p.File)
	if p.Line > 0 {
		at := region(p)
		l.Physical.Region = &at
	}
	return l
}

func region(p loader.Position) sarifRegion {
	return sarifRegion{StartLine: p.Line, StartColumn: p.Column, EndLine: p.EndLine, EndColumn: p.EndColumn}
}

// uri escapes a file's name; an absolute one becomes a file URL.
func uri(file string) string {
	file = filepath.ToSlash(file)
	if path.IsAbs(file) {
		return (&url.URL{Scheme: "file", Path: file}).String()
	}
	// The standard library writes ./a:b, since a: would be a scheme.
	return (&url.URL{Path: strings.TrimPrefix(file, "./")}).String()
}

func changes(f loader.Fix) sarifFix {
	out := sarifFix{Description: sarifText{f.Title}}
	for _, e := range f.Edits {
		name := uri(e.Position.File)
		i := slices.IndexFunc(out.Changes, func(c sarifChange) bool { return c.Artifact.URI == name })
		if i < 0 {
			i = len(out.Changes)
			out.Changes = append(out.Changes, sarifChange{Artifact: sarifArtifact{name}})
		}
		out.Changes[i].Replacements = append(out.Changes[i].Replacements, sarifReplacement{region(e.Position), sarifText{e.Text}})
	}
	return out
}
