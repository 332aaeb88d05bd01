package loader

import "strings"

// told is what was found so far, by what is asked of it: where a file has
// thousands of mistakes, to look through all for each takes too long. Only the
// first indexed of load.found are in it.
type told struct {
	indexed int
	wrong   map[string]bool     // paths of errors
	above   map[string]bool     // those, and the paths above them
	values  map[Position]bool   // places of errors
	keys    map[Position]bool   // places of unknown keys
	unknown map[string][]string // unknown keys, by the path above
	rules   map[[2]string]bool  // rules and the paths at which they have spoken
}

// index takes in what was found since it was last asked.
func (l *load) index() *told {
	t := &l.told
	if t.wrong == nil || len(l.found) < t.indexed {
		*t = told{
			wrong: map[string]bool{}, above: map[string]bool{}, values: map[Position]bool{}, keys: map[Position]bool{},
			unknown: map[string][]string{}, rules: map[[2]string]bool{},
		}
	}
	for ; t.indexed < len(l.found); t.indexed++ {
		t.add(l.found[t.indexed])
	}
	return t
}

func (t *told) add(d Diagnostic) {
	t.rules[[2]string{d.Rule, d.Path}] = true
	if d.Rule == "unknown-key" && d.Path != "" {
		above := parentPath(d.Path)
		t.unknown[above] = append(t.unknown[above], strings.TrimPrefix(d.Path[len(above):], "."))
	}
	if d.Severity != SeverityError {
		return
	}
	t.wrong[d.Path], t.values[d.Position] = true, true
	if d.Rule == "unknown-key" {
		t.keys[d.Position] = true
	}
	for path := d.Path; path != "" && !t.above[path]; path = parentPath(path) {
		t.above[path] = true
	}
}

// reported tells whether an error stands at the path or above it already.
func (l *load) reported(path string) bool {
	t := l.index()
	for ; path != ""; path = parentPath(path) {
		if t.wrong[path] {
			return true
		}
	}
	return false
}

// reportedBelow tells whether an error stands at the path or below it. What is
// wrong with the whole may then be the lack of what was taken out.
func (l *load) reportedBelow(path string) bool { return l.index().above[path] }

// wrongThere tells whether an error stands at the place of a path, under another
// path: an extended service is one of its own file too.
func (l *load) wrongThere(path string) bool {
	key, exact := l.positions.Key(path)
	value, _ := l.positions.At(path)
	t := l.index()
	return exact && (t.values[value] || t.keys[key])
}

// said reports whether a rule has spoken at the path.
func (l *load) said(id, path string) bool { return l.index().rules[[2]string{id, path}] }
