package legacy

import (
	"strings"

	"gopkg.in/yaml.v3"
)

// mergeFiles merges the services of a later file over those of the earlier
// ones.
func (c *converter) mergeFiles(base, over *yaml.Node) *yaml.Node {
	if base == nil {
		return over
	}
	out := *base
	out.Content = append([]*yaml.Node(nil), base.Content...)
	for i := 0; i+1 < len(over.Content); i += 2 {
		key, service := over.Content[i], over.Content[i+1]
		if known := get(base, key.Value); known != nil {
			service = c.merge(known, service)
		}
		set(&out, key, service)
	}
	return &out
}

// merge lays a service over its base, by 1.29.2's merge_service_dicts. An
// image drops the base's build and the other way round.
func (c *converter) merge(base, over *yaml.Node) *yaml.Node {
	drop := ""
	switch {
	case get(over, "image") != nil:
		drop = "build"
	case get(over, "build") != nil:
		drop = "image"
	}
	out := without(base, drop)
	for i := 0; i+1 < len(over.Content); i += 2 {
		key, value := over.Content[i], over.Content[i+1]
		if known := get(base, key.Value); known != nil {
			value = c.mergeValue(key.Value, known, value)
		}
		set(out, key, value)
	}
	if drop == "build" && get(over, "dockerfile") == nil {
		out = without(out, "dockerfile")
	}
	return out
}

func (c *converter) mergeValue(key string, base, over *yaml.Node) *yaml.Node {
	switch key {
	case "environment", "labels":
		return c.mergeMapping(base, over, "=")
	case "extra_hosts":
		return c.mergeMapping(base, over, ":")
	case "ulimits":
		return c.mergeMapping(base, over, "=")
	case "links":
		return c.mergeList(base, over, afterColon)
	case "volumes", "devices":
		return c.mergeList(base, over, containerPath)
	case "cap_add", "cap_drop", "expose", "external_links", "volumes_from", "ports", "security_opt":
		return c.mergeList(base, over, func(s string) string { return s })
	case "dns", "dns_search", "env_file":
		out := c.list(over)
		out.Content = append(append(out.Content, items(base)...), items(over)...)
		return out
	}
	return over
}

// mergeMapping merges mappings, or lists of KEY=VALUE read as such.
func (c *converter) mergeMapping(base, over *yaml.Node, sep string) *yaml.Node {
	out := c.mapping(over)
	for _, side := range []*yaml.Node{base, over} {
		m := c.asMapping(side, sep)
		for i := 0; i+1 < len(m.Content); i += 2 {
			set(out, m.Content[i], m.Content[i+1])
		}
	}
	return out
}

func (c *converter) asMapping(n *yaml.Node, sep string) *yaml.Node {
	if n.Kind == yaml.MappingNode {
		return n
	}
	out := c.mapping(n)
	for _, item := range items(n) {
		key, value, ok := strings.Cut(item.Value, sep)
		v := c.text(item, value)
		if !ok {
			v.Tag = "!!null" // from the environment
		}
		set(out, c.text(item, key), v)
	}
	return out
}

// mergeList keeps of equal entries, by identity, the later one at the place
// of the earlier.
func (c *converter) mergeList(base, over *yaml.Node, identity func(string) string) *yaml.Node {
	out := c.list(over)
	at := map[string]int{}
	for _, side := range []*yaml.Node{base, over} {
		for _, item := range items(side) {
			id := identity(item.Value)
			if i, ok := at[id]; ok {
				out.Content[i] = item
				continue
			}
			at[id] = len(out.Content)
			out.Content = append(out.Content, item)
		}
	}
	return out
}

// afterColon is a link's alias, which defaults to the service's name.
func afterColon(s string) string {
	if _, alias, ok := strings.Cut(s, ":"); ok {
		return alias
	}
	return s
}

// containerPath is the part of HOST:CONTAINER[:MODE] that must be unique.
func containerPath(s string) string {
	parts := strings.Split(s, ":")
	if len(parts) == 1 {
		return s
	}
	return parts[1]
}
