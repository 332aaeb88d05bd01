package cmd

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// layers may import themselves and what stands after them.
var layers = []string{"cmd", "executor", "planner", "loader"}

// only says which packages may import what begins with a path. Tests may
// import anything but a higher layer.
var only = map[string][]string{
	"github.com/docker/docker/client":              {"executor/docker"},
	"github.com/docker/docker/api/types":           {"executor/docker", "planner/create"},
	"github.com/docker/cli/":                       {"executor/docker"},
	"gopkg.in/yaml.v3":                             {"loader"},
	"go.yaml.in/":                                  {"loader"},
	"github.com/compose-spec/compose-go/v2/":       {"loader"},
	"github.com/compose-spec/compose-go/v2/types":  {"loader", "planner", "executor", "cmd"},
	"github.com/compose-spec/compose-go/v2/format": {"loader", "cmd"}, // reads -v of run
	"github.com/spf13/":                            {"cmd"},
	"github.com/fsnotify/":                         {"cmd/watch"},
	"github.com/creachadair/jrpc2":                 {"cmd/lsp"},
	"golang.org/x/term":                            {"cmd"},
}

// impure is what the planner must not reach for.
var impure = []string{"context", "os", "os/exec", "net", "net/http", "log", "log/slog", "math/rand", "math/rand/v2", "crypto/rand"}

// TestImports holds the one way that data flows.
func TestImports(t *testing.T) {
	seen := 0
	for i, layer := range layers {
		err := filepath.WalkDir(filepath.Join("..", layer), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() && d.Name() == "testdata" {
				return orSkip(err)
			}
			if d.IsDir() || !strings.HasSuffix(path, ".go") {
				return nil
			}
			f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
			if err != nil {
				return err
			}
			seen++
			dir := filepath.ToSlash(filepath.Dir(strings.TrimPrefix(path, "../")))
			test := strings.HasSuffix(path, "_test.go")
			for _, spec := range f.Imports {
				name, err := strconv.Unquote(spec.Path.Value)
				if err != nil {
					return err
				}
				checkImport(t, path, dir, name, i, test)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if seen < 100 {
		t.Errorf("only %d files were looked at", seen)
	}
}

func orSkip(err error) error {
	if err != nil {
		return err
	}
	return filepath.SkipDir
}

func checkImport(t *testing.T, path, dir, name string, layer int, test bool) {
	t.Helper()
	if own, ok := strings.CutPrefix(name, "recompose/"); ok {
		top, _, _ := strings.Cut(own, "/")
		if top == "docs" {
			return // texts only
		}
		// Tests of the planner play its plans on the engine in memory.
		if at := slices.Index(layers, top); at < layer && !(test && strings.HasPrefix(own, "executor")) {
			t.Errorf("%s imports %s, which stands above it", path, name)
		}
		return
	}
	if test {
		return
	}
	if layers[layer] == "planner" && slices.Contains(impure, name) {
		t.Errorf("%s imports %s: the planner is pure", path, name)
	}
	longest := ""
	for prefix := range only {
		if strings.HasPrefix(name, prefix) && len(prefix) > len(longest) {
			longest = prefix
		}
	}
	if longest == "" {
		return
	}
	if !slices.ContainsFunc(only[longest], func(p string) bool { return dir == p || strings.HasPrefix(dir, p+"/") }) {
		t.Errorf("%s imports %s, which only %v may", path, name, only[longest])
	}
}
