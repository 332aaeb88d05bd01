package loader

import (
	"bytes"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	// maxRepairs bounds how many mistakes in the YAML of a file are told at once:
	// after each, the file is read again.
	maxRepairs = 20
	// maxRepaired bounds the file, in bytes.
	maxRepaired = 1 << 20
)

// move says that a repair has moved what stands behind a column to the right.
type move struct{ after, by int }

// goOn looks past what is no YAML: it repairs the line that is to blame and
// reads again. usable says that the repairs leave no doubt about what the rest
// means, so that it can be checked too; the file itself is never changed.
func (s *source) goOn(bad *Diagnostic) (found []Diagnostic, usable bool) {
	found, usable = []Diagnostic{*bad}, s.starts == nil && bad.Rule == "yaml-syntax" && len(s.content) <= maxRepaired
	if !usable {
		return found, false
	}
	if d := s.foreignText(); d != nil {
		return []Diagnostic{*d}, false
	}
	s.moves, s.guesses = map[int]move{}, map[int]int{}
	for range maxRepairs {
		line := bad.Position.Line
		if line < 1 || line > len(s.lines) {
			return found, false
		}
		before, sound := s.content, true
		if s.slipped != nil {
			s.slipped.mend()
		} else {
			sound = s.repair(line, bad.Position.Column)
		}
		usable = usable && sound
		if s.content, s.docs = []byte(strings.Join(s.lines, "\n")), nil; bytes.Equal(s.content, before) {
			return found, false
		}
		if bad = s.trees(); bad == nil {
			return found, usable
		}
		again := slices.ContainsFunc(found, func(d Diagnostic) bool { return d.Position.Line == bad.Position.Line })
		if again || bad.Rule != "yaml-syntax" || !usable && !s.certain(bad.Position) {
			return found, false // a consequence, maybe
		}
		found = append(found, *bad)
	}
	return found, false
}

// repair changes a line so that it is read; sound says that it surely means
// what its author meant.
func (s *source) repair(line, column int) (sound bool) {
	text := s.lines[line-1]
	at := byteAt(text, s.moved(line, column))
	r, size := utf8.DecodeRuneInString(text[at:])
	guessed := func(after string, from int) bool {
		s.lines[line-1], s.guesses[line] = after, from
		return true
	}
	end := len(strings.TrimRight(text, " \t\r"))
	switch {
	case r == '\t' && strings.TrimSpace(text[:at]) == "":
		s.expandTabs()
		return true
	case strings.ContainsRune("\u00a0\u2007\u202f\u3000\u200b", r) && r != utf8.RuneError:
		s.lines[line-1] = text[:at] + " " + text[at+size:]
		return true
	case sticks(text, at):
		s.lines[line-1] = text[:at] + " " + text[at:]
		s.moves[line] = move{column - 1, 1}
		return true
	case strings.ContainsRune("@`%", r) && r != utf8.RuneError && !strings.Contains(text[at:], `"`):
		s.moves[line] = move{column, 1}
		return guessed(text[:at]+`"`+text[at:end]+`"`, column)
	case r == ':' && strings.Count(text[:end]+" ", ": ") > 1 && !strings.ContainsAny(text, `"'#{[`):
		first := strings.Index(text, ": ") + 2
		from := utf8.RuneCountInString(text[:first]) + 1
		s.moves[line] = move{from, 1}
		return guessed(text[:first]+`"`+text[first:end]+`"`, from)
	case r == '*' && end-at > 1:
		return guessed(text[:at]+"{}"+text[at+len(aliasName.FindString(text[at:])):], column)
	case r == '"' || r == '\'':
		return guessed(text[:end]+string(r), column)
	case r == '\\':
		if open := strings.IndexByte(text[:at], '"'); open >= 0 {
			column = utf8.RuneCountInString(text[:open]) + 1 // of the whole value nothing more is said
		}
		return guessed(text[:at]+unescape(text[at:]), column)
	case r == '[' || r == '{':
		return guessed(text[:end]+closers(text[at:end]), column)
	}
	s.lines[line-1] = text[:leading(text)] + "#" // its columns stay, its text goes
	return false
}

// aliasName is an alias as far as its name goes.
var aliasName = regexp.MustCompile(`^\*[^\s,\[\]{}]+`)

// wholeLine is a key with its value, if any, on the same line.
var wholeLine = regexp.MustCompile(`^ *[\w.-]+:(?: +[^\s|>&#].*)?$`)

