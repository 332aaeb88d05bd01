package loader

import (
	"os"
	"path/filepath"
	"slices"

	"gopkg.in/yaml.v3"
)

// File is a compose file as it was written.
type File struct {
	Name    string // absolute, or "-" for standard input
	Content []byte
	Format  Format
	// Extended: it is no file of the project itself, but one that `extends`
	// names.
	Extended bool
}

// ReadFiles finds and reads the files of a project without making anything of
// them; v1-format files are followed by those that their `extends` name. A file
// that cannot be parsed is a diagnostic, one that cannot be read an error.
func ReadFiles(o Options) ([]File, []Diagnostic, error) {
	l := newLoad(o)
	if err := l.read(); err != nil {
		return nil, nil, err
	}
	var files []File
	queue := slices.Clone(l.sources)
	for i := 0; i < len(queue); i++ {
		s := queue[i]
		f := File{Name: s.name, Content: s.content, Format: FormatSpec, Extended: i >= len(l.sources)}
		if len(s.docs) > 0 {
			if l.foreign(s) {
				continue
			}
			f.Format = detectFormat(resolve(s.docs[0]))
		}
		if info, err := os.Stat(s.name); err == nil && info.Mode().IsRegular() {
			// What is parsed lacks a byte order mark, and may be in another
			// encoding.
			if f.Content, err = readFile(s.name); err != nil {
				return nil, nil, err
			}
		}
		files = append(files, f)
		if f.Format == FormatV1 {
			queue = append(queue, l.extended(s)...)
		}
	}
	return files, SortDiagnostics(l.found), nil
}

// extended are the v1-format files that a file's services extend, and that
// were not read before.
func (l *load) extended(s *source) []*source {
	dir := filepath.Dir(s.name)
	if s.name == stdinName {
		dir = l.discovery.dir
	}
	var out []*source
	root := resolve(s.docs[0])
	for i := 1; i < len(root.Content); i += 2 {
		name := child(child(root.Content[i], "extends"), "file")
		if name == nil || name.Kind != yaml.ScalarNode || name.Value == "" {
			continue
		}
		path := absolute(dir, name.Value)
		if l.files[path] != nil {
			continue
		}
		base, bad, err := readSource(path, nil)
		if err != nil {
			l.report(SeverityWarning, "extends-file", s.position(name), "", "extends: "+err.Error(), "")
			continue
		}
		l.files[path] = base
		if bad != nil {
			found, usable := base.goOn(bad)
			l.found = append(l.found, found...)
			if !usable {
				continue
			}
		}
		out = append(out, base)
	}
	return out
}
