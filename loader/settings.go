package loader

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"gopkg.in/yaml.v3"
)

// SettingsName is the file that says which rules count, and how much.
const SettingsName = ".recompose.yaml"

// severityOff stands for a rule that is turned off.
const severityOff Severity = "off"

// settings are what a project wants of the rules.
type settings struct {
	severity map[string]Severity
	params   map[string]map[string][]string
	presets  map[string]bool
}

func newSettings(presets []string) *settings {
	s := &settings{severity: map[string]Severity{}, params: map[string]map[string][]string{}, presets: map[string]bool{}}
	for _, p := range presets {
		s.presets[p] = true
	}
	return s
}

// of is the severity of a finding that a rule has given another.
func (s *settings) of(rule *Rule, found Severity) Severity {
	severity, set := s.severity[rule.ID]
	switch {
	case set:
		return severity
	case rule.Preset != "" && !s.presets[rule.Preset]:
		return severityOff
	case s.presets["strict"] && strict[rule.ID] != "":
		return strict[rule.ID]
	}
	return found
}

// param is a list that a rule goes by.
func (s *settings) param(id, name string) []string {
	if list, ok := s.params[id][name]; ok {
		return list
	}
	for _, p := range ruleByID(id).Params {
		if p.Name == name {
			return p.Default
		}
	}
	return nil
}

// findSettings looks beside the project and upwards, as far as the repository
// goes.
func findSettings(dir string) string {
	for dir != "" {
		name := filepath.Join(dir, SettingsName)
		if info, err := os.Stat(name); err == nil && info.Mode().IsRegular() {
			return name
		}
		if _, err := os.Stat(filepath.Join(dir, ".git")); err == nil {
			return ""
		}
		up := filepath.Dir(dir)
		if up == dir {
			return ""
		}
		dir = up
	}
	return ""
}

// readSettings reads the project's own settings. What is wrong in them is an
// error for `validate`; other commands go on.
func (l *load) readSettings() {
	name := findSettings(l.discovery.dir)
	if name == "" {
		return
	}
	file, bad, err := l.source(name)
	switch {
	case err != nil:
		l.settingsProblem(Position{File: name}, err.Error(), "")
		return
	case bad != nil:
		l.settingsProblem(bad.Position, bad.Message, bad.Hint)
		return
	case len(file.docs) == 0:
		return
	}
	r := settingsReader{load: l, file: file}
	r.read(resolve(file.docs[0]))
}

func (l *load) settingsProblem(pos Position, message, hint string) {
	severity := SeverityWarning
	if l.Check {
		severity = SeverityError
	}
	l.report(severity, "settings", pos, "", message, hint)
}

type settingsReader struct {
	*load
	file *source
}

func (r *settingsReader) refuse(n *yaml.Node, message, hint string) {
	r.settingsProblem(r.file.position(n), message, hint)
}

// pairs visits the keys of a mapping; what is none is refused.
func (r *settingsReader) pairs(n *yaml.Node, what string, visit func(key, value *yaml.Node)) {
	if n.Kind != yaml.MappingNode {
		r.refuse(n, what+" must be a mapping", "")
		return
	}
	first := newKeySet(len(n.Content) / 2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		if before := first.add(n.Content[i]); before != nil {
			r.refuse(n.Content[i], fmt.Sprintf("%q is given twice", n.Content[i].Value), fmt.Sprintf("the first one is on line %d", before.Line))
			continue
		}
		visit(n.Content[i], resolve(n.Content[i+1]))
	}
}

func (r *settingsReader) read(root *yaml.Node) {
	r.pairs(root, "the file", func(key, value *yaml.Node) {
		switch key.Value {
		case "rules":
			r.pairs(value, "rules", r.rule)
		case "presets":
			r.presets(value)
		default:
			r.unknown(key, "key", key.Value, []string{"presets", "rules"})
		}
	})
}

func (r *settingsReader) unknown(n *yaml.Node, noun, word string, known []string) {
	hint := didYouMean(word, known)
	if hint == "" && len(known) < 10 {
		hint = fmt.Sprintf("there are %s", quoted(known))
	}
	if hint == "" {
		hint = "docs/rules has a page on each rule"
	}
	r.refuse(n, fmt.Sprintf("unknown %s %q", noun, word), hint)
}

func (r *settingsReader) presets(n *yaml.Node) {
	for _, name := range r.words(n, "presets") {
		if _, ok := Presets[name.Value]; !ok {
			r.unknown(name, "preset", name.Value, slices.Sorted(maps.Keys(Presets)))
			continue
		}
		r.settings.presets[name.Value] = true
	}
}

func (r *settingsReader) rule(key, value *yaml.Node) {
	rule := ruleByID(key.Value)
	if rule == nil {
		r.unknown(key, "rule", key.Value, ruleIDs())
		return
	}
	if value.Kind != yaml.MappingNode {
		r.severity(rule, value)
		return
	}
	r.pairs(value, key.Value, func(key, value *yaml.Node) {
		switch key.Value {
		case "severity":
			r.severity(rule, value)
		case "params":
			r.pairs(value, "params", func(key, value *yaml.Node) { r.param(rule, key, value) })
		default:
			r.unknown(key, "key", key.Value, []string{"params", "severity"})
		}
	})
}

func (r *settingsReader) severity(rule *Rule, n *yaml.Node) {
	if n.Kind != yaml.ScalarNode {
		r.refuse(n, rule.ID+" must be a severity, or a mapping with severity and params", "")
		return
	}
	word := Severity(n.Value)
	switch word {
	case SeverityError, SeverityWarning, SeverityInfo, severityOff:
	default:
		r.unknown(n, "severity", n.Value, []string{"off", "info", "warning", "error"})
		return
	}
	if rule.Firm && !rule.Varies && word != SeverityError {
		r.refuse(n, fmt.Sprintf("rule %q cannot be turned down", rule.ID), "what it finds leaves no project to go on with")
		return
	}
	r.settings.severity[rule.ID] = word
}

func (r *settingsReader) param(rule *Rule, key, value *yaml.Node) {
	var names []string
	for _, p := range rule.Params {
		names = append(names, p.Name)
	}
	if !slices.Contains(names, key.Value) {
		r.unknown(key, "parameter", key.Value, names)
		return
	}
	list := []string{}
	for _, word := range r.words(value, key.Value) {
		list = append(list, word.Value)
	}
	if r.settings.params[rule.ID] == nil {
		r.settings.params[rule.ID] = map[string][]string{}
	}
	r.settings.params[rule.ID][key.Value] = list
}

// words are the entries of a list, or the one that stands for it.
func (r *settingsReader) words(n *yaml.Node, what string) []*yaml.Node {
	entries := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		entries = n.Content
	}
	var out []*yaml.Node
	for _, e := range entries {
		if e = resolve(e); e.Kind != yaml.ScalarNode || e.ShortTag() == "!!null" {
			r.refuse(e, what+" must be a list of words", "")
			continue
		}
		out = append(out, e)
	}
	return out
}
