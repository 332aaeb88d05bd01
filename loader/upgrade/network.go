package upgrade

import (
	"fmt"
	"strings"

	"gopkg.in/yaml.v3"
)

// net becomes network_mode, or networks where it names one.
func (c *classic) net(b *block) {
	p := b.part("net")
	if p == nil {
		return
	}
	v := resolve(p.value)
	kind, target, _ := strings.Cut(v.Value, ":")
	switch {
	case v.Kind != yaml.ScalarNode || !c.t.oneLine(p.value):
		c.edit(b.rename(p, "network_mode"))
	case v.Value == "" || v.Value == "bridge" || v.Value == "default":
		// The network that all services share.
		if c.earlier(b, "net") != nil {
			c.edit(b.replace(p, b.line("network_mode: !reset null")))
		} else {
			c.edit(b.remove(p))
		}
	case kind == "container" && c.services[target]:
		from, to := c.t.scalarSpan(p.value)
		c.edit(b.rename(p, "network_mode"), edit{from, to, scalarLike(v, "service:"+target)})
	case kind == "container" || v.Value == "host" || v.Value == "none":
		c.edit(b.rename(p, "network_mode"))
	case strings.Contains(v.Value, "$"):
		c.edit(b.rename(p, "network_mode"))
		if name := variable.FindStringSubmatch(v.Value); name != nil {
			c.edit(c.t.renamed(p.value, "${"+name[1]+name[2]+":-bridge}")...)
		}
		c.warn("network-variable", sub(b.path, "net"), "which network this is depends on a variable",
			"where it says bridge: `network_mode: bridge` has no names of other services; leave it out")
	default:
		_, to := c.t.scalarSpan(p.value)
		rest := strings.TrimRight(string(c.t.content[to:c.t.start(p.value.Line+1)]), "\r\n")
		c.edit(b.replace(p, b.line("networks:")+b.inner("- "+scalar(v.Value)+rest)))
		c.networks = declare(c.networks, declaration{key: v.Value})
	}
}

// declare adds a declaration once; a driver given later counts if there was
// none.
func declare(list []declaration, d declaration) []declaration {
	for i := range list {
		if list[i].key == d.key {
			if list[i].driver == "" {
				list[i].driver = d.driver
			}
			return list
		}
	}
	return append(list, d)
}

// links to a service by its own name become depends_on: the project's network
// has the name. Those that give another name stay.
func (c *classic) links(b *block) {
	p := b.part("links")
	if p == nil {
		return
	}
	list := p.value
	if list.Kind != yaml.SequenceNode || len(list.Content) == 0 || anchored(list) {
		return
	}
	var needed, kept []*yaml.Node
	names := map[*yaml.Node]string{}
	seen := map[string]bool{}
	for _, item := range list.Content {
		target, alias, _ := strings.Cut(item.Value, ":")
		switch {
		case item.Kind != yaml.ScalarNode || !c.t.oneLine(item) || !c.services[target] || alias != "" && alias != target:
			kept = append(kept, item)
		case !seen[target]:
			seen[target] = true
			names[item] = target
			needed = append(needed, item)
		}
	}
	switch {
	case len(needed) == 0:
		return
	case len(needed) == len(list.Content):
		c.edit(b.rename(p, "depends_on"))
		for _, item := range needed {
			c.edit(c.t.renamed(item, names[item])...)
		}
		return
	case isFlow(list):
		lines := b.line("depends_on: [" + joinScalars(needed, names) + "]")
		if len(kept) > 0 {
			lines += b.line("links: [" + joinScalars(kept, nil) + "]")
		}
		c.edit(b.replace(p, lines))
		return
	}
	spans, ok := b.itemSpans(p)
	if !ok {
		return
	}
	lines := b.line("depends_on:")
	for _, item := range needed {
		lines += b.item(spans[item], item, names[item])
	}
	if len(kept) > 0 {
		lines += b.between(p.first, p.first+1)
		for _, item := range kept {
			lines += b.between(spans[item].first, spans[item].last)
		}
	}
	c.edit(b.replace(p, lines))
}

// renamed replaces a list's entry, unless it says so already.
func (t *text) renamed(item *yaml.Node, value string) []edit {
	if item.Value == value {
		return nil
	}
	from, to := t.scalarSpan(item)
	return []edit{{from, to, scalarLike(item, value)}}
}

func joinScalars(list []*yaml.Node, values map[*yaml.Node]string) string {
	var out []string
	for _, n := range list {
		value, ok := values[n]
		if !ok {
			value = n.Value
		}
		out = append(out, scalarLike(n, value))
	}
	return strings.Join(out, ", ")
}

// span is a range of lines; last is the one after.
type span struct{ first, last int }

// itemSpans are the lines of each entry of a list in block style, comments
// above it included.
func (b *block) itemSpans(p *part) (map[*yaml.Node]span, bool) {
	list := p.value.Content
	out := map[*yaml.Node]span{}
	first := p.first + 1
	for i, item := range list {
		if item.Line < first || !b.t.oneLine(item) || !strings.HasPrefix(strings.TrimLeft(b.t.line(item.Line), " "), "-") {
			return nil, false
		}
		last := item.Line + 1
		if i == len(list)-1 {
			last = p.last
		}
		out[item] = span{first, last}
		first = last
	}
	return out, true
}

// item is an entry's lines with another value.
func (b *block) item(s span, n *yaml.Node, value string) string {
	lines := b.between(s.first, s.last)
	if n.Value == value {
		return lines
	}
	from, to := b.t.scalarSpan(n)
	start := b.t.start(s.first)
	return lines[:from-start] + scalarLike(n, value) + lines[to-start:]
}

// behaviour tells, once for each, what is different though no line says it.
func (c *classic) behaviour() {
	if first := c.root.Content[0].Value; c.first {
		c.tell("container-names", []string{first}, "new containers and images are named with - in place of _: PROJECT-"+first+"-1",
			"recompose keeps the names of containers that are there; --compatibility names new ones with _")
		c.tell("default-network", []string{first}, "services that say no other share the project's network now, not the engine's default bridge; on it they have each other's names", "")
	}
	for i := 0; i+1 < len(c.root.Content); i += 2 {
		links := items(effective(resolve(c.root.Content[i+1]), "links"))
		if len(links) == 0 {
			continue
		}
		target, _, _ := strings.Cut(links[0].Value, ":")
		c.warn("link-names", []string{c.root.Content[i].Value, "links"},
			fmt.Sprintf("a link gave the names %s_1 and PROJECT_%s_1 and variables such as %s_PORT too; today there is %s, for all its containers",
				target, target, strings.ToUpper(strings.ReplaceAll(target, "-", "_")), target),
			"a configuration that uses the numbered names or the variables has to use the service's name")
		break
	}
}
