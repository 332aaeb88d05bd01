package loader

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"gopkg.in/yaml.v3"

	"recompose/loader/spec"
	"recompose/loader/spelling"
)

// composeSchema is compose-go's JSON schema, compiled by ourselves: compose-go
// reports one of its findings only, and without a place.
var composeSchema = sync.OnceValues(func() (*jsonschema.Schema, error) {
	doc, err := spec.Document()
	if err != nil {
		return nil, err
	}
	c := jsonschema.NewCompiler()
	c.RegisterFormat(&jsonschema.Format{Name: "duration", Validate: checkDuration})
	if err := c.AddResource(schemaName, doc); err != nil {
		return nil, err
	}
	return c.Compile(schemaName)
})

const schemaName = "compose-spec.json"

func checkDuration(v any) error {
	s, ok := v.(string)
	if !ok {
		return nil // its type is another finding
	}
	_, err := time.ParseDuration(s)
	return err
}

// schemaErrors validates each file by itself, also those that are included or
// extended, and gives every finding.
func (l *load) schemaErrors() []Diagnostic {
	schema, err := composeSchema()
	if err != nil {
		return nil
	}
	var ds []Diagnostic
	for _, s := range slices.Concat(l.sources, l.related) {
		for _, root := range s.docs {
			value := l.plainValue(root, 0)
			var invalid *jsonschema.ValidationError
			if errors.As(schema.Validate(value), &invalid) {
				places := newPositions() // those of this file only
				places.add(root, "", false, s.position)
				for _, leaf := range leaves(invalid) {
					ds = append(ds, l.explain(leaf, value, places)...)
				}
			}
		}
	}
	for i := range ds {
		if ds[i].Position.File == "" {
			ds[i].Position.File = l.sources[0].name
		}
	}
	return ds
}

// plainValue is a tree as encoding/json would give it, with variables
// replaced. What `!reset` takes away is left out.
func (l *load) plainValue(n *yaml.Node, depth int) any {
	n = resolve(n)
	if depth > maxDepth {
		return nil
	}
	switch n.Kind {
	case yaml.MappingNode:
		out := map[string]any{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Tag == "!!merge" {
				for _, m := range merged(n.Content[i+1]) {
					if below, ok := l.plainValue(m, depth+1).(map[string]any); ok {
						for k, v := range below {
							if _, own := out[k]; !own {
								out[k] = v
							}
						}
					}
				}
			}
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			if key, value := n.Content[i], n.Content[i+1]; key.Tag != "!!merge" && value.Tag != "!reset" {
				out[key.Value] = l.plainValue(value, depth+1)
			}
		}
		return out
	case yaml.SequenceNode:
		out := []any{}
		for _, c := range n.Content {
			out = append(out, l.plainValue(c, depth+1))
		}
		return out
	}
	return l.plainScalar(n)
}

func (l *load) plainScalar(n *yaml.Node) any {
	switch n.ShortTag() {
	case "!!null":
		return nil
	case "!!bool":
		b, err := strconv.ParseBool(n.Value)
		if err == nil {
			return b
		}
	case "!!int", "!!float":
		var f float64
		if n.Decode(&f) == nil && !math.IsInf(f, 0) && !math.IsNaN(f) {
			return f
		}
	}
	if text, err := l.substitute(n.Value); err == nil {
		return text
	}
	return n.Value
}

// leaves are the findings that people can act on. Where one of several forms
// would do, the findings are those of the form that came furthest.
func leaves(e *jsonschema.ValidationError) []*jsonschema.ValidationError {
	if len(e.Causes) == 0 {
		return []*jsonschema.ValidationError{e}
	}
	switch e.ErrorKind.(type) {
	case *kind.OneOf, *kind.AnyOf:
		var best []*jsonschema.ValidationError
		furthest := -1
		for _, c := range e.Causes {
			found := leaves(c)
			far := 0
			for _, f := range found {
				d := 2 * len(f.InstanceLocation)
				if _, wrongType := f.ErrorKind.(*kind.Type); !wrongType {
					d++ // the type was right: this form was meant
				}
				far = max(far, d)
			}
			if far > furthest {
				best, furthest = found, far
			} else if far == furthest {
				best = joinTypes(best, found)
			}
		}
		return best
	}
	var out []*jsonschema.ValidationError
	for _, c := range e.Causes {
		out = append(out, leaves(c)...)
	}
	return out
}

// joinTypes makes one finding of two that want another type at one place.
func joinTypes(a, b []*jsonschema.ValidationError) []*jsonschema.ValidationError {
	if len(a) != 1 || len(b) != 1 || !slices.Equal(a[0].InstanceLocation, b[0].InstanceLocation) {
		return a
	}
	x, ok1 := a[0].ErrorKind.(*kind.Type)
	y, ok2 := b[0].ErrorKind.(*kind.Type)
	if !ok1 || !ok2 {
		return a
	}
	joined := *a[0]
	joined.ErrorKind = &kind.Type{Got: x.Got, Want: slices.Concat(x.Want, y.Want)}
	return []*jsonschema.ValidationError{&joined}
}

