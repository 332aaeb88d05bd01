package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const watchFiles = `
-- compose.yaml --
services:
  web:
    build: .
    command: [serve]
    deploy: {replicas: 2}
    develop:
      watch:
        - {path: src, action: sync, target: /app.d, ignore: [out/], initial_sync: true}
        - {path: conf, action: sync+restart, target: /conf}
        - {path: hook, action: sync+exec, target: /hook, exec: {command: [/app, cat, /hook/h]}}
        - {path: base, action: rebuild}
  bare:
    image: $IMAGE
    command: [serve]
    develop: {watch: [{path: src, action: sync, target: /app.d}]}
-- Dockerfile --
FROM $IMAGE
COPY --from=$IMAGE /app /bin/rm
COPY base /base
-- .dockerignore --
src/secret
-- base --
one
-- src/a --
a1
-- conf/c --
-- hook/h --
`

// in is what a command of the tests' image prints in web's replica; empty if it
// fails.
func (p *project) in(replica string, args ...string) string {
	r := p.do(append([]string{"exec", "-T", "--index", replica, "web", "/app"}, args...)...)
	if r.code != 0 {
		return ""
	}
	return r.out
}

func (p *project) idsOf(service string) string {
	return p.run("ps", "-q", service).out
}

// TestWatch brings changed files into all containers of a service, and follows
// them when they are replaced.
func TestWatch(t *testing.T) {
	t.Parallel()
	p := newProject(t, watchFiles)
	t.Cleanup(func() { try("docker", "rmi", "-f", p.name+"-web") })
	signal, wait, out := p.foreground("watch")
	said := func(words ...string) {
		t.Helper()
		eventually(t, "it says "+strings.Join(words, ", "), func() bool {
			for _, w := range words {
				if !strings.Contains(out.String(), w) {
					return false
				}
			}
			return true
		})
	}
	both := func(what, want string, args ...string) {
		t.Helper()
		eventually(t, what, func() bool { return p.in("1", args...) == want && p.in("2", args...) == want })
	}
	said("watching the files of bare, web")
	both("initial_sync", "a1\n", "cat", "/app.d/a")

	// Text, mode, a link, a folder, what is ignored.
	p.write("src/out/x", "no\n")
	p.write("src/secret", "no\n")
	p.write("src/a", "a2\n")
	if err := os.Chmod(filepath.Join(p.dir, "src/a"), 0o750); err != nil {
		t.Fatal(err)
	}
	p.write("src/deep/er/b", "b1\n")
	if err := os.Symlink("deep/er/b", filepath.Join(p.dir, "src/link")); err != nil {
		t.Fatal(err)
	}
	both("the changes", "a\ndeep\nlink\n", "ls", "/app.d")
	both("the link", "a2\nb1\n", "cat", "/app.d/a", "/app.d/link")
	both("the mode", "/app.d/a 750 0:0\n", "stat", "/app.d/a")

	// What is removed, and what becomes of another kind.
	for _, name := range []string{"src/link", "src/deep"} {
		if err := os.RemoveAll(filepath.Join(p.dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	both("the removals", "a\n", "ls", "/app.d")
	said(p.name + "-bare-1 has no rm")
	if err := os.Remove(filepath.Join(p.dir, "src/a")); err != nil {
		t.Fatal(err)
	}
	p.write("src/a/now/a/folder", "f\n")
	both("a folder for a file", "f\n", "cat", "/app.d/a/now/a/folder")

	began := p.idsOf("web")
	p.write("conf/c", "c2\n")
	both("sync+restart", "c2\n", "cat", "/conf/c")
	said(p.name+"-web-2  Started\n", p.name+"-web-2  Stopped\n")
	p.write("hook/h", "the hook says so\n")
	said("the hook says so")
	if diff := cmp.Diff(began, p.idsOf("web")); diff != "" {
		t.Errorf("containers were replaced (-want +got):\n%s", diff)
	}

	p.write("Dockerfile", "FROM $IMAGE\nCOPY none /none\n")
	p.write("base", "two\n")
	said("not rebuilt: what ran goes on")
	if diff := cmp.Diff(began, p.idsOf("web")); diff != "" {
		t.Errorf("after a build that failed (-want +got):\n%s", diff)
	}
	p.write("Dockerfile", "FROM $IMAGE\nCOPY base /base\n")
	p.write("base", "three\n")
	both("the rebuild, with what it lacks", "three\nf\n", "cat", "/base", "/app.d/a/now/a/folder")
	if p.idsOf("web") == began {
		t.Error("nothing was replaced")
	}

	// Somebody else replaces them.
	p.run("up", "-d", "--force-recreate", "web")
	p.write("src/later", "l\n")
	both("containers of somebody else", "l\nf\n", "cat", "/app.d/later", "/app.d/a/now/a/folder")

	signal(os.Interrupt)
	if code := wait(); code != 130 {
		t.Errorf("exit code after Ctrl-C: %d, want 130\n%s", code, out)
	}
	want := []string{p.name + "-bare-1 running", p.name + "-web-1 running", p.name + "-web-2 running"}
	if diff := cmp.Diff(want, p.containers()); diff != "" {
		t.Errorf("after Ctrl-C (-want +got):\n%s", diff)
	}
}

// TestUpWatch shows every line once, of containers that are replaced and
// restarted too, and stops all in the end.
func TestUpWatch(t *testing.T) {
	t.Parallel()
	p := newProject(t, watchFiles)
	t.Cleanup(func() { try("docker", "rmi", "-f", p.name+"-web") })
	signal, wait, out := p.foreground("up", "--watch", "web")
	starts := func(n int) {
		t.Helper()
		lines := func() int { return strings.Count(out.String(), "web-1  | serving on 80") }
		eventually(t, "web says that it serves", func() bool { return lines() >= n })
		if lines() != n {
			t.Errorf("web said %d times that it serves, want %d\n%s", lines(), n, out)
		}
	}
	starts(1)
	eventually(t, "it watches", func() bool { return strings.Contains(out.String(), "watching the files of web") })
	p.write("base", "two\n")
	starts(2)
	p.write("conf/c", "c2\n")
	starts(3)
	p.write("src/a", "a2\n")
	eventually(t, "the file is there", func() bool { return p.in("1", "cat", "/app.d/a") == "a2\n" })
	signal(os.Interrupt)
	if code := wait(); code != 130 {
		t.Errorf("exit code after Ctrl-C: %d, want 130\n%s", code, out)
	}
	if diff := cmp.Diff([]string{p.name + "-web-1 exited", p.name + "-web-2 exited"}, p.containers()); diff != "" {
		t.Errorf("after Ctrl-C (-want +got):\n%s", diff)
	}
}
