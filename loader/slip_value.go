package loader

import (
	"fmt"
	"regexp"
	"strings"
)

var (
	// openValue is a line up to its value.
	openValue  = regexp.MustCompile(`^\s*(?:- +)*(?:[\w.-]+\s*:\s+)?`)
	endOfToken = regexp.MustCompile(`["'\w\]}]\s*$`)
)

// valueSlip finds a value that YAML takes for something else than text.
func (s *source) valueSlip(c complaint) *slip {
	line := s.line(c.line)
	from := len(openValue.FindString(line))
	end := len(strings.TrimRight(line, " \t\r"))
	if from >= end {
		return nil
	}
	at := byteAt(line, c.column)
	first := line[from]
	quote := func() {
		s.guess(c.line, line[:from]+asQuoted(line[from:end]), from)
		for n := c.line + 1; n <= len(s.lines) && (first == '|' || first == '>') && s.depth(n) > leading(line); n++ {
			s.drop(n) // it would have been the block's text
		}
	}
	behind := at > from && at < end && c.says("did not find expected key", "did not find expected '-' indicator")
	switch {
	case c.says("comment without preceding whitespace"):
		return &slip{c.line, at, 1, "a space is missing before the #", "a comment begins with a space and #; quote a value that has # in it", func() { s.insert(c.line, at, " ") }}
	case behind && (line[at] == ',' || line[at] == ';') && at == end-1:
		return &slip{c.line, at, 1, fmt.Sprintf("a %c stands behind the value", line[at]), "delete it", func() { s.lines[c.line-1] = line[:at] }}
	case behind && first == '"':
		return &slip{c.line, at, end - at, "text stands behind the quote that closes the value", `quote the whole value; within double quotes, " is written \"`, quote}
	case behind && first == '\'':
		return &slip{c.line, at, end - at, "text stands behind the quote that closes the value", `quote the whole value; within single quotes, ' is written ''`, quote}
	case behind && (first == '[' || first == '{'):
		return &slip{c.line, from, end - from, "text stands behind the bracket that closes the value", fmt.Sprintf("quote a value that begins with %c and is no list or mapping", first), quote}
	case first == '-' && at == from && c.says("block sequence entries are not allowed"):
		return &slip{c.line, from, end - from, "a list cannot begin behind a colon", "begin it on the next line; or quote the value", quote}
	case strings.IndexByte("@`%", first) >= 0 && at == from:
		return nil // syntaxError has the words
	case strings.IndexByte("*&!|>?,]}%@`", first) >= 0 && c.says(
		"alphabetic or numeric character", "expected comment or line break", "expected node content", "mapping keys are not allowed",
		"cannot start any token", "expected whitespace or line break", "expected '>'", "expected URI", "expected tag"):
		hint := map[byte]string{
			'*': "* begins an alias", '&': "& begins an anchor", '!': "! begins a tag",
			'|': "| begins a block of text, on the next line", '>': "> begins a block of text, on the next line",
		}[first]
		if hint == "" {
			hint = fmt.Sprintf("%c means something to YAML", first)
		}
		return &slip{c.line, from, end - from, fmt.Sprintf("a value cannot begin with %c like this", first), "quote the value: " + hint, quote}
	}
	return nil
}

// quoteSlip finds a value that ends with a quote too many, which opens another
// text.
func (s *source) quoteSlip(c complaint) *slip {
	for n := c.line; n > 0 && n > c.line-maxQuote; n-- {
		line := strings.TrimRight(s.line(n), " \t\r")
		m := openQuote.FindStringSubmatchIndex(line)
		if m == nil || strings.Contains(line, `\`) {
			continue
		}
		quote, last := line[m[2]:m[3]], len(line)-1
		if strings.HasSuffix(line, quote+quote) && strings.Count(line[m[2]:], quote) == 3 {
			return &slip{n, last, 1, "here is a quote too many", "delete it", func() { s.lines[n-1] = line[:last] }}
		}
	}
	return nil
}

// flowSlip finds what is wrong between brackets.
func (s *source) flowSlip(c complaint) *slip {
	line := s.line(c.line)
	at := byteAt(line, c.column)
	opener := strings.TrimRight(s.line(c.context), " \t\r")
	multiline := strings.HasSuffix(opener, "{") || strings.HasSuffix(opener, "[")
	switch {
	case c.says("did not find expected ',' or") && multiline && s.below(c.line-1) > len(s.lines):
		return &slip{c.context, len(opener) - 1, 1, "the bracket that opens here is not closed", "close it", func() {
			s.lines[s.above(len(s.lines)+1)-1] += closers(strings.Join(s.lines, "\n"))
		}}
	case at >= len(line):
		return nil
	case c.says("did not find expected ',' or") && at > 0 && strings.IndexByte(`"'`, line[at-1]) >= 0 && strings.IndexByte(" \t]}\"'", line[at]) < 0 && c.context == c.line:
		return &slip{c.line, at, 1, "text stands behind the quote that closes the value", `within double quotes, " is written \"; within single quotes, ' is written ''`, func() {
			from := byteAt(line, c.contextCol)
			s.guess(c.line, line[:from]+"[]", from)
		}}
	case c.says("did not find expected ',' or"):
		return s.commaMissing(c.line, line, at, multiline)
	case c.says("expected node content") && line[at] == ',' && at > len(openValue.FindString(line)):
		return &slip{c.line, at, 1, "an entry is missing before this comma", "delete the comma", func() { s.lines[c.line-1] = line[:at] + " " + line[at+1:] }}
	case c.says("expected <document start>") && strings.IndexByte("]}", line[at]) >= 0:
		return &slip{c.line, at, 1, "this bracket closes nothing", "delete it", func() { s.lines[c.line-1] = line[:at] + " " + line[at+1:] }}
	}
	return nil
}

// commaMissing reports an entry that follows another without a comma. A key at
// the beginning of a line rather says that a bracket above is not closed.
func (s *source) commaMissing(n int, line string, at int, multiline bool) *slip {
	before, behind := line[:at], n
	begins := strings.IndexByte(`"'`, line[at]) >= 0
	if strings.TrimSpace(before) == "" {
		if !begins && strings.IndexByte("[{", line[at]) < 0 || !multiline {
			return nil
		}
		behind = s.above(n)
		before = s.line(behind)
	} else if !begins {
		return nil
	}
	before = strings.TrimRight(before, " \t\r")
	if !endOfToken.MatchString(before) {
		return nil
	}
	return &slip{n, at, 1, "a comma is missing before this", "write a comma behind what stands before it", func() { s.insert(behind, len(before), ",") }}
}
