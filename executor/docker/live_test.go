package docker

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/image"

	"recompose/executor"
	"recompose/planner"
)

// liveEngine is the engine of this machine; tests that need it run only where
// RECOMPOSE_ENGINE_TESTS is 1. ctx ends with the test's deadline.
func liveEngine(t *testing.T) (*Engine, context.Context) {
	t.Helper()
	if os.Getenv("RECOMPOSE_ENGINE_TESTS") != "1" {
		t.Skip("needs an engine: set RECOMPOSE_ENGINE_TESTS=1")
	}
	e, err := New(Options{Env: os.Getenv, ConfigDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	t.Cleanup(cancel)
	return e, ctx
}

var talker struct {
	once sync.Once
	path string
	err  error
}

// talkerBinary compiles the test images' program, once. TestMain removes it.
func talkerBinary(t *testing.T) string {
	t.Helper()
	talker.once.Do(func() {
		var dir string
		if dir, talker.err = os.MkdirTemp("", "talker"); talker.err != nil {
			return
		}
		talker.path = filepath.Join(dir, "talker")
		cmd := exec.Command("go", "build", "-ldflags=-s -w", "-o", talker.path, "./testdata/talker")
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux")
		if out, err := cmd.CombinedOutput(); err != nil {
			talker.err = errors.New(string(out))
		}
	})
	if talker.err != nil {
		t.Fatal(talker.err)
	}
	return talker.path
}

// talkerFolder is a folder with the program and the files that are given.
func talkerFolder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Link(talkerBinary(t), filepath.Join(dir, "talker")); err != nil {
		b, err := os.ReadFile(talkerBinary(t))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "talker"), b, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	writeFiles(t, dir, files)
	return dir
}

func writeFiles(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// testName is a name for an image or a container that no other test has.
func testName(t *testing.T) string {
	t.Helper()
	name := strings.ToLower(strings.NewReplacer("/", "-", "_", "-").Replace(t.Name()))
	return "rcb-" + name + "-" + strings.TrimPrefix(filepath.Base(filepath.Dir(t.TempDir())), t.Name())
}

// buildTalker builds an image from a folder and removes it after the test.
func buildTalker(t *testing.T, e *Engine, ctx context.Context, c *types.BuildConfig) (name string, said []string, err error) {
	t.Helper()
	name = testName(t)
	err = e.build(ctx, planner.BuildImage{Service: "web", Image: name, Tags: c.Tags, Config: c}, func(p executor.Progress) {
		if p.Text != "" {
			said = append(said, p.Text)
		}
	})
	if err != nil {
		return name, said, err
	}
	built, err := e.api.ImageInspect(ctx, name)
	if err != nil {
		t.Fatal(err)
	}
	// By its id: a test may have given its names to another one since.
	t.Cleanup(func() {
		_, _ = e.api.ImageRemove(context.Background(), built.ID, image.RemoveOptions{Force: true, PruneChildren: true})
	}) // may be gone already
	return name, said, err
}

const talkerDockerfile = "FROM scratch\nCOPY talker /talker\nENTRYPOINT [\"/talker\"]\n"

// createTalker creates a container of the test's image.
func createTalker(t *testing.T, e *Engine, ctx context.Context, c *container.Config) (id string) {
	t.Helper()
	name, _, err := buildTalker(t, e, ctx, &types.BuildConfig{Context: talkerFolder(t, map[string]string{"Dockerfile": talkerDockerfile})})
	if err != nil {
		t.Fatal(err)
	}
	c.Image = name
	created, err := e.api.ContainerCreate(ctx, c, &container.HostConfig{NetworkMode: "none"}, nil, nil, name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.api.ContainerRemove(context.Background(), created.ID, container.RemoveOptions{Force: true}); err != nil {
			t.Error(err)
		}
	})
	return created.ID
}

// collector keeps lines as "out: text" and "err: text".
type collector struct {
	mu    sync.Mutex
	lines []string
	times []time.Time
}

func (c *collector) Line(_ planner.Ref, stderr bool, t time.Time, line []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	prefix := "out: "
	if stderr {
		prefix = "err: "
	}
	c.lines, c.times = append(c.lines, prefix+string(line)), append(c.times, t)
}

// lineFunc is called for each line.
type lineFunc func()

func (f lineFunc) Line(planner.Ref, bool, time.Time, []byte) { f() }
