package loader

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"recompose/loader/spelling"
)

// mend gives findings the edits that mend them, where that is safe: nothing
// else may come to mean something else.
func (l *load) mend() {
	// Where the version made something be read as 1.29.2 did, it is needed.
	older := slices.ContainsFunc(l.sources, func(s *source) bool { return s.starts == nil && strings.Join(s.lines, "\n") != string(s.content) })
	for i := range l.found {
		d := &l.found[i]
		s := l.files[d.Position.File]
		if d.Fix != nil || s == nil || s.starts != nil {
			continue
		}
		switch d.Rule {
		case "obsolete-version", "unknown-version":
			if !older {
				d.Fix = s.dropVersion(d.Position)
			}
		case "yaml-sexagesimal":
			d.Fix = quoteFix(d.Position, l.textAt(d.Position))
		case "unknown-key":
			d.Fix = l.oldNet(*d)
		}
	}
}

// renameFix writes the key that was meant for the one at a place: if it is the
// only one that is near, and not there already.
func renameFix(pos Position, key string, known *spelling.Words, taken func(string) bool) *Fix {
	meant := known.Only(key)
	if meant == "" || taken(meant) || !covers(pos, key) {
		return nil
	}
	return replaceFix(pos, fmt.Sprintf("write %q", meant), meant)
}

// quoteFix puts a plain scalar in quotes.
func quoteFix(pos Position, text string) *Fix {
	if !covers(pos, text) || strings.ContainsAny(text, "\"\\") {
		return nil
	}
	return replaceFix(pos, "quote "+text, `"`+text+`"`)
}

// durations are the keys that take one; the schema knows them as texts only.
var durations = []string{"delay", "interval", "monitor", "start_interval", "start_period", "stop_grace_period", "timeout", "window"}

// asText mends a number or a boolean where a text belongs. Quotes alone do not
// make a number a duration.
func asText(pos Position, key, text string) (hint string, fix *Fix) {
	if _, err := strconv.ParseFloat(text, 64); err == nil && slices.Contains(durations, key) {
		return fmt.Sprintf("write it with its unit: %ss", text), nil
	}
	return quoteIt(text), quoteFix(pos, text)
}

// covers reports whether a range is that of a text on one line, written plainly.
func covers(pos Position, text string) bool {
	return text != "" && pos.EndLine == pos.Line && pos.EndColumn-pos.Column == utf8.RuneCountInString(text)
}

func replaceFix(pos Position, title, text string) *Fix {
	return &Fix{Title: title, Edits: []Edit{{Position: pos, Text: text}}}
}

var versionLine = regexp.MustCompile(`^version[ ]*:[ ]+("[^"]*"|'[^']*'|[\w.]+)[ ]*(#.*)?\r?$`)

// dropVersion removes the line of the obsolete key, and an empty line after it
// that would begin the file.
func (s *source) dropVersion(at Position) *Fix {
	if !versionLine.MatchString(s.line(at.Line)) {
		return nil
	}
	from := Position{File: s.name, Line: at.Line, Column: 1, EndLine: at.Line + 1, EndColumn: 1}
	if at.Line == 1 && len(s.lines) > 2 && strings.TrimSpace(s.line(2)) == "" {
		from.EndLine++
	}
	return replaceFix(from, "remove version", "")
}

// oldNet writes network_mode for the `net` of 2015 where the value means the
// same today.
func (l *load) oldNet(d Diagnostic) *Fix {
	parent, ok := strings.CutSuffix(d.Path, ".net")
	if !ok || !covers(d.Position, "net") || l.positions.has(parent+".network_mode") {
		return nil
	}
	value, exact := l.positions.At(d.Path)
	switch l.textAt(value) {
	case "host", "none", "bridge":
		if exact && strings.HasPrefix(parent, "services.") {
			return replaceFix(d.Position, `write "network_mode"`, "network_mode")
		}
	}
	return nil
}

// untabFix writes spaces for the tabs that lines begin with. How wide a tab is
// meant to be nobody says: if the widths that editors show give different
// meanings, there is no fix.
func (s *source) untabFix() *Fix {
	if s.starts != nil {
		return nil
	}
	widths := []int{4, 8}
	if !slices.ContainsFunc(s.lines, func(line string) bool { return strings.HasPrefix(line, " ") && strings.TrimSpace(line) != "" }) {
		widths = []int{2, 4, 8}
	}
	var chosen []string
	var meaning []*yaml.Node
	for _, width := range widths {
		lines := slices.Clone(s.lines)
		for i, line := range lines {
			lines[i] = untab(line, width)
		}
		docs, err := decodeAll([]byte(strings.Join(lines, "\n")))
		if err != nil {
			continue
		}
		if chosen == nil {
			chosen, meaning = lines, docs
		} else if !slices.EqualFunc(meaning, docs, sameTree) {
			return nil
		}
	}
	if chosen == nil {
		return nil
	}
	fix := &Fix{Title: "indent with spaces"}
	for i, line := range s.lines {
		if indent := leading(line); chosen[i] != line {
			text := chosen[i][:len(chosen[i])-len(line)+indent]
			at := Position{File: s.name, Line: i + 1, Column: 1, EndLine: i + 1, EndColumn: indent + 1}
			fix.Edits = append(fix.Edits, Edit{Position: at, Text: text})
		}
	}
	return fix
}

// untab widens the indentation of a line that begins with a tab. One that
// begins with spaces may be part of a block of text, tabs and all.
func untab(line string, width int) string {
	if !strings.HasPrefix(line, "\t") {
		return line
	}
	column := 0
	for _, c := range line[:leading(line)] {
		if c == '\t' {
			column += width - column%width
		} else {
			column++
		}
	}
	return strings.Repeat(" ", column) + line[leading(line):]
}

func decodeAll(content []byte) ([]*yaml.Node, error) {
	dec := yaml.NewDecoder(bytes.NewReader(content))
	var docs []*yaml.Node
	for {
		var doc yaml.Node
		if err := dec.Decode(&doc); errors.Is(err, io.EOF) {
			return docs, nil
		} else if err != nil {
			return nil, err
		}
		docs = append(docs, &doc)
	}
}

// sameTree compares what two trees say, wherever it stands.
func sameTree(a, b *yaml.Node) bool {
	return a.Kind == b.Kind && a.Tag == b.Tag && a.Value == b.Value && a.Anchor == b.Anchor && slices.EqualFunc(a.Content, b.Content, sameTree)
}
