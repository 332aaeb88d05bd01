package upgrade

import (
	"fmt"
	"path/filepath"

	"gopkg.in/yaml.v3"
)

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
	if c.earlier(b, other) != nil {
		at := c.t.start(own.first)
		c.edit(edit{at, at, b.line(other + ": !reset null")})
	}
	if ext := get(b.node, "extends"); ext != nil && c.base(b.node) == nil {
		c.warn("extends-merge", sub(b.path, "extends"), "the base was not found; that its "+other+" is dropped cannot be said here",
			fmt.Sprintf("if it has one, add `%s: !reset null`", other))
	}
}

// earlier is what a service's value is merged over: its base's, or that of a
// file before; nil if there is none.
func (c *classic) earlier(b *block, key string) *yaml.Node {
	if v := c.inherited(c.base(b.node), key, 0); v != nil {
		return v
	}
	for _, root := range c.before {
		if v := effective(get(root, b.path[len(b.path)-1]), key); v != nil {
			return v
		}
	}
	return nil
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
