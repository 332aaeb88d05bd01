package plain

import (
	"fmt"
	"iter"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// decoder reads nodes. Where it meets what it does not know for certain it
// becomes unsure: all that it gave is worth nothing then.
type decoder struct {
	env     Env
	unsure  bool
	extends bool // a service refers to another one's text
}

// node follows aliases. A tag that is written out may mean anything.
func (d *decoder) node(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.AliasNode && n.Alias != nil {
		n = n.Alias
	}
	if n.Style&yaml.TaggedStyle != 0 {
		d.unsure = true
	}
	return n
}

// pairs are the keys of a mapping, its own before those that it merges. An
// empty one, or something else, makes the decoder unsure.
func (d *decoder) pairs(n *yaml.Node) iter.Seq2[string, *yaml.Node] {
	return func(yield func(string, *yaml.Node) bool) {
		n = d.node(n)
		if n.Kind != yaml.MappingNode || len(n.Content) == 0 {
			d.unsure = true
			return
		}
		if !hasMerge(n) {
			d.own(n, yield)
			return
		}
		seen := map[string]bool{}
		d.merged(n, seen, yield)
	}
}

func hasMerge(n *yaml.Node) bool {
	for i := 0; i < len(n.Content); i += 2 {
		if n.Content[i].Value == "<<" {
			return true
		}
	}
	return false
}

func (d *decoder) own(n *yaml.Node, yield func(string, *yaml.Node) bool) bool {
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if key.Value == "<<" {
			continue
		}
		if key.Kind != yaml.ScalarNode || key.Tag != "!!str" || key.Style&yaml.TaggedStyle != 0 {
			d.unsure = true
			return false
		}
		if !yield(key.Value, n.Content[i+1]) {
			return false
		}
	}
	return true
}

// merged yields a mapping's own keys, then those that `<<` brings and that are
// not there yet, nearest first.
func (d *decoder) merged(n *yaml.Node, seen map[string]bool, yield func(string, *yaml.Node) bool) bool {
	if n.Kind != yaml.MappingNode {
		d.unsure = true
		return false
	}
	fresh := func(key string, n *yaml.Node) bool {
		if seen[key] {
			return true
		}
		seen[key] = true
		return yield(key, n)
	}
	if !d.own(n, fresh) {
		return false
	}
	merges := 0
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value != "<<" {
			continue
		}
		if merges++; merges > 1 || n.Content[i].Tag != "!!merge" {
			d.unsure = true
			return false
		}
		bases := []*yaml.Node{n.Content[i+1]}
		if list := d.node(bases[0]); list.Kind == yaml.SequenceNode {
			bases = list.Content
		}
		for _, base := range bases {
			if !d.merged(d.node(base), seen, yield) {
				return false
			}
		}
	}
	return true
}

// items are the entries of a list that has some.
func (d *decoder) items(n *yaml.Node) []*yaml.Node {
	n = d.node(n)
	if n.Kind != yaml.SequenceNode || len(n.Content) == 0 {
		d.unsure = true
		return nil
	}
	return n.Content
}

func (d *decoder) isList(n *yaml.Node) bool { return d.node(n).Kind == yaml.SequenceNode }

func (d *decoder) isScalar(n *yaml.Node) bool { return d.node(n).Kind == yaml.ScalarNode }

// null tells whether there is nothing, or an empty mapping.
func (d *decoder) null(n *yaml.Node) bool {
	n = d.node(n)
	return n.Kind == yaml.ScalarNode && n.Tag == "!!null" || n.Kind == yaml.MappingNode && len(n.Content) == 0
}

// text is a string, with its variables replaced.
func (d *decoder) text(n *yaml.Node) string {
	n = d.node(n)
	// The two YAML readers part over large numbers with a plus sign.
	if n.Kind != yaml.ScalarNode || n.Tag != "!!str" || n.Style == 0 && strings.HasPrefix(n.Value, "+") {
		d.unsure = true
		return ""
	}
	if !strings.Contains(n.Value, "$") {
		return n.Value
	}
	text, err := d.env.Fill(n.Value)
	if err != nil {
		d.unsure = true
	}
	return text
}

// scalar is a value of a mapping that may be of any type, as compose-go
// prints it; nil for null.
func (d *decoder) scalar(n *yaml.Node) *string {
	n = d.node(n)
	if n.Kind != yaml.ScalarNode {
		d.unsure = true
		return nil
	}
	text := ""
	switch n.Tag {
	case "!!null":
		return nil
	case "!!bool":
		text = strings.ToLower(n.Value)
	case "!!int":
		text = strconv.Itoa(d.integer(n))
	case "!!float":
		text = fmt.Sprint(d.float(n))
	default:
		text = d.text(n)
	}
	return &text
}

// integer is a number in the one way of writing that all readers agree on.
func (d *decoder) integer(n *yaml.Node) int {
	n = d.node(n)
	i, err := strconv.Atoi(n.Value)
	if n.Tag != "!!int" || err != nil || strconv.Itoa(i) != n.Value {
		d.unsure = true
	}
	return i
}

func (d *decoder) natural(n *yaml.Node) int {
	i := d.integer(n)
	d.unsure = d.unsure || i < 0
	return i
}

// float is a number of digits and a point.
func (d *decoder) float(n *yaml.Node) float64 {
	n = d.node(n)
	f, err := strconv.ParseFloat(n.Value, 64)
	if n.Tag != "!!float" || err != nil || strings.Trim(n.Value, "0123456789.") != "" {
		d.unsure = true
	}
	return f
}

func (d *decoder) boolean(n *yaml.Node) bool {
	n = d.node(n)
	if n.Tag != "!!bool" {
		d.unsure = true
	}
	return strings.EqualFold(n.Value, "true")
}

// texts is a list of strings that all differ, also in what stands before "=":
// compose-go drops some of the others, its schema refuses some.
func (d *decoder) texts(n *yaml.Node) []string {
	list := d.words(n)
	if len(list) < 2 {
		return list
	}
	seen := make(map[string]bool, len(list))
	for _, text := range list {
		key, _, _ := strings.Cut(text, "=")
		d.unsure = d.unsure || seen[key]
		seen[key] = true
	}
	return list
}

// words is a list of strings.
func (d *decoder) words(n *yaml.Node) []string {
	items := d.items(n)
	out := make([]string, len(items))
	for i, n := range items {
		out[i] = d.text(n)
	}
	return out
}

// textOrTexts is a string or a list of strings, none of them empty.
func (d *decoder) textOrTexts(n *yaml.Node) []string {
	var out []string
	if d.isScalar(n) {
		out = []string{d.text(n)}
	} else {
		out = d.texts(n)
	}
	for _, text := range out {
		d.unsure = d.unsure || text == ""
	}
	return out
}
