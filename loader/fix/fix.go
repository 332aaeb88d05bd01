// Package fix applies the text edits that mend mistakes. It changes bytes at
// places and must never read YAML or decide what is a mistake.
package fix

import (
	"bytes"
	"cmp"
	"errors"
	"slices"
	"unicode/utf8"

	"recompose/loader"
)

// Apply makes the edits of the fixes in one file's content. A fix that meets an
// earlier one is left out, whole, and so is one with an edit that lies outside
// the file or in another one; applied counts those that were made. The error
// is for text in which places can't be told.
func Apply(file string, content []byte, fixes []loader.Fix) (mended []byte, applied int, err error) {
	t, err := newText(content)
	if err != nil {
		return content, 0, err
	}
	var chosen []span
	for _, f := range fixes {
		spans, ok := t.spans(file, f)
		if !ok || meets(chosen, spans) {
			continue
		}
		chosen = append(chosen, spans...)
		applied++
	}
	slices.SortStableFunc(chosen, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	var b bytes.Buffer
	at := 0
	for _, s := range chosen {
		b.Write(content[at:s.from])
		b.WriteString(s.text)
		at = s.to
	}
	b.Write(content[at:])
	return b.Bytes(), applied, nil
}

// span is an edit by offsets, in bytes.
type span struct {
	from, to int
	text     string
}

// meets reports whether two spans share a byte, or begin at one place, where
// nobody could tell which comes first.
func meets(chosen, more []span) bool {
	for _, a := range chosen {
		for _, b := range more {
			if a.from == b.from || a.from < b.to && b.from < a.to {
				return true
			}
		}
	}
	return false
}

// text finds places in a file's bytes.
type text struct {
	content []byte
	starts  []int // of the lines; the last entry is the file's end
}

func newText(content []byte) (*text, error) {
	if !utf8.Valid(content) {
		return nil, errors.New("it is not in UTF-8: save it as UTF-8 first")
	}
	if bytes.Count(content, []byte("\r")) > bytes.Count(content, []byte("\r\n")) {
		return nil, errors.New("some of its lines end without a line feed: save it with line feeds first")
	}
	t := &text{content: content}
	at := 0
	if bytes.HasPrefix(content, []byte("\ufeff")) {
		at = len("\ufeff") // no column counts it
	}
	for {
		t.starts = append(t.starts, at)
		end := bytes.IndexByte(content[at:], '\n')
		if end < 0 {
			t.starts = append(t.starts, len(content))
			return t, nil
		}
		at += end + 1
	}
}

// spans are the offsets of a fix's edits; false where one is out of place.
func (t *text) spans(file string, f loader.Fix) ([]span, bool) {
	var out []span
	for _, e := range f.Edits {
		from, ok1 := t.offset(e.Position.Line, e.Position.Column)
		to, ok2 := t.offset(e.Position.EndLine, e.Position.EndColumn)
		if e.Position.File != file || !ok1 || !ok2 || to < from {
			return nil, false
		}
		s := span{from, to, e.Text}
		if meets(out, []span{s}) {
			return nil, false
		}
		out = append(out, s)
	}
	return out, len(out) > 0
}

// offset of a place; the column may be the one behind the line's last
// character, and the line the one behind the last.
func (t *text) offset(line, column int) (int, bool) {
	if line == len(t.starts) && column == 1 {
		return len(t.content), true
	}
	if line < 1 || line >= len(t.starts) || column < 1 {
		return 0, false
	}
	at, end := t.starts[line-1], t.starts[line]
	for ; column > 1; column-- {
		if at >= end {
			return 0, false
		}
		_, size := utf8.DecodeRune(t.content[at:])
		at += size
	}
	return at, true
}
