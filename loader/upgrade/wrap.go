package upgrade

import (
	"strings"

	"gopkg.in/yaml.v3"
)

// wrap puts `services:` above the services, shifts them, and declares volumes
// and networks below.
func (w *writer) wrap(t *text, root *yaml.Node) ([]edit, error) {
	end := t.documentEnd(root)
	all := newBlock(t, root, end, nil)
	if all == nil {
		return nil, errNoBlock
	}
	first := all.parts[0].first
	first = t.headOf(first)
	unit := 2
	for i := range all.parts {
		if b := all.below(&all.parts[i]); b != nil {
			unit = max(1, b.indent-all.indent)
			break
		}
	}
	edits := []edit{{t.start(first), t.start(first), all.line("services:")}}
	body := all.between(first, end)
	if end == t.lines()+1 && !ended(string(t.content)) && len(w.volumes)+len(w.networks) == 0 {
		body = strings.TrimSuffix(body, t.newline) // as it was
	}
	edits = append(edits, edit{t.start(first), t.start(end), shift(body, unit) + w.sections(all, unit, body)})
	return edits, nil
}

// headOf is the first line of the comment that belongs to a line: it stands
// right above it, and is not the head of the file.
func (t *text) headOf(line int) int {
	first := line
	for first > 1 && t.comment(first-1) {
		first--
	}
	if first == 1 || t.marker(first-1) {
		return line
	}
	return first
}

// sections are the top-level volumes and networks.
func (w *writer) sections(all *block, unit int, body string) string {
	var b strings.Builder
	level := func(n int, s string) { b.WriteString(strings.Repeat(" ", n*unit) + all.line(s)) }
	gap := func() {
		if !strings.HasSuffix(body, all.t.newline+all.t.newline) || b.Len() > 0 {
			b.WriteString(all.t.newline)
		}
	}
	if len(w.volumes) > 0 {
		gap()
		level(0, "volumes:")
		for _, v := range w.volumes {
			if v.name == "" {
				level(1, scalar(v.key)+": {}")
				continue
			}
			level(1, scalar(v.key)+":")
			level(2, "name: "+scalar(v.name))
			if v.driver != "" {
				level(2, "driver: "+scalar(v.driver))
			}
		}
	}
	if len(w.networks) > 0 {
		gap()
		level(0, "networks:")
		for _, n := range w.networks {
			level(1, scalar(n.key)+":")
			level(2, "external: true")
		}
	}
	return b.String()
}
