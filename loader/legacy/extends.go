package legacy

import (
	"fmt"
	"path/filepath"
	"strings"

	"gopkg.in/yaml.v3"
)

// scope is where a service stands: names of bases and relative paths are
// looked up in it.
type scope struct {
	file, dir string
	root      *yaml.Node
}

// step is one service on a chain of extends.
type step struct{ file, service string }

// extend gives the service with its base merged in, recursively; nil after a
// problem.
func (c *converter) extend(name string, service *yaml.Node, s scope, chain []step) *yaml.Node {
	key, ext := entry(service, "extends")
	if ext == nil {
		return service
	}
	path := join(join("", name), "extends")
	chain = append(chain[:len(chain):len(chain)], step{s.file, name})
	baseName, base := ext.Value, s
	if ext.Kind == yaml.MappingNode {
		n := get(ext, "service")
		if n == nil {
			return nil // reported by check
		}
		baseName = n.Value
		if f := get(ext, "file"); f != nil {
			var ok bool
			if base, ok = c.open(f, s, path); !ok {
				return nil
			}
		}
	}
	for i, st := range chain {
		if st == (step{base.file, baseName}) {
			c.fail(Problem{Rule: "extends-cycle", Message: "extends goes round in a circle: " + describe(chain[i:], step{base.file, baseName}), Node: key, Path: path})
			return nil
		}
	}
	baseKey, found := entry(base.root, baseName)
	if found == nil {
		c.fail(Problem{Rule: "undefined-service", Message: fmt.Sprintf("extends: no service %q in %s", baseName, base.file), Node: ext, Path: path})
		return nil
	}
	if !c.prepare(baseKey, found) {
		return nil
	}
	if found = c.extend(baseName, found, base, chain); found == nil {
		return nil
	}
	if why := notExtensible(found); why != "" {
		c.fail(Problem{Rule: "extends-base", Message: fmt.Sprintf("service %q of %s has %s, so it cannot be extended", baseName, base.file, why), Node: ext, Path: path})
		return nil
	}
	return c.merge(c.rebase(found, base.dir), without(service, "extends"))
}

// open gives the scope of the file that extends names.
func (c *converter) open(f *yaml.Node, s scope, path string) (scope, bool) {
	name := f.Value
	if !filepath.IsAbs(name) {
		name = filepath.Join(s.dir, name)
	}
	name = filepath.Clean(name)
	if name == s.file {
		return s, true
	}
	if root, ok := c.bases[name]; ok {
		return scope{file: name, dir: filepath.Dir(name), root: root}, root != nil
	}
	c.bases[name] = nil
	file, problem := c.Open(name)
	if problem != nil {
		if problem.File == "" {
			problem.Node, problem.Path, problem.File = f, path, c.origin[f]
		}
		c.fail(*problem)
		return scope{}, false
	}
	root := c.plain(file.Root, file.Name, "")
	if root.Kind != yaml.MappingNode {
		c.fail(Problem{Rule: "schema", Message: "the file must be a mapping of services", Node: root})
		return scope{}, false
	}
	c.bases[name] = root
	return scope{file: name, dir: filepath.Dir(name), root: root}, true
}

// notExtensible says what of a base cannot be inherited, since it names
// services of its own file.
func notExtensible(service *yaml.Node) string {
	for _, key := range []string{"links", "volumes_from"} {
		if get(service, key) != nil {
			return key
		}
	}
	if net := get(service, "net"); net != nil && strings.HasPrefix(net.Value, "container:") {
		return "`net: container:`"
	}
	return ""
}

// rebase makes a base's relative paths absolute, since they start at its own
// file.
func (c *converter) rebase(service *yaml.Node, dir string) *yaml.Node {
	out := *service
	out.Content = append([]*yaml.Node(nil), service.Content...)
	driver := get(service, "volume_driver") != nil
	for i := 0; i+1 < len(out.Content); i += 2 {
		value := out.Content[i+1]
		switch key := out.Content[i].Value; {
		case key == "build" && value.Kind == yaml.ScalarNode:
			if !isURL(value.Value) {
				out.Content[i+1] = c.text(value, under(dir, value.Value))
			}
		case key == "env_file":
			out.Content[i+1] = c.each(value, func(s string) string { return under(dir, s) })
		case key == "volumes" && !driver:
			out.Content[i+1] = c.each(value, func(s string) string {
				if src, rest, ok := strings.Cut(s, ":"); ok && strings.HasPrefix(src, ".") {
					return filepath.Join(dir, src) + ":" + rest
				}
				return s
			})
		}
	}
	return &out
}

func (c *converter) each(list *yaml.Node, f func(string) string) *yaml.Node {
	out := c.list(list)
	for _, item := range items(list) {
		out.Content = append(out.Content, c.text(item, f(item.Value)))
	}
	return out
}

func under(dir, path string) string {
	if filepath.IsAbs(path) || strings.HasPrefix(path, "~") {
		return path
	}
	return filepath.Join(dir, path)
}

// isURL reports whether a build path is remote: 1.29.2's
// DOCKER_VALID_URL_PREFIXES.
func isURL(s string) bool {
	for _, p := range []string{"http://", "https://", "git://", "github.com/", "git@"} {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}

func describe(chain []step, last step) string {
	text := ""
	for _, s := range append(chain[:len(chain):len(chain)], last) {
		if text != "" {
			text += " -> "
		}
		text += s.service
	}
	return text
}
