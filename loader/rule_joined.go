package loader

import (
	"fmt"
	"strings"

	"gopkg.in/yaml.v3"
)

// checkJoined finds lines that were meant as entries of a list, and that YAML
// takes for the rest of the entry above, since they are indented deeper.
func (l *load) checkJoined() {
	for _, list := range [][]*source{l.sources, l.related} {
		for _, s := range list {
			for _, root := range s.docs {
				walk(root, func(n *yaml.Node, at trail) {
					if n.Kind != yaml.SequenceNode || n.Style&yaml.FlowStyle != 0 {
						return
					}
					for i, entry := range n.Content {
						l.checkEntry(s, n, entry, at.index(i))
					}
				})
			}
		}
	}
}

func (l *load) checkEntry(s *source, list, entry *yaml.Node, at trail) {
	if entry.Kind != yaml.ScalarNode || entry.Style != 0 || !strings.Contains(entry.Value, " - ") {
		return
	}
	for line := entry.Line + 1; line <= len(s.lines); line++ {
		text := strings.TrimSpace(s.line(line))
		if text == "" || s.depth(line) < list.Column || !strings.Contains(entry.Value, " "+text) {
			return
		}
		if !strings.HasPrefix(text, "- ") {
			continue
		}
		d := Diagnostic{Rule: "joined-entries", Severity: SeverityWarning, Path: at.path(), Message: "this line is indented deeper than the entry above, and counts as part of it"}
		d.Hint = fmt.Sprintf("indent it by %s", spaces(list.Column-1))
		s.mark(&d, line, s.depth(line), len(text))
		d.Position = s.inFile(d.Position)
		l.add(d)
	}
}