// explain words one finding; unknown keys are one diagnostic each.
func (l *load) explain(e *jsonschema.ValidationError, root any, places *Positions) []Diagnostic {
	path := instancePath(e.InstanceLocation, root)
	name := "the file"
	if n := len(e.InstanceLocation); n > 0 {
		name = e.InstanceLocation[n-1]
	}
	d := Diagnostic{Severity: SeverityError, Rule: "schema", Path: path}
	d.Position, _ = places.At(path)
	switch k := e.ErrorKind.(type) {
	case *kind.AdditionalProperties:
		var ds []Diagnostic
		for _, key := range k.Properties {
			ds = append(ds, unknownKey(e, joinKey(path, key), key, len(e.InstanceLocation), places))
		}
		return ds
	case *kind.FalseSchema:
		// A key that no part of the schema has evaluated. If one knows it,
		// that part failed for another reason, which is a finding itself.
		if strings.HasSuffix(e.SchemaURL, "/unevaluatedProperties") && slices.Contains(knownKeys(e.SchemaURL), name) {
			return nil
		}
		return []Diagnostic{unknownKey(e, path, name, len(e.InstanceLocation)-1, places)}
	case *kind.Type:
		d.Message = fmt.Sprintf("%s must be %s, not %s", quoteIndex(name), typeNames(k.Want), typeName(k.Got))
		switch text := l.textAt(d.Position); {
		case k.Got == "string":
			d.Hint = spaceMissing(text)
		case text != "" && slices.Contains(k.Want, "string") && (k.Got == "number" || k.Got == "boolean"):
			d.Hint, d.Fix = asText(d.Position, name, text)
		}
	case *kind.Required:
		d.Message = fmt.Sprintf("%s needs %s", quoteIndex(name), strings.Join(k.Missing, " and "))
	case *kind.Enum:
		var want []string
		for _, w := range k.Want {
			want = append(want, fmt.Sprint(w))
		}
		d.Message = fmt.Sprintf("%s must be one of %s", quoteIndex(name), strings.Join(want, ", "))
		d.Hint = didYouMean(fmt.Sprint(k.Got), want)
	case *kind.Format:
		d.Message = fmt.Sprintf("%s: %q is no valid %s", name, fmt.Sprint(k.Got), k.Want)
		if k.Want == "duration" {
			d.Hint = "write a number with its unit, like 30s, 1m30s or 500ms"
		}
	case *kind.Pattern:
		d.Message = fmt.Sprintf("%s: %q is not of the form %s", name, k.Got, k.Want)
		var words []string
		for _, word := range strings.Split(strings.Trim(k.Want, "^()$"), "|") {
			if plainWord.MatchString(word) {
				words = append(words, word)
			}
		}
		if len(words) > 1 {
			d.Message = fmt.Sprintf("%s: %q is none of %s", name, k.Got, strings.Join(words, ", "))
			d.Hint = didYouMean(k.Got, words)
		}
	default:
		d.Message = fmt.Sprintf("%s: %s", name, e.ErrorKind.LocalizedString(message.NewPrinter(language.English)))
	}
	return []Diagnostic{d}
}

// plainWord is an alternative of a pattern that stands for itself.
var plainWord = regexp.MustCompile(`^[a-z_]+$`)

func instancePath(location []string, root any) string {
	path := ""
	for _, key := range location {
		switch v := root.(type) {
		case []any:
			i, _ := strconv.Atoi(key)
			path = joinIndex(path, i)
			if i < len(v) {
				root = v[i]
			}
		case map[string]any:
			path, root = joinKey(path, key), v[key]
		}
	}
	return path
}

// unknownKey suggests the key that was meant: one that the schema has at this
// place, depth keys below the top.
func unknownKey(e *jsonschema.ValidationError, path, key string, depth int, places *Positions) Diagnostic {
	d := Diagnostic{Severity: SeverityError, Rule: "unknown-key", Path: path, Message: fmt.Sprintf("unknown key %q", key)}
	d.Position, _ = places.Key(path)
	if depth == 1 && len(e.InstanceLocation) == 1 {
		d.Rule, d.Message = "schema", fmt.Sprintf("invalid name %q under %s", key, e.InstanceLocation[0])
		d.Hint = "only letters, digits, `.`, `_` and `-`"
		return d
	}
	known := knownKeys(e.SchemaURL)
	if d.Hint = moved[key]; d.Hint != "" && depth == 2 {
		return d
	}
	d.Fix = renameFix(d.Position, key, known, func(meant string) bool { return places.has(joinKey(parentPath(path), meant)) })
	if d.Hint = didYouMean(key, known); d.Hint == "" && depth == 0 {
		d.Hint = "the top level has " + strings.Join(known, ", ")
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
	if near := spelling.Nearest(word, candidates); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	return ""
}

// knownKeys are the properties that the schema has at the place that url
// points to, also through its references and its allOf.
func knownKeys(url string) []string {
	_, pointer, _ := strings.Cut(url, "#")
	pointer = strings.TrimSuffix(strings.TrimSuffix(pointer, "/unevaluatedProperties"), "/additionalProperties")
	doc, err := spec.Document()
	if err != nil {
		return nil
	}
	known := map[string]bool{}
	collectKeys(doc, pointer, known, 0)
	return slices.Sorted(maps.Keys(known))
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

func typeNames(want []string) string {
	var names []string
	for _, w := range want {
		if n := typeName(w); !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	slices.Sort(names)
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " or " + names[last]
}

func typeName(t string) string {
	switch t {
	case "object":
		return "a mapping"
	case "array":
		return "a list"
	case "integer":
		return "a whole number"
	case "null":
		return "empty"
	case "boolean":
		return "true or false"
	}
	return "a " + t
}

// quoteIndex names an entry of a list by its place.
func quoteIndex(name string) string {
	if _, err := strconv.Atoi(name); err == nil {
		return "entry " + name
	}
	return name
}
