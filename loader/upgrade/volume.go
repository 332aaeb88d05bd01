package upgrade

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// mount is SOURCE:TARGET[:MODE] or a target alone, as the v1 format writes it.
type mount struct{ source, target, mode string }

func parseMount(s string) mount {
	drive := "" // C:\data:/data
	if len(s) > 2 && s[1] == ':' && (s[2] == '\\' || s[2] == '/') && !strings.ContainsAny(s[:1], "/.~$") {
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

// named tells whether the source is a volume's name and not a path.
func (m mount) named() bool {
	return m.source != "" && !strings.ContainsAny(m.source[:1], "/.~$") && !strings.ContainsAny(m.source, `/\`)
}

var notKey = regexp.MustCompile(`[^a-zA-Z0-9._-]+`)

// declareVolumes declares the named volumes that a service mounts, under the
// names that they have: the v1 format never declared them, nor put the
// project's name before theirs.
func (c *classic) declareVolumes(service string) {
	node := get(c.root, service)
	driver := c.inherited(node, "volume_driver", 0)
	anonymous := false
	for depth, s := 0, node; s != nil && depth < maxMerges; depth, s = depth+1, c.base(s) {
		list := effective(s, "volumes")
		for i, item := range items(list) {
			path := []string{service, "volumes", strconv.Itoa(i)}
			m := parseMount(item.Value)
			anonymous = anonymous || m.source == ""
			if strings.HasPrefix(m.source, "$") && !c.lists[list] {
				c.warn("volume-variable", path, fmt.Sprintf("whether %s is a path or a volume's name depends on a variable", m.source),
					"a volume has to be declared under the top-level `volumes:`")
			}
			if !m.named() {
				continue
			}
			d := declaration{key: m.source, name: m.source}
			if strings.Contains(m.source, "$") {
				d.key = strings.Trim(notKey.ReplaceAllString(m.source, "_"), "_")
				m.source = d.key
				if !c.lists[list] && c.t.oneLine(item) {
					c.edit(c.t.renamed(item, m.String())...)
				}
			}
			if driver != nil {
				d.driver = driver.Value
			}
			if !slices.ContainsFunc(c.volumes, func(v declaration) bool { return v.key == d.key }) {
				c.tell("volume-declared", path, fmt.Sprintf("`down -v` removes the volume %s from now on", d.name),
					"to have it kept: `external: true` in its declaration, which then has to exist")
			}
			c.volumes = declare(c.volumes, d)
		}
		if list != nil {
			c.lists[list] = true
		}
	}
	if anonymous && driver != nil && driver.Value != "" {
		c.warn("volume-driver", []string{service, "volume_driver"},
			fmt.Sprintf("the driver %s was for unnamed volumes too, which today have none", driver.Value),
			"give the volume a name")
	}
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
