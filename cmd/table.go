package cmd

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"strings"
	"text/tabwriter"
	"text/template"
)

// rows are a command's results, in the forms of --format: a table, JSON, or a
// template of the user's as the docker command has it.
type rows struct {
	header map[string]string // of a field, in tables
	table  string            // the default table, as a template
	values []fields
	array  any // what JSON has in place of an object a line; may be nil
}

// fields are a row's values by their names.
type fields map[string]any

// labelsField is where the labels stand one by one, for Label.
const labelsField = "labels"

// Label is what templates call for one label, {{.Label "NAME"}}; in the header
// of a table it is the end of the label's name.
func (f fields) Label(name string) string {
	labels, ok := f[labelsField].(map[string]string)
	if !ok {
		return name[strings.LastIndex(name, ".")+1:]
	}
	return labels[name]
}

// MarshalJSON leaves out what has no name of a field.
func (f fields) MarshalJSON() ([]byte, error) {
	shown := maps.Clone(map[string]any(f))
	delete(shown, labelsField)
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(shown)
	return b.Bytes(), err
}

func (r rows) write(w io.Writer, format string) error {
	switch {
	case format == "" || format == "table":
		return r.writeTable(w, r.table)
	case format == "json":
		return r.writeJSON(w)
	case strings.HasPrefix(format, "table "):
		return r.writeTable(w, strings.TrimPrefix(format, "table "))
	}
	t, err := parseTemplate(format)
	if err != nil {
		return err
	}
	for _, v := range r.values {
		if err := t.Execute(w, v); err != nil {
			return fmt.Errorf("--format: %w", err)
		}
		fmt.Fprintln(w)
	}
	return nil
}

// writeJSON writes an object a line, or one array, as docker compose v5 does.
func (r rows) writeJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	if r.array != nil {
		return e.Encode(r.array)
	}
	for _, v := range r.values {
		if err := e.Encode(v); err != nil {
			return err
		}
	}
	return nil
}

func (r rows) writeTable(w io.Writer, format string) error {
	t, err := parseTemplate(format)
	if err != nil {
		return err
	}
	tw := tabwriter.NewWriter(w, 10, 1, 3, ' ', 0)
	header := fields{}
	for field, text := range r.header {
		header[field] = text
	}
	for _, v := range append([]fields{header}, r.values...) {
		var b bytes.Buffer
		if err := t.Execute(&b, v); err != nil {
			return fmt.Errorf("--format: %w", err)
		}
		fmt.Fprintln(tw, strings.TrimRight(b.String(), "\n"))
	}
	return tw.Flush()
}

// parseTemplate understands \t and \n as the docker command does, and its
// functions for templates.
func parseTemplate(format string) (*template.Template, error) {
	format = strings.NewReplacer(`\t`, "\t", `\n`, "\n").Replace(format)
	t, err := template.New("format").Option("missingkey=error").Funcs(template.FuncMap{
		"json": func(v any) (string, error) {
			b, err := json.Marshal(v)
			return string(b), err
		},
		"join": strings.Join, "split": strings.Split, "upper": strings.ToUpper, "lower": strings.ToLower,
		"truncate": func(s string, n int) string { return ellipsis(s, n) },
	}).Parse(format)
	if err != nil {
		return nil, fmt.Errorf("--format: %w", err)
	}
	return t, nil
}

// ellipsis cuts s to n characters.
func ellipsis(s string, n int) string {
	r := []rune(s)
	if len(r) <= n || n < 1 {
		return s
	}
	return string(r[:n-1]) + "…"
}

// shortID is the form of ids that people are shown.
func shortID(id string) string {
	id = strings.TrimPrefix(id, "sha256:")
	if len(id) > 12 {
		return id[:12]
	}
	return id
}
