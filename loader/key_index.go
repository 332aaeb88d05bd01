package loader

import (
	"sync"

	"gopkg.in/yaml.v3"
)

// indexes find keys in mappings. Those of large ones are made when they are
// first searched.
type indexes struct {
	large sync.Map // by node: *keyIndex
}

// keyIndex is where in the content of a mapping its keys stand, the last of
// equal ones.
type keyIndex struct {
	at     map[string]int
	merges []int // the keys `<<`
	size   int   // of the content: a mapping may lose keys later
}

// indexed is the index of a large mapping, made when it is first searched.
func (x *indexes) indexed(n *yaml.Node) *keyIndex {
	if known, ok := x.large.Load(n); ok && known.(*keyIndex).size == len(n.Content) {
		return known.(*keyIndex)
	}
	index := &keyIndex{at: make(map[string]int, len(n.Content)/2), size: len(n.Content)}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Tag == "!!merge" {
			index.merges = append(index.merges, i)
		} else {
			index.at[n.Content[i].Value] = i
		}
	}
	x.large.Store(n, index)
	return index
}

// merges are the places of a mapping's keys `<<`.
func (x *indexes) merges(n *yaml.Node) (at []int) {
	if len(n.Content) > maxScanned {
		return x.indexed(n).merges
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Tag == "!!merge" {
			at = append(at, i)
		}
	}
	return at
}

// maxScanned is how much of a mapping is searched without an index.
const maxScanned = 32

// position is where a mapping has a key, -1 if it has none.
func (x *indexes) position(n *yaml.Node, name string) int {
	if len(n.Content) > maxScanned {
		if i, ok := x.indexed(n).at[name]; ok {
			return i
		}
		return -1
	}
	for i := len(n.Content) - 2; i >= 0; i -= 2 {
		if n.Content[i].Value == name && n.Content[i].Tag != "!!merge" {
			return i
		}
	}
	return -1
}

// child is the value of a key, nil if the mapping has none.
func (x *indexes) child(n *yaml.Node, key string) *yaml.Node {
	if n = resolve(n); n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	if i := x.position(n, key); i >= 0 {
		return resolve(n.Content[i+1])
	}
	return nil
}
