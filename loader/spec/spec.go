// Package spec says what the specification's schema knows of a place in a
// compose file: the keys and words that fit, and what they mean. It must never
// read a compose file.
package spec

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	compose "github.com/compose-spec/compose-go/v2/schema"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"recompose/loader/draft"
)

// Document is the schema that compose-go has, as encoding/json would give it.
var Document = sync.OnceValues(func() (any, error) {
	return jsonschema.UnmarshalJSON(strings.NewReader(compose.Schema))
})

// Field is a key, as the schema describes it.
type Field struct {
	Name        string
	Description string // in the specification's words
	Deprecated  bool
	Forms       []string // of its value: string, number, integer, boolean, object, array, null
	Words       []string // that its value can be, where they can be counted
}

// Has tells whether a value of one of the forms would do.
func (f Field) Has(forms ...string) bool {
	return slices.ContainsFunc(forms, func(form string) bool { return slices.Contains(f.Forms, form) })
}

// Describe is the key or entry that a path ends with; false if there is none.
func Describe(path []string) (Field, bool) {
	at := schemas(path)
	if len(at) == 0 || len(path) == 0 {
		return Field{}, false
	}
	return field(path[len(path)-1], at), true
}

// Fields are the keys that a mapping at a path can have, by name; those that the
// file's author names are not among them.
func Fields(path []string) []Field {
	names := map[string][]schema{}
	for _, s := range schemas(path) {
		properties, _ := s["properties"].(map[string]any)
		for name, value := range properties {
			names[name] = append(names[name], expand(value, 0)...)
		}
	}
	var out []Field
	for _, name := range slices.Sorted(maps.Keys(names)) {
		out = append(out, field(name, names[name]))
	}
	return out
}

// schema is one of the forms that the schema has for a place.
type schema = map[string]any

// schemas are all forms at a path.
func schemas(path []string) []schema {
	doc, err := Document()
	if err != nil {
		return nil
	}
	at := expand(doc, 0)
	for _, step := range path {
		var below []schema
		for _, s := range at {
			below = append(below, expand(child(s, step), 0)...)
		}
		at = below
	}
	return at
}

// child is the schema of what stands under a key or in a list.
func child(s schema, step string) any {
	if step == draft.Entry {
		return s["items"]
	}
	properties, _ := s["properties"].(map[string]any)
	if value, ok := properties[step]; ok {
		return value
	}
	patterns, _ := s["patternProperties"].(map[string]any)
	for _, pattern := range slices.Sorted(maps.Keys(patterns)) {
		if matches(pattern, step) {
			return patterns[pattern]
		}
	}
	return s["additionalProperties"]
}

func matches(pattern, text string) bool {
	r, err := regexp.Compile(pattern)
	return err == nil && r.MatchString(text)
}

// maxReferences bounds how far references are followed: the schema's own are
// four deep.
const maxReferences = 20

// expand is a schema with all that it refers to and is made of.
func expand(value any, depth int) []schema {
	s, ok := value.(map[string]any)
	if !ok || depth > maxReferences {
		return nil
	}
	out := []schema{s}
	if ref, ok := s["$ref"].(string); ok {
		out = append(out, expand(lookup(ref), depth+1)...)
	}
	for _, key := range []string{"allOf", "oneOf", "anyOf"} {
		parts, _ := s[key].([]any)
		for _, part := range parts {
			out = append(out, expand(part, depth+1)...)
		}
	}
	return out
}

// lookup follows a reference of the form #/$defs/name.
func lookup(ref string) any {
	doc, err := Document()
	if err != nil {
		return nil
	}
	for _, part := range strings.Split(strings.TrimPrefix(ref, "#/"), "/") {
		m, _ := doc.(map[string]any)
		doc = m[part]
	}
	return doc
}

func field(name string, forms []schema) Field {
	f := Field{Name: name}
	for _, s := range forms {
		if text, _ := s["description"].(string); f.Description == "" {
			f.Description = text
		}
		if deprecated, _ := s["deprecated"].(bool); deprecated {
			f.Deprecated = true
		}
		switch t := s["type"].(type) {
		case string:
			f.Forms = append(f.Forms, t)
		case []any:
			for _, one := range t {
				if text, ok := one.(string); ok {
					f.Forms = append(f.Forms, text)
				}
			}
		}
		f.Words = append(f.Words, words(s)...)
	}
	slices.Sort(f.Forms)
	f.Forms = slices.Compact(f.Forms)
	if f.Has("boolean") {
		f.Words = append(f.Words, "true", "false")
	}
	slices.Sort(f.Words)
	f.Words = slices.Compact(f.Words)
	return f
}

var (
	plainWord  = regexp.MustCompile(`^[a-z_]+$`)
	quotedWord = regexp.MustCompile(`'([a-z][a-z_-]*)'`)
)

// words are those that one form allows: of an enum or, since the schema has few,
// of a pattern of alternatives or a description that counts options.
func words(s schema) []string {
	var out []string
	list, _ := s["enum"].([]any)
	for _, w := range list {
		if text, ok := w.(string); ok {
			out = append(out, text)
		}
	}
	if pattern, _ := s["pattern"].(string); strings.Contains(pattern, "|") {
		for _, w := range strings.Split(strings.Trim(pattern, "^()$"), "|") {
			if plainWord.MatchString(w) {
				out = append(out, w)
			}
		}
	}
	if text, _ := s["description"].(string); s["type"] == "string" {
		if _, options, ok := strings.Cut(text, "Options include"); ok {
			for _, m := range quotedWord.FindAllStringSubmatch(options, -1) {
				out = append(out, m[1])
			}
		}
	}
	return out
}
