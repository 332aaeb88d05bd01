package archive

import (
	"archive/tar"
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// archiveOf makes an archive of headers; a file's content is its name.
func archiveOf(t *testing.T, headers ...tar.Header) *bytes.Buffer {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, h := range headers {
		if h.Typeflag == tar.TypeReg {
			h.Size = int64(len(h.Name))
		}
		if h.Mode == 0 {
			h.Mode = 0o755
		}
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if h.Typeflag == tar.TypeReg {
			if _, err := w.Write([]byte(h.Name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return &b
}

// tree lists what a directory has: modes, and contents or links.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
		if err != nil || file == dir {
			return err
		}
		name, _ := filepath.Rel(dir, file)
		info, err := d.Info()
		if err != nil {
			return err
		}
		text := info.Mode().String()
		switch {
		case info.Mode().IsRegular():
			content, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			text += " " + string(content)
		case info.Mode()&fs.ModeSymlink != 0:
			link, err := os.Readlink(file)
			if err != nil {
				return err
			}
			text = "-> " + link
		}
		out[name] = text
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestPackAndUnpack(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	write(t, filepath.Join(from, "site", "sub", "page"), "hello", 0o640)
	write(t, filepath.Join(from, "site", "run"), "#!", 0o755)
	if err := os.Symlink("sub/page", filepath.Join(from, "site", "link")); err != nil {
		t.Fatal(err)
	}
	when := time.Date(2020, 2, 3, 4, 5, 6, 0, time.UTC)
	if err := os.Chtimes(filepath.Join(from, "site", "run"), when, when); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(from, "site", "sub"), 0o500); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, dir := range []string{filepath.Join(from, "site", "sub"), filepath.Join(to, "www", "sub")} {
			_ = os.Chmod(dir, 0o700) // so that it can be removed
		}
	})
	var b bytes.Buffer
	if left, err := Pack(&b, filepath.Join(from, "site"), "site"); err != nil || left != nil {
		t.Fatal(left, err)
	}
	if left, err := Unpack(&b, to, "www", false); err != nil || left != nil {
		t.Fatal(left, err)
	}
	want := map[string]string{"www": "drwxr-xr-x", "www/sub": "dr-x------", "www/sub/page": "-rw-r----- hello", "www/run": "-rwxr-xr-x #!", "www/link": "-> sub/page"}
	if diff := cmp.Diff(want, tree(t, to)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if info, err := os.Stat(filepath.Join(to, "www", "run")); err != nil || !info.ModTime().Equal(when) {
		t.Errorf("time %v, %v", info.ModTime(), err)
	}
}

func write(t *testing.T, file, text string, mode fs.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(file, mode); err != nil { // whatever the umask
		t.Fatal(err)
	}
}

// TestUnpackStaysInside: whatever the archive says, nothing is written outside
// of the directory.
func TestUnpackStaysInside(t *testing.T) {
	top := tar.Header{Typeflag: tar.TypeDir, Name: "top/"}
	file := func(name string) tar.Header { return tar.Header{Typeflag: tar.TypeReg, Name: name} }
	for name, c := range map[string]struct {
		entries func(outside string) []tar.Header
		message string
	}{
		"a path with ..": {func(string) []tar.Header { return []tar.Header{top, file("top/../../evil")} }, "leads out"},
		"another top":    {func(string) []tar.Header { return []tar.Header{top, file("other/evil")} }, "outside of"},
		"through an absolute link": {func(outside string) []tar.Header {
			return []tar.Header{top, {Typeflag: tar.TypeSymlink, Name: "top/link", Linkname: outside}, file("top/link/evil")}
		}, "escapes"},
		"through a relative link": {func(string) []tar.Header {
			return []tar.Header{top, {Typeflag: tar.TypeSymlink, Name: "top/link", Linkname: "../../outside"}, file("top/link/evil")}
		}, "escapes"},
		"a hard link to outside": {func(outside string) []tar.Header {
			return []tar.Header{top, {Typeflag: tar.TypeLink, Name: "top/hard", Linkname: outside + "/kept"}}
		}, "outside of"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			outside, to := filepath.Join(dir, "outside"), filepath.Join(dir, "to")
			write(t, filepath.Join(outside, "kept"), "kept", 0o644)
			if err := os.Mkdir(to, 0o755); err != nil {
				t.Fatal(err)
			}
			_, err := Unpack(archiveOf(t, c.entries(outside)...), to, "top", false)
			if err == nil || !strings.Contains(err.Error(), c.message) {
				t.Errorf("error %v, want one with %q", err, c.message)
			}
			if diff := cmp.Diff(map[string]string{"kept": "-rw-r--r-- kept"}, tree(t, outside)); diff != "" {
				t.Errorf("outside (-want +got):\n%s", diff)
			}
		})
	}
}

func TestUnpackLeavesOut(t *testing.T) {
	to := t.TempDir()
	left, err := Unpack(archiveOf(t,
		tar.Header{Typeflag: tar.TypeDir, Name: "./"},
		tar.Header{Typeflag: tar.TypeChar, Name: "./null", Devmajor: 1, Devminor: 3},
		tar.Header{Typeflag: tar.TypeBlock, Name: "./disk", Devmajor: 8},
		tar.Header{Typeflag: tar.TypeFifo, Name: "./pipe"},
		tar.Header{Typeflag: tar.TypeReg, Name: "./su", Mode: 0o6755},
		tar.Header{Typeflag: tar.TypeLink, Name: "./same", Linkname: "su"},
	), to, "", false)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"null", "disk", "pipe"}, left); diff != "" {
		t.Errorf("left out (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{"su": "-rwxr-xr-x ./su", "same": "-rwxr-xr-x ./su"}, tree(t, to)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestUnpackReplaces: files and links are replaced themselves, a directory and
// a file never stand in for one another.
func TestUnpackReplaces(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "old"), "old", 0o644)
	write(t, filepath.Join(dir, "full", "x"), "x", 0o644)
	if err := os.Symlink("old", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	for name, kind := range map[string]byte{"link": tar.TypeReg, "full": tar.TypeReg, "old": tar.TypeDir} {
		_, err := Unpack(archiveOf(t, tar.Header{Typeflag: kind, Name: name}), dir, name, false)
		if (err == nil) != (name == "link") {
			t.Errorf("%s: %v", name, err)
		}
	}
	want := map[string]string{"old": "-rw-r--r-- old", "link": "-rwxr-xr-x link", "full": "drwxr-xr-x", "full/x": "-rw-r--r-- x"}
	if diff := cmp.Diff(want, tree(t, dir)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
