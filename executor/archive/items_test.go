package archive

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestPackItems: what is gone meanwhile is left out, whatever stands there now.
func TestPackItems(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	for name, text := range map[string]string{"a": "text", "folder/b": "b"} {
		if err := os.MkdirAll(filepath.Dir(at(name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at(name), []byte(text), 0o640); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("nowhere", at("link")); err != nil {
		t.Skip(err)
	}
	var out bytes.Buffer
	left, err := PackItems(&out, []Item{
		{at("a"), "app/a"}, {at("folder"), "app/f"}, {at("link"), "app/link"},
		{at("gone"), "app/gone"}, {at("no/folder/x"), "app/x"}, {at("a/below/a/file"), "app/y"}, {os.DevNull, "app/null"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{filepath.Base(os.DevNull)}, left); diff != "" {
		t.Errorf("left (-want +got):\n%s", diff)
	}
	var got []string
	for r := tar.NewReader(&out); ; {
		h, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(r)
		got = append(got, fmt.Sprintf("%s %o %s%s", h.Name, h.Mode, text, h.Linkname))
	}
	if diff := cmp.Diff([]string{"app/a 640 text", "app/f/ 755 ", "app/link 777 nowhere"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
