package cmd

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"recompose/loader"
	"recompose/loader/report"
)

// write prints the report and writes those that go to files.
func (v *validation) write() error {
	r := report.Report{
		Diagnostics: v.found, Files: v.files, Source: v.source(), Fails: v.options.fails, Version: Version,
	}
	for _, text := range v.options.outputs {
		format, file, err := parseOutput(text)
		if err != nil {
			return err
		}
		var b bytes.Buffer
		if err := report.Write(&b, format, r); err != nil {
			return err
		}
		if err := os.WriteFile(v.absolute(file), b.Bytes(), 0o666); err != nil {
			return withCode(exitNotChecked, err)
		}
	}
	if v.options.quiet {
		return nil
	}
	r.Color = v.global.color && v.OutTTY || v.global.ansi == "always"
	if err := report.Write(v.Out, v.options.format, r); err != nil {
		return withCode(exitNotChecked, err)
	}
	if !v.silent(false) {
		fmt.Fprintln(v.Err, v.summary())
	}
	return nil
}

// summary counts what was found and checked.
func (v *validation) summary() string {
	if len(v.files) == 0 {
		return "no compose files"
	}
	text := report.Summary(v.found)
	if text == "" {
		text = "no mistakes"
	}
	text += " in " + counted(len(v.files), "file")
	mended := 0
	for _, d := range v.found {
		if d.Fix != nil {
			mended++
		}
	}
	if mended > 0 {
		text += fmt.Sprintf("; --fix mends %d", mended)
	}
	return text
}

// parseOutput takes FORMAT=FILE, FILE:FORMAT or a FILE whose ending says the
// format.
func parseOutput(text string) (format, file string, err error) {
	if name, rest, ok := strings.Cut(text, "="); ok && report.IsFormat(name) && rest != "" {
		return name, rest, nil
	}
	if i := strings.LastIndexByte(text, ':'); i > 0 && report.IsFormat(text[i+1:]) {
		return text[i+1:], text[:i], nil
	}
	switch filepath.Ext(text) {
	case ".txt":
		return "text", text, nil
	case ".json":
		return "json", text, nil
	case ".sarif":
		return "sarif", text, nil
	}
	return "", "", failure("--output %q: expected FORMAT=FILE, with one of %s", text, strings.Join(report.Formats(), ", "))
}

// source reads lines for excerpts, each file once.
func (v *validation) source() report.Source {
	read := map[string][]string{}
	name := "-"
	if v.options.stdinName != "" {
		name = filepath.ToSlash(v.options.stdinName)
	}
	if v.stdin != nil {
		read[name] = loader.Lines(v.stdin)
	}
	return func(file string, n int) (string, bool) {
		lines, known := read[file]
		if !known {
			lines = v.sourceLines(file)
			read[file] = lines
		}
		if n < 1 || n > len(lines) {
			return "", false
		}
		return lines[n-1], true
	}
}
