package loader

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSeccompProfiles(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "compose.yaml")
	load := func(options string) (*Project, []Diagnostic) {
		t.Helper()
		if err := os.WriteFile(file, []byte("services:\n  web:\n    image: a\n    security_opt: "+options+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		p, ds, err := Load(t.Context(), Options{Files: []string{file}, WorkingDir: dir})
		if err != nil {
			t.Fatal(err)
		}
		return p, ds
	}
	if err := os.WriteFile(filepath.Join(dir, "p.json"), []byte("{ \"a\": 1 }\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p, ds := load(`["seccomp:p.json", seccomp=unconfined, no-new-privileges]`)
	if p == nil {
		t.Fatal(ds)
	}
	if diff := cmp.Diff(map[string]string{"seccomp:p.json": `{"a":1}`}, p.Seccomp); diff != "" {
		t.Error(diff)
	}
	for _, bad := range []string{"[seccomp=nowhere.json]", "[seccomp=compose.yaml]"} {
		p, ds := load(bad)
		if p != nil || len(ds) != 1 || ds[0].Rule != "seccomp-profile" || ds[0].Position.Line != 4 || ds[0].Position.Column != 20 {
			t.Errorf("%s: %v, %+v", bad, p != nil, ds)
		}
	}
}
