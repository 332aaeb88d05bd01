package loader

import (
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// measure finds the node that would expand to more than maxNodes, nests
// deeper than maxDepth or contains itself.
type measure struct {
	sizes map[*yaml.Node]int // of nodes with an anchor: others are met once
	work  int                // to replace the variables
	bad   *yaml.Node
	why   string
}

// size counts what a node expands to; above are the nodes that it stands in.
func (m *measure) size(n *yaml.Node, above []*yaml.Node) int {
	if n.Anchor != "" {
		if size, ok := m.sizes[n]; ok {
			return size
		}
		if slices.Contains(above, n) {
			return m.refuse(n, "this value contains itself through an alias")
		}
	}
	if n.Kind == yaml.ScalarNode {
		if why := m.variables(n.Value); why != "" {
			return m.refuse(n, why)
		}
	}
	if len(above) > maxDepth {
		return m.refuse(n, fmt.Sprintf("nested deeper than %d levels", maxDepth))
	}
	above = append(above, n)
	size := 1
	if n.Kind == yaml.AliasNode && n.Alias != nil {
		size += m.size(n.Alias, above)
	}
	for i, c := range n.Content {
		if len(c.Value) > maxWord && n.Kind == yaml.MappingNode && i%2 == 1 && splitKeys[n.Content[i-1].Value] && longestWord(c.Value) > maxWord {
			return m.refuse(c, fmt.Sprintf("an argument of more than %d bytes cannot be passed to a program", maxWord))
		}
		if size += m.size(c, above); m.bad != nil {
			return size
		}
	}
	if size > maxNodes {
		return m.refuse(n, fmt.Sprintf("aliases expand to more than %d values", maxNodes))
	}
	if n.Anchor != "" {
		m.sizes[n] = size
	}
	return size
}

// refuse keeps the first finding.
func (m *measure) refuse(n *yaml.Node, why string) int {
	if m.bad == nil {
		m.bad, m.why = n, why
	}
	return 0
}

// longestWord is about the length of a command's longest word, in bytes.
func longestWord(command string) int {
	longest, length, quote := 0, 0, rune(0)
	for _, r := range command {
		switch {
		case quote == 0 && (r == ' ' || r == '\t' || r == '\n'):
			length = 0
			continue
		case quote == 0 && (r == '"' || r == '\''):
			quote = r
		case r == quote:
			quote = 0
		}
		length++
		longest = max(longest, length)
	}
	return longest
}

// variables says why those of a text would take too long to replace: compose-go
// needs time that grows with the square of their number, and faster with their
// nesting.
func (m *measure) variables(text string) string {
	n := strings.Count(text, "${")
	m.work += n * n
	switch {
	case n == 0:
	case m.work > maxWork:
		return "too many variables in one text, or in all of them"
	case nesting(text) > maxNesting:
		return fmt.Sprintf("variables nested deeper than %d levels", maxNesting)
	}
	return ""
}

// tooManyVariables bounds those in an env file's values; why is empty for what
// is bounded.
func tooManyVariables(content []byte) (line int, why string) {
	m := measure{}
	for i, line := range strings.Split(string(content), "\n") {
		if why := m.variables(line); why != "" {
			return i + 1, why
		}
	}
	return 0, ""
}

// nesting is how deep variables stand in each other's defaults on one line, as
// in ${A:-${B}}.
func nesting(text string) int {
	deepest, depth := 0, 0
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '\n':
			depth = 0
		case text[i] == '}' && depth > 0:
			depth--
		case text[i] == '$' && i+1 < len(text) && text[i+1] == '{':
			depth++
			deepest = max(deepest, depth)
		}
	}
	return deepest
}
