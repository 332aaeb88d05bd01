package draft

import (
	"strings"
)

const (
	// maxText bounds what is read, in bytes; a larger text has no nodes.
	maxText = 8 << 20
	// maxDepth bounds nesting: deeper brackets are passed over.
	maxDepth = 100
)

// Parse reads a text. The node that it gives stands for the whole and has
// neither key nor parent.
func Parse(text string) *Node {
	root := &Node{column: -1}
	if len(text) > maxText {
		return root
	}
	p := parser{text: text, open: []*Node{root}}
	for p.at < len(text) {
		p.line()
	}
	return root
}

// parser goes through the text line by line; open are the nodes that what comes
// may belong to, the innermost last.
type parser struct {
	text string
	at   int
	open []*Node
}

// eol is where the line of an offset ends, without its end.
func (p *parser) eol(at int) int {
	if i := strings.IndexAny(p.text[at:], "\r\n"); i >= 0 {
		return at + i
	}
	return len(p.text)
}

// next goes behind the end of the line.
func (p *parser) next() {
	p.at = p.eol(p.at)
	if strings.HasPrefix(p.text[p.at:], "\r\n") {
		p.at++
	}
	p.at = min(p.at+1, len(p.text))
}

// blanks is the offset behind spaces and tabs.
func (p *parser) blanks(at int) int {
	for at < len(p.text) && (p.text[at] == ' ' || p.text[at] == '\t') {
		at++
	}
	return at
}

// tabWidth is how deep a tab indents, where YAML allows none: deeper than a few
// spaces.
const tabWidth = 8

// column of an offset on a line.
func (p *parser) column(begin, at int) int {
	return at - begin + (tabWidth-1)*strings.Count(p.text[begin:at], "\t")
}

func (p *parser) line() {
	begin := p.at
	end := p.eol(begin)
	if begin == 0 {
		begin += len(p.text) - len(strings.TrimPrefix(p.text, "\ufeff"))
	}
	at := p.blanks(begin)
	switch line := p.text[at:end]; {
	case line == "" || line[0] == '#':
		p.next()
		return
	case at == begin && (strings.HasPrefix(line, "---") || strings.HasPrefix(line, "...") || line[0] == '%'):
		p.open = p.open[:1]
		p.next()
		return
	}
	for { // entries and pairs may begin on one line: "- - key: value"
		line, column := p.text[at:end], p.column(begin, at)
		if line == "-" || strings.HasPrefix(line, "- ") {
			p.begin(&Node{Entry: true}, column)
			if at = p.blanks(at + 1); at < end {
				if line := p.text[at:end]; line == "-" || strings.HasPrefix(line, "- ") {
					continue
				}
				if _, ok := p.key(at, end); ok {
					continue
				}
			}
			p.value(at)
			return
		}
		if key, ok := p.key(at, end); ok {
			p.begin(&Node{Key: key}, column)
			p.value(p.blanks(p.afterColon(key)))
			return
		}
		p.word(at, column)
		return
	}
}

// begin puts a node where its column says that it belongs.
func (p *parser) begin(n *Node, column int) {
	for len(p.open) > 1 {
		top := p.open[len(p.open)-1]
		// The entries of a list may stand right below its key.
		if top.column < column || n.Entry && top.column == column && !top.Entry && top.Value.IsZero() {
			break
		}
		p.open = p.open[:len(p.open)-1]
	}
	n.column = column
	p.add(p.open[len(p.open)-1], n)
	if len(p.open) < maxDepth {
		p.open = append(p.open, n)
	}
}

func (p *parser) add(parent, n *Node) {
	n.Parent = parent
	parent.Children = append(parent.Children, n)
}

// key reads the key that begins at an offset, if one does.
func (p *parser) key(at, end int) (Token, bool) {
	line := p.text[at:end]
	if line == "" {
		return Token{}, false
	}
	switch line[0] {
	case '"', '\'':
		t, ok := p.quoted(at, end)
		if !ok {
			return Token{}, false
		}
		rest := strings.TrimLeft(p.text[t.To:end], " ")
		if rest == ":" || strings.HasPrefix(rest, ": ") {
			return t, true
		}
		return Token{}, false
	case '[', '{', ']', '}', '#', '|', '>', ',', '&', '*', '!':
		return Token{}, false
	}
	for i := range len(line) {
		switch {
		case line[i] == '#' && i > 0 && line[i-1] == ' ':
			return Token{}, false
		case line[i] == ':' && (i+1 == len(line) || line[i+1] == ' ' || line[i+1] == '\t'):
			text := strings.TrimRight(line[:i], " ")
			return Token{Text: text, From: at, To: at + len(text)}, text != ""
		}
	}
	return Token{}, false
}

