// Package e2e tests the built program against a real engine with real
// containers, from outside: command lines in, and what the engine then has.
//
// The tests run where RECOMPOSE_ENGINE_TESTS=1 says that there is an engine to
// work with. They must never touch what they did not make: each has a project
// of its own under a random name.
package e2e

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"recompose/cmd/e2e/app"
)

// image is what most test files run.
const image = app.Image

var binary string // the program under test

func TestMain(m *testing.M) {
	if os.Getenv("RECOMPOSE_ENGINE_TESTS") != "1" {
		fmt.Println("SKIPPED: RECOMPOSE_ENGINE_TESTS is not 1: no test of cmd/e2e has run")
		os.Exit(0)
	}
	code, err := prepared(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "cannot prepare the tests:", err)
		code = 1
	}
	os.Exit(code)
}

func prepared(m *testing.M) (int, error) {
	dir, err := os.MkdirTemp("", "recompose-e2e-")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "recompose")
	if err := command("", "go", "build", "-o", binary, "recompose/cmd/recompose"); err != nil {
		return 1, err
	}
	if err := app.Build(); err != nil {
		return 1, err
	}
	return m.Run(), nil
}

func command(dir, name string, args ...string) error {
	c := exec.Command(name, args...)
	c.Dir = dir
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, out)
	}
	return nil
}

// project is a folder of files and the containers made from it. Its clean-up
// removes all that carries the project's name.
type project struct {
	t    *testing.T
	name string
	dir  string
	env  []string
	// named by the test: `-p NAME` is passed to each command.
	passName bool
}

// newProject writes the files of a txtar text. $IMAGE in them is the tests'
// image, $NAME the project's name.
func newProject(t *testing.T, files string) *project {
	t.Helper()
	name := "rt" + randomHex(4)
	p := &project{t: t, name: name, dir: filepath.Join(t.TempDir(), name), passName: true}
	for _, f := range txtar.Parse([]byte(files)).Files {
		p.write(f.Name, string(f.Data))
	}
	t.Cleanup(p.clean)
	return p
}

func randomHex(n int) string {
	b := make([]byte, n)
	rand.Read(b)
	return hex.EncodeToString(b)
}

func (p *project) write(name, text string) {
	p.t.Helper()
	path := filepath.Join(p.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		p.t.Fatal(err)
	}
	text = strings.NewReplacer("$IMAGE", image, "$NAME", p.name).Replace(text)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		p.t.Fatal(err)
	}
}

// clean removes the project's containers, networks and volumes through the
// docker command, so that a broken recompose leaves nothing behind.
func (p *project) clean() {
	if p.t.Failed() {
		p.t.Logf("containers at the end:\n%s", try("docker", "ps", "-a", "--filter", "label=com.docker.compose.project="+p.name))
	}
	forget(p.name)
}

// forget removes what carries a project's name.
func forget(name string) {
	filter := "label=com.docker.compose.project=" + name
	remove([]string{"ps", "-aq", "--filter", filter}, "rm", "-fv")
	remove([]string{"network", "ls", "-q", "--filter", filter}, "network", "rm")
	remove([]string{"volume", "ls", "-q", "--filter", filter}, "volume", "rm")
}

func remove(list []string, command ...string) {
	if ids := strings.Fields(try("docker", list...)); len(ids) > 0 {
		try("docker", append(command, ids...)...)
	}
}

// try runs a command and returns what it printed, whatever came of it.
func try(name string, args ...string) string {
	out, _ := exec.Command(name, args...).CombinedOutput() // the caller looks at the text
	return string(out)
}

// result is what a command line did.
type result struct {
	out, err string
	code     int
	took     time.Duration
}

// start begins a command line of the program under test.
func (p *project) start(ctx context.Context, args ...string) (*exec.Cmd, *bytes.Buffer, *bytes.Buffer) {
	if p.passName {
		args = append([]string{"-p", p.name}, args...)
	}
	c := exec.CommandContext(ctx, binary, args...)
	c.Dir = p.dir
	c.Env = append(os.Environ(), p.env...)
	var out, err bytes.Buffer
	c.Stdout, c.Stderr = &out, &err
	return c, &out, &err
}

// do runs a command line, whatever its exit code.
func (p *project) do(args ...string) result {
	p.t.Helper()
	return p.doWithInput(nil, args...)
}

