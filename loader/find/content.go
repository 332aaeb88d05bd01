package find

import (
	"regexp"
	"strings"

	"gopkg.in/yaml.v3"

	"recompose/loader/legacy"
)

// maxContent bounds the files whose content is looked at, in bytes.
const maxContent = 1 << 20

// hint is what a compose file must have somewhere; most others are not parsed.
var hint = regexp.MustCompile(`(?m)^["']?services["']?:|^\s+(image|build):`)

// topKeys are those that today's format has at the top level.
var topKeys = map[string]bool{
	"version": true, "name": true, "services": true, "networks": true, "volumes": true,
	"configs": true, "secrets": true, "include": true, "models": true,
}

// isCompose reports whether a YAML file of any name is a compose file: one with
// services of which one has an image or a build and no strange top-level key,
// or one of the 2015 format, in which every entry is a service. Files of other
// programs (CI pipelines, Symfony's services.yaml) don't pass.
func isCompose(content []byte) bool {
	if !hint.Match(content) {
		return false
	}
	var doc yaml.Node
	if yaml.Unmarshal(content, &doc) != nil || len(doc.Content) != 1 || doc.Content[0].Kind != yaml.MappingNode {
		return false
	}
	root := doc.Content[0]
	services := value(root, "services")
	if services == nil {
		return isClassic(root)
	}
	for i := 0; i+1 < len(root.Content); i += 2 {
		if key := root.Content[i].Value; !topKeys[key] && !strings.HasPrefix(key, "x-") {
			return false
		}
	}
	if services.Kind != yaml.MappingNode {
		return false
	}
	one := false
	for i := 1; i < len(services.Content); i += 2 {
		s := services.Content[i]
		if s.Kind != yaml.MappingNode && s.Kind != yaml.AliasNode {
			return false
		}
		one = one || runs(s)
	}
	return one
}

func isClassic(root *yaml.Node) bool {
	for i := 1; i < len(root.Content); i += 2 {
		service := root.Content[i]
		if !runs(service) {
			return false
		}
		for j := 0; j+1 < len(service.Content); j += 2 {
			if !legacy.IsKey(service.Content[j].Value) {
				return false
			}
		}
	}
	return len(root.Content) > 0
}

// runs reports whether a mapping says what to run.
func runs(service *yaml.Node) bool {
	if service.Kind == yaml.AliasNode {
		service = service.Alias
	}
	image, build := value(service, "image"), value(service, "build")
	return image != nil && image.Kind == yaml.ScalarNode || build != nil && build.Kind != yaml.SequenceNode
}

func value(n *yaml.Node, key string) *yaml.Node {
	if n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}
