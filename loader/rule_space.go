package loader

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// glued is a key or a dash with its value where no ordinary space stands between.
var glued = regexp.MustCompile(`^(?:-|[a-z_]+:)(.)`)

// notText is a hint for a text that was meant to be a list or a mapping.
func notText(text string, want []string) string {
	list, mapping := slices.Contains(want, "array"), slices.Contains(want, "object")
	first, _ := utf8.DecodeRuneInString(text)
	switch hint := spaceMissing(text); {
	case hint != "" || slices.Contains(want, "string"):
		return hint
	case list && strings.ContainsRune("\u2010\u2011\u2012\u2013\u2014\u2212\u2022", first):
		return fmt.Sprintf("%c is no hyphen; begin each entry with `- `", first)
	case mapping && gluedPair.MatchString(text):
		return "a space is missing behind the colon"
	case list && mapping && equation.MatchString(text):
		return "begin each line with `- `, or write `name: value`"
	case mapping && equation.MatchString(text):
		return "write `name: value`"
	case list && !mapping && oneWord.MatchString(text):
		return fmt.Sprintf("write [%q]", text)
	}
	return ""
}

// oneWord is a text that a list may have as its only entry.
var oneWord = regexp.MustCompile(`^[\w./:-]+$`)

// gluedPair is a name and a value without a space behind the colon.
var gluedPair = regexp.MustCompile(`^[\w.-]+:[^\s/:]`)

// restAt is what a line says from a place on.
func (l *load) restAt(pos Position) string {
	s := l.files[pos.File]
	if s == nil || s.starts != nil {
		return ""
	}
	text := s.line(pos.Line)
	return strings.TrimSpace(text[byteAt(text, s.moved(pos.Line, pos.Column)):])
}

// spaceMissing is a hint for a text that was meant to be a key or a list.
func spaceMissing(text string) string {
	m := glued.FindStringSubmatch(text)
	if m == nil || m[1] == " " {
		return ""
	}
	if r := []rune(m[1])[0]; unicode.IsSpace(r) {
		return fmt.Sprintf("the space is the invisible character %U; type an ordinary one", r)
	}
	sign := "colon"
	if text[0] == '-' {
		sign = "dash"
	}
	return "a space is missing behind the " + sign
}
