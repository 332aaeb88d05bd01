package loader

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"recompose/loader/spec"
	"recompose/loader/spelling"
)

// unknownKey suggests the key that was meant: one that the schema has at this
// place, depth keys below the top.
func (l *load) unknownKey(e *jsonschema.ValidationError, path, key string, depth int, places *Positions) Diagnostic {
	d := Diagnostic{Severity: SeverityError, Rule: "unknown-key", Path: path, Message: fmt.Sprintf("unknown key %q", key)}
	d.Position, _ = places.Key(path)
	if depth == 1 && len(e.InstanceLocation) == 1 {
		d.Rule, d.Message = "schema", fmt.Sprintf("invalid name %q under %s", key, e.InstanceLocation[0])
		d.Hint = "only letters, digits, `.`, `_` and `-`"
		return d
	}
	known := l.keysAt(e.SchemaURL)
	if d.Hint = moved[key]; d.Hint != "" && depth == 2 {
		return d
	}
	d.Fix = renameFix(d.Position, key, known.near, func(meant string) bool { return places.has(joinKey(parentPath(path), meant)) })
	if d.Hint = suggest(known.near, key); d.Hint == "" {
		d.Hint = misplaced(e.InstanceLocation[:depth], key)
	}
	if d.Hint == "" && depth == 0 {
		d.Hint = "the top level has " + strings.Join(known.names, ", ")
	}
	return d
}

// moved are keys of the v1 format that today's has under another name.
var moved = map[string]string{
	"net":           "it is called network_mode since version 2",
	"log_driver":    "write logging: {driver: ...}",
	"log_opt":       "write logging: {options: ...}",
	"dockerfile":    "it stands under build: since version 2",
	"volume_driver": "declare the volume under the top-level volumes, with its driver",
}

func didYouMean(word string, candidates []string) string {
	return suggest(spelling.NewWords(candidates), word)
}

// suggest is didYouMean for candidates that many words are compared with.
func suggest(candidates *spelling.Words, word string) string {
	if near := candidates.Nearest(word); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	return ""
}

// keys are those of a place of the schema.
type keys struct {
	names []string // sorted
	near  *spelling.Words
}

// keysAt are the properties that the schema has at the place that an URL points
// to, also through its references and its allOf.
func (l *load) keysAt(place string) *keys {
	if k, ok := l.keys[place]; ok {
		return k
	}
	names := knownKeys(place)
	k := &keys{names, spelling.NewWords(names)}
	l.keys[place] = k
	return k
}

func knownKeys(place string) []string {
	pointer := strings.TrimSuffix(strings.TrimSuffix(pointerOf(place), "/unevaluatedProperties"), "/additionalProperties")
	known := map[string]bool{}
	collectKeys(specDocument(), pointer, known, 0)
	return slices.Sorted(maps.Keys(known))
}

// specDocument is the schema; nil, in which nothing is found, if there is none.
func specDocument() any {
	doc, err := spec.Document()
	if err != nil {
		return nil
	}
	return doc
}

// pointerOf is the JSON pointer in a place of the schema.
func pointerOf(place string) string {
	_, pointer, _ := strings.Cut(place, "#")
	if plain, err := url.PathUnescape(pointer); err == nil {
		return plain
	}
	return pointer
}

func collectKeys(doc any, pointer string, known map[string]bool, depth int) {
	m, _ := lookup(doc, pointer).(map[string]any)
	if m == nil || depth > maxDepth {
		return
	}
	properties, _ := m["properties"].(map[string]any)
	for key := range properties {
		known[key] = true
	}
	if ref, ok := m["$ref"].(string); ok {
		collectKeys(doc, strings.TrimPrefix(ref, "#"), known, depth+1)
	}
	all, _ := m["allOf"].([]any)
	for i := range all {
		collectKeys(doc, pointer+"/allOf/"+strconv.Itoa(i), known, depth+1)
	}
}

// lookup follows a JSON pointer (RFC 6901).
func lookup(doc any, pointer string) any {
	for _, part := range strings.Split(strings.Trim(pointer, "/"), "/") {
		part = strings.NewReplacer("~1", "/", "~0", "~").Replace(part)
		switch v := doc.(type) {
		case map[string]any:
			if part != "" {
				doc = v[part]
			}
		case []any:
			i, err := strconv.Atoi(part)
			if err != nil || i >= len(v) {
				return nil
			}
			doc = v[i]
		}
	}
	return doc
}
