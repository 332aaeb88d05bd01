package cmd

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"recompose/cmd/e2e/app"
	"recompose/executor"
	"recompose/executor/sim"
	"recompose/planner"
)

// TestScripts runs testdata/script against the in-memory engine and, where
// RECOMPOSE_ENGINE_TESTS is 1, against the real one. In the files, $NAME is
// the project and $IMAGE an image that is there.
//
//	recompose ARG...    the program; [!] it must fail
//	code N              the exit code of the last one
//	containers          print the project's containers as "name state"
//	volumes, networks   print the names of the project's
//	foreign NAME        make a container that no Compose tool made
func TestScripts(t *testing.T) {
	t.Run("sim", func(t *testing.T) { runScripts(t, newSimScripts) })
	t.Run("engine", func(t *testing.T) {
		if os.Getenv("RECOMPOSE_ENGINE_TESTS") != "1" {
			t.Skip("SKIPPED: RECOMPOSE_ENGINE_TESTS is not 1")
		}
		if err := app.Build(); err != nil {
			t.Fatal(err)
		}
		runScripts(t, newEngineScripts)
	})
}

// scriptEngine is what the scripts run on.
type scriptEngine struct {
	kind    string
	image   string
	connect func(Connection) (executor.Engine, error)
	foreign func(name string) error
	clean   func(project string)
}

func newSimScripts() *scriptEngine {
	e := sim.New()
	const image = "app:1"
	e.AddImage(planner.Image{Tags: []string{image}})
	return &scriptEngine{
		kind: "sim", image: image,
		connect: func(Connection) (executor.Engine, error) { return e, nil },
		foreign: func(name string) error {
			e.AddContainer(planner.Container{Name: name, Status: planner.StatusCreated})
			return nil
		},
		clean: func(string) {},
	}
}

func newEngineScripts() *scriptEngine {
	return &scriptEngine{
		kind: "engine", image: app.Image, connect: connectDocker,
		foreign: func(name string) error { return exec.Command("docker", "create", "--name", name, app.Image).Run() },
		clean: func(project string) {
			for _, kind := range []struct{ list, remove []string }{
				{[]string{"ps", "-aq"}, []string{"rm", "-fv"}},
				{[]string{"network", "ls", "-q"}, []string{"network", "rm"}},
				{[]string{"volume", "ls", "-q"}, []string{"volume", "rm"}},
			} {
				ids, _ := exec.Command("docker", append(kind.list, "--filter", "label=com.docker.compose.project="+project)...).Output()
				if len(ids) > 0 {
					_ = exec.Command("docker", append(kind.remove, strings.Fields(string(ids))...)...).Run() // best effort
				}
			}
		},
	}
}

type scriptKey struct{}

// script is one running script.
type script struct {
	*scriptEngine
	mu   sync.Mutex
	code int
}

func runScripts(t *testing.T, engine func() *scriptEngine) {
	testscript.Run(t, testscript.Params{
		Dir:                 "../testdata/script",
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			s := &script{scriptEngine: engine()}
			name := "demo"
			if s.kind == "engine" {
				b := make([]byte, 4)
				rand.Read(b)
				name = "rs" + hex.EncodeToString(b)
				env.Defer(func() { s.clean(name) })
			}
			env.Values[scriptKey{}] = s
			env.Setenv("DOCKER_HOST", os.Getenv("DOCKER_HOST")) // for the scripts' own docker commands
			env.Setenv("NAME", name)
			env.Setenv("COMPOSE_PROJECT_NAME", name)
			env.Setenv("IMAGE", s.image)
			return nil
		},
		Condition: func(cond string) (bool, error) {
			switch cond {
			case "real-engine":
				return os.Getenv("RECOMPOSE_ENGINE_TESTS") == "1" && strings.Contains(t.Name(), "engine"), nil
			case "sim":
				return !strings.Contains(t.Name(), "engine"), nil
			}
			return false, fmt.Errorf("no condition %q", cond)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"recompose":  scriptRecompose,
			"code":       scriptCode,
			"containers": scriptContainers,
			"volumes":    scriptVolumes,
			"networks":   scriptNetworks,
			"foreign":    scriptForeign,
		},
	})
}

func scriptOf(ts *testscript.TestScript) *script { return ts.Value(scriptKey{}).(*script) }

func scriptRecompose(ts *testscript.TestScript, neg bool, args []string) {
	s := scriptOf(ts)
	var out, stderr bytes.Buffer
	a := &App{
		In: strings.NewReader(""), Out: &out, Err: &stderr, Dir: ts.MkAbs("."), Now: time.Now, Slug: randomSlug,
		Signals: make(chan os.Signal), Connect: s.connect, Env: scriptEnv(ts), Program: "recompose",
	}
	code := a.Run(append([]string{"recompose"}, args...))
	s.mu.Lock()
	s.code = code
	s.mu.Unlock()
	fmt.Fprint(ts.Stdout(), out.String())
	fmt.Fprint(ts.Stderr(), stderr.String())
	if (code != 0) != neg {
		ts.Fatalf("exit code %d\n%s%s", code, out.String(), stderr.String())
	}
}

// scriptEnv is the environment of a script, with what finds the engine.
func scriptEnv(ts *testscript.TestScript) []string {
	env := []string{"HOME=" + ts.Getenv("WORK")}
	for _, key := range []string{"PATH", "COMPOSE_PROJECT_NAME", "NAME", "IMAGE", "LEVEL", "COMPOSE_FILE", "COMPOSE_PROFILES", "COMPOSE_REMOVE_ORPHANS", "TOKEN", "GITHUB_ACTIONS"} {
		if v := ts.Getenv(key); v != "" {
			env = append(env, key+"="+v)
		}
	}
	for _, key := range []string{"DOCKER_HOST"} {
		if v := os.Getenv(key); v != "" {
			env = append(env, key+"="+v)
		}
	}
	return env
}

func scriptCode(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	if s := scriptOf(ts); s.code != want {
		ts.Fatalf("exit code %d, want %d", s.code, want)
	}
}

func scriptState(ts *testscript.TestScript) planner.State {
	e, err := scriptOf(ts).connect(Connection{Getenv: os.Getenv})
	ts.Check(err)
	s, err := e.Observe(context.Background(), planner.Query{Projects: []string{ts.Getenv("NAME")}})
	ts.Check(err)
	return s
}

func scriptContainers(ts *testscript.TestScript, _ bool, _ []string) {
	var lines []string
	for _, c := range scriptState(ts).Containers {
		lines = append(lines, c.Name+" "+string(c.Status)+"\n")
	}
	printLines(ts, lines)
}

func scriptVolumes(ts *testscript.TestScript, _ bool, _ []string) {
	var lines []string
	for _, v := range scriptState(ts).Volumes {
		lines = append(lines, v.Name+"\n")
	}
	printLines(ts, lines)
}

func scriptNetworks(ts *testscript.TestScript, _ bool, _ []string) {
	var lines []string
	for _, n := range scriptState(ts).Networks {
		lines = append(lines, n.Name+"\n")
	}
	printLines(ts, lines)
}

func printLines(ts *testscript.TestScript, lines []string) {
	slices.Sort(lines)
	fmt.Fprint(ts.Stdout(), strings.Join(lines, ""))
}

func scriptForeign(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(scriptOf(ts).foreign(args[0]))
}
