package loader

import (
	"fmt"
	"regexp"
	"strings"

	"gopkg.in/yaml.v3"
)

// ignoreComment is `# recompose: ignore rule-id, rule-id`. What stands behind
// ` -- ` says why.
var ignoreComment = regexp.MustCompile(`(?:^|\s)(#\s*recompose:\s*([\w-]+)(?:[ \t:]+(.*))?)$`)

var ignoreWords = []string{"ignore", "ignore-file"}

// ignored is a comment's word on some lines; last 0: on the whole file.
type ignored struct {
	rule        string
	first, last int
}

// readIgnores reads a file's comments to the rules.
func (l *load) readIgnores(s *source) {
	if !strings.Contains(string(s.content), "recompose:") {
		return
	}
	text := textLines(s)
	for i, line := range s.lines {
		m := ignoreComment.FindStringSubmatchIndex(strings.TrimRight(line, "\r"))
		if m == nil || text.covers(i+1, len([]rune(line[:m[2]]))+1) {
			continue
		}
		word := line[m[4]:m[5]]
		if !isOneOf(word, ignoreWords) {
			if hint := didYouMean(word, ignoreWords); hint != "" { // else it is prose
				l.complain(s, i+1, m[4], word, fmt.Sprintf("%q is no word to the rules", word), hint)
			}
			continue
		}
		own := strings.TrimSpace(line[:m[2]]) == ""
		scope := ignored{first: i + 1, last: i + 1}
		switch {
		case word == "ignore-file":
			scope = ignored{first: 1}
		case own:
			scope.first, scope.last = s.blockAfter(i)
		}
		rest, from := "", m[3]
		if m[6] >= 0 {
			from = m[6]
			rest, _, _ = strings.Cut(line[m[6]:m[7]], " --")
		}
		l.readIgnore(s, scope, i+1, from, rest)
	}
}

// complain reports a word of a comment, which begins at a byte of its line.
func (l *load) complain(s *source, line, at int, word, message, hint string) {
	d := Diagnostic{Severity: SeverityInfo, Rule: "ignore-comment", Message: message, Hint: hint}
	if l.Check {
		d.Severity = SeverityError
	}
	s.mark(&d, line, at, len(word))
	d.Position = s.inFile(d.Position)
	l.add(d)
}

// readIgnore takes the ids of one comment; they begin at a byte of its line.
func (l *load) readIgnore(s *source, scope ignored, line, from int, text string) {
	complain := func(word string, at int, message, hint string) { l.complain(s, line, at, word, message, hint) }
	words := strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' })
	if len(words) == 0 {
		complain("", from, "the comment names no rule", "write `# recompose: ignore rule-id`")
	}
	at := from
	for _, word := range words {
		at += strings.Index(s.lines[line-1][at:], word)
		rule := ruleByID(word)
		switch {
		case rule == nil:
			hint := didYouMean(word, ruleIDs())
			if hint == "" {
				hint = "docs/rules has a page on each rule"
			}
			complain(word, at, fmt.Sprintf("unknown rule %q", word), hint)
		case rule.Firm && !rule.Varies:
			complain(word, at, fmt.Sprintf("rule %q cannot be ignored", word), "what it finds leaves no project to go on with")
		default:
			scope.rule = word
			s.ignores = append(s.ignores, scope)
		}
		at += len(word)
	}
}

// blockAfter are the lines, from 1, of the next value and all below it.
func (s *source) blockAfter(i int) (first, last int) {
	empty := func(line string) bool {
		text := strings.TrimSpace(line)
		return text == "" || text[0] == '#'
	}
	for i++; i < len(s.lines) && empty(s.lines[i]); i++ {
	}
	if i >= len(s.lines) {
		return i, i
	}
	first, last = i+1, i+1
	depth := leading(s.lines[i])
	list := strings.HasPrefix(s.lines[i][depth:], "-")
	for i++; i < len(s.lines); i++ {
		if empty(s.lines[i]) {
			continue
		}
		own := leading(s.lines[i])
		if own < depth || own == depth && (list || !strings.HasPrefix(s.lines[i][own:], "- ")) {
			break // an entry of a list may stand below its key without being indented
		}
		last = i + 1
	}
	return first, last
}

// ignores tells whether a comment says that a rule does not count on a line.
func (s *source) ignoring(rule string, line int) bool {
	for _, i := range s.ignores {
		if i.rule == rule && (i.last == 0 || line >= i.first && line <= i.last) {
			return true
		}
	}
	return false
}

// textRanges are the places of scalars, in which a # begins no comment.
type textRanges struct {
	on    map[int][]Position
	block map[int]bool
}

func textLines(s *source) textRanges {
	t := textRanges{on: map[int][]Position{}, block: map[int]bool{}}
	for _, root := range s.docs {
		walk(root, func(n *yaml.Node, _ trail) {
			if n.Kind != yaml.ScalarNode || n.Line < 1 || n.Line > len(s.lines) {
				return
			}
			if n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
				depth := leading(s.lines[n.Line-1])
				for i := n.Line; i < len(s.lines) && (strings.TrimSpace(s.lines[i]) == "" || leading(s.lines[i]) > depth); i++ {
					t.block[i+1] = true
				}
				return
			}
			if width := scalarWidth(n, s.lines[n.Line-1]); width > 0 {
				t.on[n.Line] = append(t.on[n.Line], Position{Column: n.Column, EndColumn: n.Column + width})
			}
		})
	}
	return t
}

func (t textRanges) covers(line, column int) bool {
	for _, p := range t.on[line] {
		if column >= p.Column && column < p.EndColumn {
			return true
		}
	}
	return t.block[line]
}
