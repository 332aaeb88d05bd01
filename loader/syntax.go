package loader

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"

	yaml4 "go.yaml.in/yaml/v4"
	"gopkg.in/yaml.v3"

	"recompose/loader/spelling"
)

// errDisputed stands for what our reader of YAML accepts and compose-go's
// does not; the latter's words are used where there are some.
var errDisputed = errors.New("the text is not valid")

// reread parses with compose-go's own reader of YAML what ours refused, or may
// understand otherwise. It tells places exactly, and it accepts some files
// that ours does not, like those with a tab on an empty line.
func (s *source) reread(refused error) *Diagnostic {
	if refused == nil {
		refused = errDisputed
	}
	dec := yaml4.NewDecoder(bytes.NewReader(s.content))
	s.docs = nil
	for {
		var doc yaml4.Node
		err := dec.Decode(&doc)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return s.syntaxError(refused, err)
		}
		if len(doc.Content) == 1 {
			s.docs = append(s.docs, fromYAML4(doc.Content[0], map[*yaml4.Node]*yaml.Node{}))
		}
	}
}

// disputed reports whether a text may hold what the two readers take for
// different things: tags, `?`, `:` before a bracket, anchors with a colon in
// their name, a negative zero, a comment right behind something, the escape \',
// blanks alone at the very end. Found by FuzzYAMLAgreement. What compose-go
// reads is what counts.
func disputed(text []byte) bool {
	last := text[bytes.LastIndexByte(text, '\n')+1:]
	if len(last) > 0 && len(bytes.TrimRight(last, " \t")) == 0 {
		return true
	}
	name := false // of an anchor or alias
	for i, b := range text {
		var next byte
		if i+1 < len(text) {
			next = text[i+1]
		}
		switch b {
		case '!':
			return true
		case '\\':
			if next == '\'' {
				return true
			}
		case '&', '*':
			name = true
		case ' ', '\n', '\t', '\r', ',':
			name = false
		case ':':
			if name || next == ']' || next == '}' || next == ',' {
				return true
			}
		case '-', '+', '?':
			starts := i == 0 || bytes.IndexByte([]byte(" \n\t[{,"), text[i-1]) >= 0
			if starts && (b == '?' || next == '0') {
				return true
			}
		case '#':
			if i > 0 && bytes.IndexByte([]byte(" \t\n\r#"), text[i-1]) < 0 {
				return true
			}
		}
	}
	return false
}

// goesOn reports whether brackets may be open at the end of a line, within
// which the readers differ about how deep the next one must begin.
func goesOn(lines []string) bool {
	for _, line := range lines {
		if strings.Count(line, "{")+strings.Count(line, "[") > strings.Count(line, "}")+strings.Count(line, "]") {
			return true
		}
	}
	return false
}

// fromYAML4 copies a tree; the two kinds of node have the same form.
func fromYAML4(n *yaml4.Node, done map[*yaml4.Node]*yaml.Node) *yaml.Node {
	if n == nil {
		return nil
	}
	if out, ok := done[n]; ok {
		return out
	}
	out := &yaml.Node{
		Kind: yaml.Kind(n.Kind), Style: yaml.Style(n.Style), Tag: n.Tag, Value: n.Value,
		Anchor: n.Anchor, Line: n.Line, Column: n.Column,
	}
	if n.Tag == "!" { // YAML 1.2: a string, whatever it looks like
		out.Tag = n.ShortTag()
	}
	done[n] = out
	out.Alias = fromYAML4(n.Alias, done)
	for _, c := range n.Content {
		out.Content = append(out.Content, fromYAML4(c, done))
	}
	return out
}

var (
	unknownAnchor = regexp.MustCompile(`unknown anchor '(.+)' referenced`)
	noSpace       = regexp.MustCompile(`^(\s*(?:- +)*[\w.-]*[A-Za-z_][\w.-]*:)[^\s:/]`)
	openQuote     = regexp.MustCompile(`^\s*(?:- +)*(?:[\w.-]+: +)?(["'])`)
	syntaxNoise   = regexp.MustCompile(`^(?:yaml: |go-yaml load error[^:]*: )?(?:line \d+: )?`)
)

// openQuoteText stands at the quote itself.
const openQuoteText = "the quote that opens here is not closed"

// maxQuote bounds how many lines above a mistake a quote is looked for.
const maxQuote = 30

