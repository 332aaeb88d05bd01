package loader

import (
	"path/filepath"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"
)

// entries are those of a list as they are written, and where each is found: a
// list may have thousands, and a mistake in each.
type entries struct {
	list   string
	count  int
	raw    map[string]int         // the first entry of a text as it is written
	filled map[string]int         // the last one of a text with its variables replaced
	named  map[string]int         // the last one with a name before its `=`
	ports  map[port]int           // one more than the index of the last
	files  map[string][]fileEntry // by the last part of their names
}

// fileEntry names a file.
type fileEntry struct{ at, end string }

// entriesAt are those of the list at a path.
func (r *rules) entriesAt(list string) *entries {
	if known, ok := r.lists[list]; ok {
		return known
	}
	e := &entries{list: list, raw: map[string]int{}, filled: map[string]int{}, named: map[string]int{}}
	for ; ; e.count++ {
		pos, exact := r.positions.At(joinIndex(list, e.count))
		if !exact {
			break
		}
		raw := r.textAt(pos)
		if _, known := e.raw[raw]; !known {
			e.raw[raw] = e.count
		}
		if text, err := r.substitute(raw); err == nil {
			name, _, _ := strings.Cut(text, "=")
			e.filled[text], e.named[name] = e.count, e.count
		}
	}
	r.lists[list] = e
	return e
}

// path is that of the entry which one of the indexes has; else the list's.
func (e *entries) path(index map[string]int, key string) string {
	if i, ok := index[key]; ok {
		return joinIndex(e.list, i)
	}
	return e.list
}

// item is the path of the last entry that sets a name, as `name` or
// `name=value`: later ones count. Else it is the list's, or its key's in a mapping.
func (r *rules) item(list, name string) string {
	e := r.entriesAt(list)
	return e.path(e.named, name)
}

// entry is the path of the first entry with a text, or of the key of that name in
// the mapping form, or the list's.
func (r *rules) entry(list, text string) string {
	if at := joinKey(list, text); r.declared(at) {
		return at
	}
	e := r.entriesAt(list)
	return e.path(e.raw, text)
}

// portItem is the path of the last entry that a port of the model is written in;
// the list's if it is in none.
func (r *rules) portItem(list string, p types.ServicePortConfig) string {
	e := r.entriesAt(list)
	if e.ports == nil {
		e.ports = map[port]int{}
		for text, i := range e.filled {
			ports, err := types.ParsePortConfig(text)
			if err != nil {
				continue
			}
			for _, p := range ports {
				e.ports[portOf(p)] = max(e.ports[portOf(p)], i+1)
			}
		}
	}
	if i := e.ports[portOf(p)]; i > 0 {
		return joinIndex(list, i-1)
	}
	return list
}

// port is what makes two ports the same.
type port struct {
	target                  uint32
	published, ip, protocol string
}

func portOf(p types.ServicePortConfig) port { return port{p.Target, p.Published, p.HostIP, p.Protocol} }

// fileEntry is the place in a list, or of a single value, that names a file.
// Lists of an extended service come together, so an index says nothing.
func (r *rules) fileEntry(list, file string) string {
	e := r.entriesAt(list)
	if e.files == nil {
		e.files = map[string][]fileEntry{}
		r.addFile(e, list)
		for i := range e.count {
			at := joinIndex(list, i)
			r.addFile(e, at)
			r.addFile(e, at+".path")
		}
	}
	for _, f := range e.files[filepath.Base(file)] {
		if strings.HasSuffix(file, f.end) {
			return f.at
		}
	}
	return list
}

func (r *rules) addFile(e *entries, at string) {
	pos, exact := r.positions.At(at)
	if text, err := r.substitute(r.textAt(pos)); err == nil && exact && text != "" {
		end := filepath.Clean(string(filepath.Separator) + text)
		e.files[filepath.Base(end)] = append(e.files[filepath.Base(end)], fileEntry{at, end})
	}
}
