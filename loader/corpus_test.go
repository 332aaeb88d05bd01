package loader

import (
	"context"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestCorpus checks acceptance against real files: what docker-compose 1.29.2
// or docker compose v5 accepts must load, but for the cases that
// deliberately differ. The files are not part of this repository; the
// environment variable RECOMPOSE_CORPUS names their folder.
func TestCorpus(t *testing.T) {
	dir := os.Getenv("RECOMPOSE_CORPUS")
	if dir == "" {
		t.Skip("SKIPPED: RECOMPOSE_CORPUS is not set")
	}
	index, err := os.ReadFile(filepath.Join(dir, "INDEX.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for _, line := range strings.Split(strings.TrimSpace(string(index)), "\n")[1:] {
		col := strings.Split(line, "\t")
		name, kind := col[0], col[1]
		accepted := strings.HasPrefix(col[9], "ok") || strings.HasPrefix(col[10], "ok")
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			p, ds, err := Load(context.Background(), corpusOptions(t, filepath.Join(dir, name)))
			if took := time.Since(start); took > 5*time.Second {
				t.Errorf("took %v", took)
			}
			checkPlaces(t, ds)
			switch {
			case p == nil && err == nil && !HasErrors(ds):
				t.Error("no project, and no error either")
			case p == nil && accepted:
				count[kind+" refused, but a peer accepts it"]++
				if !stricter(ds) {
					t.Errorf("refused: %v %v", err, errorsOf(ds))
				}
			case p != nil && !accepted:
				count[kind+" accepted, no peer does"]++
				t.Logf("accepted, but %s / %s", col[9], col[10])
			case p == nil:
				count[kind+" refused by all"]++
				t.Logf("%v %v", err, errorsOf(ds))
			default:
				count[kind+" accepted"]++
			}
		})
	}
	t.Log(count)
}

// stricter: a repeated key or container name, or an undeclared network, is an
// error for us and for one of the peers; the other one silently drops
// something, or fails when it comes to it.
func stricter(ds []Diagnostic) bool {
	for _, d := range ds {
		switch d.Rule {
		case "duplicate-key", "duplicate-container-name", "undefined-network":
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
	} else if !os.IsNotExist(err) && err != fs.ErrNotExist {
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