// expandTabs indents all lines by spaces, as wide as fits their neighbours best.
func (s *source) expandTabs() {
	best := -1
	original := s.lines
	for _, width := range []int{s.indentation(), 2, 4, 8, likeNeighbours} {
		lines, moves := slices.Clone(original), map[int]move{}
		for i, line := range original {
			indent := line[:leading(line)]
			tabs := strings.Count(indent, "\t")
			if tabs == 0 {
				continue
			}
			spaces := len(indent) + tabs*(width-1)
			if width == likeNeighbours {
				spaces = s.depth(s.above(i + 1))
			}
			lines[i] = strings.Repeat(" ", spaces) + line[len(indent):]
			moves[i+1] = move{0, spaces - len(indent)}
		}
		fit := fitting(lines, moves)
		if _, err := decodeAll([]byte(strings.Join(lines, "\n"))); err == nil {
			fit += 2*len(moves) + 1 // more than they can fit otherwise
		}
		if fit > best {
			best, s.lines = fit, lines
			maps.Copy(s.moves, moves)
		}
	}
}

// likeNeighbours stands for no width of a tab, but for the indentation above.
const likeNeighbours = 0

// fitting counts the moved lines that stand as their neighbours let one expect:
// deeper than a key without a value, or as deep as what is before or behind.
func fitting(lines []string, moves map[int]move) int {
	fit, before, unsure := 0, "", false
	for i, line := range lines {
		text := strings.TrimRight(line, " \t\r")
		if text == "" {
			continue
		}
		depth, above := leading(text), leading(before)
		if _, was := moves[i]; unsure && depth == above || was && strings.HasSuffix(before, ":") && depth > above {
			fit++
		}
		_, isMoved := moves[i+1]
		if unsure = false; isMoved {
			switch opens := strings.HasSuffix(before, ":"); {
			case opens && depth > above, !opens && depth == above:
				fit += 2
			case !opens && depth < above:
				unsure = true
			}
		}
		before = text
	}
	return fit
}

// indentation is that of the first line that has one of spaces; two, if none.
func (s *source) indentation() int {
	for _, line := range s.lines {
		if n := len(line) - len(strings.TrimLeft(line, " ")); n > 0 && n < len(line) && line[n] != '\t' {
			return n
		}
	}
	return 2
}

// closers are the brackets that a text leaves open.
func closers(text string) string {
	var open []byte
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '[':
			open = append(open, ']')
		case '{':
			open = append(open, '}')
		case ']', '}':
			open = open[:max(0, len(open)-1)]
		}
	}
	slices.Reverse(open)
	return string(open)
}

// escape is a backslash with what it escapes, or alone (YAML 1.2, 5.7).
var escape = regexp.MustCompile(`\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0abtnvfre"/\\N_LP \t]|'|)`)

// unescape writes other characters for backslashes that escape nothing;
// columns stay.
func unescape(text string) string {
	return escape.ReplaceAllStringFunc(text, func(found string) string {
		switch found {
		case `\`:
			return "/"
		case `\'`: // a command would want another quote
			return "//"
		}
		return found
	})
}

// certain reports a mistake that is none of another's consequences: a tab, an
// invisible character, a missing space.
func (s *source) certain(p Position) bool {
	text := s.line(p.Line)
	at := byteAt(text, s.moved(p.Line, p.Column))
	r, _ := utf8.DecodeRuneInString(text[at:])
	return r == '\t' || sticks(text, at) || strings.ContainsRune("\u00a0\u2007\u202f\u3000\u200b@`", r) && r != utf8.RuneError
}

// sticks reports whether the value at a place follows its key's colon without
// a space.
func sticks(text string, at int) bool {
	m := noSpace.FindStringSubmatch(text)
	return m != nil && at == len(m[1])
}

// byteAt is where the character of a column begins.
func byteAt(text string, column int) int {
	for i := range text {
		if column--; column < 1 {
			return i
		}
	}
	return len(text)
}

// unmoved turns a column of a repaired line into the file's.
func (s *source) unmoved(line, column int) int {
	if m, ok := s.moves[line]; ok && column > m.after {
		return max(column-m.by, 1)
	}
	return column
}

// guessed reports whether the text at a place is a repair's guess, of which
// nothing more is to be said.
func (s *source) guessed(p Position) bool {
	from, ok := s.guesses[p.Line]
	return ok && p.Column >= from
}

// moved turns a column of the file into the repaired line's.
func (s *source) moved(line, column int) int {
	if m, ok := s.moves[line]; ok && column > m.after {
		return column + m.by
	}
	return column
}
