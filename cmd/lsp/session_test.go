package lsp_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"recompose/cmd/lsp"
	"recompose/loader"
)

// start serves a client within this process.
func start(t *testing.T, load func(context.Context, loader.Options) (*loader.Project, []loader.Diagnostic, error)) (*client, <-chan error) {
	t.Helper()
	in, toServer := io.Pipe()
	fromServer, out := io.Pipe()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	c := newClient(t, fromServer, toServer)
	c.dir = dir
	ended := make(chan error, 1)
	go func() {
		ended <- lsp.Serve(t.Context(), lsp.Options{In: in, Out: out, Load: load, Flags: loader.Options{WorkingDir: dir}})
		in.Close()
		out.Close()
	}()
	t.Cleanup(func() { toServer.Close() })
	return c, ended
}

func codes(ds []finding) []string {
	out := []string{}
	for _, d := range ds {
		out = append(out, fmt.Sprintf("%d:%d-%d:%d %s", d.Range.Start.Line, d.Range.Start.Character, d.Range.End.Line, d.Range.End.Character, d.Code))
	}
	return out
}

func (c *client) expect(name string, want ...string) []finding {
	c.t.Helper()
	got := c.diagnostics(name)
	if want == nil {
		want = []string{}
	}
	if diff := cmp.Diff(want, codes(got)); diff != "" {
		c.t.Errorf("%s (-want +got)\n%s", name, diff)
	}
	return got
}

// TestProgram runs a whole session with the program as editors start it.
func TestProgram(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(dir, "recompose.exe")
	if out, err := exec.Command("go", "build", "-o", binary, "recompose/cmd/recompose").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	run := func(t *testing.T, session func(c *client)) int {
		c := exec.Command(binary, "lsp", "--stdio")
		c.Dir = os.TempDir()
		in, err := c.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		out, err := c.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		c.Stderr = os.Stderr
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		editor := newClient(t, out, in)
		editor.dir = filepath.Join(dir, t.Name())
		session(editor)
		for range editor.messages { // to the end; what is asked now needs no answer
		}
		_ = c.Wait() // its code is looked at
		return c.ProcessState.ExitCode()
	}
	t.Run("whole", func(t *testing.T) {
		code := run(t, func(c *client) {
			c.files("-- compose.yaml --\nservices:\n  web:\n    image: x\n")
			if r := string(c.initialize()); !strings.Contains(r, `"positionEncoding":"utf-16"`) {
				t.Errorf("initialize: %s", r)
			}
			c.open("compose.yaml", c.read("compose.yaml"))
			c.expect("compose.yaml")
			c.edit("compose.yaml", map[string]any{"range": map[string]any{"start": place{2, 6}, "end": place{2, 8}}, "text": "g"})
			got := c.expect("compose.yaml", "2:4-2:8 unknown-key")
			if len(got) == 1 && !strings.Contains(got[0].Message, `did you mean "image"?`) {
				t.Errorf("message: %s", got[0].Message)
			}
			c.call("shutdown", nil, nil)
			c.notify("exit", nil)
		})
		if code != 0 {
			t.Errorf("exit code %d", code)
		}
	})
	t.Run("abrupt", func(t *testing.T) {
		if code := run(t, func(c *client) { c.initialize(); c.notify("exit", nil) }); code != 1 {
			t.Errorf("exit without shutdown: code %d", code)
		}
		if code := run(t, func(c *client) { c.initialize(); c.out.Close() }); code != 1 {
			t.Errorf("input closed: code %d", code)
		}
		if code := run(t, func(c *client) { _, _ = io.WriteString(c.out, "nonsense\r\n\r\n") }); code != 1 {
			t.Errorf("nonsense: code %d", code)
		}
	})
}

// TestOrder holds what the protocol says of requests out of turn.
func TestOrder(t *testing.T) {
	c, ended := start(t, loader.Load)
	if m := c.ask("shutdown", nil); m.Error == nil || m.Error.Code != -32002 {
		t.Errorf("before initialize: %+v", m)
	}
	c.initialize()
	if m := c.ask("initialize", map[string]any{}); m.Error == nil || m.Error.Code != -32600 {
		t.Errorf("initialize twice: %+v", m)
	}
	if m := c.ask("no/method", nil); m.Error == nil || m.Error.Code != -32601 {
		t.Errorf("unknown method: %+v", m)
	}
	c.notify("$/setTrace", map[string]any{"value": "off"}) // must not be answered
	for len(c.asked) == 0 {                                // it comes when it comes
		if _, ok := c.receive(); !ok {
			t.Fatal("the server has gone")
		}
	}
	if c.asked[0] != "client/registerCapability" {
		t.Errorf("asked for %v", c.asked)
	}
	c.call("shutdown", nil, nil)
	if m := c.ask("shutdown", nil); m.Error == nil || m.Error.Code != -32600 {
		t.Errorf("after shutdown: %+v", m)
	}
	c.notify("exit", nil)
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// TestPanic: a mistake of the loader ends a check, not the session.
func TestPanic(t *testing.T) {
	c, ended := start(t, func(ctx context.Context, o loader.Options) (*loader.Project, []loader.Diagnostic, error) {
		if text, _ := o.Open(filepath.Join(o.WorkingDir, "compose.yaml")); strings.Contains(string(text), "bang") {
			var nothing *loader.Project
			_ = nothing.Name
		}
		return loader.Load(ctx, o)
	})
	c.initialize()
	c.open("compose.yaml", "services: {web: {image: bang}}\n")
	if got := c.diagnostics("compose.yaml"); len(got) != 1 || !strings.Contains(got[0].Message, "nil pointer") {
		t.Errorf("got %+v", got)
	}
	c.change("compose.yaml", "services: {web: {image: x}}\n")
	c.expect("compose.yaml")
	c.out.Close()
	if err := <-ended; !errors.Is(err, lsp.ErrNoShutdown) {
		t.Error(err)
	}
}
