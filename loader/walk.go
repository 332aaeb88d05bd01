package loader

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// cutKey splits the first key or index off a path.
func cutKey(path string) (key, rest string) {
	if strings.HasPrefix(path, `["`) {
		quoted, err := strconv.QuotedPrefix(path[1:])
		if err != nil {
			return path, ""
		}
		key, _ = strconv.Unquote(quoted)
		rest = strings.TrimPrefix(path[1+len(quoted):], "]")
	} else if strings.HasPrefix(path, "[") {
		key, rest, _ = strings.Cut(path[1:], "]")
	} else {
		end := strings.IndexAny(path, ".[")
		if end < 0 {
			return path, ""
		}
		key, rest = path[:end], path[end:]
	}
	return key, strings.TrimPrefix(rest, ".")
}

// indexOf is where in n.Content the value of a key or index stands, or -1.
func indexOf(n *yaml.Node, key string) int {
	switch n.Kind {
	case yaml.MappingNode:
		for i := len(n.Content) - 2; i >= 0; i -= 2 {
			if n.Content[i].Value == key {
				return i + 1
			}
		}
	case yaml.SequenceNode:
		if i, err := strconv.Atoi(key); err == nil && i >= 0 && i < len(n.Content) {
			return i
		}
	}
	return -1
}

// checkKeys reports keys that a mapping has twice. Today's reader refuses
// them. docker-compose 1.29.2, for which files with a version were written,
// took the last: there it is a warning, and the others are dropped. Of two
// merge keys both count in any format, as they did there: nothing is lost.
func (l *load) checkKeys() {
	severity := SeverityError
	if l.format != FormatSpec {
		severity = SeverityWarning
	}
	for _, s := range l.sources {
		repeated := false
		for _, root := range s.docs {
			repeated = l.checkNode(s, root, newTrail(), severity) || repeated
		}
		if repeated {
			seen := map[*yaml.Node]bool{}
			for _, root := range s.docs {
				lastKeys(root, seen)
			}
			s.rewrite()
		}
	}
}

// checkNode tells whether it found a repeated key that is no error.
func (l *load) checkNode(s *source, n *yaml.Node, at trail, severity Severity) bool {
	repeated := false
	if n.Kind == yaml.SequenceNode {
		for i, c := range n.Content {
			repeated = l.checkNode(s, c, at.index(i), severity) || repeated
		}
	}
	if n.Kind != yaml.MappingNode {
		return repeated
	}
	first := newKeySet(len(n.Content) / 2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		at := at.key(key.Value)
		if before := first.add(key); before != nil && key.Kind == yaml.ScalarNode {
			severity, message := severity, fmt.Sprintf("%q is given twice", key.Value)
			hint := fmt.Sprintf("the first one is on line %d", before.Line)
			switch {
			case key.Tag == "!!merge":
				severity, message = SeverityWarning, message+", which docker compose refuses"
				hint += "; for both write " + joinedMerge(n)
			case severity == SeverityWarning:
				message += "; the last one counts"
			}
			l.report(severity, "duplicate-key", s.position(key), at.path(), message, hint)
			repeated = repeated || severity == SeverityWarning
		}
		if key.Tag == "!!merge" && !mergeable(n.Content[i+1]) {
			l.report(SeverityError, "schema", s.position(n.Content[i+1]), at.path(), "<< takes a mapping, or a list of mappings", s.mergeHint(n.Content[i+1]))
		}
		repeated = l.checkNode(s, n.Content[i+1], at, severity) || repeated
	}
	return repeated
}

// mergeable reports whether the value of a `<<` key can be merged.
func mergeable(n *yaml.Node) bool {
	if list := resolve(n); list.Kind == yaml.SequenceNode {
		return !slices.ContainsFunc(list.Content, func(c *yaml.Node) bool { return resolve(c).Kind != yaml.MappingNode })
	}
	return resolve(n).Kind == yaml.MappingNode
}

