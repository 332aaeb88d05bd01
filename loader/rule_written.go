package loader

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/compose-spec/compose-go/v2/format"
	"gopkg.in/yaml.v3"
)

// written checks what the model does not show any more: obsolete forms,
// anchors, and how numbers are written.
func (r *rules) written(s *source) {
	for _, root := range s.docs {
		r.anchors(s, root)
		if r.format == FormatV1 {
			r.writtenServices(s, resolve(root))
			continue
		}
		r.version(s, root)
		for _, section := range []string{"networks", "volumes", "configs", "secrets"} {
			r.externalNames(s, child(root, section), section)
		}
		r.writtenServices(s, child(root, "services"))
	}
	if r.format == FormatV1 && len(s.docs) > 0 {
		r.note("legacy-format", s.position(resolve(s.docs[0])), "", "this file has the format of 2015, without `services:`", "`recompose upgrade` writes it in today's")
	}
}

// note reports at a place by the rule's own severity.
func (r *rules) note(id string, pos Position, path, message, hint string) {
	r.report(ruleByID(id).Severity, id, pos, path, message, hint)
}

var knownVersion = regexp.MustCompile(`^(?:2(?:\.[0-4])?|3(?:\.\d)?)(?:\.0)?$`)

func (r *rules) version(s *source, root *yaml.Node) {
	n := child(root, "version")
	if n == nil || n.Kind != yaml.ScalarNode || child(root, "services") == nil && len(strayServices(s, resolve(root))) > 0 {
		return // without its version, a file that lacks `services:` would be one of 2015
	}
	if text, err := r.substitute(n.Value); err == nil && !knownVersion.MatchString(text) {
		r.note("unknown-version", s.position(n), "version", fmt.Sprintf("there is no version %q of the format; it is read as today's", text), "remove the line")
		return
	}
	key := root.Content[indexOf(resolve(root), "version")-1]
	r.note("obsolete-version", s.position(key), "version", "version is obsolete: the format is told by the keys that are used", "remove the line")
}

// externalNames: `external: {name: x}` was the form of versions 2 and 3.
func (r *rules) externalNames(s *source, section *yaml.Node, key string) {
	if section == nil || section.Kind != yaml.MappingNode {
		return
	}
	for i := 0; i+1 < len(section.Content); i += 2 {
		if n := child(section.Content[i+1], "external"); n != nil && n.Kind == yaml.MappingNode && child(n, "name") != nil {
			r.note("legacy-external", s.position(n), joinPath(key, section.Content[i].Value, "external"), "external with a name below it is an obsolete form", "write external: true, and name beside it")
		}
	}
}

func (r *rules) writtenServices(s *source, services *yaml.Node) {
	if services == nil || services.Kind != yaml.MappingNode {
		return
	}
	for i := 0; i+1 < len(services.Content); i += 2 {
		r.writtenService(s, resolve(services.Content[i+1]), joinPath("services", services.Content[i].Value))
	}
}

func (r *rules) writtenService(s *source, service *yaml.Node, path string) {
	if n := child(service, "links"); n != nil && n.Kind == yaml.SequenceNode {
		for i, entry := range n.Content {
			if link := resolve(entry); !strings.Contains(link.Value, ":") {
				r.note("legacy-links", s.position(entry), joinIndex(path+".links", i), "services on one network find each other by their names, without links", "write depends_on, if it must be started before")
				break // once for a list
			}
		}
	}
	for _, key := range []string{"command", "entrypoint"} {
		r.shellText(s, child(service, key), path+"."+key)
	}
	r.sameTargets(s, child(service, "volumes"), path+".volumes")
	for _, key := range []string{"configs", "secrets", "volumes"} {
		n := child(service, key)
		if n == nil || n.Kind != yaml.SequenceNode {
			continue
		}
		for i, entry := range n.Content {
			at := joinIndex(path+"."+key, i)
			if key == "volumes" {
				entry, at = child(entry, "tmpfs"), at+".tmpfs"
			}
			if mode := child(entry, "mode"); mode != nil {
				r.fileMode(s, mode, at+".mode")
			}
		}
	}
}

// sameTargets: of two mounts at one path, compose-go takes the last without a
// word.
func (r *rules) sameTargets(s *source, list *yaml.Node, path string) {
	if list == nil || list.Kind != yaml.SequenceNode {
		return
	}
	seen := map[string]bool{}
	for i, entry := range list.Content {
		target := ""
		if n := child(entry, "target"); n != nil {
			target = n.Value
		} else if text, err := r.substitute(resolve(entry).Value); err == nil {
			if v, err := format.ParseVolume(text); err == nil {
				target = v.Target
			}
		}
		if target != "" && seen[target] && !r.reported(joinIndex(path, i)) {
			r.report(SeverityWarning, "duplicate-mount", s.position(entry), joinIndex(path, i), fmt.Sprintf("a mount at %s stands above already; the last one counts", target), "")
		}
		seen[target] = true
	}
}

// fileMode: 440 is ten times forty-four, and as a mode 0670.
func (r *rules) fileMode(s *source, n *yaml.Node, path string) {
	if n.Kind != yaml.ScalarNode || n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0 || len(n.Value) < 3 || len(n.Value) > 4 || strings.Trim(n.Value, "01234567") != "" {
		return
	}
	number, err := strconv.Atoi(n.Value)
	if err == nil && n.Value[0] != '0' {
		r.note("decimal-mode", s.position(n), path, fmt.Sprintf("%s is a decimal number, the mode %#o", n.Value, number), "write 0"+n.Value)
	}
}

// anchors that no alias refers to.
func (r *rules) anchors(s *source, root *yaml.Node) {
	if slices.ContainsFunc(r.found, func(d Diagnostic) bool { return d.Position.File == s.name && unknownAnchor.MatchString(d.Message) }) {
		return // what uses it may be misspelt
	}
	used := map[*yaml.Node]bool{}
	var aliases func(n *yaml.Node)
	aliases = func(n *yaml.Node) {
		if n.Kind == yaml.AliasNode {
			used[n.Alias] = true
			return
		}
		for _, c := range n.Content {
			aliases(c)
		}
	}
	aliases(root)
	walk(root, func(n *yaml.Node, at trail) {
		if n.Anchor == "" || used[n] {
			return
		}
		pos := Position{File: s.name, Line: n.Line, Column: n.Column}
		for line := n.Line; line >= max(1, n.Line-1); line-- {
			if i := strings.Index(s.line(line), "&"+n.Anchor); i >= 0 {
				d := Diagnostic{}
				s.mark(&d, line, i, len(n.Anchor)+1)
				pos = d.Position
				break
			}
		}
		r.note("unused-anchor", s.inFile(pos), at.path(), fmt.Sprintf("no alias refers to the anchor &%s", n.Anchor), "")
	})
}
