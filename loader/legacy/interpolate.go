package legacy

import (
	"fmt"
	"regexp"
	"strings"

	"gopkg.in/yaml.v3"
)

// variable is what the v1 format knows: $$, $NAME and ${NAME}. Python's
// string.Template, which 1.29.2 uses for it, takes letters of either case.
var variable = regexp.MustCompile(`(?i)\$(?:(\$)|([_a-z][_a-z0-9]*)|\{([_a-z][_a-z0-9]*)\})?`)

// interpolate replaces variables in all values below n, in place. Keys are
// left as they are.
func (c *converter) interpolate(n *yaml.Node, path string) {
	switch n.Kind {
	case yaml.ScalarNode:
		if strings.Contains(n.Value, "$") && isText(n) {
			n.Value = c.substitute(n, path)
			n.Tag = "!!str"
			if n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) == 0 {
				n.Style = yaml.DoubleQuotedStyle
			}
		}
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			c.interpolate(n.Content[i+1], join(path, n.Content[i].Value))
		}
	case yaml.SequenceNode:
		for i, item := range n.Content {
			c.interpolate(item, fmt.Sprintf("%s[%d]", path, i))
		}
	}
}

func (c *converter) substitute(n *yaml.Node, path string) string {
	return variable.ReplaceAllStringFunc(n.Value, func(match string) string {
		m := variable.FindStringSubmatch(match)
		name := m[2] + m[3]
		switch {
		case m[1] != "":
			return "$"
		case name == "":
			c.fail(Problem{
				Rule: "invalid-interpolation", Message: fmt.Sprintf("invalid variable in %q", n.Value), Node: n, Path: path,
				Hint: "this format knows only $NAME and ${NAME}, no defaults; write $$ for a dollar sign",
			})
			return ""
		}
		value, ok := c.Lookup(name)
		if !ok {
			c.warn(Problem{Rule: "unset-variable", Message: fmt.Sprintf("variable %s is not set; an empty string is used", name), Node: n, Path: path})
		}
		return value
	})
}
