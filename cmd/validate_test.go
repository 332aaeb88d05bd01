package cmd

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestValidateStandardInput(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "sub"), 0o700); err != nil {
		t.Fatal(err)
	}
	writeFiles(t, filepath.Join(dir, "sub"), map[string]string{".env": "TAG=1\n", "web.env": "A=b\n"})
	good := "services:\n  web:\n    image: x:${TAG:?}\n    env_file: web.env\n"
	// Its name says where the files beside it are.
	code, out, err := upgradeIn(dir, good, "validate", "-", "--stdin-filename", "sub/new.yaml")
	if code != exitOK || out != "" || err != "no mistakes in 1 file\n" {
		t.Errorf("exit code %d, output %q, errors %q", code, out, err)
	}
	bad := strings.ReplaceAll(good, "image", "imagee")
	code, out, err = upgradeIn(dir, bad, "validate", "-", "--stdin-filename", "sub/new.yaml")
	if want := "sub/new.yaml:3:5: error: unknown key \"imagee\" [unknown-key]\n   3 |     imagee: x:${TAG:?}\n"; code != exitFailed || !strings.Contains(out, want) {
		t.Errorf("exit code %d, errors %q, output:\n%s", code, err, out)
	}
	code, out, _ = upgradeIn(dir, bad, "validate", "-", "--stdin-filename", "sub/new.yaml", "--fix", "--diff")
	want := "-    imagee: x:${TAG:?}\n+    image: x:${TAG:?}\n"
	if code != exitFailed || !strings.Contains(out, "--- sub/new.yaml\n+++ sub/new.yaml\n") || !strings.Contains(out, want) {
		t.Errorf("exit code %d, output:\n%s", code, out)
	}
	// What a fix brings to light is shown too.
	_, out, err = upgradeIn(dir, "services:\n\tweb:\n\t\timagee: x:1\n", "validate", "-", "--fix", "--diff")
	if want := "+  web:\n+    image: x:1\n"; !strings.Contains(out, want) || !strings.HasPrefix(err, "note: 2 mistakes could be mended") {
		t.Errorf("errors %q, output:\n%s", err, out)
	}
	for _, args := range [][]string{{"-", "--fix"}, {"--stdin-filename", "x"}, {"-", "-o", "a.json", "-o", "sarif=./a.json"}} {
		if code, _, _ := upgradeIn(dir, bad, append([]string{"validate"}, args...)...); code != exitUsage {
			t.Errorf("%v: exit code %d", args, code)
		}
	}
}

// TestValidateUnwritten: a report that nobody can have read is not "no mistakes".
func TestValidateUnwritten(t *testing.T) {
	var e bytes.Buffer
	a := &App{In: strings.NewReader("services: {web: {imagee: x}}\n"), Out: fullDisk{}, Err: &e, Dir: t.TempDir()}
	if code := a.Run([]string{"recompose", "validate", "-"}); code != exitNotChecked || !strings.Contains(e.String(), "no space left") {
		t.Errorf("exit code %d, errors %q", code, e.String())
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, syscall.ENOSPC }

// Many projects at once give what each gives by itself, in the same order every
// time.
func TestValidateManyProjects(t *testing.T) {
	dir := t.TempDir()
	const projects = 300
	var want strings.Builder
	for i := range projects {
		sub := fmt.Sprintf("p%03d", i)
		if err := os.Mkdir(filepath.Join(dir, sub), 0o700); err != nil {
			t.Fatal(err)
		}
		writeFiles(t, filepath.Join(dir, sub), map[string]string{"compose.yaml": "services:\n  web:\n    image: x:1\n    imagee: x\n"})
		fmt.Fprintf(&want, "::error file=%s/compose.yaml,line=4,endLine=4,col=5,endColumn=11,title=unknown-key::unknown key \"imagee\"%%0Adid you mean \"image\"?\n", sub)
	}
	begin := time.Now()
	code, out, err := upgradeIn(dir, "", "validate", ".", "--format", "github")
	if code != exitFailed || err != fmt.Sprintf("%d errors in %[1]d files\n", projects) {
		t.Errorf("exit code %d: %s", code, err)
	}
	t.Logf("%d projects in %s", projects, time.Since(begin))
	if diff := cmp.Diff(want.String(), out); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestParseOutput(t *testing.T) {
	for text, want := range map[string][2]string{
		"sarif=a=b":      {"sarif", "a=b"},
		"a.xml:junit":    {"junit", "a.xml"},
		`C:\a.xml:junit`: {"junit", `C:\a.xml`},
		"a.json":         {"json", "a.json"},
		"a.sarif":        {"sarif", "a.sarif"},
		"gitlab=a.json":  {"gitlab", "a.json"},
		"a.xml":          {},
		"sarif=":         {},
		":json":          {},
		"pdf=a":          {},
	} {
		format, file, err := parseOutput(text)
		if got := [2]string{format, file}; got != want || (err == nil) != (want != [2]string{}) {
			t.Errorf("%s: %v %v, want %v", text, got, err, want)
		}
	}
}
