package report

import (
	"encoding/xml"
	"io"

	"recompose/loader"
)

type checkstyle struct {
	XMLName xml.Name         `xml:"checkstyle"`
	Version string           `xml:"version,attr"` // of the form, Checkstyle's own
	Files   []checkstyleFile `xml:"file"`
}

type checkstyleFile struct {
	Name   string            `xml:"name,attr"`
	Errors []checkstyleError `xml:"error"`
}

type checkstyleError struct {
	Line     int             `xml:"line,attr,omitempty"`
	Column   int             `xml:"column,attr,omitempty"`
	Severity loader.Severity `xml:"severity,attr"`
	Message  string          `xml:"message,attr"`
	Source   string          `xml:"source,attr"`
}

// Checkstyle writes the form of Checkstyle's reports, which most servers read.
func Checkstyle(w io.Writer, r Report) error {
	doc := checkstyle{Version: "4.3"}
	files, of := r.byFile()
	for _, file := range files {
		f := checkstyleFile{Name: file}
		for _, d := range of[file] {
			f.Errors = append(f.Errors, checkstyleError{
				Line: d.Position.Line, Column: d.Position.Column, Severity: d.Severity,
				Message: Sentence(d), Source: "recompose." + d.Rule,
			})
		}
		doc.Files = append(doc.Files, f)
	}
	return writeXML(w, doc)
}
