package loader

import (
	"fmt"
	"math"
	"regexp"
	"strings"

	yaml4 "go.yaml.in/yaml/v4"
	"gopkg.in/yaml.v3"
)

// textKeys are the mappings whose values are text whatever they look like.
var textKeys = map[string]bool{
	"environment": true, "labels": true, "annotations": true, "args": true,
	"options": true, "driver_opts": true, "sysctls": true,
}

// sexagesimal is what YAML 1.1 reads as a number of base sixty: a port mapping
// like 22:22, or a time.
var sexagesimal = regexp.MustCompile(`^[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+$`)

// checkScalars warns where the reader makes another text of a plain scalar
// than was written: 1.10 becomes 1.1, 0777 becomes 511. In files with a
// version, it says what docker-compose 1.29.2 read as a number.
func (l *load) checkScalars() {
	for _, s := range l.sources {
		for _, root := range s.docs {
			walk(root, func(n *yaml.Node, at trail) {
				if n.Kind == yaml.MappingNode {
					l.checkKeyTypes(s, n, at)
				}
				if n.Kind != yaml.ScalarNode || n.Style != 0 || len(at) < 2 {
					return
				}
				list, last := at[len(at)-2].key, at[len(at)-1]
				switch {
				case last.index < 0 && textKeys[list] && n.Value != last.key:
					l.checkRead(s, n, at)
				case last.index < 0 || list != "ports":
					return
				}
				if l.format != FormatSpec && sexagesimal.MatchString(n.Value) {
					l.report(SeverityInfo, "yaml-sexagesimal", s.position(n), at.path(),
						fmt.Sprintf("%s is text here, but a number of base sixty for docker-compose 1.x", n.Value), quoteIt(n.Value))
				}
			})
		}
	}
}

func (l *load) checkRead(s *source, n *yaml.Node, at trail) {
	switch n.ShortTag() {
	case "!!int", "!!float", "!!bool", "!!timestamp":
	default:
		return
	}
	var v any // as compose-go reads it
	if err := (&yaml4.Node{Kind: yaml4.ScalarNode, Value: n.Value}).Decode(&v); err != nil {
		return
	}
	if f, ok := v.(float64); ok && (math.IsInf(f, 0) || math.IsNaN(f)) {
		l.report(SeverityError, "schema", s.position(n), at.path(), n.Value+" is a number that cannot be passed on", quoteIt(n.Value))
		return
	}
	if text := fmt.Sprint(v); text != n.Value {
		l.report(SeverityWarning, "changed-scalar", s.position(n), at.path(), fmt.Sprintf("%s is read as %s", n.Value, text), quoteIt(n.Value))
	}
}

// checkKeyTypes refuses keys that are read as numbers or the like.
func (l *load) checkKeyTypes(s *source, n *yaml.Node, at trail) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		switch key.ShortTag() {
		case "!!int", "!!float", "!!bool", "!!timestamp", "!!null":
			l.report(SeverityError, "schema", s.position(key), at.key(key.Value).path(), fmt.Sprintf("the key %s must be a string", key.Value), quoteIt(key.Value))
		}
	}
}

func quoteIt(text string) string { return fmt.Sprintf("quote it: %q", strings.TrimSpace(text)) }
