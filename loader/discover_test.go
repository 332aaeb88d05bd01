package loader

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDiscover(t *testing.T) {
	tree := map[string]string{
		"a/compose.yaml": "", "a/docker-compose.yml": "", "a/deep/er/x": "",
		"b/docker-compose.yml": "", "b/docker-compose.override.yml": "", "b/compose.override.yaml": "",
		"c/other.yaml": "", "c/docker-compose.override.yml": "",
		"d/docker-compose.yaml": "", "e/compose.yml": "", "f/compose.yaml/x": "",
	}
	root := t.TempDir()
	for name := range tree {
		write(t, root, name, plainService)
	}
	for name, c := range map[string]struct {
		dir   string
		o     Options
		vars  map[string]string
		files string // relative to root, comma-separated
		where string // the project's directory, relative to root
		notes int
	}{
		"by name":                    {dir: "d", files: "d/docker-compose.yaml", where: "d"},
		"second name":                {dir: "e", files: "e/compose.yml", where: "e"},
		"the first of two":           {dir: "a", files: "a/compose.yaml", where: "a", notes: 1},
		"upward":                     {dir: "a/deep/er", files: "a/compose.yaml", where: "a", notes: 1},
		"override":                   {dir: "b", files: "b/docker-compose.yml,b/compose.override.yaml", where: "b", notes: 1},
		"-f":                         {dir: "c", o: Options{Files: []string{"other.yaml", "../d/docker-compose.yaml"}}, files: "c/other.yaml,d/docker-compose.yaml", where: "c"},
		"-f takes no other":          {dir: "b", o: Options{Files: []string{"docker-compose.yml"}}, files: "b/docker-compose.yml", where: "b"},
		"-f of a directory":          {dir: "c", o: Options{Files: []string{"../e"}}, files: "e/compose.yml", where: "e"},
		"-f -":                       {dir: "c", o: Options{Files: []string{"-"}}, files: "-", where: "c"},
		"-f - and a file":            {dir: "c", o: Options{Files: []string{"-", "../d/docker-compose.yaml"}}, files: "-,d/docker-compose.yaml", where: "d"},
		"--project-directory":        {dir: "c", o: Options{Directory: "../d"}, files: "d/docker-compose.yaml", where: "d"},
		"-f and --project-directory": {dir: "c", o: Options{Files: []string{"other.yaml"}, Directory: "../d"}, files: "c/other.yaml", where: "d"},
		"COMPOSE_FILE":               {dir: "c", vars: map[string]string{"COMPOSE_FILE": "other.yaml:../d/docker-compose.yaml"}, files: "c/other.yaml,d/docker-compose.yaml", where: "c"},
		"its separator":              {dir: "c", vars: map[string]string{"COMPOSE_FILE": "other.yaml, ../d/docker-compose.yaml", "COMPOSE_PATH_SEPARATOR": ","}, files: "c/other.yaml,d/docker-compose.yaml", where: "c"},
		"-f over it":                 {dir: "c", o: Options{Files: []string{"other.yaml"}}, vars: map[string]string{"COMPOSE_FILE": "gone"}, files: "c/other.yaml", where: "c"},
	} {
		t.Run(name, func(t *testing.T) {
			if filepath.Separator != '/' {
				t.Skip("SKIPPED: lists with a colon")
			}
			o := c.o
			o.WorkingDir = filepath.Join(root, c.dir)
			env := newEnvironment(o)
			for k, v := range c.vars {
				env.vars[k] = v
			}
			d, err := discover(o, env)
			if err != nil {
				t.Fatal(err)
			}
			var files []string
			for _, f := range d.files {
				files = append(files, strings.TrimPrefix(f, root+"/"))
			}
			if diff := cmp.Diff(c.files, strings.Join(files, ",")); diff != "" {
				t.Error(diff)
			}
			if got := strings.TrimPrefix(d.dir, root+"/"); got != c.where {
				t.Errorf("lies in %s, want %s", got, c.where)
			}
			if len(d.notes) != c.notes {
				t.Errorf("%d notes, want %d: %v", len(d.notes), c.notes, d.notes)
			}
		})
	}
	for name, o := range map[string]Options{
		"nothing above":                 {WorkingDir: filepath.Join(root, "c")},
		"-f of a directory without any": {WorkingDir: root, Files: []string{"c"}},
		"a directory of that name":      {WorkingDir: filepath.Join(root, "f")},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := discover(o, newEnvironment(o)); !errors.Is(err, ErrNoFile) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestFormat(t *testing.T) {
	for text, want := range map[string]Format{
		"web: {image: x}":                   FormatV1,
		"web: {}":                           FormatV1,
		"version: {image: x}":               FormatV1,
		"services: {image: x}\nvolumes: {}": FormatSpec, // as 1.29.2 misreads it
		"name: {image: x}":                  FormatV1,
		"name: x":                           FormatSpec,
		"include: [a]":                      FormatSpec,
		"x-a: 1":                            FormatSpec,
		"services: {web: {image: x}}":       FormatSpec,
		"volumes: {a: {}}":                  FormatSpec,
		"version: '2'":                      FormatV2,
		"version: '2.4'\nservices: {}":      FormatV2,
		"version: '3.8'\nservices: {}":      FormatV3,
		"version: 3\nservices: {}":          FormatV3,
		"version: ''\nservices: {}":         FormatSpec,
	} {
		s := &source{content: []byte(text)}
		if bad := s.parse(); bad != nil {
			t.Fatal(bad)
		}
		if got := detectFormat(s.docs[0]); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}
