package upgrade

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// text is a file's content with the places of its lines, as the YAML parser
// counts them: from 1, columns in characters.
type text struct {
	content []byte
	starts  []int // where each line begins; the last entry is the file's end
	newline string
}

const byteOrderMark = "\ufeff"

func newText(content []byte) *text {
	t := &text{content: content, newline: "\n"}
	from := 0
	if bytes.HasPrefix(content, []byte(byteOrderMark)) {
		from = len(byteOrderMark)
	}
	t.starts = append(t.starts, from)
	for i := from; i < len(content); {
		next := bytes.IndexByte(content[i:], '\n') + 1
		if next == 0 {
			break
		}
		if i += next; i < len(content) {
			t.starts = append(t.starts, i)
		}
	}
	t.starts = append(t.starts, len(content))
	if bytes.Contains(content, []byte("\r\n")) {
		t.newline = "\r\n"
	}
	return t
}

// oddBreaks tells whether YAML sees a line's end where there is no line feed.
func oddBreaks(content []byte) bool {
	for len(content) > 0 {
		i := bytes.IndexAny(content, "\r\u0085\u2028\u2029")
		if i < 0 {
			return false
		}
		if !bytes.HasPrefix(content[i:], []byte("\r\n")) {
			return true
		}
		content = content[i+2:]
	}
	return false
}

// lines is how many there are.
func (t *text) lines() int { return len(t.starts) - 1 }

// start is where a line begins; one past the last is the end of the file.
func (t *text) start(line int) int { return t.starts[min(max(line, 1), len(t.starts))-1] }

// line is a line's text without its break.
func (t *text) line(n int) string {
	return strings.TrimRight(string(t.content[t.start(n):t.start(n+1)]), "\r\n")
}

// offset is where a node begins, its anchor and tag included.
func (t *text) offset(n *yaml.Node) int {
	at, end := t.start(n.Line), t.start(n.Line+1)
	for i := 1; i < n.Column && at < end; i++ {
		_, size := utf8.DecodeRune(t.content[at:end])
		at += size
	}
	return at
}

func (t *text) blank(line int) bool { return strings.TrimSpace(t.line(line)) == "" }

// comment tells whether a line holds a comment only.
func (t *text) comment(line int) bool {
	return strings.HasPrefix(strings.TrimLeft(t.line(line), " \t"), "#")
}

// indent is the width of the white space that a line begins with.
func (t *text) indent(line int) int {
	l := t.line(line)
	return len(l) - len(strings.TrimLeft(l, " "))
}

// marker tells whether a line begins or ends a document.
func (t *text) marker(line int) bool {
	l := t.line(line)
	return l == "---" || l == "..." || strings.HasPrefix(l, "--- ") || strings.HasPrefix(l, "... ")
}

// documentEnd is the first line after the document that root stands in.
func (t *text) documentEnd(root *yaml.Node) int {
	for n := root.Line + 1; n <= t.lines(); n++ {
		if t.marker(n) {
			return n
		}
	}
	return t.lines() + 1
}

// edit replaces what stands between two offsets.
type edit struct {
	from, to int
	text     string
}

// apply makes the edits, insertions before what is replaced at their place.
// An edit that lies inside another is lost with it.
func (t *text) apply(edits []edit) []byte {
	slices.SortStableFunc(edits, func(a, b edit) int {
		return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(min(a.to-a.from, 1), min(b.to-b.from, 1)))
	})
	var b bytes.Buffer
	at := 0
	for _, e := range edits {
		if e.from < at {
			continue
		}
		b.Write(t.content[at:e.from])
		b.WriteString(e.text)
		at = e.to
	}
	b.Write(t.content[at:])
	return b.Bytes()
}

// shift indents every line by some more spaces. Empty lines stay empty; those
// of white space are shifted, since a block scalar may hold them.
func shift(lines string, by int) string {
	pad := strings.Repeat(" ", by)
	var b strings.Builder
	for len(lines) > 0 {
		end := strings.IndexByte(lines, '\n') + 1
		if end == 0 {
			end = len(lines)
		}
		if strings.Trim(lines[:end], "\r\n") != "" {
			b.WriteString(pad)
		}
		b.WriteString(lines[:end])
		lines = lines[end:]
	}
	return b.String()
}

// flowEnd is the offset behind the flow mapping or list that begins at from,
// or behind its last sign of life where it does not end.
func (t *text) flowEnd(from int) int {
	depth := 0
	before := byte('{') // the last visible character
	for i := from; i < len(t.content); i++ {
		switch c := t.content[i]; {
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			if depth--; depth == 0 {
				return i + 1
			}
		case (c == '"' || c == '\'') && strings.IndexByte("{[,:?", before) >= 0:
			i = t.quotedEnd(i) - 1
		case c == '#' && i > 0 && strings.IndexByte(" \t\n", t.content[i-1]) >= 0:
			for i+1 < len(t.content) && t.content[i+1] != '\n' {
				i++
			}
			continue
		}
		if c := t.content[i]; c != ' ' && c != '\t' && c != '\n' && c != '\r' {
			before = c
		}
	}
	return len(t.content)
}

// quotedEnd is the offset behind the quoted scalar that begins at from.
func (t *text) quotedEnd(from int) int {
	quote := t.content[from]
	for i := from + 1; i < len(t.content); i++ {
		switch c := t.content[i]; {
		case quote == '"' && c == '\\':
			i++
		case c != quote:
		case quote == '\'' && i+1 < len(t.content) && t.content[i+1] == quote:
			i++
		default:
			return i + 1
		}
	}
	return len(t.content)
}
