package lsp

import (
	"strings"
	"sync"
	"unicode/utf8"

	"recompose/loader"
	"recompose/loader/draft"
)

// text is a document's content, in which places are found in the three ways
// that they are told: the protocol's, the loader's, and as offsets in bytes. It
// never changes.
type text struct {
	content string
	starts  []int // of the lines
	draft   func() *draft.Node
}

func newText(content string) *text {
	t := &text{content: content, starts: []int{0}}
	t.draft = sync.OnceValue(func() *draft.Node { return draft.Parse(content) })
	for i := 0; i < len(content); i++ {
		switch content[i] {
		case '\r':
			if i+1 < len(content) && content[i+1] == '\n' {
				i++
			}
			t.starts = append(t.starts, i+1)
		case '\n':
			t.starts = append(t.starts, i+1)
		}
	}
	return t
}

// line is where the text of a line begins and ends, from 0, without its end.
func (t *text) line(n int) (from, to int) {
	if n < 0 {
		return 0, 0
	}
	if n >= len(t.starts) {
		return len(t.content), len(t.content)
	}
	from, to = t.starts[n], len(t.content)
	if n+1 < len(t.starts) {
		to = t.starts[n+1]
	}
	return from, from + len(strings.TrimRight(t.content[from:to], "\r\n"))
}

// offset of the protocol's place. One behind a line's end is its end, one behind
// the last line the text's.
func (t *text) offset(p position) int {
	at, end := t.line(p.Line)
	for left := p.Character; left > 0 && at < end; {
		r, size := utf8.DecodeRuneInString(t.content[at:])
		if left -= units(r); left < 0 {
			break // within a surrogate pair
		}
		at += size
	}
	return at
}

// units are the UTF-16 code units of a character.
func units(r rune) int {
	if r > 0xffff {
		return 2
	}
	return 1
}

// position is an offset in the protocol's form.
func (t *text) position(offset int) position {
	offset = min(max(offset, 0), len(t.content))
	// The last line that begins at or before it.
	low, high := 0, len(t.starts)
	for high-low > 1 {
		if mid := (low + high) / 2; t.starts[mid] <= offset {
			low = mid
		} else {
			high = mid
		}
	}
	p := position{Line: low}
	for _, r := range t.content[t.starts[low]:offset] {
		p.Character += units(r)
	}
	return p
}

func (t *text) span(from, to int) span { return span{t.position(from), t.position(to)} }

// place is the offset of a line and column as the loader counts them: from 1, in
// characters, less a byte order mark.
func (t *text) place(line, column int) int {
	if line < 1 {
		return 0
	}
	at, end := t.line(line - 1)
	if line == 1 && strings.HasPrefix(t.content, byteOrderMark) {
		at += len(byteOrderMark)
	}
	for ; column > 1 && at < end; column-- {
		_, size := utf8.DecodeRuneInString(t.content[at:])
		at += size
	}
	return at
}

const byteOrderMark = "\ufeff"

// spanOf is the loader's range. Where that has no end, it reaches to the end of
// what stands on the line; where it has no line, it is the text's beginning.
func (t *text) spanOf(p loader.Position) span {
	if p.Line < 1 {
		return span{}
	}
	from := t.place(p.Line, p.Column)
	if p.EndLine > 0 {
		return t.span(from, max(from, t.place(p.EndLine, p.EndColumn)))
	}
	_, end := t.line(p.Line - 1)
	return t.span(from, max(from, from+len(strings.TrimRight(t.content[from:max(from, end)], " \t"))))
}

// with makes the changes, one after the other.
func (t *text) with(changes []change) *text {
	for _, c := range changes {
		content := c.Text
		if c.Range != nil {
			from, to := t.offset(c.Range.Start), t.offset(c.Range.End)
			content = t.content[:from] + c.Text + t.content[max(from, to):]
		}
		t = newText(content)
	}
	return t
}
