package loader

import (
	"errors"
	"fmt"
	"strings"

	"github.com/compose-spec/compose-go/v2/template"
	"gopkg.in/yaml.v3"
)

// checkVariables finds variables that are required but not set, not set at
// all, or badly written. compose-go replaces them; this tells where they
// stand.
func (l *load) checkVariables() {
	said := map[string]bool{}
	for _, s := range l.sources {
		seen := map[*yaml.Node]bool{}
		for _, root := range s.docs {
			l.variablesIn(s, root, "", seen, said)
		}
	}
}

func (l *load) variablesIn(s *source, n *yaml.Node, path string, seen map[*yaml.Node]bool, said map[string]bool) {
	if seen[n] {
		return
	}
	seen[n] = true
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			l.variablesIn(s, n.Content[i+1], joinKey(path, n.Content[i].Value), seen, said)
		}
	case yaml.SequenceNode:
		for i, c := range n.Content {
			l.variablesIn(s, c, joinIndex(path, i), seen, said)
		}
	case yaml.ScalarNode:
		if strings.Contains(n.Value, "$") && n.ShortTag() == "!!str" {
			l.variablesAt(s, n, path, said)
		}
	}
}

func (l *load) variablesAt(s *source, n *yaml.Node, path string, said map[string]bool) {
	if _, err := l.substitute(n.Value); err != nil {
		rule, message, hint := "invalid-interpolation", fmt.Sprintf("invalid variable in %q", n.Value), "write $$ for a dollar sign"
		var required *template.MissingRequiredError
		if errors.As(err, &required) {
			rule, message, hint = "required-variable", fmt.Sprintf("required variable %s is not set", required.Variable), ""
			if required.Reason != "" {
				message += ": " + required.Reason
			}
		}
		l.report(SeverityError, rule, s.position(n), path, message, hint)
		return
	}
	for name, v := range template.ExtractVariables(map[string]any{"": n.Value}, nil) {
		if _, set := l.env.vars[name]; set || v.DefaultValue != "" || v.PresenceValue != "" || said[name] || hasOperator(n.Value, name) {
			continue
		}
		said[name] = true
		l.report(SeverityWarning, "unset-variable", s.position(n), path, fmt.Sprintf("variable %s is not set; an empty string is used", name), "")
	}
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

func (l *load) substitute(text string) (string, error) {
	return template.SubstituteWithOptions(text, l.env.vars.Resolve, template.WithoutLogging)
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
