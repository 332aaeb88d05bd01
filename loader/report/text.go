// Package report renders diagnostics: as text with an excerpt of the source,
// as JSON, and as annotations that GitHub shows beside a change.
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
// line, a caret under the place and the hint. source may be nil.
func Text(w io.Writer, ds []loader.Diagnostic, source Source) error {
	for _, d := range ds {
		if _, err := io.WriteString(w, block(d, source)); err != nil {
			return err
		}
	}
	return nil
}

func block(d loader.Diagnostic, source Source) string {
	var b strings.Builder
	if at := d.Position.String(); at != "" {
		b.WriteString(at + ": ")
	}
	fmt.Fprintf(&b, "%s: %s", d.Severity, visible(d.Message))
	if d.Rule != "" {
		fmt.Fprintf(&b, " [%s]", d.Rule)
	}
	b.WriteByte('\n')
	line, ok := "", false
	if source != nil && d.Position.Line > 0 {
		line, ok = source(d.Position.File, d.Position.Line)
	}
	if !ok || strings.TrimSpace(line) == "" {
		if d.Hint != "" {
			fmt.Fprintf(&b, "  %s\n", visible(d.Hint))
		}
		return b.String()
	}
	text, pad, width := excerpt(line, d.Position)
	number := fmt.Sprintf("%4d", d.Position.Line)
	fmt.Fprintf(&b, "%s | %s\n", number, text)
	fmt.Fprintf(&b, "%s | %s^%s", strings.Repeat(" ", len(number)), strings.Repeat(" ", pad), strings.Repeat("~", width-1))
	if d.Hint != "" {
		b.WriteString(" " + visible(d.Hint))
	}
	b.WriteByte('\n')
	return b.String()
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
