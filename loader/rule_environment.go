package loader

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/compose-spec/compose-go/v2/types"
)

// variables: names that no program asks for, and quotes that stay.
func (r *rules) variables(s types.ServiceConfig, path string) {
	list := path + ".environment"
	for _, name := range slices.Sorted(maps.Keys(s.Environment)) {
		value := s.Environment[name]
		entry := func() string {
			if at := joinKey(list, name); r.declared(at) {
				return at
			}
			return r.item(list, name)
		}
		switch {
		case name == "":
			r.flag("variable-name", entry(), "the variable has no name", "write NAME=value")
		case value != nil && r.declared(joinKey(list, name)) && !strings.ContainsFunc(name, unicode.IsSpace) && !strings.ContainsAny(name, `"'`):
			// A colon separates the parts of a name for .NET, and here no value hides in it.
		case strings.ContainsFunc(name, unicode.IsSpace) || strings.ContainsAny(name, `:"'`):
			hint := ""
			if before, after, colon := strings.Cut(name, ":"); colon {
				hint = "in a list, write " + strings.TrimSpace(before) + "=value"
				if r.declared(joinKey(list, name)) {
					hint = fmt.Sprintf("a space is missing after the colon: %s: %s", before, after)
				}
			}
			r.flagKey("variable-name", entry(), fmt.Sprintf("%q is no name of a variable", name), hint)
		case value != nil && r.declared(joinIndex(list, 0)) && keepsQuotes(*value):
			r.flag("quoted-value", entry(), fmt.Sprintf("the quotes are a part of the value of %s", name), "leave them out, or quote the whole entry")
		}
	}
}

func keepsQuotes(value string) bool {
	if len(value) < 2 {
		return false
	}
	q := value[0]
	return (q == '"' || q == '\'') && value[len(value)-1] == q && strings.IndexByte(value[1:len(value)-1], q) < 0
}

// labels: the engine's own are compose's, and the others need a name.
func (r *rules) labels(s types.ServiceConfig, path string) {
	list := path + ".labels"
	for _, name := range slices.Sorted(maps.Keys(s.Labels)) {
		at := joinKey(list, name)
		if !r.declared(at) {
			at = r.item(list, name)
		}
		if strings.HasPrefix(name, "com.docker.compose.") {
			r.flag("reserved-label", at, fmt.Sprintf("the label %s belongs to compose, which goes by it", name), "give it another name")
		} else if hint, wrong := wrongLabel(name); wrong {
			r.flag("label-name", at, fmt.Sprintf("%q is no name of a label", name), hint)
		}
	}
}

// wrongLabel tells the names that no label can have, with what was meant.
func wrongLabel(name string) (hint string, wrong bool) {
	if name != "" && strings.IndexFunc(name, unicode.IsSpace) < 0 && !strings.HasSuffix(name, ":") {
		return "", false
	}
	if before, _, colon := strings.Cut(name, ":"); colon {
		hint = "in a list, write " + strings.TrimSpace(before) + "=value"
	}
	return hint, true
}
