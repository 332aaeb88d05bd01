package report

import (
	"encoding/xml"
	"fmt"
	"io"
)

type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	ClassName string        `xml:"classname,attr"`
	Name      string        `xml:"name,attr"`
	File      string        `xml:"file,attr,omitempty"`
	Line      int           `xml:"line,attr,omitempty"`
	Failure   *junitFailure `xml:"failure"`
	Output    string        `xml:"system-out,omitempty"`
}

type junitFailure struct {
	Type    string `xml:"type,attr"`
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

// JUnit writes a test suite for each file, in the form that CI servers read: a
// failed test for each mistake; one that passed for a file without any. What
// is no failure is the output of a passed test.
func JUnit(w io.Writer, r Report) error {
	suites := junitSuites{Name: "recompose validate"}
	files, of := r.byFile()
	for _, file := range files {
		s := junitSuite{Name: file}
		for _, d := range of[file] {
			c := junitCase{ClassName: file, Name: d.Rule, File: file, Line: d.Position.Line}
			if d.Position.Line > 0 {
				c.Name = fmt.Sprintf("%s at %d:%d", d.Rule, d.Position.Line, d.Position.Column)
			}
			told := fmt.Sprintf("%s: %s: %s", d.Position, d.Severity, Sentence(d))
			if r.fails(d.Severity) {
				c.Failure = &junitFailure{Type: string(d.Severity), Message: d.Message, Text: told}
				s.Failures++
			} else {
				c.Output = told
			}
			s.Cases = append(s.Cases, c)
		}
		if len(s.Cases) == 0 {
			s.Cases = []junitCase{{ClassName: file, Name: "no mistakes", File: file}}
		}
		s.Tests = len(s.Cases)
		suites.Tests += s.Tests
		suites.Failures += s.Failures
		suites.Suites = append(suites.Suites, s)
	}
	return writeXML(w, suites)
}

func writeXML(w io.Writer, document any) error {
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(document); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}
