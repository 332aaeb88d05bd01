package lsp_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"recompose/loader"
)

// golden is one line of what validate says: file, line, rule.
var golden = regexp.MustCompile(`(?m)^([^ :]+):(?:(\d+):\d+:)? (error|warning|info): .*\[([a-z-]+)\]$`)

// TestGoldens: of each broken file of the tests, an editor is told what validate
// says, and nothing asked about any of its places ends in an error.
func TestGoldens(t *testing.T) {
	const dir = "../../testdata/diagnostics"
	outs, err := filepath.Glob(filepath.Join(dir, "*.out"))
	if err != nil || len(outs) < 100 {
		t.Fatalf("%d files: %v", len(outs), err)
	}
	c, _ := start(t, loader.Load)
	if c.dir, err = filepath.Abs(dir); err != nil {
		t.Fatal(err)
	}
	c.initialize()
	for _, out := range outs {
		name := strings.TrimSuffix(filepath.Base(out), ".out") + ".yaml"
		said, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		content := c.read(name)
		if !strings.Contains(string(said), name+":") || strings.ContainsRune(content, '\ufffd') || content != strings.ToValidUTF8(content, "") {
			continue // it is about another file, or no text that an editor could hold
		}
		t.Run(name, func(t *testing.T) {
			c.t = t
			var want, got []string
			for _, m := range golden.FindAllStringSubmatch(string(said), -1) {
				if m[1] == name {
					want = append(want, m[2]+" "+m[4])
				}
			}
			c.openAs(name, "dockercompose", content)
			for _, d := range c.diagnostics(name) {
				got = append(got, fmt.Sprintf("%d %s", d.Range.Start.Line+1, d.Code))
			}
			for i, w := range want {
				if strings.HasPrefix(w, " ") {
					want[i] = "1" + w // of the file as a whole
				}
			}
			slices.Sort(want)
			slices.Sort(got)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			c.everywhere(name, content)
			c.notify("textDocument/didClose", map[string]any{"textDocument": map[string]any{"uri": c.uri(name)}})
		})
	}
}

// maxPlaces bounds how many places of a file are asked about.
const maxPlaces = 10

// everywhere asks all there is to ask about places of a file.
func (c *client) everywhere(name, content string) {
	c.t.Helper()
	var places []place
	for i, line := range strings.Split(content, "\n") {
		for j := 0; j <= min(len(line), 200); j++ {
			places = append(places, place{i, j})
		}
	}
	for i := 0; i < len(places); i += len(places)/maxPlaces + 1 {
		at := c.at(name, places[i].Line, places[i].Character)
		for _, method := range []string{"hover", "completion", "definition"} {
			c.call("textDocument/"+method, at, nil)
		}
	}
	c.call("textDocument/documentSymbol", c.at(name, 0, 0), nil)
	c.actions(name, region{End: place{9999, 0}})
}
