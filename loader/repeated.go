package loader

import (
	"fmt"
	"strconv"

	"github.com/compose-spec/compose-go/v2/override"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

// repeated points at the second of two equal entries.
func (l *load) repeated(k *kind.UniqueItems, list string, places *Positions) Diagnostic {
	first, second := joinIndex(list, k.Duplicates[0]), joinIndex(list, k.Duplicates[1])
	d := Diagnostic{Severity: SeverityError, Rule: "schema", Path: second, Message: "the same entry stands above already", Hint: "remove one of the two"}
	d.Position, _ = places.At(second)
	before, _ := places.At(first)
	if a, b := l.textAt(before), l.textAt(d.Position); a != b {
		d.Message = fmt.Sprintf("the same entry stands above already, as %s", a)
	}
	return d
}

// madeUnique reports whether compose-go would drop one of two equal entries
// before it looks at the schema.
func madeUnique(location []string, pair [2]int, root any) bool {
	for _, key := range location {
		switch v := root.(type) {
		case []any:
			i, err := strconv.Atoi(key)
			if err != nil || i >= len(v) {
				return false
			}
			root = v[i]
		case map[string]any:
			root = v[key]
		}
	}
	list, ok := root.([]any)
	if !ok || max(pair[0], pair[1]) >= len(list) {
		return false
	}
	top := map[string]any{}
	above := top
	last := len(location) - 1
	for _, key := range location[:last] {
		next := map[string]any{}
		above[key], above = next, next
	}
	above[location[last]] = []any{list[pair[0]], list[pair[1]]}
	if _, err := override.EnforceUnicity(top); err != nil {
		return false
	}
	left, _ := above[location[last]].([]any)
	return len(left) < 2
}
