package docker

import (
	"archive/tar"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/google/go-cmp/cmp"

	"recompose/executor/docker/session"
)

// walked are the names that a walk visits.
func walked(t *testing.T, b *buildContext, only []string) []string {
	t.Helper()
	var names []string
	if err := b.Walk(t.Context(), only, func(e session.Entry) error { names = append(names, e.Name); return nil }); err != nil {
		t.Fatal(err)
	}
	return names
}

func opened(t *testing.T, c *types.BuildConfig) *buildContext {
	t.Helper()
	b, err := openContext(c)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestIgnorePatterns(t *testing.T) {
	files := map[string]string{"Dockerfile": "FROM scratch", "a.txt": "", "b/c.txt": "", "b/d/e.txt": "", "b/d/f.log": "", "z.log": ""}
	for name, c := range map[string]struct {
		patterns string
		want     []string
	}{
		"none":            {"", []string{"Dockerfile", "a.txt", "b", "b/c.txt", "b/d", "b/d/e.txt", "b/d/f.log", "z.log"}},
		"a folder":        {"b\n", []string{"Dockerfile", "a.txt", "z.log"}},
		"any depth":       {"**/*.log\n", []string{"Dockerfile", "a.txt", "b", "b/c.txt", "b/d", "b/d/e.txt"}},
		"top only":        {"*.log\n", []string{"Dockerfile", "a.txt", "b", "b/c.txt", "b/d", "b/d/e.txt", "b/d/f.log"}},
		"all but":         {"*\n!a.txt\n", []string{"a.txt"}},
		"all but, below":  {"*\n!b/d/*.txt\n", []string{"b", "b/d", "b/d/e.txt"}},
		"wildcard but":    {"**\n!**/e.txt\n", []string{"b", "b/d", "b/d/e.txt"}},
		"a folder but":    {"b\n!b/d\nb/d/f.log", []string{"Dockerfile", "a.txt", "b", "b/d", "b/d/e.txt", "z.log"}},
		"comments, order": {"# all\n\n!a.txt\na.*\n/z.log\n", []string{"Dockerfile", "b", "b/c.txt", "b/d", "b/d/e.txt", "b/d/f.log"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			writeFiles(t, dir, files)
			if c.patterns != "" {
				writeFiles(t, dir, map[string]string{".dockerignore": c.patterns})
			}
			got := walked(t, opened(t, &types.BuildConfig{Context: dir}), nil)
			got = slices.DeleteFunc(got, func(n string) bool { return n == ".dockerignore" })
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestADockerfileMayHavePatternsOfItsOwn(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{".dockerignore": "*", "web.Dockerfile": "FROM scratch", "web.Dockerfile.dockerignore": "a.txt", "a.txt": "", "b.txt": ""})
	got := walked(t, opened(t, &types.BuildConfig{Context: dir, Dockerfile: "web.Dockerfile"}), nil)
	if diff := cmp.Diff([]string{".dockerignore", "b.txt", "web.Dockerfile", "web.Dockerfile.dockerignore"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWalkOfWhatIsAskedFor(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{"Dockerfile": "FROM scratch", "a/b/c.txt": "", "a/d.txt": "", "e.txt": "", ".dockerignore": "a/b/*.log"})
	if err := os.Symlink("e.txt", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	b := opened(t, &types.BuildConfig{Context: dir})
	for _, c := range []struct{ only, want []string }{
		{[]string{"e.txt"}, []string{"e.txt"}},
		{[]string{"a/b"}, []string{"a", "a/b", "a/b/c.txt"}},
		{[]string{"a/d.txt", "e.txt"}, []string{"a", "a/d.txt", "e.txt"}},
		{[]string{"missing"}, nil},
		{[]string{"link"}, []string{".dockerignore", "Dockerfile", "a", "a/b", "a/b/c.txt", "a/d.txt", "e.txt", "link"}},
	} {
		if diff := cmp.Diff(c.want, walked(t, b, c.only)); diff != "" {
			t.Errorf("%v (-want +got):\n%s", c.only, diff)
		}
	}
}

// archived are the headers and contents of the archive for the classic
// builder.
func archived(t *testing.T, b *buildContext) (out []string) {
	t.Helper()
	b.forClassic()
	body, failure := b.archive(t.Context())
	r := tar.NewReader(body)
	for {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if h.Uid != 0 || h.Gid != 0 || h.Uname != "" {
			t.Errorf("%s has an owner: %d:%d %s", h.Name, h.Uid, h.Gid, h.Uname)
		}
		out = append(out, strings.TrimSpace(strings.Join([]string{h.Name, h.FileInfo().Mode().String(), h.Linkname, string(content)}, " ")))
	}
	if err := failure(); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestArchive(t *testing.T) {
	dir := t.TempDir()
	long := strings.Repeat("long/", 60) + "name.txt"
	writeFiles(t, dir, map[string]string{"Dockerfile": "FROM scratch", "run.sh": "#!", long: "deep", "secret": "s", ".dockerignore": "secret\nDockerfile\n"})
	for _, err := range []error{
		os.Chmod(filepath.Join(dir, "run.sh"), 0o755|os.ModeSetuid), os.Symlink("run.sh", filepath.Join(dir, "link")), makeFIFO(filepath.Join(dir, "pipe")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	want := []string{
		".dockerignore -rw-r--r--  secret\nDockerfile", "Dockerfile -rw-r--r--  FROM scratch", "link Lrwxrwxrwx run.sh",
	}
	for i := 1; i <= 60; i++ {
		want = append(want, strings.Repeat("long/", i)+" drwxr-xr-x")
	}
	want = append(want, long+" -rw-r--r--  deep", "run.sh urwxr-xr-x  #!")
	if diff := cmp.Diff(want, archived(t, opened(t, &types.BuildConfig{Context: dir}))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// The classic builder finds a Dockerfile from elsewhere in the archive, and is
// told to take it out before it builds.
func TestArchiveWithADockerfileFromElsewhere(t *testing.T) {
	dir, other := t.TempDir(), t.TempDir()
	writeFiles(t, dir, map[string]string{"a.txt": "a"})
	writeFiles(t, other, map[string]string{"Dockerfile": "FROM scratch"})
	for _, c := range []*types.BuildConfig{
		{Context: dir, DockerfileInline: "FROM scratch"}, {Context: dir, Dockerfile: filepath.Join(other, "Dockerfile")},
	} {
		b := opened(t, c)
		got := archived(t, b)
		want := []string{"a.txt -rw-r--r--  a", b.dockerfile + " -rw-------  FROM scratch", ".dockerignore -rw-------  .dockerignore\n" + b.dockerfile}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if again := opened(t, c); again.dockerfile != b.dockerfile {
			t.Errorf("its name changes: %s, %s", b.dockerfile, again.dockerfile)
		}
	}
}

func TestContextErrorsNameTheKeyAndThePath(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	writeFiles(t, dir, map[string]string{"file": "", "bad/Dockerfile": "FROM scratch", "bad/.dockerignore": "[\n"})
	for _, c := range []struct {
		config types.BuildConfig
		want   []string
	}{
		{types.BuildConfig{Context: filepath.Join(dir, "none")}, []string{"build.context", filepath.Join(dir, "none")}},
		{types.BuildConfig{Context: file}, []string{"build.context", file, "not a folder"}},
		{types.BuildConfig{Context: dir}, []string{"build.dockerfile", filepath.Join(dir, "Dockerfile")}},
		{types.BuildConfig{Context: dir, Dockerfile: "web.Dockerfile"}, []string{"build.dockerfile", filepath.Join(dir, "web.Dockerfile")}},
		{types.BuildConfig{Context: filepath.Join(dir, "bad")}, []string{".dockerignore"}},
		{types.BuildConfig{Context: "https://example.org/x.git", DockerfileInline: "FROM scratch"}, []string{"build.dockerfile_inline"}},
	} {
		_, err := openContext(&c.config)
		if err == nil {
			t.Errorf("%+v: no error", c.config)
			continue
		}
		for _, want := range c.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("no %q in: %v", want, err)
			}
		}
	}
}

func TestAFileThatShrinksIsAnError(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{"Dockerfile": "FROM scratch", "a.txt": "long enough"})
	b := opened(t, &types.BuildConfig{Context: dir})
	w := tar.NewWriter(io.Discard)
	err := b.Walk(t.Context(), []string{"a.txt"}, func(e session.Entry) error {
		writeFiles(t, dir, map[string]string{"a.txt": "short"})
		return b.writeEntry(w, e)
	})
	if err == nil || !strings.Contains(err.Error(), filepath.Join(dir, "a.txt")) {
		t.Errorf("got %v", err)
	}
}

func TestAnArchiveStops(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{"Dockerfile": "FROM scratch", "a.txt": strings.Repeat("x", 1<<20)})
	b := opened(t, &types.BuildConfig{Context: dir})
	_, failure := b.archive(t.Context()) // the engine reads nothing
	if err := failure(); err != nil {
		t.Errorf("not read to its end: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	body, failure := b.archive(ctx)
	if _, err := io.ReadAll(body); !errors.Is(err, context.Canceled) {
		t.Errorf("read with a canceled context: %v", err)
	}
	if err := failure(); !errors.Is(err, context.Canceled) {
		t.Errorf("failure: %v", err)
	}
}

func TestRemoteContexts(t *testing.T) {
	for _, url := range []string{"https://example.org/x.git#main:web", "git@example.org:x.git", "github.com/a/b", "http://example.org/x.tar.gz"} {
		b := opened(t, &types.BuildConfig{Context: url, Dockerfile: "web.Dockerfile"})
		if b.remote != url || b.dockerfile != "web.Dockerfile" {
			t.Errorf("%s: %+v", url, b)
		}
	}
}
