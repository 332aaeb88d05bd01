package legacy

import (
	"path"
	"regexp"
	"strings"

	"gopkg.in/yaml.v3"
)

// serviceName is what 1.29.2 allows (config_schema_v1.json).
var serviceName = regexp.MustCompile(`^[a-zA-Z0-9._-]+$`)

// service writes a finished service in today's form. names are all services
// of the project: volumes_from and `net: container:` mean a service of that
// name where there is one.
func (c *converter) service(name string, service *yaml.Node, names map[string]bool) *yaml.Node {
	out := c.mapping(service)
	driver := get(service, "volume_driver") != nil && !isNull(get(service, "volume_driver"))
	add := func(from *yaml.Node, key string, value *yaml.Node) { set(out, c.text(from, key), value) }
	for i := 0; i+1 < len(service.Content); i += 2 {
		key, value := service.Content[i], service.Content[i+1]
		if isNull(value) {
			continue
		}
		switch key.Value {
		case "build":
			add(key, "build", c.build(value, get(service, "dockerfile")))
		case "dockerfile":
		case "net":
			if value.Value != "" {
				add(key, "network_mode", c.net(value, names))
			}
		case "log_driver", "log_opt":
			if get(out, "logging") == nil {
				add(key, "logging", c.mapping(value))
			}
			inner := "driver"
			if key.Value == "log_opt" {
				inner = "options"
			}
			set(get(out, "logging"), c.text(key, inner), value)
		case "volume_driver":
			if value.Value != "" {
				c.drivers[name] = value.Value
			}
		case "volumes_from":
			list := c.list(value)
			for _, item := range items(value) {
				list.Content = append(list.Content, c.volumesFrom(item, names))
			}
			add(key, key.Value, list)
		case "volumes":
			list := c.list(value)
			for _, item := range items(value) {
				list.Content = append(list.Content, c.volume(item, driver))
			}
			add(key, key.Value, list)
		default:
			add(key, key.Value, value)
		}
	}
	return out
}

func (c *converter) build(context, dockerfile *yaml.Node) *yaml.Node {
	if context.Value == "" {
		context = c.text(context, ".") // an unset variable; 1.29.2 takes the project's directory
	}
	if dockerfile == nil || dockerfile.Value == "" {
		return context
	}
	out := c.mapping(context)
	out.Content = []*yaml.Node{c.text(context, "context"), context, c.text(dockerfile, "dockerfile"), dockerfile}
	return out
}

func (c *converter) net(value *yaml.Node, names map[string]bool) *yaml.Node {
	if target, ok := strings.CutPrefix(value.Value, "container:"); ok && names[target] {
		return c.text(value, "service:"+target)
	}
	return value
}

// volumesFrom writes SOURCE[:MODE], which is a service if one has the name.
func (c *converter) volumesFrom(item *yaml.Node, names map[string]bool) *yaml.Node {
	source, _, _ := strings.Cut(item.Value, ":")
	if names[source] {
		return item
	}
	return c.text(item, "container:"+item.Value)
}

// drive starts a path on Windows.

// volume normalises the paths of SOURCE:TARGET[:MODE] as 1.29.2 does. An empty
// one, which an unset variable leaves, is the project's directory. With a
// volume_driver, a relative path is a volume's name.
func (c *converter) volume(item *yaml.Node, driver bool) *yaml.Node {
	source, rest, ok := strings.Cut(item.Value, ":")
	if !ok {
		return c.text(item, path.Clean(source))
	}
	target, mode, hasMode := strings.Cut(rest, ":")
	switch {
	case len(source) == 1 && isLetter(source[0]) && (strings.HasPrefix(target, `\`) || strings.Contains(mode, "/")):
		return item // a path on Windows
	case len(source) == 1 && isLetter(source[0]):
		return c.namedVolume(item, source, path.Clean(target), mode)
	case source == "" || driver || !strings.HasPrefix(source, ".") && !strings.HasPrefix(source, "~"):
		source = path.Clean(source)
	}
	text := source + ":" + path.Clean(target)
	if hasMode {
		text += ":" + mode
	}
	return c.text(item, text)
}

// namedVolume writes a volume in the long form: in the short one, a name of
// one letter is today the drive of a path.
func (c *converter) namedVolume(item *yaml.Node, source, target, mode string) *yaml.Node {
	out := c.mapping(item)
	for _, pair := range [][2]string{{"type", "volume"}, {"source", source}, {"target", target}} {
		out.Content = append(out.Content, c.text(item, pair[0]), c.text(item, pair[1]))
	}
	if mode == "ro" {
		out.Content = append(out.Content, c.text(item, "read_only"), c.keep(&yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: "true"}, c.origin[item]))
	}
	return out
}

func isLetter(b byte) bool { return 'a' <= b|0x20 && b|0x20 <= 'z' }
