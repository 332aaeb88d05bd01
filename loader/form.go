package loader

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"gopkg.in/yaml.v3"
)

// form is what stands at a place of a file, for a check of its text: the place
// of each value is known here to the letter, also in lists, in files with other
// mistakes, and of services that no profile enables.
type form struct {
	// place is like "services.*.dns[]": * is any key, [] any entry. A text alone
	// counts as a list of one.
	place string
	look  func(v value)
}

// value is a node that a form looks at.
type value struct {
	*load
	source *source
	node   *yaml.Node // no alias
	at     trail
}

// text is a scalar's, with its variables replaced; "" where they cannot be, and
// where nothing or no scalar stands there.
func (v value) text() string {
	if v.node == nil || v.node.Kind != yaml.ScalarNode || v.node.ShortTag() == "!!null" {
		return ""
	}
	text, err := v.substitute(v.node.Value)
	if err != nil {
		return ""
	}
	return text
}

// empty reports a text of nothing, as written or by its variables.
func (v value) empty() bool {
	if v.node.Kind != yaml.ScalarNode || v.node.ShortTag() == "!!null" {
		return false
	}
	text, err := v.substitute(v.node.Value)
	return err == nil && text == ""
}

// given reports whether any file has a key below the value.
func (v value) given(key string) bool { return v.positions.has(joinKey(v.at.path(), key)) }

// name is the key that the value stands at, or its entry in a list.
func (v value) name() string {
	last := v.at[len(v.at)-1]
	if last.index >= 0 {
		return fmt.Sprintf("entry %d", last.index)
	}
	return last.key
}

// below is the value at a key of a mapping; its node is nil if there is none.
func (v value) below(key string) value {
	node := child(v.node, key)
	if node == nil {
		for _, m := range mergedInto(v.node) {
			if node = child(m, key); node != nil {
				break
			}
		}
	}
	v.node, v.at = node, append(trail(nil), v.at...).key(key)
	return v
}

// flag reports by the rule's own severity.
func (v value) flag(rule, message, hint string) {
	v.flagAs(ruleByID(rule).Severity, rule, message, hint)
}

func (v value) flagAs(severity Severity, rule, message, hint string) {
	v.flagNode(severity, rule, v.node, v.at, message, hint)
}

// flagKey reports at a key of the mapping.
func (v value) flagKey(severity Severity, rule, key, message, hint string) {
	for i := 0; i+1 < len(v.node.Content); i += 2 {
		if v.node.Content[i].Value == key {
			v.flagNode(severity, rule, v.node.Content[i], append(trail(nil), v.at...).key(key), message, hint)
			return
		}
	}
	v.flagAs(severity, rule, message, hint) // it is merged in
}

func (v value) flagNode(severity Severity, rule string, n *yaml.Node, at trail, message, hint string) {
	if v.overridden() {
		return
	}
	if severity == SeverityError && v.dormant() {
		if !v.Check {
			return
		}
		severity = SeverityWarning
	}
	if path := at.path(); !v.reported(path) {
		v.report(severity, rule, v.source.position(n), path, message, hint)
	}
}

// overridden reports a value in whose place a later file, or document of a file,
// has another. Entries of lists are added up.
func (v value) overridden() bool {
	if v.node == nil || v.format == FormatV1 || v.source.extended || slices.ContainsFunc(v.at, func(h hop) bool { return h.index >= 0 }) {
		return false
	}
	for i := range v.at {
		if l, _, above := v.positions.find(v.at[:i].path()); above != nil && isOneOf(above.Tag, tags) && !slices.Contains(v.source.docs, l.root) {
			return true
		}
	}
	_, _, n := v.positions.find(v.at.path())
	n = resolve(n)
	return n != nil && v.node.Kind == yaml.ScalarNode && n != v.node
}

