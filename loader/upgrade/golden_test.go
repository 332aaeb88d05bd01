package upgrade_test

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"recompose/loader"
	"recompose/loader/report"
	"recompose/loader/upgrade"
)

var update = flag.Bool("update", false, "write what comes out into testdata/upgrade")

// TestGolden upgrades the files below "in/" of each testdata/upgrade/*.txtar,
// in their order; those below "out/" and "notes" are what comes of them. A
// comment line "named volumes" asks for these. A file that loads before must
// load afterwards and mean the same, and a second upgrade must change nothing.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("../../testdata/upgrade/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden files: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			ar, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			o := upgrade.Options{NamedVolumes: bytes.Contains(ar.Comment, []byte("\nnamed volumes\n"))}
			options := unpack(t, ar)
			old, _, _ := loader.Load(context.Background(), options)
			got := &txtar.Archive{Comment: ar.Comment}
			for _, f := range ar.Files {
				if strings.HasPrefix(f.Name, "in/") {
					got.Files = append(got.Files, f)
				}
			}
			got.Files = append(got.Files, upgraded(t, options, o)...)
			if *update {
				if err := os.WriteFile(file, txtar.Format(got), 0o644); err != nil {
					t.Fatal(err)
				}
			} else if diff := cmp.Diff(string(txtar.Format(ar)), string(txtar.Format(got))); diff != "" {
				t.Errorf("(-want +got, refresh with -update):\n%s", diff)
			}
			checkFinal(t, options)
			if old == nil {
				return
			}
			updated, ds, err := loader.Load(context.Background(), options)
			if err != nil || updated == nil {
				t.Fatalf("does not load any more: %v %v", err, errorsOf(ds))
			}
			if diff := difference(old, updated); diff != "" && !o.NamedVolumes {
				t.Errorf("another meaning (-old +new):\n%s", diff)
			}
		})
	}
}

// unpack writes the files below "in/", and gives the options to load them: the
// compose files are those whose names begin so or with "fig".
func unpack(t *testing.T, ar *txtar.Archive) loader.Options {
	t.Helper()
	dir := t.TempDir()
	o := loader.Options{Name: "golden", WorkingDir: dir, Env: []string{"HOME=/home/golden"}}
	for _, f := range ar.Files {
		name, ok := strings.CutPrefix(f.Name, "in/")
		if !ok {
			continue
		}
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, f.Data, 0o600); err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(name, "compose") || strings.HasPrefix(name, "fig") {
			o.Files = append(o.Files, path)
		}
	}
	return o
}

// upgraded writes the files anew, and gives them with the notes.
func upgraded(t *testing.T, o loader.Options, u upgrade.Options) []txtar.File {
	t.Helper()
	files, ds, err := loader.ReadFiles(o)
	if err != nil || loader.HasErrors(ds) {
		t.Fatal(err, ds)
	}
	var out []txtar.File
	var notes []loader.Diagnostic
	for _, r := range upgrade.Files(files, u) {
		base := filepath.Base(r.Name)
		out = append(out, txtar.File{Name: "out/" + base, Data: r.New})
		for _, n := range r.Notes {
			n.Position.File = base
			notes = append(notes, n)
		}
		if err := os.WriteFile(r.Name, r.New, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := report.Text(&b, notes, nil); err != nil {
		t.Fatal(err)
	}
	return append(out, txtar.File{Name: "notes", Data: b.Bytes()})
}
