package upgrade_test

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"recompose/loader"
	"recompose/loader/upgrade"
)

// FuzzFiles: whatever the text, an upgrade ends, its places lie in the file,
// and a second one changes nothing.
func FuzzFiles(f *testing.F) {
	archives, err := filepath.Glob("../../testdata/upgrade/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range archives {
		ar, err := txtar.ParseFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range ar.Files {
			f.Add(file.Data, filepath.Dir(file.Name) == "in")
		}
	}
	f.Fuzz(func(t *testing.T, content []byte, named bool) {
		for _, format := range []loader.Format{loader.FormatV1, loader.FormatV3, loader.FormatSpec} {
			r := upgrade.Files([]loader.File{{Name: "/a/compose.yml", Content: content, Format: format}}, upgrade.Options{NamedVolumes: named})[0]
			if loader.HasErrors(r.Notes) {
				continue
			}
			checkPlaces(t, r)
			again := upgrade.Files([]loader.File{{Name: "/a/compose.yml", Content: r.New, Format: loader.FormatSpec}}, upgrade.Options{NamedVolumes: named})[0]
			if diff := cmp.Diff(string(r.New), string(again.New)); diff != "" {
				t.Errorf("%s: a second upgrade changes it (-first +second):\n%s", format, diff)
			}
		}
	})
}
