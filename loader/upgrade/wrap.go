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
		return nil, notBlock(root)
	}
	first := all.head()
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

// head is the first line of the services, with the comment that belongs to the
// first of them: a comment right above it that is not the head of the file. At
// the beginning it is taken for the latter, unless other services have one too.
func (b *block) head() int {
	line := b.parts[0].first
	first := b.t.comments(line)
	if first > 1 && !b.t.marker(first-1) {
		return first
	}
	for _, p := range b.parts[1:] {
		if b.t.comments(p.first) < p.first {
			return first
		}
	}
	return line
}

// comments is where the comment lines right above a line begin.
func (t *text) comments(line int) int {
	for line > 1 && t.comment(line-1) {
		line--
	}
	return line
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
