package loader

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"
)

func write(t *testing.T, dir, name, content string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

const plainService = "services:\n  web:\n    image: busybox\n"

func loadDir(t *testing.T, o Options, files map[string]string) (*Project, []Diagnostic) {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		write(t, dir, name, content)
	}
	o.WorkingDir, o.Name = dir, "test"
	if o.Files == nil {
		o.Files = []string{"compose.yaml"}
	}
	p, ds, err := Load(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	return p, ds
}

// TestContent: digests of what services read, and none of what is not there:
// the planner says so when it is needed.
func TestContent(t *testing.T) {
	p, ds := loadDir(t, Options{Env: []string{"SET=value"}}, map[string]string{
		"compose.yaml": `
services:
  web:
    image: busybox
    env_file: [web.env, {path: optional.env, required: false}]
    label_file: web.labels
    configs: [inline, file, gone, set, unset]
    secrets: [key, nokey]
configs:
  inline: {content: "a"}
  file: {file: ./file.txt}
  gone: {file: ./gone.txt}
  set: {environment: SET}
  unset: {environment: UNSET}
secrets:
  key: {file: ./file.txt}
  nokey: {environment: UNSET}
`,
		"web.env": "A=1\nB=$SET\n", "web.labels": "l=1\n", "file.txt": "content",
	})
	if p == nil {
		t.Fatal(errorsOf(ds))
	}
	var got []string
	for key := range p.Content {
		kind, name, _ := strings.Cut(key, ":")
		got = append(got, kind+":"+filepath.Base(name))
	}
	slices.Sort(got)
	want := []string{"config:file", "config:inline", "config:set", "env_file:web.env", "label_file:web.labels", "secret:key"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if p.Content["config:file"] != p.Content["secret:key"] || p.Content["config:file"] == p.Content["config:inline"] {
		t.Error("a digest is of the content only")
	}
	web := p.Model.Services["web"]
	if b := web.Environment["B"]; b == nil || *b != "value" || web.Labels["l"] != "1" {
		t.Errorf("environment %v, labels %v", web.Environment, web.Labels)
	}
	if !slices.ContainsFunc(ds, func(d Diagnostic) bool { return d.Rule == "missing-file" && d.Path == "configs.gone.file" }) {
		t.Errorf("nothing said of gone.txt: %v", ds)
	}
}

// TestProfiles: services that are named are enabled, with their env files.
func TestProfiles(t *testing.T) {
	files := map[string]string{"compose.yaml": `
services:
  web: {image: busybox}
  job: {image: busybox, profiles: [batch], env_file: gone.env}
`}
	for name, c := range map[string]struct {
		o    Options
		want string // active services, or the rule of the error
	}{
		"none":             {Options{}, "web"},
		"--profile":        {Options{Profiles: []string{"batch"}}, "env-file"},
		"COMPOSE_PROFILES": {Options{Env: []string{"COMPOSE_PROFILES=x,batch"}}, "env-file"},
		"named":            {Options{Services: []string{"job"}}, "env-file"},
		"another":          {Options{Profiles: []string{"other"}}, "web"},
	} {
		t.Run(name, func(t *testing.T) {
			p, ds := loadDir(t, c.o, files)
			got := ""
			if p != nil {
				got = strings.Join(p.Model.ServiceNames(), " ")
			} else if len(ds) > 0 {
				got = ds[0].Rule
			}
			if got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// TestPlaces: through merges, the place is that of the file which set the
// value; included and extended files have their own.
func TestPlaces(t *testing.T) {
	p, ds := loadDir(t, Options{Files: []string{"a.yaml", "b.yaml"}}, map[string]string{
		"a.yaml":           "include: [inc/compose.yaml]\nservices:\n  web:\n    image: a\n    tty: true\n    labels: {a.b: c}\n    extends: {file: base.yaml, service: base}\n",
		"b.yaml":           "services:\n  web:\n    image: b\n",
		"inc/compose.yaml": "services:\n  other:\n    image: c\n",
		"base.yaml":        "services:\n  base:\n    user: me\n",
	})
	if p == nil {
		t.Fatal(errorsOf(ds))
	}
	for path, want := range map[string]string{
		"services.web.image":           "b.yaml:3:12",
		"services.web.tty":             "a.yaml:5:10",
		`services.web.labels["a.b"]`:   "a.yaml:6:19",
		"services.web.user":            "base.yaml:3:11",
		"services.other.image":         "compose.yaml:3:12",
		"services.web.image.not.there": "b.yaml:3:12",
	} {
		pos, exact := p.Positions.At(path)
		pos.File = filepath.Base(pos.File)
		if pos.String() != want || exact != !strings.HasSuffix(path, "there") {
			t.Errorf("%s: %s, %v, want %s", path, pos, exact, want)
		}
	}
	if key, _ := p.Positions.Key("services.web.tty"); key.Column != 5 {
		t.Errorf("key at %v", key)
	}
}

// TestOutside: files outside the project are read, and validate tells.
func TestOutside(t *testing.T) {
	p, ds := loadDir(t, Options{Files: []string{"p/compose.yaml"}}, map[string]string{
		"p/compose.yaml": "include: [../inc.yaml]\nservices:\n  web:\n    image: a\n    env_file: [in.env, ../out.env]\n    extends: {file: ../base.yaml, service: base}\n",
		"p/in.env":       "", "out.env": "", "inc.yaml": "services: {x: {image: y}}\n", "base.yaml": "services: {base: {image: y}}\n",
	})
	if p == nil {
		t.Fatal(errorsOf(ds))
	}
	var got []string
	for _, d := range ds {
		if d.Severity != SeverityInfo {
			t.Errorf("said: %+v", d)
		}
		got = append(got, d.Rule+" "+d.Path)
	}
	want := []string{"outside-project include[0]", "outside-project services.web.env_file[1]", "outside-project services.web.extends.file"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestPaths(t *testing.T) {
	for _, keys := range [][]string{{"services", "web", "image"}, {"a.b"}, {"services", "x[0]", `q"uote`}, {"", "a"}, {"a", ""}} {
		path, rest := joinPath(keys...), joinPath(keys...)
		var got []string
		for rest != "" {
			var key string
			key, rest = cutKey(rest)
			got = append(got, key)
		}
		if diff := cmp.Diff(keys, got); diff != "" {
			t.Errorf("%s: %s", path, diff)
		}
		if want := joinPath(keys[:len(keys)-1]...); parentPath(path) != want {
			t.Errorf("above %s: %s, want %s", path, parentPath(path), want)
		}
	}
}

func TestPrune(t *testing.T) {
	docs, err := decodeAll([]byte("a: &a [0, {x: 1, y: 2}, 2, 3]\nb: *a\nc: {d: 1}\ne.f: 1\n"))
	if err != nil {
		t.Fatal(err)
	}
	root := docs[0].Content[0]
	rest := copyTree(root, map[*yaml.Node]*yaml.Node{})
	prune([]tree{{rest}}, []string{"a[3]", "a[0]", "b[0]", "a[1].x", "c.d", "c.gone", `["e.f"]`, "a[7]", ""})
	got, err := encode([]tree{{rest}})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("a: &a [{y: 2}, 2]\nb: *a\nc: {}\n", string(got[0])); diff != "" {
		t.Error(diff)
	}
	if len(root.Content) != 8 {
		t.Error("the tree itself has changed")
	}
}
