package upgrade

import (
	"bytes"
	"fmt"
	"strings"

	"gopkg.in/yaml.v3"
)

// modern rewrites a file that has `services:` already: the obsolete version
// and `external: {name}`, and keys of the v1 format that were carried over.
func (w *writer) modern(t *text, root *yaml.Node) ([]edit, error) {
	if n := unindented(root); n != nil {
		return nil, &refusal{n, "a service stands beside `version:`, without `services:`", "write `services:` above all services, and indent them"}
	}
	b := newBlock(t, root, t.documentEnd(root), nil)
	edits := version(t, root, b)
	for _, section := range []string{"networks", "volumes", "configs", "secrets"} {
		edits = append(edits, externals(t, root, b, section)...)
	}
	return append(edits, w.modernServices(t, root, b)...), nil
}

// unindented finds a service of a file with a version that has no `services:`:
// without the version it would be a file of 2015, and mean another thing.
func unindented(root *yaml.Node) *yaml.Node {
	if get(root, "services") != nil {
		return nil
	}
	for i := 0; i+1 < len(root.Content); i += 2 {
		key, image, build := root.Content[i], get(root.Content[i+1], "image"), get(root.Content[i+1], "build")
		if (isText(image) || isText(build) || get(build, "context") != nil) && !strings.HasPrefix(key.Value, "x-") {
			return key
		}
	}
	return nil
}

// isText leaves out a volume that is called build.
func isText(n *yaml.Node) bool {
	return n != nil && n.Kind == yaml.ScalarNode && n.Tag != "!!null"
}

// version removes the key. A file that has nothing else is left without
// services, but not empty.
func version(t *text, root *yaml.Node, b *block) []edit {
	var edits []edit
	for i := 0; i+1 < len(root.Content); i += 2 {
		key, value := root.Content[i], root.Content[i+1]
		switch {
		case key.Value != "version" || value.Kind != yaml.ScalarNode:
		case len(root.Content) == 2 && t.oneLine(value):
			_, to := t.scalarSpan(value)
			edits = append(edits, edit{t.offset(key), to, "services: {}"})
		case b != nil:
			edits = append(edits, b.remove(&b.parts[i/2]))
		case i+2 < len(root.Content):
			edits = append(edits, edit{t.offset(key), t.offset(root.Content[i+2]), ""})
		case t.oneLine(value):
			_, to := t.scalarSpan(value)
			edits = append(edits, edit{bytes.LastIndexByte(t.content[:t.offset(key)], ','), to, ""})
		}
	}
	return edits
}

// externals writes `external: {name: x}` as `name: x` and `external: true`.
func externals(t *text, root *yaml.Node, b *block, section string) []edit {
	list := get(root, section)
	if list == nil || list.Kind != yaml.MappingNode {
		return nil
	}
	var all *block
	if b != nil && b.part(section) != nil {
		all = b.below(b.part(section))
	}
	var edits []edit
	for i := 1; i < len(list.Content); i += 2 {
		resource := list.Content[i]
		key, ext := entry(resource, "external")
		if ext == nil || ext.Kind != yaml.MappingNode || anchored(ext) {
			continue
		}
		name := get(ext, "name")
		if name != nil && get(resource, "name") != nil {
			name = nil // it says the same, or the file is refused
		}
		var block *block
		if all != nil {
			block = all.below(&all.parts[i/2])
		}
		switch {
		case block != nil:
			p := block.part("external")
			lines := ""
			if name != nil {
				lines = block.line("name: " + t.written(name))
			}
			edits = append(edits, block.replace(p, lines+block.line("external: true")))
		case isFlow(ext):
			quote := ""
			if key.Style&yaml.DoubleQuotedStyle != 0 {
				quote = `"` // JSON
			}
			lines := quote + "external" + quote + ": true"
			if name != nil {
				lines = quote + "name" + quote + ": " + t.written(name) + ", " + lines
			}
			edits = append(edits, edit{t.offset(key), t.flowEnd(t.offset(ext)), lines})
		}
	}
	return edits
}

// written is a scalar as it stands in the file, with the rest of its line if
// that is a comment.
func (t *text) written(n *yaml.Node) string {
	if !t.oneLine(n) {
		return scalar(n.Value)
	}
	from, to := t.scalarSpan(n)
	rest := strings.TrimRight(string(t.content[to:t.start(n.Line+1)]), "\r\n")
	if !strings.HasPrefix(strings.TrimLeft(rest, " \t"), "#") {
		rest = ""
	}
	return string(t.content[from:to]) + rest
}

// modernServices mends services that still have keys of the v1 format, which
// no reader of `services:` takes.
func (w *writer) modernServices(t *text, root *yaml.Node, b *block) []edit {
	if b == nil || b.part("services") == nil {
		return nil
	}
	all := b.below(b.part("services"))
	if all == nil {
		return nil
	}
	c := &classic{writer: w, t: t, root: all.node, lists: map[*yaml.Node]bool{}, origin: map[*yaml.Node]string{}}
	for i := range all.parts {
		s := all.below(&all.parts[i])
		if s == nil {
			continue
		}
		if build := get(s.node, "build"); build == nil || build.Kind == yaml.ScalarNode {
			c.build(s)
		}
		if get(s.node, "logging") == nil {
			c.logging(s)
		}
		c.oldNet(s)
		if p := s.part("volume_driver"); p != nil {
			c.edit(s.remove(p))
			w.warn("volume-driver", sub(s.path, "volume_driver"),
				fmt.Sprintf("the driver %s was for unnamed volumes, which today have none", resolve(p.value).Value),
				"give the volume a name, and its declaration the driver")
		}
	}
	return c.edits
}

// oldNet writes `net` as network_mode.
func (c *classic) oldNet(b *block) {
	p := b.part("net")
	if p == nil || b.part("network_mode") != nil {
		return
	}
	c.edit(b.rename(p, "network_mode"))
	target, ok := strings.CutPrefix(resolve(p.value).Value, "container:")
	if ok && get(c.root, target) != nil && c.t.oneLine(p.value) {
		from, to := c.t.scalarSpan(p.value)
		c.edit(edit{from, to, scalarLike(resolve(p.value), "service:"+target)})
	}
}
