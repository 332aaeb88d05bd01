package loader

import (
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// rewriteOlder gives files what docker-compose 1.29.2 read and today's reader
// does not: durations of the processor's times, an empty pid, and where there
// is a version `volumes_from: [service:db:ro]`. A service may be called
// "service", so such a file's volumes_from is left alone.
func (l *load) rewriteOlder() {
	for _, s := range l.sources {
		changed := false
		for _, root := range s.docs {
			services := child(root, "services")
			if services == nil || services.Kind != yaml.MappingNode {
				continue
			}
			prefixed := l.format != FormatSpec && child(services, "service") == nil
			for i := 1; i < len(services.Content); i += 2 {
				changed = inMicroseconds(services.Content[i]) || changed
				changed = withoutEmptyPid(services.Content[i]) || changed
				changed = prefixed && plainVolumesFrom(services.Content[i]) || changed
			}
		}
		if changed {
			s.rewrite()
		}
	}
}

// plainVolumesFrom takes the prefix off that says that a name is a service's.
func plainVolumesFrom(service *yaml.Node) (changed bool) {
	list := child(service, "volumes_from")
	if list == nil || list.Kind != yaml.SequenceNode {
		return false
	}
	for _, item := range list.Content {
		if name, ok := strings.CutPrefix(item.Value, "service:"); ok && item.Kind == yaml.ScalarNode {
			item.Value, changed = name, true
		}
	}
	return changed
}

// withoutEmptyPid leaves out a `pid:` with nothing behind it, which 1.29.2 and
// the schema take for none, and compose-go 2.16 breaks down at.
func withoutEmptyPid(service *yaml.Node) bool {
	n := child(service, "pid")
	if n == nil || n.ShortTag() != "!!null" {
		return false
	}
	m := resolve(service)
	i := indexOf(m, "pid")
	m.Content = append(m.Content[:i-1:i-1], m.Content[i+1:]...)
	return true
}

// inMicroseconds writes durations as the numbers that compose-go wants; its
// schema has both.
func inMicroseconds(service *yaml.Node) (changed bool) {
	for _, key := range []string{"cpu_period", "cpu_quota", "cpu_rt_period", "cpu_rt_runtime"} {
		n := child(service, key)
		if n == nil || n.Kind != yaml.ScalarNode || n.Anchor != "" {
			continue
		}
		if d, err := time.ParseDuration(n.Value); err == nil && d > 0 {
			n.Value, n.Tag, n.Style, changed = strconv.FormatInt(d.Microseconds(), 10), "!!int", 0, true
		}
	}
	return changed
}

// rewrite makes the text anew of a changed tree; places stay those of the file.
func (s *source) rewrite() {
	if contents, err := encode([]tree{s.docs}); err == nil {
		s.content, s.rewritten = contents[0], true
	}
}