// syntaxError says what is wrong in the words of people who write YAML, at
// the place where they must change something.
func (s *source) syntaxError(refused, err error) *Diagnostic {
	d := &Diagnostic{Severity: SeverityError, Rule: "yaml-syntax", Position: Position{File: s.name}}
	d.Message = syntaxNoise.ReplaceAllString(strings.ReplaceAll(refused.Error(), "\n", " "), "")
	var at, context int
	var loading *yaml4.LoadError
	if errors.As(err, &loading) {
		d.Message = loading.Message
		at, context = loading.Mark.Line, loading.ContextMark.Line
		d.Position.Line, d.Position.Column = s.inside(at, loading.Mark.Column)
	}
	c := complaint{text: d.Message, line: at, column: d.Position.Column, context: context}
	if loading != nil {
		c.contextCol = loading.ContextMark.Column
	}
	s.slipped = nil
	switch {
	case s.caught(d, s.pasted(c)):
	case strings.Contains(d.Message, "unknown escape character"), strings.Contains(d.Message, "expected hexadecimal number"):
		if !strings.HasPrefix(s.line(at)[byteAt(s.line(at), d.Position.Column):], `\`) {
			d.Position.Column = max(1, d.Position.Column-2) // behind \x, \u, \U
		}
		if e := s.escapeAt(d.Position); e != "" {
			s.mark(d, at, byteAt(s.line(at), d.Position.Column), len(e))
			d.Message = fmt.Sprintf("in double quotes, %s stands for nothing", e)
		}
		d.Hint = `write \\ for a backslash, or use single quotes; a ' needs no backslash in double quotes`
	case s.blame(d, at, context):
	case s.caught(d, s.slip(c)):
	case unknownAnchor.MatchString(d.Message):
		name := unknownAnchor.FindStringSubmatch(d.Message)[1]
		s.mark(d, at, strings.Index(s.line(at), "*"+name), len(name)+1)
		d.Hint = s.otherAnchor(name, at)
	case loading != nil && strings.Contains(d.Message, "unexpected end of stream"),
		loading != nil && strings.HasPrefix(d.Message, "found unexpected document"):
		d.Position.Line, d.Position.Column = s.inside(context, loading.ContextMark.Column)
		d.Message, d.Hint = openQuoteText, "close it"
	case strings.Contains(d.Message, "could not find expected ':'"):
		d.Position.Line, d.Position.Column = s.inside(context, loading.ContextMark.Column)
		d.Hint = "a key needs a colon and a space after it; a value that goes on over lines is indented deeper than its key"
	case strings.Contains(d.Message, "mapping values are not allowed"):
		d.Message = "a value cannot have a colon and a space in it"
		d.Hint = "quote it; or the line is indented too deep"
	case strings.Contains(d.Message, "expected ',' or"):
		d.Position.Line, d.Position.Column = s.inside(context, loading.ContextMark.Column)
		d.Message, d.Hint = "the bracket that opens here is not closed, or a comma is missing", "close it, or write the comma"
		if strings.Contains(s.line(d.Position.Line), "${") {
			d.Hint = "within brackets, quote a value that has ${ in it"
		}
	case strings.Contains(d.Message, "did not find expected key"), strings.Contains(d.Message, "expected '-' indicator"),
		strings.Contains(d.Message, "block sequence entries are not allowed"):
		d.Hint = fmt.Sprintf("this line is not indented like the others of the block that begins on line %d", max(context, 1))
	case strings.Contains(d.Message, "cannot start any token"):
		d.Message, d.Hint = "a value cannot begin with @, ` or %", "quote it"
	}
	d.Message = "invalid YAML: " + d.Message
	d.Position = s.inFile(d.Position)
	return d
}

// blame looks for what people paste without seeing it, in the lines that the
// reader names.
func (s *source) blame(d *Diagnostic, at, context int) bool {
	for _, n := range []int{at, context, at - 1} {
		line := s.line(n)
		indent := line[:leading(line)]
		if tab := strings.Index(indent, "\t"); tab >= 0 {
			s.mark(d, n, tab, 1)
			d.Message, d.Hint, d.Fix = "the line is indented with a tab", "YAML allows spaces only", s.untabFix()
			return true
		}
		for _, space := range []string{"\u00a0", "\u2007", "\u202f", "\u3000", "\u200b"} {
			if i := strings.Index(line, space); i >= 0 {
				s.mark(d, n, i, len(space))
				d.Message, d.Hint = fmt.Sprintf("here is the invisible character U+%04X", []rune(space)[0]), "type an ordinary space"
				return true
			}
		}
		if m := noSpace.FindStringSubmatch(line); m != nil && !s.belowKey(n) && (n == at || !strings.HasPrefix(s.text(n), "- ") || s.depth(at) > s.depth(n)) && (strings.Contains(d.Message, "':'") || strings.Contains(d.Message, "mapping values")) {
			s.mark(d, n, len(m[1]), 1)
			d.Message, d.Hint = "a space is missing after the colon", "write `key: value`"
			return true
		}
	}
	// A quote that was not closed ends where the next one opens.
	for n := at - 1; n > 0 && n > at-maxQuote; n-- {
		if m := openQuote.FindStringSubmatchIndex(s.line(n)); m != nil {
			quote := s.line(n)[m[2]:m[3]]
			if strings.Count(s.line(n)[m[2]:], quote) == 1 && (strings.Count(s.line(at), quote) > 0 || s.opensAgain(n, at, quote)) {
				s.mark(d, n, m[2], 1)
				d.Message, d.Hint = openQuoteText, "close it"
				return true
			}
		}
	}
	return false
}

// otherAnchor is a hint for an alias of a line, whose anchor is not above it.
func (s *source) otherAnchor(name string, line int) string {
	var names []string
	for i, text := range s.lines {
		for _, m := range anchorName.FindAllStringSubmatch(text, -1) {
			if m[1] == name {
				return fmt.Sprintf("&%s stands below, on line %d; it must stand above the place that uses it", name, i+1)
			}
			names = append(names, m[1])
		}
	}
	switch near := spelling.Nearest(name, names); {
	case near != "":
		return fmt.Sprintf("did you mean *%s?", near)
	case !bareWord.MatchString(name) || strings.HasPrefix(name, "."):
		return "quote a value that begins with *; to YAML it is an alias of an anchor"
	}
	return "an anchor is set with &" + name + ", above the place that uses it"
}

var anchorName = regexp.MustCompile(`(?:^|[ \[{,])&([\w.-]+)`)

// opensAgain reports whether the next quote below a line, up to another, is one
// that opens a value, and not the end of a text over several lines.
func (s *source) opensAgain(n, last int, quote string) bool {
	for n++; n <= last; n++ {
		if i := strings.Index(s.line(n), quote); i >= 0 {
			m := openQuote.FindStringSubmatchIndex(s.line(n))
			return m != nil && m[2] == i && m[2] > s.depth(n)
		}
	}
	return false
}

// caught words a finding as a slip, if there is one.
func (s *source) caught(d *Diagnostic, found *slip) bool {
	if s.slipped = found; found == nil {
		return false
	}
	s.mark(d, found.line, found.at, found.width)
	d.Message, d.Hint = found.message, found.hint
	return true
}

// belowKey reports whether a line stands right below a key without a value, and
// is not indented deeper.
func (s *source) belowKey(n int) bool {
	above := s.above(n)
	return strings.HasSuffix(s.text(above), ":") && s.depth(above) == s.depth(n)
}

// mark moves a finding to some bytes of a line.
func (s *source) mark(d *Diagnostic, line, at, width int) {
	text := s.line(line)
	if at < 0 || at+width > len(text) {
		return
	}
	column := len([]rune(text[:at])) + 1
	d.Position = Position{
		File: s.name, Line: line, Column: column,
		EndLine: line, EndColumn: column + len([]rune(text[at:at+width])),
	}
}

// escapeAt is the backslash at a place and what it escapes.
func (s *source) escapeAt(p Position) string {
	text := s.line(p.Line)
	text = text[byteAt(text, p.Column):]
	if !strings.HasPrefix(text, `\`) || len(text) < 2 {
		return ""
	}
	_, size := utf8.DecodeRuneInString(text[1:])
	return text[:1+size]
}

// inside holds a place within the file: the reader may stop one line after it.
func (s *source) inside(line, column int) (int, int) {
	if line < 1 || line > len(s.lines) {
		line, column = len(s.lines), 1
	}
	return line, min(max(column, 1), len([]rune(s.lines[line-1]))+1)
}

// line is the text of a line, empty if there is none of this number.
func (s *source) line(n int) string {
	if n < 1 || n > len(s.lines) {
		return ""
	}
	return s.lines[n-1]
}

func leading(line string) int { return len(line) - len(strings.TrimLeft(line, " \t")) }
