package loader

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestOddDirectory: where the working directory is no part of an URL, files are
// read and checked as elsewhere. The schema is read once in a process, so it
// takes one of its own.
func TestOddDirectory(t *testing.T) {
	if os.Getenv("RECOMPOSE_TEST_ODD_DIRECTORY") != "" {
		dir, err := os.Getwd()
		if err != nil {
			t.Fatal(err)
		}
		p, ds, err := Load(context.Background(), Options{Files: []string{filepath.Join(dir, "whole.yaml")}, WorkingDir: dir})
		if p == nil || err != nil || len(ds) > 0 {
			t.Errorf("%v %v", ds, err)
		}
		_, ds, err = Load(context.Background(), Options{Files: []string{filepath.Join(dir, "bad.yaml")}, WorkingDir: dir})
		if err != nil || len(ds) != 1 || ds[0].Rule != "unknown-key" || ds[0].Position.Line != 5 {
			t.Errorf("%v %v", ds, err)
		}
		return
	}
	dir := filepath.Join(t.TempDir(), "100%zz")
	if err := os.Mkdir(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	write(t, dir, "part.yaml", "services:\n  part:\n    image: x\n")
	write(t, dir, "whole.yaml", "include: [part.yaml]\nservices:\n  web:\n    extends: {file: part.yaml, service: part}\n")
	write(t, dir, "bad.yaml", "services:\n  good: {image: x}\n  web:\n    image: x\n    colour: red\n")
	self, err := filepath.Abs(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	again := exec.Command(self, "-test.run=^TestOddDirectory$")
	again.Dir, again.Env = dir, append(os.Environ(), "RECOMPOSE_TEST_ODD_DIRECTORY=1")
	if out, err := again.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
