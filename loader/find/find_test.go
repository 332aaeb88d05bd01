package find

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const service = "services: {web: {image: x}}\n"

// tree writes files below a new directory, which counts as a repository's top.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	files[".git/HEAD"] = ""
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func names(t *testing.T, dir string, paths ...string) []string {
	t.Helper()
	found, err := Files(dir, paths)
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range found {
		if found[i], err = filepath.Rel(dir, f); err != nil {
			t.Fatal(err)
		}
	}
	return found
}

func TestFiles(t *testing.T) {
	dir := tree(t, map[string]string{
		"a/compose.yaml": "not: [even", "a/docker-compose.prod.yml": "", "a/dev.compose.yml": "", "a/compose-ci.yaml": "",
		"a/composer.yaml": "", "a/compose.json": "{}", "a/README.md": service,
		"content/stack.yml":           service,
		"content/classic.yaml":        "web:\n  image: x\n  links: [db]\ndb:\n  build: .\n",
		"content/symfony.yaml":        "services:\n  _defaults: {autowire: true}\n  App\\: {resource: '../src'}\n",
		"content/gitlab.yml":          "test:\n  image: golang\n  script: [go test]\n",
		"content/gitlab2.yml":         "services: [postgres]\ntest: {script: x}\n",
		"content/workflow.yml":        "on: push\njobs: {a: {services: {db: {image: x}}}}\nservices: {db: {image: x}}\n",
		"content/kubernetes.yml":      "kind: Pod\nspec:\n  containers:\n  - image: x\n",
		"content/broken.yml":          "services:\n  web: [\n    image: x\n",
		"node_modules/m/compose.yaml": service, ".git/compose.yaml": service, "a/.devcontainer/docker-compose.yml": service,
	})
	want := []string{
		"a/.devcontainer/docker-compose.yml", "a/compose-ci.yaml", "a/compose.yaml", "a/dev.compose.yml", "a/docker-compose.prod.yml",
		"content/classic.yaml", "content/stack.yml",
	}
	if diff := cmp.Diff(want, names(t, dir, ".")); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	// What is named is taken, whatever it is; and once.
	if diff := cmp.Diff([]string{"a/README.md", "content/classic.yaml", "content/stack.yml"}, names(t, dir, "content", "a/README.md", "content/stack.yml")); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if _, err := Files(dir, []string{"gone"}); !os.IsNotExist(err) {
		t.Errorf("a path that is not there: %v", err)
	}
}

func TestLinks(t *testing.T) {
	dir := tree(t, map[string]string{"a/compose.yaml": service, "other/real.txt": service})
	for name, target := range map[string]string{
		"a/loop": "..", "docker-compose.yml": "other/real.txt", "dangling/compose.yaml": "gone", "named": "a",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(target, path); err != nil {
			t.Skip(err)
		}
	}
	if diff := cmp.Diff([]string{"a/compose.yaml", "docker-compose.yml"}, names(t, dir, ".")); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if diff := cmp.Diff([]string{"named/compose.yaml"}, names(t, dir, "named")); diff != "" {
		t.Errorf("a link that is named itself (-want +got)\n%s", diff)
	}
}

func TestIgnored(t *testing.T) {
	dir := tree(t, map[string]string{
		".gitignore":         "# build output\nbuild/\n/top/compose.yaml\n*.local.yaml\n!keep.local.yaml\ndeep/**/x-?.yaml\n[ab].yml\n\\!odd.yml\ntrailing.yml  \n",
		"b/.gitignore":       "!compose.local.yaml\nnope/\n",
		"build/compose.yaml": service, "b/build/compose.yaml": service,
		"top/compose.yaml": service, "b/top/compose.yaml": service,
		"a/compose.local.yaml": service, "b/compose.local.yaml": service, "a/keep.local.yaml": service,
		"deep/1/2/x-a.yaml": service, "deep/x-b.yaml": service, "deep/x-bc.yaml": service,
		"a.yml": service, "c.yml": service, "!odd.yml": service, "trailing.yml": service,
		"b/nope/compose.yaml": service, "a/nope/compose.yaml": service,
	})
	want := []string{"a/keep.local.yaml", "a/nope/compose.yaml", "b/compose.local.yaml", "b/top/compose.yaml", "c.yml", "deep/x-bc.yaml"}
	if diff := cmp.Diff(want, names(t, dir, ".")); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	// Rules of the directories above hold for a part of the tree as well.
	if diff := cmp.Diff([]string{"deep/x-bc.yaml"}, names(t, dir, "deep")); diff != "" {
		t.Errorf("below (-want +got)\n%s", diff)
	}
}

func TestGroups(t *testing.T) {
	dir := tree(t, map[string]string{
		"a/compose.yaml": service, "a/compose.override.yaml": "", "a/docker-compose.yml": service, "a/compose.prod.yaml": "",
		"b/compose.override.yml": "", "b/stack.yml": service,
	})
	group := func(base string, files ...string) Group {
		for i, f := range files {
			files[i] = filepath.Join(dir, f)
		}
		if base != "" {
			base = filepath.Join(dir, base)
		}
		return Group{Files: files, Base: base}
	}
	all, err := Files(dir, []string{"."})
	if err != nil {
		t.Fatal(err)
	}
	want := []Group{
		group("", "a/compose.yaml", "a/compose.override.yaml"),
		group("a/compose.yaml", "a/compose.prod.yaml"),
		group("a/compose.yaml", "a/docker-compose.yml"),
		group("", "b/compose.override.yml"),
		group("", "b/stack.yml"),
	}
	if diff := cmp.Diff(want, Groups(all)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	// The override alone means the two together.
	if diff := cmp.Diff(want[:1], Groups([]string{filepath.Join(dir, "a/compose.override.yaml")})); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
