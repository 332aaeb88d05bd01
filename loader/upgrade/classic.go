package upgrade

import (
	"strings"

	"gopkg.in/yaml.v3"
)

func notBlock(root *yaml.Node) error {
	return &refusal{root, "its services do not begin on lines of their own", "begin each service on a line of its own"}
}

// classicServices writes each v1-format service in today's form, at its place.
func (w *writer) classicServices(t *text, root *yaml.Node) ([]edit, error) {
	all := newBlock(t, root, t.documentEnd(root), nil)
	if all == nil {
		return nil, notBlock(root)
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
	if options.part != nil && c.earlier(b, "log_opt") != nil {
		c.warn("log-options", sub(b.path, "log_opt"), "log_opt took the place of those merged before; logging options are added to them", "take out what is not wanted with `KEY: !reset null`")
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