func (p *parser) afterColon(key Token) int {
	return key.To + strings.IndexByte(p.text[key.To:], ':') + 1
}

// word takes what is alone on its line: a value, more of one, or the beginning
// of a key.
func (p *parser) word(at, column int) {
	for len(p.open) > 1 && p.open[len(p.open)-1].column >= column {
		p.open = p.open[:len(p.open)-1]
	}
	parent := p.open[len(p.open)-1]
	if parent.Parent != nil && len(parent.Children) == 0 {
		if parent.Value.IsZero() && parent.Alias.IsZero() && !parent.Open {
			parent.Own = true
			p.value(at)
			return
		}
		p.next() // more of a value
		return
	}
	n := &Node{Loose: true, column: column}
	p.add(parent, n)
	p.open = append(p.open, n)
	p.value(at)
	p.open = p.open[:len(p.open)-1]
}

// value reads what stands behind the innermost node's key or dash, to the end
// of the line or further, and goes to the next line.
func (p *parser) value(at int) {
	n := p.open[len(p.open)-1]
	end := p.eol(at)
	for at < end && (p.text[at] == '&' || p.text[at] == '!') {
		t := Token{From: at, To: at + wordLength(p.text[at:end])}
		if t.Text = p.text[t.From+1 : t.To]; p.text[at] == '&' {
			n.Anchor = t
		}
		at = p.blanks(t.To)
	}
	if at >= end || p.text[at] == '#' {
		p.at = at
		p.next()
		return
	}
	p.at = at
	switch p.text[at] {
	case '*':
		n.Alias = Token{From: at, To: at + wordLength(p.text[at:end])}
		n.Alias.Text = p.text[at+1 : n.Alias.To]
	case '|', '>':
		n.Value = Token{Text: p.text[at : at+1], From: at, To: at + 1}
		n.Block = true
		p.next()
		p.skipBlock(n)
		return
	case '[', '{':
		f := flow{parser: p, column: n.column}
		f.collection(n, 0)
	case '"', '\'':
		t, ok := p.quoted(at, p.stop(n))
		if !ok {
			t, _ = p.quoted(at, end) // unclosed: to the end of the line
		}
		n.Value = t
		p.at = t.To
	default:
		text := p.text[at:end]
		if i := strings.Index(text, " #"); i >= 0 {
			text = text[:i]
		}
		text = strings.TrimRight(text, " \t")
		n.Value = Token{Text: text, From: at, To: at + len(text)}
	}
	p.next()
}

// wordLength is that of an anchor, alias or tag.
func wordLength(text string) int {
	if i := strings.IndexAny(text, " \t,]}"); i >= 0 {
		return i
	}
	return len(text)
}

// skipBlock passes over the lines of a text behind | or >.
func (p *parser) skipBlock(n *Node) {
	for p.at < len(p.text) {
		end := p.eol(p.at)
		at := p.blanks(p.at)
		if at < end && p.column(p.at, at) <= n.column {
			return
		}
		if at < end {
			n.Value.To = end
		}
		p.next()
	}
}

// stop is where a value must end: before the next line that is no deeper than
// its node.
func (p *parser) stop(n *Node) int {
	at := p.at
	for at < len(p.text) {
		at = p.eol(at)
		if strings.HasPrefix(p.text[at:], "\r\n") {
			at++
		}
		if at++; at >= len(p.text) {
			return len(p.text)
		}
		if deep := p.blanks(at); deep < p.eol(at) && p.column(at, deep) <= n.column {
			return at - 1
		}
	}
	return len(p.text)
}

// quoted reads a text in quotes; false if they are not closed before an offset,
// where it then ends.
func (p *parser) quoted(at, end int) (Token, bool) {
	quote := p.text[at]
	var text strings.Builder
	for i := at + 1; i < end; i++ {
		switch c := p.text[i]; {
		case c == '\\' && quote == '"' && i+1 < end:
			i++
			text.WriteByte(p.text[i])
		case c == quote && quote == '\'' && i+1 < end && p.text[i+1] == quote:
			i++
			text.WriteByte(c)
		case c == quote:
			return Token{Text: text.String(), From: at, To: i + 1, Quoted: true}, true
		default:
			text.WriteByte(c)
		}
	}
	return Token{Text: text.String(), From: at, To: end, Quoted: true}, false
}
