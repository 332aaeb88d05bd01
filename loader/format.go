package loader

import (
	"fmt"
	"strings"

	"gopkg.in/yaml.v3"

	"recompose/loader/spelling"
)

// topKeys are the keys that today's format has at the top level. One of them
// says that a file is not v1 even where it declares nothing, as long as it
// does not look like a service.
var topKeys = []string{"name", "include", "models", "configs", "secrets", "services", "networks", "volumes", "jobs"}

// detectFormat tells a file's format as docker-compose 1.29.2 does
// (config.ConfigFile.version): without a version and with neither services
// nor networks nor volumes it is v1; a version that is a mapping is a v1
// service of that name. Unlike 1.29.2, a file with only top-level keys that v1
// never knew (`name: x`, `include: [...]`, `x-...`) is not v1.
func detectFormat(root *yaml.Node) Format {
	if root == nil || root.Kind != yaml.MappingNode {
		return FormatSpec
	}
	if v := child(root, "version"); v != nil && v.Kind != yaml.MappingNode {
		switch {
		case strings.HasPrefix(v.Value, "2"):
			return FormatV2
		case strings.HasPrefix(v.Value, "3"):
			return FormatV3
		}
		return FormatSpec
	} else if v == nil {
		for _, k := range []string{"services", "networks", "volumes"} {
			if truthy(child(root, k)) {
				return FormatSpec
			}
		}
	}
	if n := child(root, "services"); n != nil && n.ShortTag() == "!!null" {
		return FormatSpec // nobody can have meant a service: what stands below it is not indented
	}
	for i := 0; i+1 < len(root.Content); i += 2 {
		if looksLikeService(root.Content[i].Value, resolve(root.Content[i+1])) {
			return FormatV1
		}
	}
	return FormatSpec
}

// looksLikeService reports whether a top-level entry can only be a v1
// service: any key that today's format does not have, or a mapping with an
// image or a build under one that it has.
func looksLikeService(key string, value *yaml.Node) bool {
	if strings.HasPrefix(key, "x-") || key == "<<" {
		return false
	}
	known := false
	for _, k := range topKeys {
		known = known || k == key
	}
	if !known {
		return key != "version" || value.Kind == yaml.MappingNode
	}
	return hasSource(value)
}

// hasSource tells a service by what it is made from. A volume may be called
// build, and a config image.
func hasSource(value *yaml.Node) bool {
	image, build := child(value, "image"), child(value, "build")
	return isText(image) || isText(build) || child(build, "context") != nil
}

func isText(n *yaml.Node) bool {
	return n != nil && n.Kind == yaml.ScalarNode && n.Tag != "!!null"
}

// agree checks that all files have one format family: v1 files merge with v1
// files only. It gives the format of the project, that of the first file.
func agree(sources []*source, formats []Format) (Format, []Diagnostic) {
	var ds []Diagnostic
	for i, f := range formats[1:] {
		if (f == FormatV1) == (formats[0] == FormatV1) {
			continue
		}
		ds = append(ds, Diagnostic{
			Severity: SeverityError, Rule: "format-mixed",
			Message: fmt.Sprintf("%s is of the format %s, but %s of the format %s: they cannot be merged",
				sources[i+1].name, f, sources[0].name, formats[0]),
			Position: Position{File: sources[i+1].name},
			Hint:     "give the v1-format file a top-level `services:` with its services below",
		})
	}
	return formats[0], ds
}

// misspeltServices tells whether a file looks like one of 2015 only because its
// `services:` is misspelt.
func (l *load) misspeltServices() bool {
	found := false
	for _, s := range l.sources {
		root := resolve(s.docs[0])
		for i := 0; i+1 < len(root.Content); i += 2 {
			key, value := root.Content[i], resolve(root.Content[i+1])
			if value.Kind != yaml.MappingNode || child(value, "image") != nil || child(value, "build") != nil || spelling.Nearest(key.Value, []string{"services"}) == "" {
				continue
			}
			for j := 1; j < len(value.Content); j += 2 {
				if below := value.Content[j]; child(below, "image") != nil || child(below, "build") != nil {
					l.report(SeverityError, "unknown-key", s.position(key), joinKey("", key.Value), fmt.Sprintf("unknown key %q", key.Value), `did you mean "services"?`)
					found = true
					break
				}
			}
		}
	}
	return found
}

// strayServices finds v1 services beside a `services:` mapping, which their
// author forgot to indent, or in a file of today's keys that has none.
func strayServices(s *source, root *yaml.Node) []Diagnostic {
	if root.Kind != yaml.MappingNode {
		return nil
	}
	wrong, hint := "stands beside `services:`", "indent it under `services:`"
	if child(root, "services") == nil {
		wrong, hint = "there is no `services:` above it", "write `services:` above all services, and indent them"
	}
	var ds []Diagnostic
	for i := 0; i+1 < len(root.Content); i += 2 {
		key, value := root.Content[i], resolve(root.Content[i+1])
		if key.Value == "services" || !looksLikeService(key.Value, value) || !hasSource(value) {
			continue
		}
		ds = append(ds, Diagnostic{
			Severity: SeverityError, Rule: "format-mixed",
			Message:  fmt.Sprintf("%q looks like a service, but %s", key.Value, wrong),
			Position: s.position(key), Path: joinKey("", key.Value),
			Hint: hint,
		})
	}
	return ds
}

// child is the value of a mapping's key, the last one where it is repeated;
// nil if there is none.
func child(n *yaml.Node, key string) *yaml.Node {
	n = resolve(n)
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := len(n.Content) - 2; i >= 0; i -= 2 {
		if n.Content[i].Value == key {
			return resolve(n.Content[i+1])
		}
	}
	return nil
}

func resolve(n *yaml.Node) *yaml.Node {
	for n != nil && n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

// truthy is Python's notion of it, by which 1.29.2 decides.
func truthy(n *yaml.Node) bool {
	if n == nil {
		return false
	}
	if n.Kind != yaml.ScalarNode {
		return len(n.Content) > 0
	}
	switch n.ShortTag() {
	case "!!null":
		return false
	case "!!bool":
		return strings.EqualFold(n.Value, "true") || strings.EqualFold(n.Value, "yes") || strings.EqualFold(n.Value, "on")
	case "!!int":
		return n.Value != "0"
	}
	return n.Value != ""
}
