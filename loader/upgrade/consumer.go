package upgrade

import (
	"path"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// consumer is a service with volumes_from.
type consumer struct {
	block   *block
	from    *part
	dropped map[*yaml.Node]bool // entries of volumes_from
	mounts  []mount             // to add
}

// plain tells whether the service's mounts stand in itself, and can be edited.
func (c *consumer) plain() bool {
	b := c.block
	if anchored(b.node) || b.part("extends") != nil || c.from.value.Kind != yaml.SequenceNode {
		return false
	}
	for i := 0; i < len(b.node.Content); i += 2 {
		if b.node.Content[i].Tag == "!!merge" {
			return false
		}
	}
	if _, ok := b.itemSpans(c.from); !ok && len(c.from.value.Content) > 1 {
		return false
	}
	v := b.part("volumes")
	if v == nil {
		return true
	}
	_, ok := b.itemSpans(v)
	return v.value.Kind == yaml.SequenceNode && len(v.value.Content) > 0 && (ok || isFlow(v.value))
}

// take adds a holder's mounts in place of its entry in volumes_from. What the
// service itself mounts at the same place hides them; of two holders the later
// one counts.
func (c *consumer) take(name string, mounts []mount) {
	for _, item := range c.from.value.Content {
		source, mode, _ := strings.Cut(item.Value, ":")
		if source != name {
			continue
		}
		c.dropped[item] = true
		for _, m := range mounts {
			if mode == "ro" {
				m = m.readOnly()
			}
			same := func(o mount) bool { return path.Clean(o.target) == path.Clean(m.target) }
			if slices.ContainsFunc(items(get(c.block.node, "volumes")), func(n *yaml.Node) bool { return same(parseMount(n.Value)) }) {
				continue
			}
			c.mounts = append(slices.DeleteFunc(c.mounts, same), m)
		}
	}
}

// dash is what begins the entries of a part's list.
func (b *block) dash(p *part) string {
	if !isFlow(p.value) {
		line := b.t.line(p.value.Content[0].Line)
		return line[:strings.Index(line, "-")] + "- "
	}
	return strings.Repeat(" ", b.indent+b.unit()) + "- "
}

func (m mount) readOnly() mount {
	if m.mode == "" {
		m.mode = "ro"
		return m
	}
	modes := slices.DeleteFunc(strings.Split(m.mode, ","), func(s string) bool { return s == "rw" || s == "ro" })
	m.mode = strings.Join(append(modes, "ro"), ",")
	return m
}

func (c *consumer) edits() []edit {
	b, t := c.block, c.block.t
	var edits []edit
	fresh := ""
	switch v := b.part("volumes"); {
	case len(c.mounts) == 0:
	case v == nil:
		fresh = b.line("volumes:")
		for _, m := range c.mounts {
			fresh += b.dash(c.from) + scalar(m.String()) + t.newline
		}
	case isFlow(v.value):
		at := t.flowEnd(t.offset(v.value)) - 1
		for _, m := range c.mounts {
			edits = append(edits, edit{at, at, ", " + scalar(m.String())})
		}
	default:
		last := v.value.Content[len(v.value.Content)-1]
		lead := b.dash(v)
		at := t.start(last.Line + 1)
		more := ""
		for _, m := range c.mounts {
			more += lead + scalar(m.String()) + t.newline
		}
		if !ended(string(t.content[:at])) {
			more = t.newline + strings.TrimSuffix(more, t.newline)
		}
		edits = append(edits, edit{at, at, more})
	}
	if len(c.dropped) == len(c.from.value.Content) {
		return append(edits, b.replace(c.from, fresh))
	}
	if fresh != "" {
		at := t.start(c.from.first)
		edits = append(edits, edit{at, at, fresh})
	}
	spans, _ := b.itemSpans(c.from)
	for item := range c.dropped {
		edits = append(edits, edit{t.start(spans[item].first), t.start(spans[item].last), ""})
	}
	return edits
}
