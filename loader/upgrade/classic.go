package upgrade

import (
	"errors"
	"fmt"
	"path/filepath"
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

var errNoBlock = errors.New("its services do not begin on lines of their own")

// classicServices writes each v1-format service in today's form, at its place.
func (w *writer) classicServices(t *text, root *yaml.Node) ([]edit, error) {
	all := newBlock(t, root, t.documentEnd(root), nil)
	if all == nil {
		return nil, errNoBlock
	}
	c := &classic{writer: w, t: t, root: root, lists: map[*yaml.Node]bool{}, origin: map[*yaml.Node]string{}}
	for i := range all.parts {
		p := &all.parts[i]
		c.origin[resolve(p.value)] = w.file.Name
		c.declareVolumes(p.key.Value, resolve(p.value))
		if b := all.below(p); b != nil {
			c.service(b)
		}
	}
	c.behaviour()
	return c.edits, nil
}

// classic rewrites the services of one v1-format file.
type classic struct {
	*writer
	t     *text
	root  *yaml.Node
	edits []edit
	lists map[*yaml.Node]bool // shared lists that were rewritten
	// origin is the file of each service that was looked at.
	origin map[*yaml.Node]string
}

func (c *classic) edit(e ...edit) { c.edits = append(c.edits, e...) }

func (c *classic) service(b *block) {
	c.build(b)
	c.logging(b)
	c.net(b)
	c.links(b)
	c.volumesFrom(b)
	c.imageOrBuild(b)
	for _, key := range []string{"volume_driver", "pid"} {
		// An empty `pid:` means none.
		if p := b.part(key); p != nil && (key != "pid" || isNull(p.value)) {
			c.edit(b.remove(p))
		}
	}
	if p := b.part("external_links"); p != nil {
		c.warn("external-link", sub(b.path, "external_links"),
			"a container outside the project is reached only on a network that both are on",
			"docker network connect PROJECT_default CONTAINER, or an external network for both")
	}
}

// build joins build and dockerfile, one of which may be merged in.
func (c *classic) build(b *block) {
	build, file := b.part("build"), b.part("dockerfile")
	merged := effective(b.node, "dockerfile")
	switch {
	case merged == nil:
		return
	case merged.Value == "":
		if file != nil {
			c.edit(b.remove(file))
		}
		return
	case build == nil && file == nil:
		return // all of it is merged in
	}
	context := piece{build, "context", ""}
	if v := effective(b.node, "build"); v != nil && build == nil {
		context.text = b.inner("context: " + scalarLike(v, v.Value))
	}
	c.section(b, "build:", context, piece{file, "dockerfile", b.inner("dockerfile: " + scalarLike(merged, merged.Value))})
}

// logging joins log_driver and log_opt, one of which may be merged in.
func (c *classic) logging(b *block) {
	driver, options := piece{b.part("log_driver"), "driver", ""}, piece{b.part("log_opt"), "options", ""}
	if driver.part == nil && options.part == nil {
		return
	}
	if v := effective(b.node, "log_driver"); v != nil {
		driver.text = b.inner("driver: " + scalarLike(v, v.Value))
	}
	if v := effective(b.node, "log_opt"); v != nil && options.part == nil {
		options.text = b.inner("options:") + strings.ReplaceAll(shift(encode(v, 2), b.indent+2*b.unit()), "\n", c.t.newline)
	}
	c.section(b, "logging:", driver, options)
}

// piece is an entry of a section: a part that moves there under another key, or
// else a text.
type piece struct {
	part *part
	key  string
	text string
}

// section puts two pieces below a new key, where the first of the parts stands.
// The other part comes with the comment above it.
func (c *classic) section(b *block, key string, x, y piece) {
	place := x.part
	if place == nil || y.part != nil && y.part.first < place.first {
		place = y.part
	}
	lines := b.line(key)
	for _, p := range []piece{x, y} {
		if p.part == nil {
			lines += p.text
			continue
		}
		first := p.part.first
		if p.part != place {
			first = max(c.t.comments(first), place.last)
			c.edit(edit{c.t.start(first), c.t.start(p.part.last), ""})
		}
		lines += shift(b.between(first, p.part.first), b.unit()) + b.under(p.part, p.key, b.unit())
	}
	c.edit(b.replace(place, lines))
}

// imageOrBuild holds the v1 format's rule that of image and build the later one
// drops the other, be it of a base or of a file merged before.
func (c *classic) imageOrBuild(b *block) {
	own, other := b.part("image"), "build"
	if own == nil {
		own, other = b.part("build"), "image"
	}
	if own == nil {
		return
	}
	dropped := c.inherited(c.base(b.node), other, 0) != nil
	for _, root := range c.before {
		dropped = dropped || effective(get(root, b.path[0]), other) != nil
	}
	if dropped {
		at := c.t.start(own.first)
		c.edit(edit{at, at, b.line(other + ": !reset null")})
	}
	if ext := get(b.node, "extends"); ext != nil && c.base(b.node) == nil {
		c.warn("extends-merge", sub(b.path, "extends"), "the base was not found; that its "+other+" is dropped cannot be said here",
			fmt.Sprintf("if it has one, add `%s: !reset null`", other))
	}
}

// base is the service that another one extends; nil if it is not found.
func (c *classic) base(service *yaml.Node) *yaml.Node {
	ext := effective(service, "extends")
	if ext == nil {
		return nil
	}
	name, file := ext, c.origin[service]
	if ext.Kind == yaml.MappingNode {
		name = get(ext, "service")
		if f := get(ext, "file"); f != nil && filepath.IsAbs(f.Value) {
			file = filepath.Clean(f.Value)
		} else if f != nil {
			file = filepath.Join(filepath.Dir(file), f.Value)
		}
	}
	root := c.roots[file]
	if file == c.file.Name {
		root = c.root
	}
	if name == nil || root == nil {
		return nil
	}
	base := get(root, name.Value)
	c.origin[base] = file
	if base == service {
		return nil
	}
	return base
}

// inherited is a service's value, or that of its base.
func (c *classic) inherited(service *yaml.Node, key string, depth int) *yaml.Node {
	if v := effective(service, key); v != nil || service == nil || depth > maxBases {
		return v
	}
	return c.inherited(c.base(service), key, depth+1)
}
