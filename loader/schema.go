package loader

import (
	"errors"
	"fmt"
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

// schemaName is a whole URL: of a relative one the library makes one of the
// working directory, which fails where that has a % in its name.
const schemaName = "file:///compose-spec.json"

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
	if l.invalid == nil {
		l.invalid = append([]Diagnostic{}, l.validate()...)
	}
	return l.invalid
}

func (l *load) validate() []Diagnostic {
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
				var found []Diagnostic
				for _, leaf := range leaves(invalid) {
					found = append(found, l.explain(leaf, value, places)...)
				}
				ds = append(ds, withoutMisspelt(found)...)
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

// withoutMisspelt leaves out what lacks a key that stands there misspelt.
func withoutMisspelt(ds []Diagnostic) []Diagnostic {
	type hint struct{ path, text string }
	given := map[hint]bool{}
	for _, d := range ds {
		if d.Rule == "unknown-key" {
			given[hint{parentPath(d.Path), d.Hint}] = true
		}
	}
	return slices.DeleteFunc(ds, func(d Diagnostic) bool {
		_, missing, needs := strings.Cut(d.Message, " needs ")
		return needs && d.Rule == "schema" && (given[hint{d.Path, fmt.Sprintf("did you mean %q?", missing)}] || given[hint{d.Path, glue}])
	})
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
			d := l.unknownKey(e, joinKey(path, key), key, len(e.InstanceLocation), places)
			if len(k.Properties) == 1 && d.Hint == "" {
				d.Hint = pairInList(e.InstanceLocation, valueAt(root, e.InstanceLocation))
			}
			ds = append(ds, d)
		}
		return ds
	case *kind.FalseSchema:
		// A key that no part of the schema has evaluated. If one knows it,
		// that part failed for another reason, which is a finding itself.
		if strings.HasSuffix(e.SchemaURL, "/unevaluatedProperties") && slices.Contains(l.keysAt(e.SchemaURL).names, name) {
			return nil
		}
		return []Diagnostic{l.unknownKey(e, path, name, len(e.InstanceLocation)-1, places)}
	case *kind.Type:
		if path == "services" && k.Got == "null" && slices.ContainsFunc(l.found, func(d Diagnostic) bool { return d.Rule == "format-mixed" }) {
			return nil // they are there, but not indented
		}
		d.Message = fmt.Sprintf("%s must be %s, not %s", quoteIndex(name), typeNames(wanted(k)), given(k))
		switch text, rest := l.textAt(d.Position), l.restAt(d.Position); {
		case k.Got == "string":
			d.Hint = notText(rest, k.Want)
		case strings.HasPrefix(rest, "{{"):
			d.Hint = "{{ }} is for templates: let the tool write the file first, or quote the value"
		case text != "" && quotable(k):
			d.Hint, d.Fix = asText(d.Position, name, text)
		}
		if hint := outOfName(e.InstanceLocation); hint != "" && k.Got != "null" {
			d.Hint = hint
		} else if k.Got == "object" && d.Hint == "" {
			d.Hint = notMapping(e.InstanceLocation, k.Want, valueAt(root, e.InstanceLocation))
		}
	case *kind.Required:
		d.Message = fmt.Sprintf("%s needs %s", quoteIndex(name), strings.Join(k.Missing, " and "))
	case *kind.Enum:
		var want []string
		for _, w := range k.Want {
			want = append(want, fmt.Sprint(w))
		}
		d.Message = fmt.Sprintf("%s must be one of %s", quoteIndex(name), strings.Join(want, ", "))
		if len(want) == 1 {
			d.Message = fmt.Sprintf("%s must be %s", quoteIndex(name), want[0])
		}
		d.Hint = didYouMean(fmt.Sprint(k.Got), want)
	case *kind.Format:
		d.Message = fmt.Sprintf("%s: %q is no valid %s", name, fmt.Sprint(k.Got), k.Want)
		if k.Want == "duration" {
			d.Hint = durationHint
		}
	case *kind.UniqueItems:
		if madeUnique(e.InstanceLocation, k.Duplicates, root) {
			return nil
		}
		return []Diagnostic{l.repeated(k, path, places)}
	case *kind.Maximum:
		d.Message = fmt.Sprintf("%s must be at most %s", name, k.Want.RatString())
	case *kind.Minimum:
		d.Message = fmt.Sprintf("%s must be at least %s", name, k.Want.RatString())
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
			if d.Hint == "" && strings.Contains(k.Want, "|every_") {
				d.Hint = "or every_ and a time, like every_12h"
			}
		}
	default:
		d.Message = fmt.Sprintf("%s: %s", name, e.ErrorKind.LocalizedString(message.NewPrinter(language.English)))
	}
	return []Diagnostic{d}
}

const durationHint = "write a number with its unit, like 30s, 1m30s or 500ms"

// quotable tells whether quotes make a value right: where a number or true and
// false would do too, the text is read as one.
func quotable(k *kind.Type) bool {
	castable := func(t string) bool { return t == "number" || t == "integer" || t == "boolean" }
	return castable(k.Got) && slices.Contains(k.Want, "string") && !slices.ContainsFunc(k.Want, castable)
}

// wanted leaves out the texts that variables need, where a value has a type.
func wanted(k *kind.Type) []string {
	if slices.Contains([]string{"number", "boolean"}, k.Got) && !quotable(k) {
		return slices.DeleteFunc(slices.Clone(k.Want), func(t string) bool { return t == "string" })
	}
	return k.Want
}

// given is what stands there: the schema calls 1.5 a number, and 1 too.
func given(k *kind.Type) string {
	if k.Got == "number" && slices.Contains(k.Want, "integer") {
		return "a fraction"
	}
	return typeName(k.Got)
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

func typeNames(want []string) string {
	var names []string
	for _, w := range want {
		if n := typeName(w); !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	slices.Sort(names)
	return oneOf(names)
}

// oneOf is "a, b or c".
func oneOf(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
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
