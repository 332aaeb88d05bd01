package loader

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// slip is a mistake that the text around a place shows, where the reader of
// YAML only tells that it cannot go on: it names the very place, and how the
// text is to be read in spite of it.
type slip struct {
	line, at, width int // in bytes
	message, hint   string
	mend            func()
}

// complaint is what the reader of YAML says, and where.
type complaint struct {
	text                string
	line, column        int // where it cannot go on, in runes from 1
	context, contextCol int // where what it reads has begun
}

// says reports whether the complaint holds one of the texts.
func (c complaint) says(texts ...string) bool {
	return slices.ContainsFunc(texts, func(t string) bool { return strings.Contains(c.text, t) })
}

// slip finds the mistake behind a complaint, nil if none of the known ones.
func (s *source) slip(c complaint) *slip {
	for _, find := range []func(complaint) *slip{
		s.quoteSlip, s.flowSlip, s.strayText, s.valueSlip, s.indentSlip,
	} {
		if found := find(c); found != nil {
			return found
		}
	}
	return nil
}

var (
	conflictStart = regexp.MustCompile(`^<{7}( |\r?$)`)
	conflictEnd   = regexp.MustCompile(`^>{7}( |\r?$)`)
	conflictOther = regexp.MustCompile(`^(={7}|\|{7})( |\r?$)`)
	templateLine  = regexp.MustCompile(`^\s*(?:\{%.*%\}|\{\{-?/?[#/*].*\}\}|\{\{-? *(?:if|else|end|range|with|define|include|template)\b.*\}\}|<%[^=].*%>)\s*$`)
	fenceLine     = regexp.MustCompile("^\\s*(```|~~~)")
)

// pasted finds lines that are no YAML at all, wherever the reader stumbles over
// them: those of a merge's conflict, of a template, of Markdown. In a block of
// text they are text.
func (s *source) pasted(c complaint) *slip {
	block := -1 // the depth of its header
	for i, line := range s.lines {
		n := i + 1
		if block >= 0 && (strings.TrimSpace(line) == "" || leading(line) > block) {
			continue
		}
		if block = -1; s.isHeader(n) {
			block = leading(line)
		}
		switch {
		case conflictStart.MatchString(line) && slices.ContainsFunc(s.lines[i:], conflictEnd.MatchString):
			return &slip{
				n, 0, 7, "here begins a conflict that git has left",
				"keep one of the two sides, and delete the lines with <<<<<<<, ======= and >>>>>>>",
				func() { s.resolveConflict(i) },
			}
		case templateLine.MatchString(line):
			return &slip{
				n, leading(line), len(strings.TrimSpace(line)), "this line is one of a template's",
				"the file is a template: let its tool write the file first, and check what it has written",
				func() { s.dropLines(templateLine.MatchString) },
			}
		case fenceLine.MatchString(line) && (n == c.line || n == c.context || n == s.above(c.line)):
			return &slip{
				n, leading(line), 3, "this line is Markdown", "delete it",
				func() { s.dropLines(fenceLine.MatchString) },
			}
		case strings.HasPrefix(line, "%YAML") && c.says("incompatible YAML document", "did not find expected <document start>"):
			return &slip{n, 0, len(strings.TrimSpace(line)), "this version of YAML is unknown", "delete the line", func() { s.drop(n) }}
		}
	}
	return nil
}

// resolveConflict keeps the first side.
func (s *source) resolveConflict(from int) {
	other := false
	for i := from; i < len(s.lines); i++ {
		line := s.lines[i]
		ends := conflictEnd.MatchString(line)
		other = other || conflictOther.MatchString(line)
		if i == from || other || ends {
			s.drop(i + 1)
		}
		if ends {
			return
		}
	}
}

func (s *source) dropLines(which func(string) bool) {
	for i, line := range s.lines {
		if which(line) {
			s.drop(i + 1)
		}
	}
}

