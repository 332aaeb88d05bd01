package fix_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"recompose/loader"
	"recompose/loader/fix"
)

// maxRounds is more than any file here needs.
const maxRounds = 10

// load gives the model, nil if there are errors, and what was found.
func load(t *testing.T, dir string) (*loader.Project, []loader.Diagnostic) {
	t.Helper()
	p, ds, err := loader.Load(context.Background(), loader.Options{
		Files: []string{filepath.Join(dir, "compose.yaml")}, WorkingDir: dir, Name: "x", Check: true,
		Env: []string{"HOME=/home/me"},
	})
	if err != nil {
		t.Skip(err)
	}
	return p, ds
}

func marshal(t *testing.T, p *loader.Project) string {
	t.Helper()
	text, err := loader.MarshalYAML(p.Model)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func count(ds []loader.Diagnostic) (errors int) {
	for _, d := range ds {
		if d.Severity == loader.SeverityError {
			errors++
		}
	}
	return errors
}

// mend applies what is proposed until nothing is; each step must keep what the
// file means, or leave fewer errors.
func mend(t *testing.T, content []byte) {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "compose.yaml")
	for round := 0; ; round++ {
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
		before, found := load(t, dir)
		var fixes []loader.Fix
		for _, d := range found {
			if d.Fix == nil || d.Position.File != file {
				continue
			}
			for _, e := range d.Fix.Edits {
				if e.Position.File != file {
					t.Errorf("an edit of %s", e.Position.File)
				}
			}
			fixes = append(fixes, *d.Fix)
		}
		mended, applied, err := fix.Apply(file, content, fixes)
		if err != nil {
			return
		}
		if applied == 0 {
			if len(fixes) > 0 {
				t.Errorf("%d fixes are proposed, none can be made: %v", len(fixes), fixes)
			}
			return
		}
		if round == maxRounds {
			t.Fatalf("no end: %v", fixes)
		}
		if err := os.WriteFile(file, mended, 0o600); err != nil {
			t.Fatal(err)
		}
		after, left := load(t, dir)
		if before != nil {
			if after == nil {
				t.Fatalf("it was right, and is broken now: %v\n%s", left, mended)
			}
			if diff := cmp.Diff(marshal(t, before), marshal(t, after)); diff != "" {
				t.Errorf("it means something else now:\n%s", diff)
			}
		} else if syntax := found[0].Rule == "yaml-syntax"; !syntax && count(left) > count(found) {
			t.Errorf("more errors than before: %v\n%s", left, mended)
		}
		content = mended
	}
}

func TestFixesKeepTheMeaning(t *testing.T) {
	patterns := []string{"../../testdata/diagnostics/*.yaml", "../../testdata/compose/*/*.yaml"}
	if corpus := os.Getenv("RECOMPOSE_CORPUS"); corpus != "" {
		patterns = append(patterns, filepath.Join(corpus, "*", "*.y*ml"))
	} else {
		t.Log("SKIPPED: the corpus, RECOMPOSE_CORPUS is not set")
	}
	for _, pattern := range patterns {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("no files %s: %v", pattern, err)
		}
		for _, name := range files {
			t.Run(strings.TrimPrefix(name, "../../testdata/"), func(t *testing.T) {
				content, err := os.ReadFile(name)
				if err != nil {
					t.Fatal(err)
				}
				mend(t, content)
			})
		}
	}
}

func FuzzFix(f *testing.F) {
	for _, seed := range []string{
		"version: '3'\nservices:\n  web:\n    imagee: x\n", "services:\n\tweb:\n\t\timage: x\n",
		"services: {web: {image: x, hostname: 12, net: host}}\n", "\ufeffversion: '2'\r\nservices:\r\n  w: {image: x, ports: [22:22]}\r\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		if len(content) < 4<<10 {
			mend(t, content)
		}
	})
}
