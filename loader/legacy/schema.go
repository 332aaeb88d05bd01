package legacy

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"recompose/loader/spelling"
)

// kind is what a key's value may be.
type kind int

const (
	text kind = iota
	textOrNull
	number // or a string
	integer
	boolean
	texts   // list of strings, none twice
	numbers // list of strings or numbers, none twice
	ports
	textOrTexts
	variables // mapping, or list of KEY=VALUE
	labels
	anyMapping
	ulimits
	extends
)

// keys are all that a service may have; the set and the types are those of
// 1.29.2's config_schema_v1.json.
var keys = map[string]kind{
	"build": text, "cap_add": texts, "cap_drop": texts, "cgroup_parent": text, "command": textOrTexts,
	"container_name": text, "cpu_quota": number, "cpu_shares": number, "cpuset": text, "devices": texts,
	"dns": textOrTexts, "dns_search": textOrTexts, "dockerfile": text, "domainname": text,
	"entrypoint": textOrTexts, "env_file": textOrTexts, "environment": variables, "expose": numbers,
	"extends": extends, "external_links": texts, "extra_hosts": variables, "hostname": text, "image": text,
	"ipc": text, "labels": labels, "links": texts, "log_driver": text, "log_opt": anyMapping,
	"mac_address": text, "mem_limit": number, "mem_swappiness": integer, "memswap_limit": number, "net": text,
	"pid": textOrNull, "ports": ports, "privileged": boolean, "read_only": boolean, "restart": text,
	"security_opt": texts, "shm_size": number, "stdin_open": boolean, "stop_signal": text, "tty": boolean,
	"ulimits": ulimits, "user": text, "volume_driver": text, "volumes": texts, "volumes_from": texts,
	"working_dir": text,
}

// IsKey reports whether a service of the 2015 format may have the key.
func IsKey(key string) bool { _, ok := keys[key]; return ok }

// newer are keys of later formats under which this one's meaning is known by
// another name, or not at all.
var newer = map[string]string{
	"network_mode": "this format calls it `net`", "logging": "this format has `log_driver` and `log_opt`",
}

var (
	keyNames     = slices.Sorted(maps.Keys(keys))
	exposeFormat = regexp.MustCompile(`^\d+(-\d+)?(/[a-zA-Z]+)?$`)
	integerText  = regexp.MustCompile(`^[-+]?\d+$`)
)

// check validates one service of a file, after interpolation, and normalises
// what is known by its type: a boolean written as yes, or as a string.
func (c *converter) check(service *yaml.Node, path string) {
	for i := 0; i+1 < len(service.Content); i += 2 {
		key, value := service.Content[i], service.Content[i+1]
		at := join(path, key.Value)
		want, ok := keys[key.Value]
		if !ok {
			c.unknown(key, at)
			continue
		}
		c.checkValue(value, at, want)
	}
	if k, v := entry(service, "memswap_limit"); v != nil && get(service, "mem_limit") == nil && get(service, "extends") == nil {
		c.fail(Problem{Rule: "schema", Message: "memswap_limit needs mem_limit", Node: k, Path: join(path, "memswap_limit")})
	}
}

func (c *converter) unknown(key *yaml.Node, at string) {
	p := Problem{Rule: "unknown-key", Message: fmt.Sprintf("unknown key %q", key.Value), Node: key, Path: at}
	if hint, ok := newer[key.Value]; ok {
		p.Hint = hint
	} else if near := spelling.Nearest(key.Value, keyNames); near != "" {
		p.Hint = fmt.Sprintf("did you mean %q?", near)
	} else {
		p.Hint = "the file has services at the top level, the format of 2015; newer keys need a top-level `services:`"
	}
	c.fail(p)
}

func (c *converter) wrong(n *yaml.Node, at, want string) {
	name := at[strings.LastIndexByte(at, '.')+1:]
	p := Problem{Rule: "schema", Message: fmt.Sprintf("%s must be %s", name, want), Node: n, Path: at}
	if n.Kind == yaml.ScalarNode && !isText(n) && !isNull(n) && strings.Contains(want, "string") {
		p.Hint = quoteIt(n.Value)
	}
	c.fail(p)
}