// drop leaves a line's number only.
func (s *source) drop(n int) { s.lines[n-1] = "" }

var (
	bareWord   = regexp.MustCompile(`^[\w.-]+$`)
	equation   = regexp.MustCompile(`^([\w.-]+)\s*=\s*(.*)$`)
	keyNoColon = regexp.MustCompile(`^([a-z_]+) +\S`)
	stickyDash = regexp.MustCompile(`^-[^\s-]`)
	anchorKey  = regexp.MustCompile(`: +&[\w-]+(:)\s*$`)
)

// strayText finds the line that is neither a key with its value nor an entry.
func (s *source) strayText(c complaint) *slip {
	n := c.context
	switch {
	case c.says("mapping values are not allowed"):
		if m := anchorKey.FindStringSubmatchIndex(s.line(c.line)); m != nil {
			return &slip{c.line, m[2], 1, "a colon stands behind the name of an anchor", "delete it", func() {
				s.lines[c.line-1] = s.line(c.line)[:m[2]]
			}}
		}
		n = s.above(c.line)
		stray := 0
		for above := s.above(n); above > 0 && !s.hasKey(above) && c.line-above < maxQuote; above = s.above(n) {
			if !s.isEntry(n) && s.depth(n) <= s.depth(above) {
				stray = n
			}
			n = above // the text that has become the key begins there
		}
		if s.isEntry(n) && stray > 0 {
			n = stray
		}
		if s.above(n) > 0 && s.depth(n) > s.depth(s.above(n)) && !strings.HasSuffix(s.text(s.above(n)), ":") {
			return nil // it goes on what stands above
		}
	case !c.says("could not find expected ':'"):
		return nil
	}
	text := s.text(n)
	if text == "" || s.hasKey(n) || strings.HasPrefix(text, "- ") || strings.ContainsAny(text[:1], `"'[{|>`) {
		return nil
	}
	at := leading(s.line(n))
	known := spellsKey(bareWord.FindString(text))
	whole := func(message, hint string, mend func()) *slip { return &slip{n, at, len(text), message, hint, mend} }
	indent := s.line(n)[:at]
	above, below := s.text(s.above(n)), s.text(s.below(n))
	switch word := bareWord.MatchString(text); {
	case strings.Contains(text, "："):
		wide := strings.Index(s.line(n), "：")
		return &slip{n, wide, len("："), "this is the full-width colon U+FF1A", "type an ordinary colon and a space", func() {
			before, behind, _ := strings.Cut(s.line(n), "：")
			if s.lines[n-1] = before + ":" + behind; !strings.HasPrefix(behind, " ") {
				s.insert(n, wide+1, " ")
			}
		}}
	case strings.HasPrefix(text, "//"), strings.HasPrefix(text, "/*"):
		return whole("this is no comment", "comments begin with #", func() { s.drop(n) })
	case stickyDash.MatchString(text) && (strings.HasPrefix(above, "- ") || strings.HasPrefix(below, "- ")):
		return &slip{n, at + 1, 1, "a space is missing after the dash", "write `- ` before each entry", func() { s.insert(n, at+1, " ") }}
	case s.isHeader(s.above(n)) && s.depth(n) <= s.depth(s.above(n)):
		return whole("the text of a block must be indented deeper than its key", fmt.Sprintf("indent it deeper than line %d", s.above(n)), func() {
			for ; s.below(n-1) == n && s.depth(n) == at && !s.hasKey(n); n++ {
				s.insert(n, 0, "  ")
			}
		})
	case word && (s.depth(s.below(n)) > at || strings.HasPrefix(below, "- ") && s.depth(s.below(n)) == at):
		return whole("a colon is missing after "+text, "write `"+text+":`", func() { s.insert(n, at+len(text), ":") })
	case s.belowKey(n):
		return whole("a value that stands below its key must be indented deeper", fmt.Sprintf("indent it deeper than line %d", s.above(n)), func() { s.insert(n, 0, "  ") })
	case equation.MatchString(text) && s.isEntry(s.above(n)) && s.depth(s.above(n)) == at:
		return whole("the list goes on without a dash", "write `- "+text+"`", func() { s.insert(n, at, "- ") })
	case equation.MatchString(text):
		m := equation.FindStringSubmatch(text)
		return whole("between a key and its value stand a colon and a space, no =", fmt.Sprintf("write `%s: %s`", m[1], m[2]), func() {
			s.guess(n, indent+m[1]+": "+asQuoted(m[2]), at+len(m[1]))
		})
	case known:
		return whole("a colon is missing after "+text, "write `"+text+": ` and a value", func() { s.drop(n) })
	case keyNoColon.MatchString(text) && spellsKey(keyNoColon.FindStringSubmatch(text)[1]):
		key := keyNoColon.FindStringSubmatch(text)[1]
		return &slip{n, at, len(key), "a colon is missing after " + key, "write `" + key + ": ` before the value", func() { s.insert(n, at+len(key), ":") }}
	case s.depth(s.above(n)) == at && wholeLine.MatchString(strings.TrimRight(s.line(s.above(n)), " \t\r")) && !word:
		return whole("this line is neither `key: value` nor `- entry`", "text that goes on the value above is indented deeper than its key", func() { s.drop(n) })
	}
	return whole("this line is neither `key: value` nor `- entry`", "delete it, or make it a comment with #", func() { s.drop(n) })
}

