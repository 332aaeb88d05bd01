package upgrade_test

import (
	"context"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"recompose/loader"
	"recompose/loader/upgrade"
)

// TestCorpus upgrades real files, and holds that the result is of today's
// format, that compose-go's schema takes it, that it means what the old file
// meant (see meaning), and that it is final. The files are not part of this
// repository; RECOMPOSE_CORPUS names their folder.
func TestCorpus(t *testing.T) {
	corpus := os.Getenv("RECOMPOSE_CORPUS")
	if corpus == "" {
		t.Skip("SKIPPED: RECOMPOSE_CORPUS is not set")
	}
	cases, err := filepath.Glob(filepath.Join(corpus, "*", "case.json"))
	if err != nil || len(cases) == 0 {
		t.Fatalf("no cases in %s: %v", corpus, err)
	}
	count := map[string]int{}
	for _, file := range cases {
		name := filepath.Base(filepath.Dir(file))
		kind, _, _ := strings.Cut(name, "-")
		t.Run(name, func(t *testing.T) {
			before := copyCase(t, filepath.Dir(file))
			old, _, err := loader.Load(context.Background(), before)
			files, ds, readErr := loader.ReadFiles(before)
			if readErr != nil || loader.HasErrors(ds) {
				if old != nil {
					t.Errorf("loads, but cannot be read: %v %v", readErr, ds)
				}
				count[kind+": no YAML, or no file"]++
				return
			}
			changed := false
			for _, r := range upgrade.Files(files, upgrade.Options{}) {
				changed = changed || r.Changed()
				if loader.HasErrors(r.Notes) {
					t.Errorf("%v", r.Notes)
				}
				checkPlaces(t, r)
				if err := os.WriteFile(r.Name, r.New, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			checkFinal(t, before)
			updated, ds, newErr := loader.Load(context.Background(), before)
			switch {
			case old == nil && updated == nil:
				count[kind+": refused before and after"]++
			case old == nil:
				count[kind+": refused before, loads now"]++
				t.Logf("mended; it was: %v", err)
			case updated == nil && newErr == nil && refusedToo(ds):
				count[kind+": refused now, as the engine did"]++
			case updated == nil:
				t.Errorf("does not load any more: %v %v", newErr, errorsOf(ds))
				count[kind+": WRONG"]++
			case updated.Format == loader.FormatV1:
				t.Error("still of the v1 format")
			default:
				if diff := difference(old, updated); diff != "" {
					t.Errorf("another meaning (-old +new):\n%s", diff)
					count[kind+": WRONG"]++
					return
				}
				if changed {
					count[kind+": upgraded, same meaning"]++
				} else {
					count[kind+": nothing to do"]++
				}
			}
		})
	}
	for _, line := range sortedCounts(count) {
		t.Log(line)
	}
}

// copyCase copies a case, for its files are rewritten, and gives the options
// that it is loaded with.
func copyCase(t *testing.T, from string) loader.Options {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			err = os.Chmod(path, 0o600)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	var c struct{ Files []string }
	data, err := os.ReadFile(filepath.Join(dir, "case.json"))
	if err == nil {
		err = json.Unmarshal(data, &c)
	}
	if err != nil {
		t.Fatal(err)
	}
	o := loader.Options{Name: "corpus", Env: []string{"PATH=/bin", "HOME=/home/corpus", "LANG=C.UTF-8"}}
	for _, f := range c.Files {
		o.Files = append(o.Files, filepath.Join(dir, f))
	}
	o.WorkingDir = filepath.Dir(o.Files[0])
	if env, err := os.ReadFile(filepath.Join(dir, "env")); err == nil {
		o.Env = append(o.Env, strings.Fields(string(env))...)
	}
	return o
}

// checkFinal holds that a second upgrade changes nothing.
func checkFinal(t *testing.T, o loader.Options) {
	t.Helper()
	files, ds, err := loader.ReadFiles(o)
	if err != nil || loader.HasErrors(ds) {
		t.Errorf("the result cannot be read: %v %v", err, ds)
		return
	}
	for _, r := range upgrade.Files(files, upgrade.Options{}) {
		if diff := cmp.Diff(string(r.Old), string(r.New)); diff != "" {
			t.Errorf("a second upgrade changes it (-first +second):\n%s", diff)
		}
	}
}

// checkPlaces holds that every note has a place inside the file.
func checkPlaces(t *testing.T, r upgrade.Result) {
	t.Helper()
	lines := strings.Split(string(r.Old), "\n")
	for _, d := range r.Notes {
		if d.Position.Line < 1 || d.Position.Line > len(lines) || d.Position.Column < 1 {
			t.Errorf("no place: %+v", d)
		}
	}
}

func errorsOf(ds []loader.Diagnostic) (out []string) {
	for _, d := range ds {
		if d.Severity == loader.SeverityError {
			out = append(out, d.Position.String()+": "+d.Message+" ["+d.Rule+"] "+d.Path)
		}
	}
	return out
}
