package loader

// Positions finds where values were written. Paths are like
// "services.web.ports[0]"; a key that has a dot or a bracket in it is quoted
// ("services.web.labels[\"a.b\"]").
type Positions struct {
	values map[string]Position
	keys   map[string]Position
}

// At is the place of the value at path, or of its nearest known parent;
// ok says whether it is the very value.
func (p *Positions) At(path string) (pos Position, ok bool) {
	if p == nil {
		return Position{}, false
	}
	pos, ok = p.values[path]
	return pos, ok
}
