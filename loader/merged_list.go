package loader

import (
	"slices"
	"strconv"
	"strings"

	"github.com/compose-spec/compose-go/v2/format"
	"gopkg.in/yaml.v3"
)

// listEntry is an entry of a list and the layer that it is written in.
type listEntry struct {
	layer *layer
	node  *yaml.Node
}

// find gives the nodes at a path in the uppermost layer that has it. An index
// into a list that several layers write counts the entries of all of them, as
// the model does, the lowest layer's first.
func (p *Positions) find(path string) (l *layer, key, value *yaml.Node) {
	if list, i, rest, ok := cutIndex(path); ok {
		if entries := p.mergedList(list); entries != nil {
			if i >= len(entries) {
				return nil, nil, nil
			}
			s := search{layer: entries[i].layer, left: maxSearch}
			key, value = s.at(nil, entries[i].node, rest)
			return entries[i].layer, key, value
		}
	}
	for _, l := range p.over(path) {
		if key, value := l.find(path); value != nil {
			return l, key, value
		}
	}
	return nil, nil, nil
}

// cutIndex splits a path at its first index into a list.
func cutIndex(path string) (list string, i int, rest string, ok bool) {
	for rest = path; rest != ""; {
		at := len(path) - len(rest)
		name, after := cutKey(rest)
		if rest[0] == '[' && !strings.HasPrefix(rest, `["`) {
			i, err := strconv.Atoi(name)
			return path[:at], i, after, err == nil && i >= 0
		}
		rest = after
	}
	return "", 0, "", false
}

// mergedList are the entries of a list that several layers write; nil if fewer
// do.
func (p *Positions) mergedList(list string) []listEntry {
	if len(p.over(list)) < 2 {
		return nil
	}
	if entries, ok := p.lists.Load(list); ok {
		return entries.([]listEntry)
	}
	var entries []listEntry
	if parts := p.listParts(list); len(parts) > 1 {
		entries = joinParts(list, parts)
	}
	p.lists.Store(list, entries)
	return entries
}

// listParts are the lists at a path that the model's is made of, the lowest
// first.
func (p *Positions) listParts(list string) (parts []listEntry) {
	for _, l := range slices.Backward(p.over(list)) {
		_, n := l.find(list)
		if n == nil {
			continue
		}
		if n.Tag == "!override" || n.Tag == "!reset" || replacedWhole(list) {
			parts = nil
		}
		reset := n.Tag == "!reset"
		if n = resolve(n); !reset && (n.Kind == yaml.SequenceNode || n.Kind == yaml.ScalarNode && n.Tag != "!!null") {
			parts = append(parts, listEntry{l, n})
		}
	}
	return parts
}

// replacedWhole tells the lists that are not added to.
func replacedWhole(list string) bool {
	for _, name := range []string{".command", ".entrypoint", ".test"} {
		if strings.HasSuffix(list, name) {
			return true
		}
	}
	return false
}

// joinParts adds lists up. An entry that is for the same as one before takes
// its place.
func joinParts(list string, parts []listEntry) []listEntry {
	var entries []listEntry
	at := map[string]int{}
	for _, part := range parts {
		nodes := part.node.Content
		if part.node.Kind == yaml.ScalarNode { // `dns: 1.1.1.1` is a list of one
			nodes = []*yaml.Node{part.node}
		}
		for _, n := range nodes {
			entry, key := listEntry{part.layer, n}, entryKey(list, resolve(n))
			if i, ok := at[key]; ok && key != "" {
				entries[i] = entry
				continue
			}
			at[key] = len(entries)
			entries = append(entries, entry)
		}
	}
	return entries
}

// entries are the values of a list, whoever writes it.
func (p *Positions) entries(list string) (out []*yaml.Node) {
	if merged := p.mergedList(list); merged != nil {
		for _, e := range merged {
			out = append(out, resolve(e.node))
		}
		return out
	}
	if _, _, n := p.find(list); n != nil {
		for _, e := range resolve(n).Content {
			out = append(out, resolve(e))
		}
	}
	return out
}

// keptEntries are the indexes of the entries that are left of a list that one
// file writes, without the dropped ones; nil if no two are for one thing.
func (l *load) keptEntries(list string) []int {
	if kept, known := l.kept[list]; known {
		return kept
	}
	kept := l.keepEntries(list, l.dropped[list])
	l.kept[list] = kept
	return kept
}

func (l *load) keepEntries(list string, dropped []int) []int {
	_, _, n := l.positions.find(list)
	if n = resolve(n); n == nil || n.Kind != yaml.SequenceNode || len(n.Content) < 2 || l.positions.mergedList(list) != nil {
		return nil
	}
	var kept []int
	at, twice := make(map[string]int, len(n.Content)), false
	for i, entry := range n.Content {
		if len(dropped) > 0 && dropped[0] == i {
			dropped = dropped[1:]
			continue
		}
		key := entryKey(list, resolve(entry))
		if first, ok := at[key]; ok && key != "" {
			kept[first], twice = i, true
			continue
		}
		at[key] = len(kept)
		kept = append(kept, i)
	}
	if !twice {
		return nil
	}
	return kept
}

// sets are the lists in which an entry stands once for what it is for.
var sets = map[string]bool{
	"environment": true, "annotations": true, "args": true, "additional_contexts": true, "tags": true, "labels": true,
	"cap_add": true, "cap_drop": true, "devices": true, "configs": true, "secrets": true, "dns": true, "dns_opt": true,
	"dns_search": true, "env_file": true, "expose": true, "links": true, "aliases": true, "link_local_ips": true,
	"ports": true, "profiles": true, "sysctls": true, "tmpfs": true, "volumes": true,
}

// entryKey is what an entry of a list is for: a variable's name, a mount's
// target. Empty if that is not known, and where equal entries are two.
func entryKey(list string, n *yaml.Node) string {
	name := list[strings.LastIndexByte(list, '.')+1:]
	switch {
	case n == nil || !sets[name] || strings.HasSuffix(list, ".build.secrets"):
		return ""
	case n.Kind == yaml.MappingNode:
		for _, key := range []string{"target", "path", "source"} {
			if v := resolve(child(n, key)); v != nil && name != "ports" {
				return v.Value
			}
		}
		return ""
	case name == "volumes":
		if v, err := format.ParseVolume(n.Value); err == nil {
			return v.Target
		}
	case name == "devices":
		source, rest, mapped := strings.Cut(n.Value, ":")
		if !mapped {
			return source
		}
		target, _, _ := strings.Cut(rest, ":")
		return target
	}
	key, _, _ := strings.Cut(n.Value, "=")
	return key
}
