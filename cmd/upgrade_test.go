package cmd

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	oldFile = `web:
  image: web   # ours
  links:
    - db
db:
  image: db
`
	newFile = `services:
  web:
    image: web   # ours
    depends_on:
      - db
  db:
    image: db
`
)

// upgradeIn runs the program in a directory.
func upgradeIn(dir, stdin string, args ...string) (code int, out, err string) {
	var o, e bytes.Buffer
	a := &App{In: strings.NewReader(stdin), Out: &o, Err: &e, Dir: dir, Env: []string{"HOME=/home/u"}}
	return a.Run(append([]string{"recompose"}, args...)), o.String(), e.String()
}

func writeFiles(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o640); err != nil {
			t.Fatal(err)
		}
	}
}

func content(t *testing.T, dir, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestUpgradeShowsADiff(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{"docker-compose.yml": oldFile})
	code, out, err := upgradeIn(dir, "", "upgrade")
	if code != exitOK {
		t.Errorf("exit code %d: %s", code, err)
	}
	for _, want := range []string{"--- docker-compose.yml\n+++ docker-compose.yml\n@@ ", "-  links:\n", "+services:\n", "+    depends_on:\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in the output:\n%s", want, out)
		}
	}
	if want := "docker-compose.yml:4:5: warning: "; !strings.Contains(err, want) {
		t.Errorf("no %q in the notes:\n%s", want, err)
	}
	if diff := cmp.Diff(oldFile, content(t, dir, "docker-compose.yml")); diff != "" {
		t.Errorf("the file was changed (-old +new):\n%s", diff)
	}
}

func TestUpgradeWrites(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{"real.yml": oldFile})
	link := filepath.Join(dir, "docker-compose.yml")
	if err := os.Symlink("real.yml", link); err != nil {
		t.Fatal(err)
	}
	code, out, notes := upgradeIn(dir, "", "upgrade", "--write")
	if code != exitOK || out != "" {
		t.Errorf("exit code %d, output %q: %s", code, out, notes)
	}
	if want := "   4 |     - db\n"; !strings.Contains(notes, want) {
		t.Errorf("the notes are not about the file as it was: no %q in\n%s", want, notes)
	}
	if diff := cmp.Diff(newFile, content(t, dir, "real.yml")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	info, err := os.Lstat(filepath.Join(dir, "real.yml"))
	if err != nil || info.Mode() != 0o640 {
		t.Errorf("mode %v, want that of before: %v", info.Mode(), err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the symbolic link was replaced: %v %v", info, err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 2 {
		t.Errorf("left over: %v %v", entries, err)
	}
	if code, out, err := upgradeIn(dir, "", "upgrade", "--write"); code != exitOK || out != "" || err != "nothing to upgrade\n" {
		t.Errorf("again: exit code %d, output %q: %s", code, out, err)
	}
}

func TestUpgradeChecks(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{"old.yml": oldFile, "new.yml": newFile})
	for _, c := range []struct {
		file, out string
		code      int
	}{{"old.yml", "old.yml\n", exitFailed}, {"new.yml", "", exitOK}} {
		code, out, err := upgradeIn(dir, "", "upgrade", "--check", c.file)
		if code != c.code || out != c.out || err != "" {
			t.Errorf("%s: exit code %d, output %q, errors %q", c.file, code, out, err)
		}
	}
	if got := content(t, dir, "old.yml"); got != oldFile {
		t.Errorf("a check changed the file:\n%s", got)
	}
}

func TestUpgradeStandardInput(t *testing.T) {
	code, out, _ := upgradeIn(t.TempDir(), oldFile, "-f", "-", "upgrade", "-w")
	if code != exitOK {
		t.Errorf("exit code %d", code)
	}
	if diff := cmp.Diff(newFile, out); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if _, out, _ = upgradeIn(t.TempDir(), newFile, "upgrade", "-w", "-"); out != newFile {
		t.Errorf("a file of today's format comes out as:\n%s", out)
	}
}

func TestUpgradeSeveralFiles(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{
		"a.yml":    "web:\n  image: web\n  extends:\n    file: base.yml\n    service: base\n",
		"b.yml":    "version: '3'\nservices: {}\n",
		"base.yml": "base:\n  image: base\n  net: host\n",
	})
	if code, _, err := upgradeIn(dir, "", "-f", "a.yml", "-f", "b.yml", "upgrade", "-w"); code != exitOK {
		t.Fatalf("exit code %d: %s", code, err)
	}
	got := map[string]string{}
	for _, name := range []string{"a.yml", "b.yml", "base.yml"} {
		got[name] = content(t, dir, name)
	}
	want := map[string]string{
		"a.yml":    "services:\n  web:\n    image: web\n    extends:\n      file: base.yml\n      service: base\n",
		"b.yml":    "services: {}\n",
		"base.yml": "services:\n  base:\n    image: base\n    network_mode: host\n",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// The project's name follows another rule in newer formats; without a word,
// the next up would start a second project.
func TestUpgradeTellsOfTheProjectsName(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "prod_poc")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	writeFiles(t, dir, map[string]string{"docker-compose.yml": oldFile})
	if _, _, err := upgradeIn(dir, "", "upgrade"); !strings.Contains(err, "`name: prodpoc`") {
		t.Errorf("nothing about the name in:\n%s", err)
	}
}

func TestUpgradeMistakes(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{"broken.yml": "web:\n  image: [x\n", "two.yml": "a: {image: a}\n---\nb: {image: b}\n"})
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"broken.yml"}, "broken.yml:"},
		{[]string{"missing.yml"}, "missing.yml"},
		{[]string{"two.yml"}, "two.yml:3:1: error: this file cannot be rewritten: it has 2 YAML documents"},
		{[]string{"--write", "--check"}, "write"},
	} {
		code, out, err := upgradeIn(dir, "", append([]string{"upgrade"}, c.args...)...)
		if code != exitFailed || out != "" || !strings.Contains(err, c.want) {
			t.Errorf("%v: exit code %d, output %q, errors %q", c.args, code, out, err)
		}
	}
}

func TestReplaceFileLeavesNothingBehind(t *testing.T) {
	dir := t.TempDir()
	target := filepath.Join(dir, "compose.yml")
	if err := os.MkdirAll(filepath.Join(target, "full"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := replaceFile(target, []byte("x")); err == nil {
		t.Error("a directory was replaced")
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("left over: %v %v", entries, err)
	}
}
