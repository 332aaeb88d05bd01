package upgrade

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// mount is SOURCE:TARGET[:MODE] or a target alone, as the v1 format writes it.
type mount struct{ source, target, mode string }

func parseMount(s string) mount {
	drive := "" // C:\data:/data, but d:/data is a volume called d
	if len(s) > 2 && isLetter(s[0]) && s[1] == ':' && (s[2] == '\\' || strings.Contains(afterColon(s[2:]), "/")) {
		drive, s = s[:2], s[2:]
	}
	parts := strings.SplitN(s, ":", 3)
	switch len(parts) {
	case 1:
		return mount{target: drive + s}
	case 2:
		return mount{source: drive + parts[0], target: parts[1]}
	}
	return mount{source: drive + parts[0], target: parts[1], mode: parts[2]}
}

func isLetter(b byte) bool { return 'a' <= b|0x20 && b|0x20 <= 'z' }

func afterColon(s string) string {
	_, rest, _ := strings.Cut(s, ":")
	return rest
}

func (m mount) String() string {
	s := m.target
	if m.source != "" {
		s = m.source + ":" + s
	}
	if m.mode != "" {
		s += ":" + m.mode
	}
	return s
}

// path tells whether the source is a path as it stands.
func (m mount) path() bool {
	return strings.ContainsAny(m.source[:1], "/.~") || strings.Contains(m.source, `\`)
}

var (
	notKey   = regexp.MustCompile(`[^a-zA-Z0-9._-]+`)
	variable = regexp.MustCompile(`^\$(?:\{([a-zA-Z_][a-zA-Z0-9_]*)\}|([a-zA-Z_][a-zA-Z0-9_]*))$`)
)

// declareVolumes declares the named volumes that a service mounts, under the
// names that they have: the v1 format never declared them, nor put the
// project's name before theirs.
func (c *classic) declareVolumes(service string, node *yaml.Node) {
	driver := ""
	if v := c.inherited(node, "volume_driver", 0); v != nil {
		driver = v.Value
	}
	anonymous := false
	for depth, s := 0, node; s != nil && depth < maxBases; depth, s = depth+1, c.base(s) {
		list := effective(s, "volumes")
		fresh := list != nil && !c.lists[list]
		for i, item := range items(list) {
			m := parseMount(item.Value)
			if m.source == "" {
				anonymous = true
				continue
			}
			path := []string{service, "volumes", strconv.Itoa(i)}
			today := c.today(&m, driver, path, fresh)
			if fresh && c.t.oneLine(item) {
				c.edit(c.t.renamed(item, m.String())...)
			}
			if today.key == "" {
				continue
			}
			if !slices.ContainsFunc(c.volumes, func(v declaration) bool { return v.key == today.key }) {
				c.tell("volume-declared", path, fmt.Sprintf("`down -v` may remove the volume %s from now on", today.name),
					"to have it kept: `external: true` in its declaration, which then has to exist")
			}
			c.volumes = declare(c.volumes, today)
		}
		if fresh {
			c.lists[list] = true
		}
	}
	if anonymous && driver != "" {
		c.warn("volume-driver", []string{service, "volume_driver"},
			fmt.Sprintf("the driver %s was for unnamed volumes too, which today have none", driver),
			"give the volume a name")
	}
}

// today rewrites a mount so that it means the same today, and gives the
// declaration of its volume if it has one that is named.
func (c *classic) today(m *mount, driver string, at []string, fresh bool) declaration {
	switch v := variable.FindStringSubmatch(m.source); {
	case v != nil:
		// An unset variable meant the project's directory.
		m.source = "${" + v[1] + v[2] + ":-.}"
		if fresh {
			c.warn("volume-variable", at, fmt.Sprintf("whether this is a path or a volume's name depends on the variable %s", v[1]+v[2]),
				"a volume has to be declared under the top-level `volumes:`")
		}
		return declaration{}
	case m.source[0] == '$':
		if fresh && !strings.Contains(m.source, "/") {
			c.warn("volume-variable", at, "whether this is a path or a volume's name depends on a variable",
				"a volume has to be declared under the top-level `volumes:`")
		}
		return declaration{}
	case driver != "" && m.source[0] == '.':
		m.source = path.Clean(m.source) // with a driver, it is a volume's name
	}
	if m.path() {
		return declaration{}
	}
	if strings.Contains(m.source, "/") {
		if fresh {
			c.warn("volume-path", at, fmt.Sprintf("%q is a volume's name, which no engine takes; it is written as a path", m.source), "")
		}
		m.source = "./" + m.source
		return declaration{}
	}
	d := declaration{key: m.source, name: m.source, driver: driver}
	if len(m.source) == 1 {
		d.key = "volume_" + m.source // today, one letter is a drive
	} else if strings.Contains(m.source, "$") {
		d.key = strings.Trim(notKey.ReplaceAllString(m.source, "_"), "_")
	}
	m.source = d.key
	return d
}

// volumesFrom marks what is a container and no service.
func (c *classic) volumesFrom(b *block) {
	p := b.part("volumes_from")
	if p == nil {
		return
	}
	list := resolve(p.value)
	if c.lists[list] {
		return
	}
	c.lists[list] = true
	for i, item := range items(list) {
		source, _, _ := strings.Cut(item.Value, ":")
		switch {
		case c.services[source] || item.Kind != yaml.ScalarNode || !c.t.oneLine(item):
		case strings.Contains(source, "$"):
			c.warn("volumes-from-variable", sub(b.path, "volumes_from", strconv.Itoa(i)),
				"whether this is a service or a container depends on a variable", "a container is written container:NAME")
		default:
			c.edit(c.t.renamed(item, "container:"+item.Value)...)
		}
	}
}
