package loader

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"
	"gopkg.in/yaml.v3"
)

const (
	// maxRelated bounds how many files includes and extends may bring in.
	maxRelated = 1000
	// maxInclude bounds how deep they may go: compose-go needs time that grows
	// with the square of it.
	maxInclude = 100
	// maxBases bounds the bases of services, and of these, whose places are
	// known: a chain of thousands has millions.
	maxBases = 20_000
)

// indexRelated reads the files that `include` and `extends` name, so that
// their mistakes and places are known. Their values stand below those of the
// files that name them. compose-go reads them again, with their own rules.
func (l *load) indexRelated() {
	for _, s := range l.sources {
		for _, root := range s.docs {
			l.relatedOf(s, resolve(root), l.discovery.dir, 0)
		}
	}
}

func (l *load) relatedOf(s *source, root *yaml.Node, dir string, depth int) {
	include := child(root, "include")
	if depth > maxInclude {
		l.report(SeverityError, "include-file", s.position(include), "include", fmt.Sprintf("files are included more than %d levels deep", maxInclude), "")
		return
	}
	if include != nil && include.Kind == yaml.SequenceNode {
		for i, entry := range include.Content {
			l.include(s, resolve(entry), joinIndex("include", i), dir, depth)
		}
	}
	services := child(root, "services")
	if services == nil || services.Kind != yaml.MappingNode {
		return
	}
	for i := 0; i+1 < len(services.Content); i += 2 {
		name := services.Content[i].Value
		l.extends(s, services, resolve(services.Content[i+1]), joinPath("services", name), dir, 0)
	}
}

func (l *load) include(s *source, entry *yaml.Node, path, dir string, depth int) {
	names := []*yaml.Node{entry}
	if entry.Kind == yaml.MappingNode {
		p := child(entry, "path")
		if p == nil {
			return
		}
		if names = []*yaml.Node{p}; p.Kind == yaml.SequenceNode {
			names = p.Content
		}
	}
	for _, n := range slices.Backward(names) { // what a later one says counts
		file := l.relatedFile(s, resolve(n), path, dir)
		if file == nil {
			continue
		}
		l.includedEnv[file.name] = append(slices.Clone(l.includedEnv[s.name]), l.includeEnv(s, entry, path, dir, filepath.Dir(file.name))...)
		for _, root := range slices.Backward(file.docs) {
			l.positions.add(root, "", true, file.position)
			l.relatedOf(file, resolve(root), filepath.Dir(file.name), depth+1)
		}
	}
}

// includeEnv admits the env files of an included file, and returns them: those
// that the entry names, else the .env in its directory. compose-go reads them.
func (l *load) includeEnv(s *source, entry *yaml.Node, path, dir, below string) []string {
	if at := child(entry, "project_directory"); at != nil {
		if text, err := l.substitute(at.Value); err == nil {
			below = absolute(dir, text)
		}
	}
	names, at, set := []string{filepath.Join(below, ".env")}, entry, path
	if list := child(entry, "env_file"); list != nil {
		names, at, set = nil, list, path+".env_file"
		nodes := list.Content
		if list.Kind == yaml.ScalarNode {
			nodes = []*yaml.Node{list}
		}
		for _, n := range nodes {
			if text, err := l.substitute(resolve(n).Value); err == nil {
				names = append(names, absolute(dir, text))
			}
		}
	}
	for _, name := range names {
		if err := l.admit(name); err != nil {
			l.report(SeverityError, "outside-project", s.position(at), path, err.Error(), "")
		} else if data, err := readFile(name); err == nil && !l.envRead[name] {
			l.envRead[name] = true
			l.envLines(types.EnvFile{Path: name}, set, data)
		}
	}
	return names
}

// extends indexes the base of a service under the service's own path.
func (l *load) extends(s *source, services, service *yaml.Node, path, dir string, depth int) {
	ext := child(service, "extends")
	if ext == nil || depth > maxDepth {
		return
	}
	base := ext.Value
	if ext.Kind == yaml.MappingNode {
		name := child(ext, "service")
		if name == nil {
			return
		}
		base = name.Value
		if f := child(ext, "file"); f != nil {
			file := l.relatedFile(s, f, path+".extends.file", dir)
			if file == nil {
				return
			}
			s, services, dir = file, nil, filepath.Dir(file.name)
			for _, root := range file.docs {
				if services = child(root, "services"); services != nil {
					break
				}
			}
		}
	}
	if s.bases == nil {
		s.bases = map[string]bool{}
	}
	s.bases[base] = true
	if found := l.positions.child(services, base); found != nil && found != service && len(l.positions.layers) < maxBases {
		l.positions.add(found, path, true, s.position)
		l.extends(s, services, found, path, dir, depth+1)
	}
}

// relatedFile reads a file once; nil if it is remote, was indexed on this way
// or cannot be read, which is reported at the place that names it.
func (l *load) relatedFile(s *source, n *yaml.Node, path, dir string) *source {
	name, ok := l.relatedName(n, dir)
	if !ok {
		return nil
	}
	if known, ok := l.files[name]; ok {
		if strings.HasPrefix(path, "include") {
			return nil // a circle, or twice: compose-go says which
		}
		return known
	}
	if len(l.files) > maxRelated {
		l.report(SeverityError, "include-file", s.position(n), path, fmt.Sprintf("more than %d files are included", maxRelated), "")
		return nil
	}
	if err := l.admit(name); err != nil {
		l.report(SeverityError, "outside-project", s.position(n), path, err.Error(), "")
		return nil
	}
	file, bad, err := l.source(name)
	if err != nil {
		message := err.Error()
		if os.IsNotExist(err) {
			message = name + " does not exist"
		}
		l.report(SeverityError, "include-file", s.position(n), path, message, "")
		return nil
	}
	l.files[name] = file
	file.extended = !strings.HasPrefix(path, "include")
	if bad != nil {
		found, usable := file.goOn(bad)
		l.found = append(l.found, found...)
		if !usable {
			return nil
		}
	}
	for _, root := range file.docs {
		if resolve(root).Kind != yaml.MappingNode {
			l.report(SeverityError, "include-file", s.position(n), path, name+" is no compose file: it must be a mapping at its top level", "")
			return nil
		}
	}
	l.related = append(l.related, file)
	l.readIgnores(file)
	for _, root := range file.docs {
		l.checkNode(file, root, newTrail(), SeverityError) // compose-go reads these files itself
	}
	if rel, err := filepath.Rel(l.discovery.dir, name); err != nil || strings.HasPrefix(rel, "..") {
		l.report(SeverityInfo, "outside-project", s.position(n), path, name+" lies outside the project's directory", "")
	}
	return file
}

// relatedName is the file that a value names; false for one that is none here.
func (l *load) relatedName(n *yaml.Node, dir string) (string, bool) {
	name, err := l.substitute(n.Value)
	if err != nil || n.Kind != yaml.ScalarNode || name == "" || isRemote(name) {
		return "", false
	}
	name = absolute(dir, name)
	if info, err := os.Stat(name); err == nil && info.IsDir() {
		found := existing(name, defaultNames)
		if len(found) == 0 {
			return "", false
		}
		name = found[0]
	}
	return name, true
}

// isRemote reports whether a path names a resource that is not a file here.
func isRemote(name string) bool {
	for _, prefix := range []string{"https://", "http://", "git://", "ssh://", "git@", "github.com/", "oci://"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}