// spellsKey reports whether the specification has a key of this name for
// services or at the top.
func spellsKey(word string) bool {
	return slices.Contains(knownKeys("#/$defs/service"), word) || slices.Contains(topKeys, word)
}

func (s *source) isEntry(n int) bool { return strings.HasPrefix(s.text(n), "- ") }

// isHeader reports whether a line ends with the sign of a block of text.
func (s *source) isHeader(n int) bool { return blockHeader.MatchString(s.text(n)) }

var blockHeader = regexp.MustCompile(`(?:: +|- +)[|>][-+0-9]*$`)

// text is a line without its indentation and comment, if a comment is sure.
func (s *source) text(n int) string {
	line := s.line(n)
	if i := strings.Index(line, " #"); i >= 0 && !strings.ContainsAny(line[:i], `"'`) {
		line = line[:i]
	}
	return strings.TrimSpace(line)
}

func (s *source) depth(n int) int { return leading(s.line(n)) }

// above is the number of the nearest line above that says something, 0 if none.
func (s *source) above(n int) int {
	for n--; n > 0 && s.silent(n); n-- {
	}
	return max(n, 0)
}

// below is the same downwards, one more than there are lines if none.
func (s *source) below(n int) int {
	for n++; n <= len(s.lines) && s.silent(n); n++ {
	}
	return n
}

// hasKey reports whether a line has a colon that ends a key.
func (s *source) hasKey(n int) bool {
	text := s.text(n)
	return strings.Contains(text, ": ") || strings.HasSuffix(text, ":")
}

func (s *source) silent(n int) bool {
	text := strings.TrimSpace(s.line(n))
	return text == "" || text[0] == '#'
}

// insert puts text into a line, and remembers what that moves.
func (s *source) insert(n, at int, text string) {
	line := s.line(n)
	s.lines[n-1] = line[:at] + text + line[at:]
	s.moves[n] = move{utf8.RuneCountInString(line[:at]), s.moves[n].by + len(text)}
}

// guess writes another line, of which nothing is to be said from a byte on.
func (s *source) guess(n int, line string, from int) {
	s.guesses[n] = utf8.RuneCountInString(s.line(n)[:from]) + 1
	s.lines[n-1] = line
}

// asQuoted is a text in single quotes.
func asQuoted(text string) string {
	return "'" + strings.ReplaceAll(strings.TrimRight(text, " \t\r"), "'", "''") + "'"
}
