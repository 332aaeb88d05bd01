package lsp_test

import (
	"strings"
	"testing"

	"recompose/loader"
)

// TestProjects: findings stand in the files that they lie in, for overrides,
// includes and extends, with what is not saved yet.
func TestProjects(t *testing.T) {
	c, _ := start(t, loader.Load)
	c.files(`
-- compose.yaml --
include: [parts/db.yaml]
services:
  web:
    image: x
    networks: [front]
networks: {front: }
-- compose.override.yaml --
services:
  web:
    extends: {file: base.yaml, service: base}
-- base.yaml --
services:
  base:
    imge: y
-- parts/db.yaml --
services:
  db:
    image: postgres:18
    depends_on: [web]
-- other/compose.yaml --
services: {a: {image: x}}
-- deployment.yaml --
kind: Deployment
`)
	c.initialize()
	c.open("compose.override.yaml", c.read("compose.override.yaml"))
	c.expect("compose.override.yaml")
	c.expect("base.yaml", "2:4-2:8 unknown-key") // not open

	// The text that counts is the editor's.
	base := strings.Replace(c.read("base.yaml"), "imge", "image", 1)
	c.open("base.yaml", base)
	c.expect("base.yaml")
	c.open("compose.yaml", strings.Replace(c.read("compose.yaml"), "front]", "fornt]", 1))
	c.expect("compose.yaml", "4:15-4:20 undefined-network")

	// A part that needs the whole is checked with it.
	c.open("parts/db.yaml", c.read("parts/db.yaml"))
	c.expect("parts/db.yaml")

	// What is none of ours has nothing, whatever it says.
	c.open("deployment.yaml", c.read("deployment.yaml"))
	c.expect("deployment.yaml")

	// Once a document is closed, the disk's text counts again.
	c.write("base.yaml", strings.Replace(base, "image", "imge", 1))
	c.notify("textDocument/didClose", map[string]any{"textDocument": map[string]any{"uri": c.uri("base.yaml")}})
	for len(c.diagnostics("base.yaml")) == 0 {
	}
}

// TestSettings: the settings file and comments count as for validate.
func TestSettings(t *testing.T) {
	c, _ := start(t, loader.Load)
	const text = "services:\n  web:\n    image: x\n    environment: [A=$NOPE]\nvolumes: {data: }\n"
	c.files("-- .recompose.yaml --\nrules: {unused-volume: off, nonsense: error}\n")
	c.initialize()
	c.open("compose.yaml", text)
	c.expect("compose.yaml", "3:18-3:25 unset-variable")
	c.expect(".recompose.yaml", "0:28-0:36 settings")
	c.change("compose.yaml", strings.Replace(text, "    environment", "    # recompose: ignore unset-variable\n    environment", 1))
	c.expect("compose.yaml")

	c.write(".recompose.yaml", "rules: {unset-variable: off}\n")
	c.notify("workspace/didChangeWatchedFiles", map[string]any{"changes": []any{}})
	got := c.expect("compose.yaml", "5:10-5:14 unused-volume")
	if len(got) == 1 && (len(got[0].Tags) != 1 || got[0].Tags[0] != 1 || got[0].Severity != 2) {
		t.Errorf("got %+v", got[0])
	}
	for len(c.diagnostics(".recompose.yaml")) > 0 { // the old ones, at places of the new text
	}
}
