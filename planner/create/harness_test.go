package create_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"recompose/loader"
	"recompose/planner"
	"recompose/planner/create"
)

var update = flag.Bool("update", false, "write the expected parts of testdata anew")

// folder is a folder of files, named so that the project is always "demo".
type folder struct {
	t   *testing.T
	dir string
}

func newFolder(t *testing.T, files map[string]string) folder {
	t.Helper()
	f := folder{t, filepath.Join(t.TempDir(), "demo")}
	for name, text := range files {
		path := filepath.Join(f.dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return f
}

func (f folder) load(file string) *loader.Project { return f.loadAs(file, "") }

func (f folder) loadAs(file, project string) *loader.Project {
	f.t.Helper()
	p, mistakes := f.tryLoad(file, project)
	if len(mistakes) > 0 {
		f.t.Fatalf("load: %v", mistakes)
	}
	return p
}

// tryLoad also gives the mistakes in a file that does not load.
func (f folder) tryLoad(file, project string) (p *loader.Project, mistakes []string) {
	f.t.Helper()
	p, ds, err := loader.Load(f.t.Context(), loader.Options{Files: []string{filepath.Join(f.dir, file)}, WorkingDir: f.dir, Name: project})
	if err != nil {
		f.t.Fatal(err)
	}
	for _, d := range ds {
		if d.Severity == loader.SeverityError {
			mistakes = append(mistakes, "! "+d.Message+" ["+d.Rule+"]")
		}
	}
	return p, mistakes
}

// hide takes the folder's own name out of a text.
func (f folder) hide(text string) string { return strings.ReplaceAll(text, f.dir, "$DIR") }

func engine(api string) planner.Engine {
	return planner.Engine{Version: "20.10.24", APIVersion: api, OS: "linux", Local: true, LegacyLinks: true, LegacyLinksEnv: true}
}

// containers are the specs of all containers that a first `up` makes, by name.
func containers(t *testing.T, p *loader.Project, api string) (map[string]create.Spec, []planner.Problem) {
	t.Helper()
	plan := planner.Make(p, planner.State{Engine: engine(api)}, planner.Target{Goal: planner.GoalUp, Offline: true})
	specs := map[string]create.Spec{}
	for _, a := range plan.Actions {
		if c, ok := a.Payload.(planner.CreateContainer); ok {
			specs[c.Spec.Name] = c.Spec
		}
	}
	return specs, plan.Problems
}

// facts are what a body says, a line each: "HostConfig.Dns = [...]". The
// labels of Compose tools are left out, and what has no meaning when empty.
func facts(t *testing.T, body create.Body) []string {
	t.Helper()
	var lines []string
	for name, part := range map[string]any{"Config": body.Config, "HostConfig": body.Host, "NetworkingConfig": body.Network, "Platform": body.Platform} {
		text, err := json.Marshal(part)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, flatten(t, name, text)...)
	}
	slices.Sort(lines)
	return lines
}

// saysEmpty are the parts of a body that mean something when empty.
var saysEmpty = []string{"Config.Cmd", "Config.Entrypoint", "Config.StopTimeout", "HostConfig.Init", "HostConfig.MaskedPaths", "HostConfig.ReadonlyPaths"}

func flatten(t *testing.T, name string, text []byte) []string {
	t.Helper()
	var object map[string]json.RawMessage
	if json.Unmarshal(text, &object) == nil && len(object) > 0 {
		var lines []string
		for key, value := range object {
			sep := "."
			if strings.ContainsAny(key, "./") {
				key, sep = `["`+key+`"]`, ""
			}
			if name == "Config.Labels" && (strings.HasPrefix(key, `["com.docker.compose.`) || strings.HasPrefix(key, `["recompose.`)) {
				continue
			}
			sub := flatten(t, name+sep+key, value)
			if len(sub) == 0 && member(name) {
				sub = []string{name + sep + key + " = " + string(value)}
			}
			lines = append(lines, sub...)
		}
		return lines
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, text); err != nil {
		t.Fatal(err)
	}
	switch compact.String() {
	case "null":
		return nil
	case `""`, "0", "false", "[]", "{}", "[0,0]":
		if !slices.Contains(saysEmpty, name) {
			return nil
		}
	}
	return []string{name + " = " + compact.String()}
}

// member reports whether the keys below are the user's, so that each counts
// though its value is empty.
func member(name string) bool {
	return slices.Contains([]string{"Config.Labels", "Config.Volumes", "Config.ExposedPorts", "HostConfig.Tmpfs", "HostConfig.PortBindings", "NetworkingConfig.EndpointsConfig"}, name)
}

// archive reads one file of testdata.
func archive(t *testing.T, name string) *txtar.Archive {
	t.Helper()
	ar, err := txtar.ParseFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return ar
}

func sections(ar *txtar.Archive) map[string]string {
	out := map[string]string{}
	for _, f := range ar.Files {
		out[f.Name] = string(f.Data)
	}
	return out
}

// golden compares the part of a section behind "=>" with what came of it.
func golden(t *testing.T, file string, ar *txtar.Archive, got map[string]string) {
	t.Helper()
	names := slices.Sorted(maps.Keys(got))
	for _, name := range names {
		i := slices.IndexFunc(ar.Files, func(f txtar.File) bool { return f.Name == name })
		given, want, _ := strings.Cut(string(ar.Files[i].Data), "=>\n")
		if *update {
			ar.Files[i].Data = fmt.Appendf(nil, "%s=>\n%s\n", given, got[name])
			continue
		}
		if diff := cmp.Diff(strings.TrimSpace(want), strings.TrimSpace(got[name])); diff != "" {
			t.Errorf("%s (-want +got), go test ./planner/create -update writes it anew:\n%s", name, diff)
		}
	}
	if *update {
		if err := os.WriteFile(filepath.Join("testdata", file), txtar.Format(ar), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// change edits the compose file in place.
func (f folder) change(from, to string) {
	f.t.Helper()
	path := filepath.Join(f.dir, "docker-compose.yml")
	text, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(text), from) {
		f.t.Fatalf("%q is not in the file: %v", from, err)
	}
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(string(text), from, to)), 0o600); err != nil {
		f.t.Fatal(err)
	}
}
