package loader

import (
	"strings"

	"gopkg.in/yaml.v3"
)

// rewriteOlder gives files with a version what docker-compose 1.29.2 read and
// today's reader does not: `volumes_from: [service:db:ro]`. A service may be
// called "service", so such a file is left alone.
func (l *load) rewriteOlder() {
	if l.format == FormatSpec {
		return
	}
	for _, s := range l.sources {
		changed := false
		for _, root := range s.docs {
			services := child(root, "services")
			if services == nil || services.Kind != yaml.MappingNode || child(services, "service") != nil {
				continue
			}
			for i := 1; i < len(services.Content); i += 2 {
				list := child(services.Content[i], "volumes_from")
				if list == nil || list.Kind != yaml.SequenceNode {
					continue
				}
				for _, item := range list.Content {
					if name, ok := strings.CutPrefix(item.Value, "service:"); ok && item.Kind == yaml.ScalarNode {
						item.Value, changed = name, true
					}
				}
			}
		}
		if changed {
			s.rewrite()
		}
	}
}

// rewrite makes the text anew of a changed tree; places stay those of the file.
func (s *source) rewrite() {
	if contents, err := encode([]tree{s.docs}); err == nil {
		s.content = contents[0]
	}
}
