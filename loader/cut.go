package loader

import (
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// cut is a mistake in a file that is included or extended, which is to be taken
// out of what compose-go reads.
type cut struct {
	path string // may be another than the file's own, as that of a service which extends
	at   Position
}

// cuts are what is to be taken out, by file.
type cuts struct {
	files map[string]*source // that may be cut, by name
	made  map[*source][]cut
}

// maxCut bounds the included and extended files from which mistakes are taken
// out, in bytes together: each time they are written anew.
const maxCut = 4 << 20

func newCuts(related []*source) *cuts {
	c := &cuts{files: map[string]*source{}, made: map[*source][]cut{}}
	size := 0
	for _, s := range related {
		size += len(s.content)
		c.files[s.name] = s
	}
	if size > maxCut {
		clear(c.files)
	}
	return c
}

// add keeps a cut; false if it is in none of these files.
func (c *cuts) add(d Diagnostic) bool {
	s := c.files[d.Position.File]
	if s != nil {
		c.made[s] = append(c.made[s], cut{d.Path, d.Position})
	}
	return s != nil
}

// content is a file without what was cut out of it.
func (c *cuts) content(s *source) []byte {
	if len(c.made[s]) == 0 {
		return s.content
	}
	docs := s.copied()
	var paths []string
	var places []Position
	for _, cut := range c.made[s] {
		if s.leads(docs, cut) {
			paths = append(paths, cut.path)
		} else {
			places = append(places, cut.at)
		}
	}
	prune([]tree{docs}, paths)
	for _, at := range places {
		for _, root := range docs {
			if s.cutAt(root, at) {
				break
			}
		}
	}
	out, err := encode([]tree{docs})
	if err != nil {
		return s.content
	}
	return out[0]
}

// leads reports whether a cut's path is one of the file, not of another in which
// its value has come to stand.
func (s *source) leads(docs tree, c cut) bool {
	for _, root := range docs {
		if key, value := written(resolve(root), c.path); c.path != "" && (s.begins(key, c.at) || s.begins(value, c.at)) {
			return true
		}
	}
	return false
}

// written is the key and the value at a path of a tree.
func written(n *yaml.Node, path string) (key, value *yaml.Node) {
	for value = n; path != ""; {
		var name string
		name, path = cutKey(path)
		i := indexOf(value, name)
		if i < 0 {
			return nil, nil
		}
		if key = nil; value.Kind == yaml.MappingNode {
			key = value.Content[i-1]
		}
		value = resolve(value.Content[i])
	}
	return key, value
}

func (s *source) begins(n *yaml.Node, at Position) bool {
	if n == nil {
		return false
	}
	pos := s.position(n)
	return pos.Line == at.Line && pos.Column == at.Column
}

// cutAt removes the innermost entry, or key with its value, that begins at a
// place; of `extends` all, since half of it would be another mistake.
func (s *source) cutAt(n *yaml.Node, at Position) bool {
	step := 1
	if n.Kind == yaml.MappingNode {
		step = 2
	}
	for i := 0; i+step <= len(n.Content); i += step {
		key, value := n.Content[i], n.Content[i+step-1]
		within := s.cutAt(value, at)
		if within && key.Value != "extends" {
			return true
		}
		if within || s.begins(key, at) || s.begins(value, at) {
			n.Content = slices.Delete(n.Content, i, i+step)
			return true
		}
	}
	return false
}

// valueBelow is the place of a value that an error quotes, in a file that is
// included or extended: in a service that nothing leads to.
func (l *load) valueBelow(text string) *Position {
	quoted, place := quotedIn(text)
	if place == nil {
		return nil
	}
	for _, s := range l.related {
		own := newPositions()
		for _, root := range s.docs {
			own.add(root, "", false, s.position)
		}
		var found *Position
		own.each(func(path string, pos Position) {
			if found != nil || !place.MatchString(path) {
				return
			}
			if value, err := l.substitute(l.textAt(pos)); err == nil && strings.Contains(value, quoted) {
				found = &pos
			}
		})
		if found != nil {
			return found
		}
	}
	return nil
}

// castBelow is the place of a value that an error names by its path in a file
// which is included or extended: found is as much of it as there is elsewhere.
func (l *load) castBelow(dotted, found string) *Position {
	if last := dotted[strings.LastIndexByte(dotted, '.')+1:]; strings.HasSuffix(found, "."+last) || strings.HasSuffix(found, "["+last+"]") {
		return nil
	}
	for _, s := range l.related {
		for _, root := range s.docs {
			if _, value := written(resolve(root), dotted); value != nil {
				pos := s.position(value)
				return &pos
			}
		}
	}
	return nil
}

// cannotExtend is how compose-go says that there is no base. The file that it
// names is one of the project's own, even where an extended one is meant.
var cannotExtend = regexp.MustCompile(`^cannot extend service "([^"]+)" in .+?: service "([^"]+)" not found`)

// extendsBelow is the place of the base that an error cannot find, if a file
// that is included or extended names it.
func (l *load) extendsBelow(text string) *Position {
	m := cannotExtend.FindStringSubmatch(text)
	if m == nil {
		return nil
	}
	for _, s := range slices.Concat(l.sources, l.related) {
		for _, root := range s.docs {
			at := child(child(child(root, "services"), m[1]), "extends")
			if name := child(at, "service"); name != nil {
				at = name
			}
			if at == nil || at.Value != m[2] {
				continue
			}
			if slices.Contains(l.sources, s) {
				return nil // a path leads there
			}
			pos := s.position(at)
			return &pos
		}
	}
	return nil
}
