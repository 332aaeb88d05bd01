package loader

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// unused: what is declared at the top level and named nowhere. A service that
// has mistakes, or another profile, names things too: the text counts.
func (r *rules) unused() {
	if len(r.model.Services)+len(r.model.DisabledServices)+len(r.model.Jobs) == 0 {
		return // a part of other files
	}
	if r.format == FormatV1 {
		return
	}
	named := maps.Clone(r.mentioned())
	for _, d := range r.found { // what a misspelt name was meant to be
		if strings.HasPrefix(d.Rule, "undefined-") {
			for name := range strings.FieldsFuncSeq(d.Hint, func(c rune) bool { return c == '"' }) {
				named[name] = true
			}
		}
	}
	for _, section := range []struct{ key, noun string }{
		{"networks", "network"}, {"volumes", "volume"}, {"configs", "config"}, {"secrets", "secret"}, {"models", "model"},
	} {
		for _, s := range r.sources {
			for _, root := range s.docs {
				list := child(root, section.key)
				if list == nil || list.Kind != yaml.MappingNode {
					continue
				}
				for i := 0; i+1 < len(list.Content); i += 2 {
					name := list.Content[i].Value
					if named[name] || list.Content[i].Tag == "!!merge" || strings.HasPrefix(name, "x-") || name == "default" && section.key == "networks" {
						continue
					}
					r.flagKey("unused-"+section.noun, joinPath(section.key, name), fmt.Sprintf("no service uses the %s %q", section.noun, name), "")
				}
			}
		}
	}
}

// mentioned are the words of all services: what they use is among them.
func (l *load) mentioned() map[string]bool {
	if l.words == nil {
		l.words = map[string]bool{}
		for _, s := range slices.Concat(l.sources, l.related) {
			for _, root := range s.docs {
				for _, section := range []string{"services", "jobs"} {
					if n := child(root, section); n != nil {
						l.mention(n)
					}
				}
			}
		}
	}
	return l.words
}

// idle reports what belongs to a network that no service names: nobody makes
// it. In a file without services, it is for those of others.
func (l *load) idle(section, name string) bool {
	return section == "networks" && name != "default" && l.format != FormatV1 && len(l.mentioned()) > 0 && !l.mentioned()[name]
}

// mention collects keys and texts, and what stands before their first colon.
// Aliases are met where their anchor stands, or at the top level.
func (l *load) mention(n *yaml.Node) {
	seen := map[*yaml.Node]bool{}
	var visit func(n *yaml.Node)
	visit = func(n *yaml.Node) {
		if n = resolve(n); n == nil || seen[n] {
			return
		}
		seen[n] = true
		if n.Kind == yaml.ScalarNode {
			text, err := l.substitute(n.Value)
			if err != nil {
				text = n.Value
			}
			before, _, _ := strings.Cut(text, ":")
			l.words[text], l.words[before] = true, true
		}
		for _, c := range n.Content {
			visit(c)
		}
	}
	visit(n)
}
