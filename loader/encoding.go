package loader

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// byteOrderMark starts files that some editors write; no YAML value holds it.
const byteOrderMark = "\ufeff"

// Lines are a file's lines as an editor shows them, to which the lines and
// columns of a Position refer.
func Lines(content []byte) []string {
	lines := strings.Split(string(plainText(content)), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimSuffix(line, "\r")
	}
	return lines
}

// plainText makes UTF-8 of a file's bytes: without byte order mark, from
// UTF-16 where the mark says so, and with line ends that every reader counts.
func plainText(content []byte) []byte {
	content = bytes.TrimPrefix(fromUTF16(content), []byte(byteOrderMark))
	if bytes.Count(content, []byte("\r")) > bytes.Count(content, []byte("\r\n")) {
		content = bytes.ReplaceAll(content, []byte("\r\n"), []byte("\n"))
		content = bytes.ReplaceAll(content, []byte("\r"), []byte("\n"))
	}
	return content
}

// decode finds bytes that are no text, and splits the others into lines.
func (s *source) decode() *Diagnostic {
	s.content = plainText(s.content)
	s.lines = strings.Split(string(s.content), "\n")
	if first, _, _ := bytes.Cut(s.content, []byte("\n")); bytes.Count(first, []byte{0}) > 1 && 2*bytes.Count(first, []byte{0}) >= len(first)-1 {
		return &Diagnostic{
			Severity: SeverityError, Rule: "yaml-encoding", Message: "the file is not UTF-8: it has a byte 0 with every character",
			Hint: "save the file as UTF-8", Position: Position{File: s.name, Line: 1, Column: 1},
		}
	}
	for i, line := range s.lines {
		if at, why, hint := badCharacter(line); why != "" {
			column := utf8.RuneCountInString(line[:at]) + 1
			return &Diagnostic{
				Severity: SeverityError, Rule: "yaml-encoding", Message: why, Hint: hint,
				Position: Position{File: s.name, Line: i + 1, Column: column, EndLine: i + 1, EndColumn: column + 1},
			}
		}
	}
	s.splitMore()
	return nil
}

// lineStart is where a line of the parser begins in the file, 1-based.
type lineStart struct{ line, column int }

// splitMore splits lines where only the parser does, as YAML 1.1 asks: at
// U+0085, U+2028 and U+2029. starts tells their places to editors, which
// don't.
func (s *source) splitMore() {
	if !bytes.ContainsAny(s.content, "\u0085\u2028\u2029") {
		return
	}
	var lines []string
	for i, line := range s.lines {
		column := 1
		for {
			s.starts = append(s.starts, lineStart{i + 1, column})
			at := strings.IndexAny(line, "\u0085\u2028\u2029")
			if at < 0 {
				break
			}
			_, width := utf8.DecodeRuneInString(line[at:])
			lines = append(lines, line[:at])
			column += utf8.RuneCountInString(line[:at]) + 1
			line = line[at+width:]
		}
		lines = append(lines, line)
	}
	s.lines = lines
}

// inFile turns a place of the parser into one of the file.
func (s *source) inFile(p Position) Position {
	if s.moves != nil {
		p.Column, p.EndColumn = s.unmoved(p.Line, p.Column), s.unmoved(p.EndLine, p.EndColumn)
	}
	if s.starts == nil {
		return p
	}
	p.Line, p.Column = s.placeOf(p.Line, p.Column)
	if p.EndLine > 0 {
		p.EndLine, p.EndColumn = s.placeOf(p.EndLine, p.EndColumn)
	}
	return p
}

func (s *source) placeOf(line, column int) (int, int) {
	if line < 1 || line > len(s.starts) {
		return line, column
	}
	start := s.starts[line-1]
	return start.line, start.column + column - 1
}

func fromUTF16(content []byte) []byte {
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(content, []byte{0xff, 0xfe}):
		order = binary.LittleEndian
	case bytes.HasPrefix(content, []byte{0xfe, 0xff}):
		order = binary.BigEndian
	default:
		return content
	}
	units := make([]uint16, 0, len(content)/2)
	for i := 2; i+1 < len(content); i += 2 {
		units = append(units, order.Uint16(content[i:]))
	}
	return []byte(string(utf16.Decode(units)))
}

// badCharacter finds what compose-go's reader does not allow in a text; why is
// empty if there is nothing.
func badCharacter(line string) (at int, why, hint string) {
	for i, r := range line {
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(line[i:], string(utf8.RuneError)):
			return i, fmt.Sprintf("the byte 0x%02x is no UTF-8", line[i]), "save the file as UTF-8"
		case r == '\t' || r == '\r' || r >= ' ' && r != 0xfffe && r != 0xffff:
		default:
			return i, fmt.Sprintf("the control character U+%04X is not allowed", r), "delete it, or write it in double quotes as \"\\x..\""
		}
	}
	return 0, "", ""
}
