package upgrade

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// dataKeys are what a service that only holds volumes may have.
var dataKeys = []string{"command", "entrypoint", "environment", "image", "net", "stdin_open", "tty", "user", "volumes"}

// bareImages declare no volumes of their own, so that a service's file says all
// that volumes_from gives.
var bareImages = []string{"alpine", "busybox", "centos", "debian", "fedora", "hello-world", "scratch", "tianon/true", "ubuntu"}

// holder is a service that only holds volumes for others.
type holder struct {
	part   *part
	mounts []mount
}

// dataOnly writes the mounts of data-only services where they are used, and
// removes these services. It does so only where nothing else hangs on them and
// no data moves; the others keep their volumes_from.
func (w *writer) dataOnly(t *text, root *yaml.Node) ([]edit, error) {
	all := newBlock(t, root, t.documentEnd(root), nil)
	if all == nil {
		return nil, notBlock(root)
	}
	var consumers []*consumer
	for i := range all.parts {
		if b := all.below(&all.parts[i]); b != nil && b.part("volumes_from") != nil {
			consumers = append(consumers, &consumer{block: b, from: b.part("volumes_from"), dropped: map[*yaml.Node]bool{}})
		}
	}
	var edits []edit
	for i := range all.parts {
		h := &holder{part: &all.parts[i]}
		name := h.part.key.Value
		if !holdsOnly(h.part.value) || !usedBy(root, name) {
			continue
		}
		if why := w.unsafe(h, root, consumers); why != "" {
			w.tell("volumes-from", []string{name}, fmt.Sprintf("%s only holds volumes for others; its volumes_from are kept, since %s", name, why), "")
			continue
		}
		for _, c := range consumers {
			c.take(name, h.mounts)
		}
		edits = append(edits, all.remove(h.part))
		w.tell("data-only", []string{name}, fmt.Sprintf("the service %s only held volumes: they are mounted where they are used", name),
			"its container is an orphan now: up --remove-orphans removes it")
	}
	for _, c := range consumers {
		if len(c.dropped) > 0 {
			edits = append(edits, c.edits()...)
		}
	}
	return edits, nil
}

// holdsOnly tells whether a service does nothing but have volumes.
func holdsOnly(service *yaml.Node) bool {
	if service.Kind != yaml.MappingNode || get(service, "volumes") == nil {
		return false
	}
	for i := 0; i+1 < len(service.Content); i += 2 {
		if !slices.Contains(dataKeys, service.Content[i].Value) {
			return false
		}
	}
	for _, key := range []string{"command", "entrypoint"} {
		v := get(service, key)
		if v == nil {
			continue
		}
		var words []string
		for _, item := range items(v) {
			words = append(words, item.Value)
		}
		switch line := strings.Join(words, " "); {
		case line == "tail -f /dev/null" || line == "sleep infinity":
		default:
			program, _, _ := strings.Cut(line, " ")
			if program = path.Base(program); program != "true" && program != "echo" {
				return false
			}
		}
	}
	return true
}

// usedBy tells whether a service has volumes_from of the name.
func usedBy(root *yaml.Node, name string) bool {
	for i := 1; i < len(root.Content); i += 2 {
		for _, item := range items(effective(resolve(root.Content[i]), "volumes_from")) {
			if source, _, _ := strings.Cut(item.Value, ":"); source == name {
				return true
			}
		}
	}
	return false
}

// unsafe says why the mounts of a service must stay with it, and else notes
// them in the holder.
func (w *writer) unsafe(h *holder, root *yaml.Node, consumers []*consumer) string {
	name, service := h.part.key.Value, h.part.value
	if !w.alone {
		return "other files are merged with this one"
	}
	if anchored(service) {
		return "other parts of the file refer to its anchors"
	}
	image := get(service, "image")
	if image == nil {
		return "its image is built, and may have volumes that the file does not name"
	}
	if repository, _, _ := strings.Cut(image.Value, ":"); !slices.Contains(bareImages, repository) {
		return fmt.Sprintf("its image %s may have volumes that the file does not name", image.Value)
	}
	if by := referredBy(root, name); by != "" {
		return by + " refers to it in another way"
	}
	for i := 1; i < len(root.Content); i += 2 {
		user := resolve(root.Content[i])
		if !slices.ContainsFunc(items(effective(user, "volumes_from")), func(n *yaml.Node) bool { return strings.Split(n.Value, ":")[0] == name }) {
			continue
		}
		c := slices.IndexFunc(consumers, func(c *consumer) bool { return c.block.node == root.Content[i] })
		if c < 0 || !consumers[c].plain() {
			return root.Content[i-1].Value + ", which uses them, shares parts of its definition"
		}
	}
	return w.holderMounts(h)
}

// holderMounts reads the mounts. Anonymous ones get a name if that is wanted.
func (w *writer) holderMounts(h *holder) string {
	name, list := h.part.key.Value, items(get(h.part.value, "volumes"))
	var unnamed []string
	for _, item := range list {
		m := parseMount(item.Value)
		if m.target == "" {
			return "a mount of it has no target"
		}
		if m.source == "" {
			unnamed = append(unnamed, m.target)
		}
		h.mounts = append(h.mounts, m)
	}
	if len(unnamed) == 0 {
		return ""
	}
	if !w.options.NamedVolumes {
		return fmt.Sprintf("its volume at %s has no name, and a named one would be empty at first; upgrade --named-volumes gives it one, and says how to copy the data", unnamed[0])
	}
	for i := range h.mounts {
		m := &h.mounts[i]
		if m.source != "" {
			continue
		}
		m.source = name
		if len(unnamed) > 1 {
			m.source += "_" + strings.Trim(notKey.ReplaceAllString(m.target, "_"), "_")
		}
		w.volumes = declare(w.volumes, declaration{key: m.source})
		w.warn("volume-data", []string{name, "volumes"}, fmt.Sprintf("the volume at %s is named %s now, and empty at first", m.target, m.source),
			fmt.Sprintf("before the first up, copy what is in it: docker run --rm --volumes-from PROJECT_%s_1 -v PROJECT_%s:/new busybox cp -a %s/. /new/", name, m.source, m.target))
	}
	return ""
}

// referredBy is a service that needs another one for more than its volumes.
func referredBy(root *yaml.Node, name string) string {
	for i := 0; i+1 < len(root.Content); i += 2 {
		service := resolve(root.Content[i+1])
		for _, key := range []string{"net", "pid", "ipc"} {
			if v := effective(service, key); v != nil && (v.Value == "container:"+name || v.Value == "service:"+name) {
				return root.Content[i].Value
			}
		}
		for _, item := range items(effective(service, "links")) {
			if target, _, _ := strings.Cut(item.Value, ":"); target == name {
				return root.Content[i].Value
			}
		}
		ext := effective(service, "extends")
		if ext != nil && ext.Kind == yaml.MappingNode {
			ext = get(ext, "service")
		}
		if ext != nil && ext.Value == name {
			return root.Content[i].Value
		}
	}
	return ""
}
