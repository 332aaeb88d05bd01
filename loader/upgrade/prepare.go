package upgrade

import (
	"fmt"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// classicKeys are those of a v1-format service that are not written, or do not
// mean, the same today.
var classicKeys = []string{
	"dockerfile", "labels", "links", "log_driver", "log_opt", "net", "pid", "volume_driver", "volumes", "volumes_from",
}

// blocks writes services that stand on one line as blocks, where something in
// them has to be rewritten.
func blocks(t *text, root *yaml.Node) ([]edit, error) {
	if isFlow(root) {
		root.Style &^= yaml.FlowStyle
		for i := 0; i+1 < len(root.Content); i += 2 {
			root.Content[i+1].Style &^= yaml.FlowStyle
		}
		plainKeys(root)
		lead := ""
		if t.marker(root.Line) {
			lead = t.newline
		}
		return []edit{t.reprint(root, lead, 0)}, nil
	}
	var edits []edit
	for i := 0; i+1 < len(root.Content); i += 2 {
		key, service := root.Content[i], root.Content[i+1]
		if service.Kind != yaml.MappingNode || !isFlow(service) {
			continue
		}
		for _, k := range classicKeys {
			if get(service, k) != nil {
				service.Style &^= yaml.FlowStyle
				lead := t.newline
				if service.Anchor != "" {
					lead = "&" + service.Anchor + t.newline
					service.Anchor = ""
				}
				edits = append(edits, t.reprint(service, lead, key.Column+1))
				break
			}
		}
	}
	return edits, nil
}

// plainKeys takes the quotes off keys, which JSON has and YAML does without.
func plainKeys(n *yaml.Node) {
	for i, v := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 {
			v.Style = 0
		}
		plainKeys(v)
	}
}

// reprint writes a flow mapping anew.
func (t *text) reprint(n *yaml.Node, lead string, indent int) edit {
	from := t.offset(n)
	end := t.flowEnd(from)
	for strings.HasPrefix(lead, t.newline) && t.content[from-1] == ' ' {
		from--
	}
	lines := strings.TrimSuffix(shift(encode(n, 2), indent), "\n")
	return edit{from, end, lead + strings.ReplaceAll(lines, "\n", t.newline)}
}

// lastKeys removes repeated keys: docker-compose 1.29.2 took the last one, and
// today's format forbids them.
func (w *writer) lastKeys(t *text, root *yaml.Node) ([]edit, error) {
	return w.lastKeysOf(t, root, t.documentEnd(root), nil), nil
}

func (w *writer) lastKeysOf(t *text, m *yaml.Node, end int, path []string) []edit {
	var edits []edit
	if m.Kind == yaml.SequenceNode {
		for i, item := range m.Content {
			edits = append(edits, w.lastKeysOf(t, item, item.Line, sub(path, strconv.Itoa(i)))...)
		}
	}
	if m.Kind != yaml.MappingNode {
		return edits
	}
	b := newBlock(t, m, end, path)
	for i := 0; i+1 < len(m.Content); i += 2 {
		key := m.Content[i]
		if k, _ := entry(m, key.Value); k != key && key.Kind == yaml.ScalarNode && key.Tag != "!!merge" {
			w.warn("duplicate-key", sub(path, key.Value), fmt.Sprintf("%q is given twice; only the last one counted, and only that is left", key.Value), "")
			if b != nil {
				edits = append(edits, b.remove(&b.parts[i/2]))
			} else {
				edits = append(edits, edit{t.offset(key), t.offset(m.Content[i+2]), ""})
			}
			continue
		}
		below := end
		if b != nil {
			below = b.parts[i/2].last
		}
		edits = append(edits, w.lastKeysOf(t, m.Content[i+1], below, sub(path, key.Value))...)
	}
	return edits
}