func (c *converter) checkValue(n *yaml.Node, at string, want kind) {
	switch want {
	case text, textOrNull:
		if !isText(n) && (want != textOrNull || !isNull(n)) {
			c.wrong(n, at, "a string")
		}
	case number:
		if !isText(n) && !isNumber(n) {
			c.wrong(n, at, "a number or a string")
		}
		c.read(n, at)
	case integer:
		if !isNumber(n) && !(isText(n) && integerText.MatchString(n.Value)) {
			c.wrong(n, at, "a whole number")
		}
		c.read(n, at)
	case boolean:
		if !asBoolean(n) {
			c.wrong(n, at, "true or false")
		}
	case texts, numbers, ports:
		c.checkList(n, at, want)
	case textOrTexts:
		if n.Kind == yaml.SequenceNode {
			c.checkList(n, at, texts)
		} else if !isText(n) {
			c.wrong(n, at, "a string or a list of strings")
		}
	case variables, labels:
		c.checkVariables(n, at, want)
	case anyMapping:
		if n.Kind != yaml.MappingNode {
			c.wrong(n, at, "a mapping")
		}
	case ulimits:
		c.checkUlimits(n, at)
	case extends:
		c.checkExtends(n, at)
	}
}

func (c *converter) checkList(n *yaml.Node, at string, want kind) {
	if n.Kind != yaml.SequenceNode {
		c.wrong(n, at, "a list")
		return
	}
	seen := map[string]bool{}
	for i, item := range n.Content {
		itemAt := fmt.Sprintf("%s[%d]", at, i)
		if !isText(item) && (want == texts || !isNumber(item)) {
			c.wrong(item, itemAt, "a string")
			continue
		}
		// commands may repeat a word
		if seen[item.Value] && !strings.HasSuffix(at, ".command") && !strings.HasSuffix(at, ".entrypoint") {
			c.fail(Problem{Rule: "schema", Message: fmt.Sprintf("%q is in the list twice", item.Value), Node: item, Path: itemAt})
		}
		seen[item.Value] = true
		c.asText(item, itemAt)
		if want == numbers && !exposeFormat.MatchString(item.Value) {
			c.wrong(item, itemAt, "of the form PORT[-PORT][/PROTOCOL]")
		}
	}
}

func (c *converter) checkVariables(n *yaml.Node, at string, want kind) {
	if n.Kind == yaml.SequenceNode {
		c.checkList(n, at, texts)
		return
	}
	if n.Kind != yaml.MappingNode {
		c.wrong(n, at, "a mapping or a list")
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		value := n.Content[i+1]
		itemAt := join(at, n.Content[i].Value)
		switch {
		case isText(value):
		case isNull(value) && want == labels:
			c.wrong(value, itemAt, "a string")
		case isNull(value):
		case isNumber(value) || want == labels && value.Tag == "!!bool":
			c.asText(value, itemAt)
		default:
			c.wrong(value, itemAt, "a string, a number or empty")
		}
	}
}

func (c *converter) checkUlimits(n *yaml.Node, at string) {
	if n.Kind != yaml.MappingNode {
		c.wrong(n, at, "a mapping")
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		value, limitAt := n.Content[i+1], join(at, n.Content[i].Value)
		if value.Kind != yaml.MappingNode {
			c.checkValue(value, limitAt, integer)
			continue
		}
		for _, side := range []string{"soft", "hard"} {
			if v := get(value, side); v == nil {
				c.wrong(value, limitAt, "a number, or a mapping with soft and hard")
			} else {
				c.checkValue(v, join(limitAt, side), integer)
			}
		}
	}
}

func (c *converter) checkExtends(n *yaml.Node, at string) {
	if isText(n) {
		return
	}
	if n.Kind != yaml.MappingNode {
		c.wrong(n, at, "a service's name, or a mapping with service and file")
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if key.Value != "service" && key.Value != "file" {
			c.fail(Problem{Rule: "unknown-key", Message: fmt.Sprintf("unknown key %q", key.Value), Node: key, Path: join(at, key.Value), Hint: "extends has service and file"})
			continue
		}
		c.checkValue(n.Content[i+1], join(at, key.Value), text)
	}
	if get(n, "service") == nil {
		c.fail(Problem{Rule: "schema", Message: "extends needs a service", Node: n, Path: at})
	}
}

// read gives a number the value that the reader of the time made of it.
func (c *converter) read(n *yaml.Node, at string) {
	if isNumber(n) {
		c.changed(n, classicText(n), at)
		n.Value = classicText(n)
	}
}

// asText makes a string of a scalar, as the reader of the time did.
func (c *converter) asText(n *yaml.Node, at string) {
	if !isText(n) {
		c.changed(n, classicText(n), at)
		n.Value, n.Tag = classicText(n), "!!str"
	}
}

// asBoolean reports whether n is a boolean as YAML 1.1 writes them, or a
// string of one (it may come from a variable), and makes it true or false.
func asBoolean(n *yaml.Node) bool {
	if n.Kind != yaml.ScalarNode {
		return false
	}
	switch strings.ToLower(n.Value) {
	case "y", "yes", "true", "on":
		n.Value = "true"
	case "n", "no", "false", "off":
		n.Value = "false"
	default:
		return false
	}
	n.Tag, n.Style = "!!bool", 0
	return true
}
