package loader

import (
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// foreignTexts are files without keys, by how they begin.
var foreignTexts = []struct {
	start      *regexp.Regexp
	what, hint string
}{
	{regexp.MustCompile(`^(?:FROM|ARG)\s`), "this is a Dockerfile, no compose file", "a service builds from it by `build:`"},
	{regexp.MustCompile(`^(?:export )?[A-Za-z_]\w*=`), "this is an env file, no compose file", "give it to --env-file, or to a service as env_file"},
	{regexp.MustCompile(`^#!`), "this is a script, no compose file", ""},
	{regexp.MustCompile(`^(?i:<!doctype|<html|<\?xml)`), "this is a page of the web, no compose file", ""},
}

// servicesKey is the key without which a file is hardly a compose file.
var servicesKey = regexp.MustCompile(`^\s*services\s*:`)

// foreignText is a finding for a file that begins like one of another kind, nil
// if it does not. Such a file may be no YAML either, in many places.
func (s *source) foreignText() *Diagnostic {
	n := s.below(0)
	if s.hasKey(n) || slices.ContainsFunc(s.lines, servicesKey.MatchString) {
		return nil
	}
	first := s.text(n)
	if strings.HasPrefix(s.line(1), "#!") {
		first = s.line(1)
	}
	for _, f := range foreignTexts {
		if f.start.MatchString(first) {
			d := &Diagnostic{Severity: SeverityError, Rule: "schema", Message: f.what, Hint: f.hint}
			s.mark(d, n, s.depth(n), len(s.text(n)))
			d.Position = s.inFile(d.Position)
			return d
		}
	}
	return nil
}

// foreign reports a file that is something else than a compose file, once, at
// the root of its first document; false if it may be one.
func (l *load) foreign(s *source) bool {
	root := resolve(s.docs[0])
	say := func(message, hint string) bool {
		l.report(SeverityError, "schema", s.position(root), "", message, hint)
		return true
	}
	if root.ShortTag() == "!!null" {
		return false // empty
	}
	if root.Kind != yaml.MappingNode {
		if root.Kind == yaml.ScalarNode {
			if d := s.foreignText(); d != nil {
				l.add(*d)
				return true
			}
		}
		return say("the file must be a mapping at its top level", "a compose file begins with `services:`")
	}
	if child(root, "services") != nil {
		return false
	}
	if isText(child(root, "apiVersion")) && isText(child(root, "kind")) {
		return say("this is a manifest of Kubernetes, no compose file", "a compose file has a top-level `services:`")
	}
	if jobs := child(root, "jobs"); child(root, "on") != nil && jobs != nil && !hasSource(jobs) {
		return say("this is a workflow of GitHub, no compose file", "a compose file has a top-level `services:`")
	}
	return false
}
