package loader

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestSandbox: whatever way a file outside the project is named, it is refused
// and nothing of it appears; inside, and without the sandbox, it is read.
func TestSandbox(t *testing.T) {
	top := t.TempDir()
	dir := filepath.Join(top, "project")
	if err := os.MkdirAll(filepath.Join(dir, "sub"), 0o700); err != nil {
		t.Fatal(err)
	}
	secret := write(t, top, "secret.yaml", "services: {s3cret: {image: s3cret}}\nS=s3cret\n: s3cret\n")
	write(t, top, "secret.env", "S3CRET\x00=s3cret\n")
	write(t, top, "base.yaml", "web: {image: s3cret, s3cret: x}\n")
	if err := os.Symlink(secret, filepath.Join(dir, "link.yaml")); err != nil {
		t.Skip(err)
	}
	for name, content := range map[string]string{
		"include":             "include: [../secret.yaml]\n" + plainService,
		"include by a link":   "include: [link.yaml]\n" + plainService,
		"include, absolute":   "include: [" + secret + "]\n" + plainService,
		"env file of include": "include: [{path: sub/in.yaml, env_file: ../secret.env}]\n" + plainService,
		"extends":             "services: {web: {extends: {file: ../secret.yaml, service: s3cret}}}\n",
		"extends, 2015":       "web: {extends: {file: ../base.yaml, service: web}}\n",
		"env_file":            plainService + "    env_file: ../secret.env\n",
		"env_file, 2015":      "web: {image: x, env_file: ../secret.env}\n",
		"optional env_file":   plainService + "    env_file: [{path: ../gone.env, required: false}]\n",
		"label_file":          plainService + "    label_file: ../secret.env\n",
		"config":              plainService + "    configs: [c]\nconfigs: {c: {file: ../secret.env}}\n",
		"secret":              plainService + "    secrets: [c]\nsecrets: {c: {file: link.yaml}}\n",
		"seccomp":             plainService + "    security_opt: [\"seccomp:../secret.env\"]\n",
		"variable":            "include: [\"${UP:-..}/secret.yaml\"]\n" + plainService,
	} {
		t.Run(name, func(t *testing.T) {
			write(t, filepath.Join(dir, "sub"), "in.yaml", "services: {in: {image: x}}\n")
			file := write(t, dir, "compose.yaml", content)
			p, ds, err := Load(context.Background(), Options{Files: []string{file}, WorkingDir: dir, Name: "x", Sandbox: true})
			if p != nil || err != nil {
				t.Fatalf("accepted, or %v", err)
			}
			refused := false
			for _, d := range ds {
				refused = refused || (d.Rule == "outside-project" || d.Rule == "seccomp-profile") && d.Severity == SeverityError
				if d.Rule == "undefined-service" {
					t.Errorf("a consequence is told: %s", d.Message)
				}
				if text := strings.ReplaceAll(d.Message+d.Hint, "s3cret.yaml", ""); strings.Contains(text, "s3cret") && !strings.Contains(content, "s3cret") {
					t.Errorf("content is told: %s", text)
				}
			}
			if !refused {
				t.Errorf("not refused: %v", ds)
			}
		})
	}
	for name, link := range map[string]string{"file": "compose.yaml", "variables": ".env"} {
		t.Run("the "+name+" itself", func(t *testing.T) {
			inner := t.TempDir()
			file := filepath.Join(inner, "compose.yaml")
			if name == "variables" {
				write(t, inner, "compose.yaml", plainService)
			}
			if err := os.Symlink(secret, filepath.Join(inner, link)); err != nil {
				t.Fatal(err)
			}
			_, ds, err := Load(context.Background(), Options{Files: []string{file}, WorkingDir: inner, Name: "x", Sandbox: true})
			if err == nil || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("%v %v", ds, err)
			}
		})
	}
}

func TestReadIsTold(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{
		"in.yaml": "services: {in: {extends: {file: base.yaml, service: b}}}\n", "base.yaml": "services: {b: {image: x}}\n", "e.env": "A=b\n",
	} {
		write(t, dir, name, content)
	}
	file := write(t, dir, "compose.yaml", "include: [in.yaml]\n"+plainService+"    env_file: [e.env, {path: gone.env, required: false}]\n")
	var read []string
	_, _, err := Load(context.Background(), Options{
		Files: []string{file}, WorkingDir: dir, Name: "x", Sandbox: true,
		Read: func(f string) { read = append(read, filepath.Base(f)) },
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"compose.yaml", "in.yaml", "base.yaml", "e.env", "gone.env"} {
		if !slices.Contains(read, want) {
			t.Errorf("%s is not told of; those are %v", want, read)
		}
	}
}
