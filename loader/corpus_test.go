package loader

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// corpusCase is a real file and what the peers made of it.
type corpusCase struct {
	name, kind, dir string
	classic, modern bool // accepted by docker-compose 1.29.2, by docker compose v5
	options         Options
}

// corpus reads the cases. The files are not part of this repository; the
// environment variable RECOMPOSE_CORPUS names their folder.
func corpus(t *testing.T) []corpusCase {
	t.Helper()
	dir := os.Getenv("RECOMPOSE_CORPUS")
	if dir == "" {
		t.Skip("SKIPPED: RECOMPOSE_CORPUS is not set")
	}
	t.Setenv("HOME", "/home/corpus") // compose-go replaces ~ by the process's
	index, err := os.ReadFile(filepath.Join(dir, "INDEX.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	var cases []corpusCase
	for _, line := range strings.Split(strings.TrimSpace(string(index)), "\n")[1:] {
		col := strings.Split(line, "\t")
		at := filepath.Join(dir, col[0])
		cases = append(cases, corpusCase{
			name: col[0], kind: col[1], dir: at,
			classic: strings.HasPrefix(col[9], "ok"), modern: strings.HasPrefix(col[10], "ok"),
			options: corpusOptions(t, at),
		})
	}
	return cases
}

// TestCorpus checks acceptance: what docker-compose 1.29.2 or docker compose
// v5 accepts must load, what both refuse must not.
func TestCorpus(t *testing.T) {
	count := map[string]int{}
	for _, c := range corpus(t) {
		t.Run(c.name, func(t *testing.T) {
			p, ds, err := Load(context.Background(), c.options)
			checkPlaces(t, ds)
			accepted := c.classic || c.modern
			switch {
			case p == nil && err == nil && !HasErrors(ds):
				t.Error("no project, and no error either")
			case p == nil && accepted:
				count[c.kind+" refused, but a peer accepts it"]++
				if !stricter(ds) {
					t.Errorf("refused: %v %v", err, errorsOf(ds))
				}
			case p != nil && !accepted:
				count[c.kind+" accepted, no peer does"]++
				t.Error("accepted, but no peer does")
			case p == nil:
				count[c.kind+" refused, as by both peers"]++
				t.Logf("%v %v", err, errorsOf(ds))
			default:
				count[c.kind+" accepted"]++
			}
		})
	}
	printCounts(t, count)
}

// printCounts writes one line a count, sorted.
func printCounts(t *testing.T, count map[string]int) {
	t.Helper()
	for _, what := range slices.Sorted(maps.Keys(count)) {
		t.Logf("%s: %d", what, count[what])
	}
}

// stricter: a container name that two services have, or an undeclared network,
// is an error for us. 1.29.2 prints such a file with `config`, and fails when
// it comes to the second container, or to the network.
func stricter(ds []Diagnostic) bool {
	for _, d := range ds {
		switch d.Rule {
		case "duplicate-container-name", "undefined-network":
		default:
			if d.Severity == SeverityError {
				return false
			}
		}
	}
	return true
}

func errorsOf(ds []Diagnostic) (out []string) {
	for _, d := range ds {
		if d.Severity == SeverityError {
			out = append(out, d.Position.String()+": "+d.Message+" ["+d.Rule+"] "+d.Path)
		}
	}
	return out
}

func corpusOptions(t *testing.T, dir string) Options {
	t.Helper()
	var c struct{ Files []string }
	data, err := os.ReadFile(filepath.Join(dir, "case.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &c); err != nil {
		t.Fatal(err)
	}
	o := Options{Name: "corpus", Env: []string{"PATH=/bin", "HOME=/home/corpus", "LANG=C.UTF-8"}}
	for _, f := range c.Files {
		if !filepath.IsAbs(f) {
			f = filepath.Join(dir, f)
		}
		o.Files = append(o.Files, f)
	}
	o.WorkingDir = filepath.Dir(o.Files[0])
	env, err := os.ReadFile(filepath.Join(dir, "env"))
	if err == nil {
		o.Env = append(o.Env, strings.Fields(string(env))...)
	} else if !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return o
}

// checkPlaces holds that every position lies inside its file.
func checkPlaces(t *testing.T, ds []Diagnostic) {
	t.Helper()
	for _, d := range ds {
		if d.Position.File == "" {
			t.Errorf("no file: %+v", d)
			continue
		}
		if d.Position.Line == 0 {
			continue
		}
		data, err := os.ReadFile(d.Position.File)
		if err != nil {
			t.Errorf("%v: %+v", err, d)
			continue
		}
		lines := strings.Split(string(data), "\n")
		if d.Position.Line > len(lines) {
			t.Errorf("line %d of %d: %+v", d.Position.Line, len(lines), d)
		} else if n := len([]rune(lines[d.Position.Line-1])); d.Position.Column > n+1 || d.Position.EndColumn > n+1 {
			t.Errorf("column beyond the line: %+v", d)
		}
	}
}