// mergeHint says how to merge in place of a value that cannot be merged.
func (s *source) mergeHint(n *yaml.Node) string {
	value := resolve(n)
	switch {
	case value.Kind == yaml.SequenceNode:
		return "lists cannot be merged, only mappings: write the entries here"
	case value.Kind == yaml.ScalarNode && n.Kind != yaml.AliasNode && bytes.Contains(s.content, []byte("&"+value.Value)) && bareWord.MatchString(value.Value):
		return "write *" + value.Value
	case n.Anchor != "":
		return "& sets an anchor; write *" + n.Anchor
	}
	return "name an anchor of a mapping"
}

// keySet finds repeated keys. Few keys are compared one by one, which takes
// less time than a map.
type keySet struct {
	few  []*yaml.Node
	many map[string]*yaml.Node
}

func newKeySet(size int) *keySet {
	if size > 16 {
		return &keySet{many: make(map[string]*yaml.Node, size)}
	}
	return &keySet{few: make([]*yaml.Node, 0, size)}
}

// add gives the last key of the same name, nil if there is none.
func (k *keySet) add(key *yaml.Node) *yaml.Node {
	if k.many != nil {
		before := k.many[key.Value]
		k.many[key.Value] = key
		return before
	}
	for i, before := range k.few {
		if before.Value == key.Value {
			k.few[i] = key
			return before
		}
	}
	k.few = append(k.few, key)
	return nil
}

// trail is the way from the root of a file to where a walk is. It becomes a
// path only where something is found: most files have no mistakes.
type trail []hop

type hop struct {
	key   string
	index int // -1 for a key
}

// newTrail has room for the levels that files have, so that steps cost nothing.
func newTrail() trail { return make(trail, 0, 16) }

func (t trail) key(key string) trail { return append(t, hop{key: key, index: -1}) }
func (t trail) index(i int) trail    { return append(t, hop{index: i}) }

func (t trail) path() string {
	path := ""
	for _, s := range t {
		if s.index >= 0 {
			path = joinIndex(path, s.index)
		} else {
			path = joinKey(path, s.key)
		}
	}
	return path
}

// lastKeys drops all but the last of repeated keys. Of repeated merge keys it
// makes one: what the later brings stands over what the earlier does.
func lastKeys(n *yaml.Node, seen map[*yaml.Node]bool) {
	if seen[n] || n.Kind == yaml.AliasNode {
		return
	}
	seen[n] = true
	if n.Kind == yaml.MappingNode {
		joinMerges(n)
		last := map[string]int{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			last[n.Content[i].Value] = i
		}
		var kept []*yaml.Node
		for i := 0; i+1 < len(n.Content); i += 2 {
			if last[n.Content[i].Value] == i {
				kept = append(kept, n.Content[i], n.Content[i+1])
			}
		}
		n.Content = kept
	}
	for _, c := range n.Content {
		lastKeys(c, seen)
	}
}

// joinedMerge is how one merge key says what several do, as text.
func joinedMerge(n *yaml.Node) string {
	var names []string
	for i := len(n.Content) - 2; i >= 0; i -= 2 {
		if n.Content[i].Tag != "!!merge" {
			continue
		}
		values := []*yaml.Node{n.Content[i+1]}
		if values[0].Kind == yaml.SequenceNode {
			values = values[0].Content
		}
		for _, v := range values {
			if v.Kind != yaml.AliasNode {
				return "a list, the later first"
			}
			if name := "*" + v.Value; !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	if len(names) == 1 {
		return "<<: " + names[0]
	}
	return "<<: [" + strings.Join(names, ", ") + "]"
}

func joinMerges(n *yaml.Node) {
	var all *yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Tag != "!!merge" {
			continue
		}
		value := n.Content[i+1]
		if all != nil {
			joined := &yaml.Node{Kind: yaml.SequenceNode, Line: value.Line, Column: value.Column}
			for _, v := range []*yaml.Node{value, all} {
				if v.Kind == yaml.SequenceNode {
					joined.Content = append(joined.Content, v.Content...)
				} else {
					joined.Content = append(joined.Content, v)
				}
			}
			value, n.Content[i+1] = joined, joined
		}
		all = value
	}
}
