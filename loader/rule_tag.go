package loader

import (
	"bytes"
	"fmt"
	"strings"

	"gopkg.in/yaml.v3"
)

// tags are those that compose reads; YAML's own have two marks.
var tags = []string{"!reset", "!override"}

// checkTags finds tags that nobody reads: the value counts as if there were
// none.
func (l *load) checkTags() {
	for _, list := range [][]*source{l.sources, l.related} {
		for _, s := range list {
			if !bytes.ContainsRune(s.content, '!') {
				continue
			}
			for _, root := range s.docs {
				walk(root, func(n *yaml.Node, at trail) {
					if own := len(at) > 0 && strings.HasPrefix(at[0].key, "x-"); !own {
						l.checkTag(s, n, at)
					}
				})
			}
		}
	}
}

func (l *load) checkTag(s *source, n *yaml.Node, at trail) {
	if len(n.Tag) < 2 || n.Tag[0] != '!' || n.Tag[1] == '!' || isOneOf(n.Tag, tags) {
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
