package loader

import (
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"recompose/loader/spelling"
)

// checkExtends finds every service of a file that extends one which is not
// there, and every circle: compose-go stops at the first. Where several files
// come together, it decides what is there.
func (l *load) checkExtends() {
	if len(l.sources) != 1 || len(l.sources[0].docs) != 1 || child(l.sources[0].docs[0], "include") != nil {
		return
	}
	services := child(l.sources[0].docs[0], "services")
	if services == nil || services.Kind != yaml.MappingNode {
		return
	}
	bases, order := map[string]*yaml.Node{}, []string{}
	for i := 0; i+1 < len(services.Content); i += 2 {
		if services.Content[i].Tag == "!!merge" {
			return
		}
		order = append(order, services.Content[i].Value)
		bases[services.Content[i].Value] = baseIn(services.Content[i+1])
	}
	l.undefinedBases(order, bases)
	l.circles(order, bases)
}

// baseIn is the name of the service of the same file that a service extends.
func baseIn(service *yaml.Node) *yaml.Node {
	n := child(service, "extends")
	if n != nil && n.Kind == yaml.MappingNode {
		if child(n, "file") != nil {
			return nil
		}
		n = child(n, "service")
	}
	if n == nil || n.ShortTag() != "!!str" || strings.Contains(n.Value, "$") {
		return nil
	}
	return n
}

func (l *load) undefinedBases(order []string, bases map[string]*yaml.Node) {
	near := spelling.NewWords(order)
	for _, name := range order {
		base := bases[name]
		if base == nil {
			continue
		}
		if _, there := bases[base.Value]; there {
			continue
		}
		at := joinPath("services", name, "extends")
		if l.positions.has(at + ".service") {
			at += ".service"
		}
		if pos, _ := l.positions.At(at); !l.reported(at) {
			l.report(SeverityError, "undefined-service", pos, at, fmt.Sprintf("extends: service %q is not defined", base.Value), suggest(near, base.Value))
		}
	}
}

// circles follows each service to the end, or to where another has led to.
func (l *load) circles(order []string, bases map[string]*yaml.Node) {
	seen := map[string]int{} // in whose way, from 1
	for i, first := range order {
		var way []string
		name := first
		for ; seen[name] == 0; name = bases[name].Value {
			seen[name] = i + 1
			way = append(way, name)
			if bases[name] == nil {
				break
			}
			if _, there := bases[bases[name].Value]; !there {
				break
			}
		}
		from := slices.Index(way, name)
		if seen[name] != i+1 || from < 0 || bases[way[len(way)-1]] == nil || bases[way[len(way)-1]].Value != name {
			continue
		}
		l.circle(fromFirst(append(way[from:], name)))
	}
}

func (l *load) circle(chain []string) {
	at := joinPath("services", chain[0], "extends")
	if pos, _ := l.positions.At(at); !l.reported(at) {
		l.report(SeverityError, "extends-cycle", pos, at, "extends goes round in a circle: "+joinCircle(chain), "")
	}
}

// wholeExtends is the path of `extends` for that of one of its keys: half of it
// would be another mistake.
func wholeExtends(path string) string {
	for _, key := range []string{".extends.service", ".extends.file"} {
		if strings.HasSuffix(path, key) {
			return parentPath(path)
		}
	}
	return path
}
