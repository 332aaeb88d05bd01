package lsp_test

import (
	"io"
	"runtime"
	"strings"
	"testing"

	"recompose/cmd/lsp"
	"recompose/loader"
)

// TestUnsaved: a buffer that was never saved is checked where it would stand.
func TestUnsaved(t *testing.T) {
	c, _ := start(t, loader.Load)
	c.files("-- base.yaml --\nservices: {base: {image: x}}\n")
	c.initialize()
	const name = "untitled:Untitled-1"
	c.open(name, "# not known yet\n")
	c.expect(name)
	c.change(name, "services:\n  web:\n    imge: x\n    extends: {file: base.yaml, service: base}\n")
	c.expect(name, "2:4-2:8 unknown-key")
	c.change(name, "services:\n  web:\n    extends: {file: bse.yaml, service: base}\n")
	c.expect(name, "2:20-2:28 include-file")
	c.notify("textDocument/didClose", map[string]any{"textDocument": map[string]any{"uri": name}})
	c.versions[name] = 0
	c.expect(name)

	c.open("untitled:Untitled-2", "kind: Deployment\nimge: x\n")
	c.expect("untitled:Untitled-2")
	c.openAs("untitled:Untitled-3", "dockercompose", "imge: x\n")
	if got := c.diagnostics("untitled:Untitled-3"); len(got) == 0 {
		t.Error("nothing is said of what the editor takes for a compose file")
	}
	c.open("untitled:/new/compose.yaml", "services: {web: {imge: x}}\n")
	c.expect("untitled:/new/compose.yaml", "0:17-0:21 unknown-key")
}

// TestFrames: what is no message ends the session with a word, and takes no
// memory.
func TestFrames(t *testing.T) {
	for header, want := range map[string]string{
		"Content-Length: 100000000000000\r\n\r\n{}":    "a message of 100000000000000 bytes; at most 134217728",
		"Content-Length: 99999999999999999999\r\n\r\n": "no length",
		"Content-Length: -1\r\n\r\n":                   "no length",
		"Content-Type: x\r\n\r\n{}":                    "without Content-Length",
		strings.Repeat("x", 1<<20):                     "buffer full",
		strings.Repeat("A: b\r\n", 1000):               "without end",
		"Content-Length: 100000000\r\n\r\n{}":          lsp.ErrNoShutdown.Error(), // the client has gone
		"":                                             lsp.ErrNoShutdown.Error(),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		err := lsp.Serve(t.Context(), lsp.Options{In: strings.NewReader(header), Out: io.Discard, Load: loader.Load})
		runtime.ReadMemStats(&after)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: %v", header, err)
		}
		if used := after.TotalAlloc - before.TotalAlloc; used > 4<<20 {
			t.Errorf("%.40q: %d MiB were allocated", header, used>>20)
		}
	}
}
