package loader

import (
	"fmt"
	"strings"

	"github.com/compose-spec/compose-go/v2/format"
	"github.com/compose-spec/compose-go/v2/types"
	"gopkg.in/yaml.v3"
)

// checkShort finds every port, volume and variable in the short form that
// compose-go would refuse; it names the first only, and not its place.
func (l *load) checkShort() {
	l.eachService(func(p place, path string, service *yaml.Node) {
		l.checkShortList(p, child(service, "ports"), path+".ports", parsePort)
		l.checkShortList(p, child(service, "volumes"), path+".volumes", parseVolume)
		l.checkShortList(p, child(service, "environment"), path+".environment", parseVariable)
	})
}

// place tells where a node stands.
type place func(*yaml.Node) Position

// eachService visits the services of the project's own files as they are
// written there, those of a v1-format file as they were converted.
func (l *load) eachService(visit func(p place, path string, service *yaml.Node)) {
	each := func(root *yaml.Node, p place) {
		services := child(root, "services")
		if services == nil || services.Kind != yaml.MappingNode {
			return
		}
		for i := 0; i+1 < len(services.Content); i += 2 {
			visit(p, joinPath("services", services.Content[i].Value), resolve(services.Content[i+1]))
		}
	}
	if l.converted.root != nil {
		each(l.converted.root, l.converted.place)
		return
	}
	for _, s := range l.sources {
		for _, root := range s.docs {
			each(root, s.position)
		}
	}
}

func (l *load) checkShortList(p place, list *yaml.Node, path string, parse func(string) error) {
	if list == nil || list.Kind != yaml.SequenceNode {
		return
	}
	for i, n := range list.Content {
		item, at := resolve(n), joinIndex(path, i)
		if item.Kind != yaml.ScalarNode || item.ShortTag() == "!!null" || l.reported(at) {
			continue
		}
		text, err := l.substitute(item.Value)
		if err == nil {
			err = parse(text)
		}
		if err != nil {
			m := reworded(mistake{message: strings.Join(strings.Fields(err.Error()), " ")})
			if hint := shortHint(text); hint != "" {
				m.hint = hint
			}
			l.report(SeverityError, "schema", p(n), at, m.message, m.hint)
		}
	}
}

func parsePort(text string) error {
	_, err := types.ParsePortConfig(text)
	return err
}

func parseVolume(text string) error {
	_, err := format.ParseVolume(text)
	return err
}

// parseVariable wants NAME or NAME=VALUE; compose-go refuses a space before
// the sign, which would be part of the name.
func parseVariable(text string) error {
	if name, _, ok := strings.Cut(text, "="); ok && strings.HasSuffix(name, " ") {
		return fmt.Errorf("a space stands before the = of %q", text)
	}
	return nil
}

// shortHint says how to mend what an unset variable or another program's
// quotes did to a value.
func shortHint(text string) string {
	switch {
	case strings.ContainsAny(text, smartQuotes):
		return `the quotes are typographic ones; write " or '`
	case strings.HasPrefix(text, ":") || strings.HasSuffix(text, ":") || strings.Contains(text, "::"):
		return "a part of it is empty; is a variable not set?"
	}
	return ""
}

// checkTargets finds every mount and device in the long form without a target:
// compose-go stops at the first, before it looks at anything else.
func (l *load) checkTargets() {
	l.eachService(func(p place, path string, service *yaml.Node) {
		l.checkTargetList(p, child(service, "volumes"), path+".volumes", "mount")
		l.checkTargetList(p, child(service, "devices"), path+".devices", "device")
	})
}

func (l *load) checkTargetList(p place, list *yaml.Node, path, noun string) {
	if list == nil || list.Kind != yaml.SequenceNode {
		return
	}
	for i, n := range list.Content {
		item, at := resolve(n), joinIndex(path, i)
		value, _ := l.plainValue(item, 0).(map[string]any)
		if _, has := value["target"]; item.Kind != yaml.MappingNode || has || l.reported(at) || l.reportedBelow(at) {
			continue
		}
		l.report(SeverityError, "schema", p(n), at, "the "+noun+" has no target", "write target: with a path in the container")
	}
}
