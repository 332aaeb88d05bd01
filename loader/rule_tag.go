package loader

import (
	"bytes"
	"fmt"
	"strings"

	yaml4 "go.yaml.in/yaml/v4"
	"gopkg.in/yaml.v3"
)

// tags are those that compose reads; YAML's own have two marks.
var tags = []string{"!reset", "!override"}

// checkTags finds tags that nobody reads, where the value counts as if there
// were none, and values that are none of their tag's.
func (l *load) checkTags() {
	for _, list := range [][]*source{l.sources, l.related} {
		for _, s := range list {
			if !bytes.ContainsRune(s.content, '!') {
				continue
			}
			for _, root := range s.docs {
				walk(root, func(n *yaml.Node, at trail) {
					l.checkTag(s, n, at)
				})
			}
		}
	}
}

func (l *load) checkTag(s *source, n *yaml.Node, at trail) {
	if n.Kind == yaml.ScalarNode && n.Style&yaml.TaggedStyle != 0 && !readable(n) {
		l.report(SeverityError, "schema", s.position(n), at.path(), fmt.Sprintf("%q cannot be read as %s", n.Value, n.ShortTag()), "leave the tag out, or write what it wants")
		return
	}
	own := len(at) > 0 && strings.HasPrefix(at[0].key, "x-")
	if own || len(n.Tag) < 2 || n.Tag[0] != '!' || n.Tag[1] == '!' || isOneOf(n.Tag, tags) {
		return
	}
	d := Diagnostic{Rule: "unknown-tag", Severity: SeverityWarning, Path: at.path(), Position: s.position(n)}
	d.Message = fmt.Sprintf("nothing reads the tag %s, so the value counts as it is", n.Tag)
	for line := n.Line; line > 0 && line >= n.Line-1; line-- { // a tag may stand on the line of its key
		if i := strings.Index(s.line(line), n.Tag); i >= 0 {
			s.mark(&d, line, i, len(n.Tag))
			d.Position = s.inFile(d.Position)
			break
		}
	}
	if d.Hint = didYouMean(n.Tag, tags); d.Hint == "" {
		d.Hint = "compose has !reset and !override"
	}
	l.add(d)
}

// readable tells whether compose-go can read a value as its tag says: it names
// no place where it cannot.
func readable(n *yaml.Node) bool {
	var v any
	return (&yaml4.Node{Kind: yaml4.ScalarNode, Tag: n.Tag, Value: n.Value, Style: yaml4.TaggedStyle}).Decode(&v) == nil
}
