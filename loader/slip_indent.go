package loader

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// dashes are the signs of entries that a line begins with.
var dashes = regexp.MustCompile(`^ *(?:- +)*`)

// indentSlip finds a line that is not indented like what it belongs to.
func (s *source) indentSlip(c complaint) *slip {
	if s.depth(c.line) >= len(strings.TrimRight(s.line(c.line), " \t\r")) || strings.Contains(s.line(c.line)[:s.depth(c.line)], "\t") {
		return nil
	}
	switch first := s.below(0); {
	case c.says("mapping values are not allowed"):
		return s.tooDeep(c)
	case c.says("expected <document start>") && s.depth(first) > s.depth(c.line):
		depth := s.depth(first)
		return &slip{
			first, depth, len(s.text(first)), fmt.Sprintf("the first line is indented by %s, line %d is not", spaces(depth), c.line),
			"do not indent it", func() { s.indent(first, -depth) },
		}
	case c.says("did not find expected key", "expected '-' indicator", "block sequence entries are not allowed"):
		if byteAt(s.line(c.line), c.column) != s.depth(c.line) {
			return nil
		}
		return s.outOfLine(c)
	}
	return nil
}

// tooDeep reports a key that stands deeper than the one above, which has its
// value already.
func (s *source) tooDeep(c complaint) *slip {
	n := c.line
	above := s.above(n)
	line := strings.TrimRight(s.line(above), " \t\r")
	key := len(dashes.FindString(line))
	own := strings.TrimRight(s.line(n), " \t\r")
	if above == 0 || key >= len(line) || !wholeLine.MatchString(line[key:]) || strings.HasSuffix(line, ":") || s.depth(n) <= key || !wholeLine.MatchString(own) {
		return nil
	}
	return &slip{
		n, s.depth(n), len(own) - s.depth(n), fmt.Sprintf("the line is indented deeper than line %d, which has its value already", above),
		fmt.Sprintf("indent it by %s, not %d", spaces(key), s.depth(n)), func() { s.shift(n, key) },
	}
}

// outOfLine reports a line that is indented like none above it, or that goes on
// a list as a mapping or the other way round.
func (s *source) outOfLine(c complaint) *slip {
	n, depth, text := c.line, s.depth(c.line), s.text(c.line)
	entry := strings.HasPrefix(text, "- ") || text == "-"
	found := &slip{line: n, at: depth, width: len(text)}
	header, first := s.blockAbove(n)
	above := s.above(n)
	switch {
	case header > 0 && depth > s.depth(header):
		found.message = fmt.Sprintf("the line is indented less than the first one of its block, line %d", first)
		found.hint = fmt.Sprintf("indent it by %s at least", spaces(s.depth(first)))
		found.mend = func() { s.shift(n, s.depth(first)) }
	case entry && strings.HasSuffix(s.text(above), ":") && depth < s.depth(above):
		found.message = fmt.Sprintf("the list is indented less than its key on line %d", above)
		found.hint = fmt.Sprintf("indent it by %s at least", spaces(s.depth(above)))
		found.mend = func() { s.shift(n, s.depth(above)) }
	case c.context > 0 && depth == c.contextCol-1 && !(entry && s.depth(above) > depth && strings.HasPrefix(s.text(above), "- ")):
		return s.mixed(c, entry)
	case !entry && !wholeLine.MatchString(strings.TrimRight(s.line(n), " \t\r")):
		return nil
	default:
		open := s.openDepths(n, entry)
		to := s.meant(n, open)
		if to < 0 {
			return nil
		}
		slices.Sort(open)
		var words []string
		for _, d := range open {
			words = append(words, strconv.Itoa(d))
		}
		found.message = fmt.Sprintf("the line is indented by %s, those above by %s", spaces(depth), oneOf(words))
		found.hint = fmt.Sprintf("indent it by %s, if it belongs there", spaces(to))
		found.mend = func() { s.shift(n, to) }
	}
	return found
}