func (p *project) doWithInput(in io.Reader, args ...string) result {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	c, out, stderr := p.start(ctx, args...)
	c.Stdin = in
	began := time.Now()
	err := c.Run()
	if ctx.Err() != nil {
		p.t.Fatalf("recompose %s hangs\n%s%s", strings.Join(args, " "), out, stderr)
	}
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		p.t.Fatal(err)
	}
	return result{out.String(), stderr.String(), c.ProcessState.ExitCode(), time.Since(began)}
}

// run runs a command line that must succeed.
func (p *project) run(args ...string) result {
	p.t.Helper()
	r := p.do(args...)
	if r.code != 0 {
		p.t.Fatalf("recompose %s: exit code %d\n%s%s", strings.Join(args, " "), r.code, r.out, r.err)
	}
	return r
}

// fail runs a command line that must end with the code, and say all words.
func (p *project) fail(code int, words []string, args ...string) result {
	p.t.Helper()
	r := p.do(args...)
	if r.code != code {
		p.t.Errorf("recompose %s: exit code %d, want %d\n%s%s", strings.Join(args, " "), r.code, code, r.out, r.err)
	}
	for _, w := range words {
		if !strings.Contains(r.out+r.err, w) {
			p.t.Errorf("recompose %s does not say %q:\n%s%s", strings.Join(args, " "), w, r.out, r.err)
		}
	}
	return r
}

// docker runs the docker command, which must succeed, and returns its output.
func docker(t *testing.T, args ...string) string {
	t.Helper()
	var out, stderr bytes.Buffer
	c := exec.Command("docker", args...)
	c.Stdout, c.Stderr = &out, &stderr
	if err := c.Run(); err != nil {
		t.Fatalf("docker %s: %v\n%s", strings.Join(args, " "), err, stderr.String())
	}
	return strings.TrimSpace(out.String())
}

// onPodman reports whether the engine is Podman.
var onPodman = sync.OnceValue(func() bool {
	return strings.Contains(try("docker", "version", "--format", "{{range .Server.Components}}{{.Name}} {{end}}"), "Podman")
})

// probes runs healthchecks where the engine leaves that to systemd, which
// machines of tests lack: on Podman.
func probes(t *testing.T, containers ...string) {
	t.Helper()
	socket, local := strings.CutPrefix(os.Getenv("DOCKER_HOST"), "unix://")
	if !onPodman() || !local {
		return
	}
	client := http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", socket)
	}}}
	for _, name := range containers {
		if r, err := client.Get("http://podman/v4.0.0/libpod/containers/" + name + "/healthcheck"); err != nil {
			t.Error(err)
		} else {
			r.Body.Close()
		}
	}
}

// linkNames are the names that a container has within those that link to it,
// which the docker command lists with its own.
var linkNames = regexp.MustCompile(`[^\s,]+/[^\s,]+,|,[^\s,]+/[^\s,]+`)

// containers are the project's, as "name state" lines in order of name.
func (p *project) containers() []string {
	p.t.Helper()
	text := docker(p.t, "ps", "-a", "--filter", "label=com.docker.compose.project="+p.name, "--format", "{{.Names}} {{.State}}") + "\n"
	text = strings.ReplaceAll(text, " stopped\n", " exited\n") // Podman's word until it has cleaned up
	return sortedLines(linkNames.ReplaceAllString(text, ""))
}

// ids are the project's containers' ids by name.
func (p *project) ids() map[string]string {
	p.t.Helper()
	text := docker(p.t, "ps", "-a", "--no-trunc", "--filter", "label=com.docker.compose.project="+p.name, "--format", "{{.Names}} {{.ID}}")
	out := map[string]string{}
	for line := range strings.Lines(linkNames.ReplaceAllString(text, "")) {
		name, id, _ := strings.Cut(strings.TrimSpace(line), " ")
		out[name] = id
	}
	return out
}

// inspect is a field of a container, by a template of the docker command.
func inspect(t *testing.T, container, template string) string {
	t.Helper()
	return docker(t, "inspect", "--format", template, container)
}

// inspectAll is everything that the engine says of a container.
func inspectAll(t *testing.T, container string) map[string]any {
	t.Helper()
	var all []map[string]any
	if err := json.Unmarshal([]byte(docker(t, "inspect", container)), &all); err != nil || len(all) != 1 {
		t.Fatalf("inspect %s: %v, %d answers", container, err, len(all))
	}
	return all[0]
}

// eventually waits until ok; what it then still lacks, it says.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		if ok() {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("after 30 seconds still not: %s", what)
		}
	}
}
