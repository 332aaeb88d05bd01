package loader

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/compose-spec/compose-go/v2/template"
	"gopkg.in/yaml.v3"
)

// checkVariables finds variables that are required but not set, not set at
// all, or badly written. compose-go replaces them; this tells where they
// stand.
func (l *load) checkVariables() {
	c := variableCheck{load: l, said: map[string]bool{}, fine: map[string]bool{}}
	for _, c.source = range l.sources {
		for _, root := range c.source.docs {
			c.node(root, newTrail())
		}
	}
}

type variableCheck struct {
	*load
	source *source
	said   map[string]bool // variables whose lack is reported
	fine   map[string]bool // texts that need no second look
}

func (c *variableCheck) node(n *yaml.Node, at trail) {
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			c.node(n.Content[i+1], at.key(n.Content[i].Value))
		}
	case yaml.SequenceNode:
		for i, below := range n.Content {
			c.node(below, at.index(i))
		}
	case yaml.ScalarNode:
		if strings.Contains(n.Value, "$") && n.ShortTag() == "!!str" && !c.fine[n.Value] {
			c.text(n, at)
		}
	}
}

func (c *variableCheck) text(n *yaml.Node, at trail) {
	if _, err := c.substitute(n.Value); err != nil {
		rule, message, hint := "invalid-interpolation", fmt.Sprintf("invalid variable in %q", n.Value), variableHint(n.Value)
		var required *template.MissingRequiredError
		if errors.As(err, &required) {
			rule, message, hint = "required-variable", requiredVariable(required), ""
		}
		c.report(SeverityError, rule, c.source.position(n), at.path(), message, hint)
		return
	}
	c.fine[n.Value] = true
	for name, v := range template.ExtractVariables(map[string]any{"": n.Value}, nil) {
		if _, set := c.env.vars[name]; set || v.DefaultValue != "" || v.PresenceValue != "" || c.said[name] || hasOperator(n.Value, name) {
			continue
		}
		c.said[name] = true
		c.report(SeverityWarning, "unset-variable", c.source.position(n), at.path(), fmt.Sprintf("variable %s is not set; an empty string is used", name), "")
	}
}

func requiredVariable(missing *template.MissingRequiredError) string {
	message := fmt.Sprintf("required variable %s is not set", missing.Variable)
	if missing.Reason != "" {
		message += ": " + missing.Reason
	}
	return message
}

// oddDefault is ${NAME:text}, as other languages have it.
var oddDefault = regexp.MustCompile(`\$\{(\w+):([^}:?+-][^}]*)\}`)

// variableHint says how to write what a text that is no variable may mean.
func variableHint(text string) string {
	if m := oddDefault.FindStringSubmatch(text); m != nil {
		return fmt.Sprintf("a default is written ${%s:-%s}", m[1], m[2])
	}
	if strings.Count(text, "${") > strings.Count(text, "}") {
		return "close it with }, or write $$ for a dollar sign"
	}
	return "write $$ for a dollar sign"
}

// hasOperator reports whether the text gives the variable an explicit empty
// default, as in ${X-} and ${X:-}.
func hasOperator(text, name string) bool {
	for _, op := range []string{":-", "-", ":+", "+", ":?", "?"} {
		if strings.Contains(text, "${"+name+op) {
			return true
		}
	}
	return false
}

// substitute replaces the variables of a text. What it gave is remembered:
// services repeat one another.
func (l *load) substitute(text string) (string, error) {
	if filled, known := l.filled[text]; known {
		return filled, nil
	}
	filled, err := template.SubstituteWithOptions(text, l.env.vars.Resolve, template.WithoutLogging)
	if err == nil {
		l.filled[text] = filled
	}
	return filled, err
}

// fileName is the top-level `name:` that counts: the last file's that has one.
func (l *load) fileName() string {
	name := ""
	for _, s := range l.sources {
		for _, root := range s.docs {
			if n := child(root, "name"); n != nil && n.Kind == yaml.ScalarNode && n.Value != "" {
				if text, err := l.substitute(n.Value); err == nil {
					name = text
				}
			}
		}
	}
	return name
}
