// Package legacy turns compose files of the format of 2015, with services at
// the top level, into the form of today. It works on YAML nodes, so that every
// value keeps the place where it was written, and follows the rules of
// docker-compose 1.29.2, the last one that read such files.
//
// It must never know what a service is made of later: engine, plan, project.
package legacy

import (
	"fmt"

	"gopkg.in/yaml.v3"
)

// File is one parsed file.
type File struct {
	Name string // absolute
	Dir  string // absolute; relative paths in the file start here
	Root *yaml.Node
}

// Options are what a conversion needs.
type Options struct {
	Files  []File                        // merged in this order
	Lookup func(string) (string, bool)   // variables
	Open   func(string) (File, *Problem) // reads a file that `extends` names, by its absolute path
	Raw    bool                          // leave variables as they are written
}

// Problem is a mistake, or a warning, at a node.
type Problem struct {
	Warning bool
	Rule    string
	Message string
	Hint    string
	Path    string // as written: "web.net"
	File    string // where Node is not known
	Node    *yaml.Node
}

// Result is the converted document and what was found on the way.
type Result struct {
	Root     *yaml.Node            // {services: ...}
	Origin   map[*yaml.Node]string // the file of every node of Root
	Drivers  map[string]string     // service -> volume_driver
	Problems []Problem
}

// maxNodes bounds what aliases expand to.
const maxNodes = 1_000_000

type converter struct {
	Options
	origin   map[*yaml.Node]string
	problems []Problem
	left     int
	bases    map[string]*yaml.Node // file -> plain tree, of files that were opened
	checked  map[*yaml.Node]bool   // services that were interpolated and validated
	drivers  map[string]string
}

// Convert merges the files, resolves `extends` and writes every service in
// today's form. Variables are replaced: the result must not be interpolated
// again.
func Convert(o Options) Result {
	c := &converter{
		Options: o, origin: map[*yaml.Node]string{}, left: maxNodes,
		bases: map[string]*yaml.Node{}, checked: map[*yaml.Node]bool{}, drivers: map[string]string{},
	}
	var all *yaml.Node
	for _, f := range o.Files {
		root := c.plain(f.Root, f.Name, "")
		if root.Kind != yaml.MappingNode {
			c.fail(Problem{Rule: "schema", Message: "the file must be a mapping of services", Node: root})
			continue
		}
		c.prepareAll(root)
		all = c.mergeFiles(all, root)
	}
	if c.left < 0 {
		c.fail(Problem{Rule: "yaml-limit", Message: fmt.Sprintf("aliases expand to more than %d values", maxNodes), File: o.Files[0].Name})
	}
	out := c.mapping(all)
	services := c.mapping(all)
	if all != nil {
		out.Content = []*yaml.Node{c.text(all, "services"), services}
		c.services(all, services)
	}
	return Result{Root: out, Origin: c.origin, Drivers: c.drivers, Problems: c.problems}
}

// prepareAll interpolates and validates the services of a file, and drops
// those that are none.
func (c *converter) prepareAll(root *yaml.Node) {
	var kept []*yaml.Node
	for i := 0; i+1 < len(root.Content); i += 2 {
		key, service := root.Content[i], root.Content[i+1]
		if c.prepare(key, service) {
			kept = append(kept, key, service)
		}
	}
	root.Content = kept
}

func (c *converter) prepare(key, service *yaml.Node) bool {
	path := join("", key.Value)
	if service.Kind != yaml.MappingNode {
		c.fail(Problem{
			Rule: "schema", Message: fmt.Sprintf("%q must be a mapping: at the top level stand services", key.Value), Node: service, Path: path,
			Hint: "a file of today's format has its services under a top-level `services:`",
		})
		return false
	}
	if !serviceName.MatchString(key.Value) {
		c.fail(Problem{Rule: "schema", Message: fmt.Sprintf("invalid service name %q", key.Value), Node: key, Path: path, Hint: "only letters, digits, `.`, `_` and `-`"})
	}
	if !c.checked[service] {
		c.checked[service] = true
		if !c.Raw {
			c.interpolate(service, path)
		}
		c.check(service, path)
	}
	return true
}

// services resolves and converts each service of the merged tree.
func (c *converter) services(all, out *yaml.Node) {
	names := map[string]bool{}
	for i := 0; i+1 < len(all.Content); i += 2 {
		names[all.Content[i].Value] = true
	}
	top := c.Files[0]
	for i := 0; i+1 < len(all.Content); i += 2 {
		key := all.Content[i]
		s := scope{file: top.Name, dir: top.Dir, root: all}
		service := c.extend(key.Value, all.Content[i+1], s, nil)
		if service == nil { // its own keys may have more mistakes
			service = without(all.Content[i+1], "extends")
		} else {
			c.constraints(key, service)
		}
		c.mounts(key, service)
		out.Content = append(out.Content, key, c.service(key.Value, service, names))
	}
}

// constraints holds what only the finished service can show.
func (c *converter) constraints(key, service *yaml.Node) {
	path := join("", key.Value)
	image, build, dockerfile := get(service, "image"), get(service, "build"), get(service, "dockerfile")
	switch {
	case image != nil && build != nil:
		c.fail(Problem{Rule: "schema", Message: fmt.Sprintf("service %q has both image and build; this format allows one of them", key.Value), Node: build, Path: join(path, "build")})
	case image == nil && build == nil:
		c.fail(Problem{Rule: "no-image", Message: fmt.Sprintf("service %q has neither image nor build", key.Value), Node: key, Path: path})
	case image != nil && dockerfile != nil:
		c.fail(Problem{Rule: "schema", Message: fmt.Sprintf("service %q has both image and dockerfile; a dockerfile needs build", key.Value), Node: dockerfile, Path: join(path, "dockerfile")})
	}
}

// mounts refuses two mounts at one path of the container.
func (c *converter) mounts(key, service *yaml.Node) {
	seen := map[string]bool{}
	for i, item := range items(get(service, "volumes")) {
		target := containerPath(item.Value)
		if seen[target] {
			c.fail(Problem{
				Rule: "duplicate-mount", Message: fmt.Sprintf("service %q has two mounts at %s", key.Value, target),
				Node: item, Path: fmt.Sprintf("%s[%d]", join(join("", key.Value), "volumes"), i),
			})
		}
		seen[target] = true
	}
}

func (c *converter) fail(p Problem) {
	if p.File == "" && p.Node != nil {
		p.File = c.origin[p.Node]
	}
	c.problems = append(c.problems, p)
}

func (c *converter) warn(p Problem) {
	p.Warning = true
	c.fail(p)
}
