package lsp_test

import (
	"encoding/json"
	"strings"
	"testing"

	"recompose/loader"
)

func TestHover(t *testing.T) {
	c, _ := start(t, loader.Load)
	c.initialize()
	for _, test := range []struct{ text, want string }{
		{"services:\n  web:\n    depe|nds_on: [db]\n", "**depends_on**"},
		{"services:\n  web:\n    depends_on:\n      db:\n        cond|ition: service_healthy\n", "`service_completed_successfully`"},
		{"services:\n  web:\n    cgroup: pri|vate\n", "**cgroup**"},
		{"services:\n  web:\n    healthcheck: {inter|val: 3s}\n", "**interval**"},
		{"services:\n  web:\n    ports:\n      - tar|get: 80\n", "**target**"},
		{"services:\n  w|eb:\n", "**web**"},
		{"web:\n  image: x\n  comm|and: run\n", "**command**"},
		{"services:\n  web:\n    image: [\n    dns|: x\n", "**dns**"},
		{"services:\n  web:\n    # ima|ge\n    image: x\n", ""},
		{"services:\n  web:\n    nons|ense: x\n", ""},
	} {
		text, at := mark(test.text)
		c.open("compose.yaml", text)
		var got *struct {
			Contents struct{ Kind, Value string }
			Range    region
		}
		c.call("textDocument/hover", c.at("compose.yaml", at.Line, at.Character), &got)
		switch {
		case test.want == "" && got != nil:
			t.Errorf("%q: %+v", test.text, got)
		case test.want != "" && (got == nil || !strings.Contains(got.Contents.Value, test.want) || got.Contents.Kind != "markdown"):
			t.Errorf("%q: %+v, want %q", test.text, got, test.want)
		case got != nil && (got.Range.Start.Line != at.Line || got.Range.Start.Character > at.Character || got.Range.End.Character < at.Character):
			t.Errorf("%q: range %+v", test.text, got.Range)
		}
	}
}

// TestHoverRule: where a mistake was found, the page of its rule is shown, below
// what the specification says.
func TestHoverRule(t *testing.T) {
	c, _ := start(t, loader.Load)
	c.initialize()
	c.open("compose.yaml", "services:\n  web:\n    image: x\n    imge: y\nvolumes:\n  data: {}\n")
	c.expect("compose.yaml", "3:4-3:8 unknown-key", "5:2-5:6 unused-volume")
	for line, want := range map[int][]string{3: {"**unknown-key**\n", "## Good"}, 5: {"**data**\n", "---\n\n**unused-volume**\n"}} {
		var got struct{ Contents struct{ Value string } }
		c.call("textDocument/hover", c.at("compose.yaml", line, 5), &got)
		for _, w := range want {
			if !strings.Contains(got.Contents.Value, w) {
				t.Errorf("line %d: no %q in %q", line, w, got.Contents.Value)
			}
		}
	}
}

func TestDefinition(t *testing.T) {
	c, _ := start(t, loader.Load)
	c.files(`
-- compose.yaml --
include: [parts/db.yaml]
services:
  web:
    image: x
networks:
  back: {}
-- compose.override.yaml --
services:
  web:
    tty: true
-- parts/db.yaml --
services:
  db: {image: y}
-- parts/base.yaml --
services:
  web: {image: other}
  base: {image: z}
-- web.env --
-- classic.yml --
db:
  image: y
web:
  image: x
  links: ["db:database"]
`)
	c.initialize()
	main := c.read("compose.yaml")
	for _, test := range []struct {
		file, add string
		want      []string
	}{
		{"", "  a: {image: x, depends_on: [d|b]}\n", []string{"parts/db.yaml 1:2"}},
		{"", "  a:\n    depends_on:\n      d|b: {condition: service_started}\n", []string{"parts/db.yaml 1:2"}},
		{"", "  a: {depends_on: [we|b]}\n", []string{"compose.yaml 3:2", "compose.override.yaml 1:2"}},
		{"", "  a: {network_mode: \"service:d|b\"}\n", []string{"parts/db.yaml 1:2"}},
		{"", "  a: {networks: [ba|ck]}\n", []string{"compose.yaml L:2"}},
		{"", "  a:\n    extends: {file: parts/base.yaml, service: ba|se}\n", []string{"parts/base.yaml 2:2"}},
		{"", "  a:\n    extends: {file: parts/base.yaml, service: we|b}\n", []string{"parts/base.yaml 1:2"}},
		{"", "  a:\n    extends: {file: parts/ba|se.yaml, service: base}\n", []string{"parts/base.yaml 0:0"}},
		{"", "  a: {env_file: web.e|nv}\n", []string{"web.env 0:0"}},
		{"", "  a: {env_file: ${|X}}\n", nil},
		{"", "  a: &one {image: x}\n  b:\n    <<: *o|ne\n", []string{"compose.yaml 2:5"}},
		{"", "  a: {depends_on: [no|body]}\n", nil},
		{"", "  a: {volumes: [\"./pa|th:/x\"]}\n", nil},
		{"classic.yml", "db:\n  image: y\nweb:\n  image: x\n  links: [\"d|b:database\"]\n", []string{"classic.yml 0:0"}},
	} {
		name, text := test.file, test.add
		if name == "" {
			name, text = "compose.yaml", strings.Replace(main, "services:\n", "services:\n"+test.add, 1)
		}
		text, at := mark(text)
		c.open(name, text)
		c.diagnostics(name) // what belongs together is known then
		var got []struct {
			URI   string
			Range region
		}
		c.call("textDocument/definition", c.at(name, at.Line, at.Character), &got)
		var said []string
		for _, l := range got {
			said = append(said, strings.TrimPrefix(l.URI, c.uri(""))+" "+itoa(l.Range.Start.Line)+":"+itoa(l.Range.Start.Character))
		}
		for i, w := range test.want {
			// L is the line of what the test's lines have moved.
			test.want[i] = strings.Replace(w, "L", itoa(5+strings.Count(test.add, "\n")), 1)
		}
		want := strings.Join(test.want, ", ")
		if test.want != nil && strings.HasPrefix(test.want[0], "compose.yaml 3:2") {
			want = "compose.yaml " + itoa(2+strings.Count(test.add, "\n")) + ":2, compose.override.yaml 1:2"
		}
		if strings.Join(said, ", ") != want {
			t.Errorf("%q: %q, want %q", test.add, said, want)
		}
	}
}

func itoa(n int) string {
	b, _ := json.Marshal(n)
	return string(b)
}

func TestSymbols(t *testing.T) {
	c, _ := start(t, loader.Load)
	c.initialize()
	c.open("compose.yaml", "services:\n  web:\n    image: nginx\n  db:\n    build: .\nvolumes: {data: }\n")
	type sym struct {
		Name, Detail string
		Range        region
		Children     []sym
	}
	var got []sym
	c.call("textDocument/documentSymbol", c.at("compose.yaml", 0, 0), &got)
	if len(got) != 2 || len(got[0].Children) != 2 || got[0].Children[0].Detail != "nginx" || got[1].Children[0].Name != "data" {
		t.Errorf("got %+v", got)
	} else if end := got[0].Range.End; end != (place{4, 12}) {
		t.Errorf("services end at %+v", end)
	}
}
