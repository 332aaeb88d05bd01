package loader_test

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"recompose/loader"
	"recompose/loader/report"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestDiagnostics: for each broken file, all that is said about it.
func TestDiagnostics(t *testing.T) {
	diagnostics(t, "../testdata/diagnostics/*.yaml")
	diagnostics(t, "../testdata/diagnostics/security/*.yaml", "security")
}

func diagnostics(t *testing.T, pattern string, presets ...string) {
	each(t, pattern, loader.Options{Check: true, Presets: presets}, func(t *testing.T, dir string, p *loader.Project, said string) string {
		if said == "" {
			t.Error("nothing is said about it")
		}
		return said
	})
}

// TestGood: what looks odd and is right is taken without a word, all rules on.
func TestGood(t *testing.T) {
	dir, err := filepath.Abs("../testdata/good")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	for _, name := range files {
		p, ds, err := loader.Load(context.Background(), loader.Options{
			Files: []string{name}, WorkingDir: filepath.Dir(name), Check: true, Presets: []string{"security", "strict"},
		})
		if p == nil || err != nil || len(ds) > 0 {
			t.Errorf("%s: %v %v", name, err, ds)
		}
	}
}

// TestFiles: good files are taken without a word, and mean what `config`
// prints.
func TestFiles(t *testing.T) {
	each(t, "../testdata/compose/*/*.yaml", loader.Options{}, func(t *testing.T, dir string, p *loader.Project, said string) string {
		if said != "" || p == nil {
			t.Fatalf("said:\n%s", said)
		}
		if format := map[string]loader.Format{
			"v1": loader.FormatV1, "v2": loader.FormatV2, "v3": loader.FormatV3, "spec": loader.FormatSpec,
		}[filepath.Base(dir)]; p.Format != format {
			t.Errorf("read as %s", p.Format)
		}
		text, err := loader.MarshalYAML(p.Model)
		if err != nil {
			t.Fatal(err)
		}
		return strings.ReplaceAll(string(text), dir, "DIR")
	})
}

// each loads the files of a pattern and compares what show makes of them with
// the golden file beside each.
func each(t *testing.T, pattern string, o loader.Options, show func(t *testing.T, dir string, p *loader.Project, said string) string) {
	t.Helper()
	t.Setenv("HOME", "/home/me")
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("no files %s: %v", pattern, err)
	}
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".yaml"), func(t *testing.T) {
			name, err := filepath.Abs(name)
			if err != nil {
				t.Fatal(err)
			}
			dir := filepath.Dir(name)
			o.Files, o.WorkingDir, o.Name, o.Env = []string{name}, dir, "golden", []string{"SET=value", "HOME=/home/me"}
			p, ds, err := loader.Load(context.Background(), o)
			if err != nil {
				t.Fatal(err)
			}
			golden := strings.TrimSuffix(name, ".yaml") + ".out"
			got := show(t, dir, p, text(t, dir, name, ds))
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("(-golden +got)\n%s", diff)
			}
		})
	}
}

func text(t *testing.T, dir, name string, ds []loader.Diagnostic) string {
	t.Helper()
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	lines := loader.Lines(content)
	var b bytes.Buffer
	err = report.Text(&b, ds, func(file string, n int) (string, bool) {
		if file != name || n > len(lines) {
			return "", false
		}
		return lines[n-1], true
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(b.String(), dir+"/", "")
}