// mixed reports an entry among keys, or a key among entries. It is read like the
// others, and nothing more is said of it.
func (s *source) mixed(c complaint, entry bool) *slip {
	n, text := c.line, s.text(c.line)
	at := s.depth(n)
	indent := s.line(n)[:at]
	if !entry && c.says("expected '-' indicator") {
		if !wholeLine.MatchString(text) {
			return nil
		}
		return &slip{
			n, at, len(text), fmt.Sprintf("the list that begins on line %d goes on without a dash", c.context),
			"write all of it as a list (`- x`), or all as a mapping (`key: value`)", func() { s.guess(n, indent+"- "+text, at) },
		}
	}
	if entry && c.says("did not find expected key") {
		value := strings.TrimSpace(strings.TrimPrefix(text, "-"))
		key, rest, ok := strings.Cut(value, "=")
		if !ok || !bareWord.MatchString(key) {
			key, rest = value, ""
		}
		return &slip{
			n, at, len(text), fmt.Sprintf("an entry of a list stands in the mapping that begins on line %d", c.context),
			"write all of it as a mapping (`key: value`), or all as a list (`- x`)", func() { s.guess(n, indent+asQuoted(key)+": "+asQuoted(rest), at) },
		}
	}
	return nil
}

// blockAbove is the header of the block of text that a line may belong to, and
// the first line of its text.
func (s *source) blockAbove(n int) (header, first int) {
	depth := s.depth(n)
	for i := s.above(n); i > 0 && n-i < maxQuote; i = s.above(i) {
		if s.isHeader(i) {
			if first = s.below(i); first < n {
				return i, first
			}
			return 0, 0
		}
		if s.depth(i) < depth {
			break
		}
	}
	return 0, 0
}

// openDepths are the indentations that a line may have: those of the keys, or
// the entries, that stand above it and may go on.
func (s *source) openDepths(n int, entries bool) []int {
	var open []int
	deepest := len(s.line(n)) + s.depth(n) + 1
	for i := s.above(n); i > 0 && deepest > 0; i = s.above(i) {
		line := strings.TrimRight(s.line(i), " \t\r")
		key, depth := len(dashes.FindString(line)), leading(line)
		if depth >= deepest {
			continue
		}
		isEntry, begins := key > depth, depth
		if !entries {
			begins = key
		}
		within := begins == depth || begins < deepest && wholeLine.MatchString(line[key:])
		if (isEntry || !entries) && within && !slices.Contains(open, begins) {
			open = append(open, begins)
		}
		if deepest = depth; isEntry {
			deepest++ // the list's own key may stand as deep
		}
	}
	return open
}

// meant is the indentation that a line should have among some: the nearest, or
// one that lets what stands below it be its value; -1 if there is none.
func (s *source) meant(n int, open []int) int {
	depth, below := s.depth(n), s.depth(s.below(n))
	most := below // that leaves what stands below in this line's block
	if strings.HasPrefix(s.text(s.below(n)), "- ") {
		most++
	}
	best := -1
	for _, d := range open {
		if strings.HasSuffix(s.text(n), ":") && below > depth && slices.Contains(open, below) && d >= most && !spellsKey(strings.TrimSuffix(s.text(n), ":")) {
			continue // what is below would stand beside it
		}
		if best < 0 || distance(d, depth) < distance(best, depth) {
			best = d
		}
	}
	return best
}

func distance(a, b int) int { return max(a-b, b-a) }

// shift indents a line, and those that go on like it, by as much as moves it to a
// depth; what belongs to it goes along where it would not be deeper any more.
func (s *source) shift(n, to int) {
	from, first, entry := s.depth(n), s.below(n), strings.HasPrefix(s.text(n), "- ")
	children := s.depth(first)
	if to < from && children == from && strings.HasSuffix(s.text(n), ":") {
		s.indent(n, to-from) // what is on its level now is its value
		return
	}
	along := children > from && children <= to && s.holds(n)
	for ; n <= len(s.lines); n++ {
		if strings.TrimSpace(s.line(n)) == "" {
			continue
		}
		own := s.depth(n)
		if own < from || own == from && strings.HasPrefix(s.text(n), "- ") != entry || strings.Contains(s.line(n)[:own], "\t") || own > from && own <= to && !along {
			return
		}
		if own == from || along {
			s.indent(n, to-from)
		}
	}
}

// holds reports whether the next lines may be the value of one.
func (s *source) holds(n int) bool {
	text := s.text(n)
	return strings.HasSuffix(text, ":") || s.isHeader(n) || strings.HasPrefix(text, "- ") && wholeLine.MatchString(dashes.ReplaceAllString(text, ""))
}

func (s *source) indent(n, by int) {
	own := s.depth(n)
	s.lines[n-1] = strings.Repeat(" ", max(own+by, 0)) + s.line(n)[own:]
	s.moves[n] = move{0, s.moves[n].by + by}
}

func spaces(n int) string {
	if n == 1 {
		return "1 space"
	}
	return fmt.Sprintf("%d spaces", n)
}
