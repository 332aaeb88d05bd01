// Package report renders diagnostics: as text with an excerpt of the source, and
// in the forms that CI servers and editors read. It also tells known ones from
// new ones (Baseline).
//
// It is pure: source lines come through a function of the caller. It must
// never read a file, and never decide what is a mistake.
package report

import (
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mattn/go-runewidth"

	"recompose/loader"
)

// Source gives line n (from 1) of a file without its newline; ok is false
// where it is not known.
type Source func(file string, n int) (line string, ok bool)

// maxExcerpt is how many characters of a source line are shown; longer lines
// are cut around the mark.
const maxExcerpt = 120

// Text writes each diagnostic in the form that editors and CI problem matchers
// know, `file:line:col: severity: message [rule]`, and below it the source
// line, a caret under the place and the hint; then related places as notes.
// source may be nil.
func Text(w io.Writer, ds []loader.Diagnostic, source Source) error {
	return text(w, ds, source, false)
}

func text(w io.Writer, ds []loader.Diagnostic, source Source, color bool) error {
	for _, d := range ds {
		b := block{source: source, color: color}
		b.diagnostic(d)
		if _, err := io.WriteString(w, b.String()); err != nil {
			return err
		}
	}
	return nil
}

// Colours as SGR numbers, those of compilers.
const (
	bold   = "1"
	red    = "1;31"
	yellow = "1;33"
	cyan   = "1;36"
	green  = "1;32"
	dim    = "2"
)

var severityColor = map[string]string{
	string(loader.SeverityError): red, string(loader.SeverityWarning): yellow, string(loader.SeverityInfo): cyan,
}

// block is the text of one diagnostic.
type block struct {
	strings.Builder
	source Source
	color  bool
}

func (b *block) paint(color, s string) string {
	if !b.color || s == "" {
		return s
	}
	return "\x1b[" + color + "m" + s + "\x1b[0m"
}

func (b *block) diagnostic(d loader.Diagnostic) {
	b.head(d.Position, string(d.Severity), d.Message)
	if d.Rule != "" {
		b.WriteString(b.paint(dim, " ["+d.Rule+"]"))
	}
	b.WriteByte('\n')
	if d.Rule == "env-file" && d.Position.EndLine == 0 {
		b.hint(d.Hint) // the line of such a file may hold a secret
	} else {
		b.excerpt(d.Position, d.Hint)
	}
	for _, r := range d.Related {
		b.head(r.Position, "note", r.Message)
		b.WriteByte('\n')
		b.excerpt(r.Position, "")
	}
}

func (b *block) head(p loader.Position, severity, message string) {
	if at := p.String(); at != "" {
		b.WriteString(b.paint(bold, visible(at)+": "))
	}
	color, ok := severityColor[severity]
	if !ok {
		color = cyan
	}
	b.WriteString(b.paint(color, severity+": ") + visible(message))
}

// excerpt is the source line with a mark under the place and the hint behind
// it; where there is no such line, the hint alone.
func (b *block) excerpt(p loader.Position, hint string) {
	line, ok := "", false
	if b.source != nil && p.Line > 0 {
		line, ok = b.source(p.File, p.Line)
	}
	if !ok || strings.TrimSpace(line) == "" {
		b.hint(hint)
		return
	}
	shown, pad, width := excerpt(line, p)
	number := fmt.Sprintf("%4d", p.Line)
	fmt.Fprintf(b, "%s %s\n", b.paint(dim, number+" |"), shown)
	fmt.Fprintf(b, "%s %s%s", b.paint(dim, strings.Repeat(" ", len(number))+" |"), strings.Repeat(" ", pad),
		b.paint(green, "^"+strings.Repeat("~", width-1)))
	if hint != "" {
		b.WriteString(" " + visible(hint))
	}
	b.WriteByte('\n')
}

// hint is one that stands below no line.
func (b *block) hint(text string) {
	if text != "" {
		fmt.Fprintf(b, "  %s\n", visible(text))
	}
}

// excerpt is the line as shown, and the mark's offset and width in terminal
// cells.
func excerpt(line string, p loader.Position) (text string, pad, width int) {
	runes := []rune(line)
	from := min(max(p.Column-1, 0), len(runes))
	to := len(runes)
	if p.EndLine == p.Line && p.EndColumn > p.Column {
		to = min(p.EndColumn-1, len(runes))
	} else if p.EndColumn == 0 {
		to = from + 1
	}
	start, end := 0, len(runes)
	if end > maxExcerpt {
		start = max(0, from-maxExcerpt/2)
		end = min(len(runes), start+maxExcerpt)
	}
	to = min(to, end)
	before, marked := "", ""
	if start > 0 {
		before = "…"
	}
	before += visible(string(runes[start:from]))
	if to > from {
		marked = visible(string(runes[from:to]))
	}
	after := visible(string(runes[max(to, from):end]))
	if end < len(runes) {
		after += "…"
	}
	return strings.TrimRight(before+marked+after, " "), runewidth.StringWidth(before), max(1, runewidth.StringWidth(marked))
}

// visible makes control characters harmless: a file must not be able to move
// the cursor of the terminal that shows its mistakes.
func visible(s string) string {
	if strings.IndexFunc(s, unsafeRune) < 0 && utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '\t':
			b.WriteString("  ")
		case r == '\n':
			b.WriteString("\n  ")
		case unsafeRune(r):
			fmt.Fprintf(&b, "\\u%04x", r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func unsafeRune(r rune) bool {
	return unicode.IsControl(r) || r == '\u200e' || r == '\u200f' || (r >= '\u202a' && r <= '\u202e') || (r >= '\u2066' && r <= '\u2069')
}

// Summary counts by severity, "2 errors, 1 warning"; empty without
// diagnostics.
func Summary(ds []loader.Diagnostic) string {
	count := map[loader.Severity]int{}
	for _, d := range ds {
		count[d.Severity]++
	}
	var parts []string
	for _, s := range []struct {
		severity loader.Severity
		plural   string
	}{{loader.SeverityError, "errors"}, {loader.SeverityWarning, "warnings"}, {loader.SeverityInfo, "infos"}} {
		switch n := count[s.severity]; n {
		case 0:
		case 1:
			parts = append(parts, "1 "+string(s.severity))
		default:
			parts = append(parts, fmt.Sprintf("%d %s", n, s.plural))
		}
	}
	return strings.Join(parts, ", ")
}
