package draft

import "strings"

// flow reads what stands between brackets. It ends where they close or, when
// they don't, before the next line that is no deeper than their node.
type flow struct {
	*parser
	column int
}

// collection reads the brackets at the parser's place into children of a node.
func (f *flow) collection(n *Node, depth int) {
	list := f.text[f.at] == '['
	n.Open = true
	f.at++
	for {
		if !f.space() {
			return
		}
		switch c := f.text[f.at]; {
		case c == ']' || c == '}':
			f.at++
			return
		case c == ',':
			f.at++
		default:
			before := f.at
			f.item(n, list, depth)
			if f.at == before {
				f.at++ // whatever it is
			}
		}
	}
}

// item reads one entry or pair.
func (f *flow) item(parent *Node, list bool, depth int) {
	n := &Node{Flow: true, Entry: list, column: f.column}
	f.add(parent, n)
	f.properties(n)
	if !f.space() {
		return
	}
	if f.nested(n, depth) {
		return
	}
	word := f.scalar()
	at := f.at
	if more := f.space(); !more || f.text[f.at] != ':' {
		f.at = at
		n.Value, n.Loose = word, !list
		f.alias(n)
		return
	}
	f.at++ // a pair; in a list it stands for a mapping of one
	if list {
		pair := &Node{Flow: true, column: f.column}
		f.add(n, pair)
		n = pair
	}
	n.Key = word
	f.behindColon(n, depth)
}

// behindColon reads a pair's value, if there is one.
func (f *flow) behindColon(n *Node, depth int) {
	if !f.space() {
		return
	}
	f.properties(n)
	if !f.space() || strings.IndexByte(",]}", f.text[f.at]) >= 0 || f.nested(n, depth) {
		return
	}
	n.Value = f.scalar()
	f.alias(n)
}

// nested reads brackets within brackets.
func (f *flow) nested(n *Node, depth int) bool {
	if f.text[f.at] != '[' && f.text[f.at] != '{' {
		return false
	}
	if depth < maxDepth {
		f.collection(n, depth+1)
	} else {
		f.at = len(f.text)
	}
	return true
}

func (f *flow) alias(n *Node) {
	if strings.HasPrefix(n.Value.Text, "*") && !n.Value.Quoted {
		n.Alias, n.Value = n.Value, Token{}
		n.Alias.Text = n.Alias.Text[1:]
	}
}

func (f *flow) properties(n *Node) {
	for f.at < len(f.text) && (f.text[f.at] == '&' || f.text[f.at] == '!') {
		t := Token{From: f.at, To: f.at + wordLength(f.text[f.at:f.eol(f.at)])}
		if t.Text = f.text[t.From+1 : t.To]; f.text[f.at] == '&' {
			n.Anchor = t
		}
		f.at = f.blanks(t.To)
	}
}

// scalar reads a word, which may be empty.
func (f *flow) scalar() Token {
	from, end := f.at, f.eol(f.at)
	if c := f.text[from]; c == '"' || c == '\'' {
		t, _ := f.quoted(from, end)
		f.at = t.To
		return t
	}
	to := from
	for to < end && strings.IndexByte(",[]{}", f.text[to]) < 0 {
		colon := f.text[to] == ':' && (to+1 == end || strings.IndexByte(" \t,[]{}", f.text[to+1]) >= 0)
		comment := f.text[to] == '#' && to > from && f.text[to-1] == ' '
		if colon || comment {
			break
		}
		to++
	}
	f.at = to
	text := strings.TrimRight(f.text[from:to], " \t")
	return Token{Text: text, From: from, To: from + len(text)}
}

// space goes to what comes next, over comments and ends of lines; false where
// the brackets must have ended.
func (f *flow) space() bool {
	for f.at < len(f.text) {
		f.at = f.blanks(f.at)
		if f.at == len(f.text) {
			return false
		}
		switch f.text[f.at] {
		case '#':
			f.at = f.eol(f.at)
		case '\r', '\n':
			at := f.at + 1
			for at < len(f.text) && (f.text[at] == '\r' || f.text[at] == '\n') {
				at++
			}
			deep := f.blanks(at)
			if deep < len(f.text) && strings.IndexByte("\r\n", f.text[deep]) < 0 && f.parser.column(at, deep) <= f.column && strings.IndexByte("]}", f.text[deep]) < 0 {
				return false
			}
			f.at = deep
		default:
			return true
		}
	}
	return false
}
