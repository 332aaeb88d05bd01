package loader_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"recompose/loader"
)

// TestOverlay: what an editor holds counts as if it were saved, also in files
// that compose-go reads itself.
func TestOverlay(t *testing.T) {
	saved := func(t *testing.T, sections ...string) string {
		dir, err := filepath.EvalSymlinks(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		for _, section := range sections {
			for _, f := range txtar.Parse([]byte(section)).Files {
				path := filepath.Join(dir, f.Name)
				if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, f.Data, 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
		return dir
	}
	const disk = `
-- compose.yaml --
include:
  - parts/one.yaml
  - path: [$PART/two.yaml]
services:
  web:
    extends: {file: base/base.yaml, service: base}
    image: x
-- parts/one.yaml --
services:
  one: {image: old, volumes: ["./data:/data"], env_file: one.env}
-- parts/one.env --
A=1
-- parts/.env --
FROM=here
-- parts/two.yaml --
include: [deep/three.yaml]
services:
  two: {image: x, build: ., depends_on: [three]}
-- parts/deep/three.yaml --
services:
  three: {image: x, network_mode: none}
-- base/base.yaml --
services:
  base:
    env_file: base.env
    extends: {file: more/more.yaml, service: more}
-- base/base.env --
B=1
-- base/more/more.yaml --
services:
  more: {privileged: false, volumes: ["./more:/more"]}
`
	for name, held := range map[string]string{
		"nothing":  ``,
		"included": "-- parts/one.yaml --\nservices:\n  one: {image: \"new:$FROM\", volumes: ['./other:/data'], env_file: one.env}\n",
		"deep":     "-- parts/deep/three.yaml --\nservices:\n  three: {image: y, build: {context: ./in}}\n",
		"extended": "-- base/more/more.yaml --\nservices:\n  more: {privileged: true, volumes: ['./now:/more']}\n",
		"several": "-- base/base.yaml --\nservices:\n  base: &x\n    hostname: $PART\n    extends: {file: more/more.yaml, service: more}\n" +
			"-- parts/two.yaml --\nservices:\n  two: {image: x, depends_on: [one]}\n",
		"broken":  "-- parts/one.yaml --\nservices:\n  one: {image: x, networks: [none]}\n",
		"refused": "-- parts/one.yaml --\nservices:\n  one: {image: x, ports: [\"80:x\"]}\n",
		"cycle":   "-- parts/one.yaml --\ninclude: [two.yaml]\nservices: {one: {image: x}}\n-- parts/two.yaml --\ninclude: [one.yaml]\nservices: {two: {image: x}}\n",
		"new":     "-- compose.yaml --\ninclude: [fresh.yaml]\nservices: {web: {image: x, depends_on: [fresh]}}\n-- fresh.yaml --\nservices: {fresh: {image: x}}\n",
	} {
		for _, sandbox := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				temporary := t.TempDir()
				t.Setenv("TMPDIR", temporary)
				load := func(dir string, open func(string) ([]byte, bool)) (*loader.Project, []loader.Diagnostic) {
					p, ds, err := loader.Load(context.Background(), loader.Options{
						WorkingDir: dir, Name: "p", Check: true, Sandbox: sandbox, Env: []string{"PART=parts"}, Open: open,
					})
					if err != nil {
						t.Fatal(err)
					}
					return p, ds
				}
				dir := saved(t, disk)
				texts := map[string][]byte{}
				for _, f := range txtar.Parse([]byte(held)).Files {
					texts[filepath.Join(dir, f.Name)] = f.Data
				}
				p, ds := load(dir, func(file string) ([]byte, bool) { text, ok := texts[file]; return text, ok })
				dirSaved := saved(t, disk, held)
				want, wantSaid := load(dirSaved, nil)
				if diff := cmp.Diff(told(wantSaid, dirSaved), told(ds, dir)); diff != "" {
					t.Errorf("said (-saved +held)\n%s", diff)
				}
				if (want == nil) != (p == nil) {
					t.Fatalf("a project: saved %v, held %v", want != nil, p != nil)
				}
				if p != nil {
					if diff := cmp.Diff(yamlOf(t, want), yamlOf(t, p)); diff != "" {
						t.Errorf("project (-saved +held)\n%s", diff)
					}
				}
				if left, err := os.ReadDir(temporary); err != nil || len(left) > 0 {
					t.Errorf("left behind: %v %v", left, err)
				}
			})
		}
	}
}

// told are findings without their directory.
func told(ds []loader.Diagnostic, dir string) []string {
	var out []string
	for _, d := range ds {
		out = append(out, strings.ReplaceAll(d.Position.String()+" "+d.Rule+" "+d.Path+": "+d.Message, dir, "DIR"))
	}
	return out
}

// yamlOf is a project as `config` prints it, without its directory.
func yamlOf(t *testing.T, p *loader.Project) string {
	t.Helper()
	text, err := p.Model.MarshalYAML()
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(text), p.Dir, "DIR")
}
