package upgrade

import (
	"fmt"
	"strings"

	"gopkg.in/yaml.v3"

	"recompose/loader/legacy"
)

// textMappings are the keys of a v1-format service whose mappings are text.
var textMappings = map[string]bool{"environment": true, "extra_hosts": true, "labels": true}

// scalars writes what the YAML of the time read in another way than today's:
// 0777 was 511, yes was a boolean, 1:30 was 90. A boolean label was written as
// Python does.
func (w *writer) scalars(t *text, root *yaml.Node) ([]edit, error) {
	s := &scalars{writer: w, t: t}
	for i := 0; i+1 < len(root.Content); i += 2 {
		service := root.Content[i+1]
		if service.Kind != yaml.MappingNode {
			continue
		}
		for j := 0; j+1 < len(service.Content); j += 2 {
			key, value := service.Content[j], service.Content[j+1]
			s.value(key.Value, value, []string{root.Content[i].Value, key.Value})
		}
	}
	return s.edits, nil
}

type scalars struct {
	*writer
	t     *text
	edits []edit
}

func (s *scalars) value(key string, v *yaml.Node, path []string) {
	switch {
	case v.Kind == yaml.ScalarNode:
		s.number(v, path)
	case v.Kind == yaml.SequenceNode:
		for i, item := range v.Content {
			s.text(item, sub(path, fmt.Sprint(i)))
		}
	case v.Kind == yaml.MappingNode && textMappings[key]:
		for i := 0; i+1 < len(v.Content); i += 2 {
			if v.Content[i].Tag != "!!merge" {
				s.key(v.Content[i], sub(path, v.Content[i].Value))
				s.text(v.Content[i+1], sub(path, v.Content[i].Value))
			}
		}
	case v.Kind == yaml.MappingNode && key == "ulimits":
		for i := 0; i+1 < len(v.Content); i += 2 {
			s.value(key, v.Content[i+1], sub(path, v.Content[i].Value))
		}
	}
}

// number writes a number, or a boolean, as today's YAML reads it.
func (s *scalars) number(n *yaml.Node, path []string) {
	switch tag, text := legacy.Scalar(n); tag {
	case "!!int", "!!float":
		if today(n) != text {
			s.replace(n, text, text, path)
		}
	case "!!bool":
		if n.ShortTag() != "!!bool" {
			s.replace(n, strings.ToLower(text), n.Value, path)
		}
	}
}

// text writes a scalar that is text in quotes where it would be read as another
// one. What neither reader takes is left.
func (s *scalars) text(n *yaml.Node, path []string) {
	tag, text := legacy.Scalar(n)
	switch tag {
	case "!!str", "!!int", "!!float", "!!bool":
	default:
		return
	}
	if n.Kind == yaml.ScalarNode && today(n) != text {
		s.replace(n, fmt.Sprintf("%q", text), text, path)
	}
}

// key writes a key that is no text in quotes.
func (s *scalars) key(n *yaml.Node, path []string) {
	if tag, text := legacy.Scalar(n); tag != "!!null" && n.ShortTag() != "!!str" {
		s.replace(n, fmt.Sprintf("%q", text), text, path)
		return
	}
	s.text(n, path)
}

func (s *scalars) replace(n *yaml.Node, written, meant string, path []string) {
	if !s.t.oneLine(n) {
		return
	}
	from, to := s.t.scalarSpan(n)
	s.edits = append(s.edits, edit{from, to, written})
	if !strings.EqualFold(n.Value, meant) {
		s.warn("changed-scalar", path, fmt.Sprintf("%s was read as %s", n.Value, meant), "if that was not meant, quote it as it stands")
	}
}

// today is the text that is made of a scalar now.
func today(n *yaml.Node) string {
	switch n.ShortTag() {
	case "!!str":
		return n.Value
	case "!!null":
		return ""
	}
	var v any
	if err := n.Decode(&v); err != nil {
		return ""
	}
	return fmt.Sprint(v)
}