// dormant reports a value of a service that does not run now: no active profile
// has it, or nothing extends it; or of a network that no service names. Peers
// would not come to its mistakes.
func (v value) dormant() bool {
	if len(v.at) > 1 && v.idle(v.at[0].key, v.at[1].key) {
		return true
	}
	if len(v.at) < 2 || v.at[0].key != "services" || v.source.bases[v.at[1].key] {
		return false
	}
	if v.source.extended {
		return true
	}
	name := v.at[1].key
	entries := v.positions.entries(joinPath("services", name, "profiles"))
	active := v.env.profiles(v.Options)
	if len(entries) == 0 || isOneOf("*", active) || isOneOf(name, v.Services) {
		return false
	}
	for _, n := range entries {
		if text, err := v.substitute(n.Value); err != nil || isOneOf(text, active) {
			return false
		}
	}
	return true
}

// formNode is the forms at a place, and those below it.
type formNode struct {
	below map[string]*formNode
	looks []func(value)
}

var formTree = sync.OnceValue(func() *formNode {
	root := &formNode{}
	for _, list := range [][]form{portForms, serviceForms, deployForms, mountForms, loggingForms, networkForms, volumeForms, fileForms} {
		for _, f := range list {
			n := root
			for _, step := range strings.Split(strings.ReplaceAll(f.place, "[]", ".[]"), ".") {
				if n.below == nil {
					n.below = map[string]*formNode{}
				}
				if n.below[step] == nil {
					n.below[step] = &formNode{}
				}
				n = n.below[step]
			}
			n.looks = append(n.looks, f.look)
		}
	}
	root.below["jobs"] = root.below["services"] // they have the keys of services
	return root
})

// checkForms looks at the values of all files as they are written.
func (l *load) checkForms() {
	for _, list := range [][]*source{l.sources, l.related} {
		for _, s := range list {
			for _, root := range s.docs {
				v := value{load: l, source: s, node: root, at: newTrail()}
				if l.format == FormatV1 {
					v.at = v.at.key("services")
					formTree().below["services"].check(v, 0)
				} else {
					formTree().check(v, 0)
				}
			}
		}
	}
}

func (f *formNode) check(v value, depth int) {
	v.node = resolve(v.node)
	if v.node == nil || depth > maxDepth {
		return
	}
	for _, look := range f.looks {
		look(v)
	}
	switch v.node.Kind {
	case yaml.MappingNode:
		f.checkKeys(v, v.node, depth)
		for _, m := range mergedInto(v.node) {
			f.checkKeys(v, m, depth)
		}
	case yaml.SequenceNode:
		if entry := f.below["[]"]; entry != nil {
			for i, n := range v.node.Content {
				entry.check(value{v.load, v.source, n, v.at.index(i)}, depth+1)
			}
		}
	case yaml.ScalarNode:
		if entry := f.below["[]"]; entry != nil {
			entry.check(v, depth+1)
		}
	}
}

func (f *formNode) checkKeys(v value, mapping *yaml.Node, depth int) {
	if f.below == nil {
		return
	}
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		key := mapping.Content[i].Value
		below := f.below[key]
		if below == nil {
			below = f.below["*"]
		}
		if below != nil && mapping.Content[i].Tag != "!!merge" {
			below.check(value{v.load, v.source, mapping.Content[i+1], v.at.key(key)}, depth+1)
		}
	}
}

// mergedInto are the mappings that the `<<` of a mapping brings.
func mergedInto(n *yaml.Node) (out []*yaml.Node) {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Tag == "!!merge" {
			out = append(out, merged(n.Content[i+1])...)
		}
	}
	return out
}

// wordOf wants one of some words.
func wordOf(severity Severity, words ...string) func(value) {
	return func(v value) {
		if text := v.text(); text != "" && !isOneOf(text, words) {
			v.flagAs(severity, "unknown-word", fmt.Sprintf("%s: %q is none of %s", v.name(), text, quoted(words)), didYouMean(text, words))
		}
	}
}

// notNear warns of what looks like one of some words, misspelt, where other
// words may be right too.
func notNear(rule, message string, words ...string) func(value) {
	return func(v value) {
		text := v.text()
		if text == "" || isOneOf(text, words) {
			return
		}
		if hint := didYouMean(text, words); hint != "" {
			v.flagAs(SeverityWarning, rule, fmt.Sprintf(message, text), hint)
		}
	}
}
