package lsp_test

import (
	"slices"
	"strings"
	"testing"

	"recompose/loader"
)

type item struct {
	Label         string
	Documentation *struct{ Value string }
	TextEdit      struct {
		Range   region
		NewText string
	}
}

// mark takes the | out of a text and says where it was.
func mark(text string) (string, place) {
	before, after, _ := strings.Cut(text, "|")
	line := strings.Count(before, "\n")
	return before + after, place{line, len(before) - strings.LastIndex(before, "\n") - 1}
}

// apply makes an edit of one line.
func apply(text string, r region, with string) string {
	lines := strings.Split(text, "\n")
	l := lines[r.Start.Line]
	lines[r.Start.Line] = l[:r.Start.Character] + with + l[r.End.Character:]
	return strings.Join(lines, "\n")
}

// TestComplete: has are labels that must be offered, none those that must not;
// edit is the line once the first of has is taken.
func TestComplete(t *testing.T) {
	c, _ := start(t, loader.Load)
	c.files("-- db.env --\n-- parts/more.yaml --\nservices: {cache: {image: x}}\n")
	c.initialize()
	for _, test := range []struct {
		name, text string
		has, none  string
		line       string
	}{
		{"top level", "ser|\n", "services volumes", "image", "services:"},
		{"empty file", "|", "services", "image", "services:"},
		{"service keys", "services:\n  web:\n    image: x\n    |\n  db: {image: y}\n", "depends_on build", "image services", "    depends_on:"},
		{"scalar key", "services:\n  web:\n    |\n", "image build ports", "services", "    image: "},
		{"half a key", "services:\n  web:\n    res|\n    image: x\n", "restart", "image", "    restart: "},
		{"within a key", "services:\n  web:\n    ima|ge: x\n", "image", "services", "    image: x"},
		{"nested", "services:\n  web:\n    healthcheck:\n      |\n", "interval test", "image", "      interval: "},
		{"back out", "services:\n  web:\n    healthcheck:\n      test: x\n    |\n", "image", "interval", "    image: "},
		{"entry of a list", "services:\n  web:\n    ports:\n      - |\n", "target published", "image", "      - target: "},
		{"second key of an entry", "services:\n  web:\n    ports:\n      - target: 80\n        |\n", "published", "target", "        published: "},
		{"words", "services:\n  web:\n    cgroup: |\n", "host private", "web", "    cgroup: host"},
		{"word that needs quotes", "services:\n  web:\n    restart: n|\n", "no always unless-stopped", "", `    restart: "no"`},
		{"between quotes", "services:\n  web:\n    restart: \"al|\"\n", "always", "", `    restart: "always"`},
		{"booleans", "services:\n  web:\n    privileged: |\n", "true false", "", "    privileged: true"},
		{"conditions", "services:\n  web:\n    depends_on:\n      db:\n        condition: |\n  db: {image: x}\n", "service_healthy service_started", "", "        condition: service_healthy"},
		{"dependencies", "services:\n  web:\n    depends_on:\n      - db\n      - |\n  db: {image: x}\n  mail: {image: x}\n", "mail", "web db", "      - mail"},
		{"in brackets", "services:\n  web:\n    depends_on: [db, |]\n  db: {image: x}\n  mail: {image: x}\n", "mail", "web db", "    depends_on: [db, mail]"},
		{"open bracket", "services:\n  web:\n    depends_on: [|\n  db: {image: x}\n", "db", "web", "    depends_on: [db"},
		{"braces", "services:\n  web: {image: x, |}\n", "restart", "image", "  web: {image: x, restart: }"},
		{"dependencies as a mapping", "services:\n  web:\n    depends_on:\n      d|\n  db: {image: x}\n", "db", "web", "      db:"},
		{"network mode", "services:\n  web:\n    network_mode: |\n  db: {image: x}\n", "service:db host", "service:web", "    network_mode: service:db"},
		{"networks", "services:\n  web:\n    networks: [|]\nnetworks: {front: }\n", "front", "web", "    networks: [front]"},
		{"volumes", "services:\n  web:\n    volumes:\n      - |\nvolumes:\n  data:\n", "data type", "web", "      - data"},
		{"secrets", "services:\n  web:\n    secrets:\n      - source: |\nsecrets: {key: {file: x}}\n", "key", "", "      - source: key"},
		{"anchors", "x-a: &log {driver: local}\nservices:\n  web:\n    logging: *l|\n", "*log", "", "    logging: *log"},
		{"env files", "services:\n  web:\n    env_file: |\n", "db.env parts/", "", "    env_file: db.env"},
		{"includes", "include:\n  - parts/|\n", "parts/more.yaml", "", "  - parts/more.yaml"},
		{"services of another file", "services:\n  web:\n    extends:\n      file: parts/more.yaml\n      service: |\n", "cache", "web", "      service: cache"},
		{"format of 2015", "web:\n  image: x\n  links:\n    - |\ndb:\n  image: y\n", "db", "web", "    - db"},
		{"a comment", "services:\n  web:\n    # ima|\n", "", "image", ""},
		{"a block of text", "services:\n  web:\n    command: |\n      ima\x01\n", "", "image", ""},
		{"more of a value", "services:\n  web:\n    command: run\n      ima|\n", "", "image", ""},
		{"an unclosed quote above", "services:\n  db:\n    image: \"x\n  web:\n    |\n", "image restart", "services", "    image: "},
		{"a tab above", "services:\n  db:\n\timage: x\n  web:\n    |\n", "image restart", "", "    image: "},
		{"two documents", "services: {}\n---\nvol|\n", "volumes", "services", "volumes:"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c.t = t
			text, at := mark(strings.Replace(test.text, "|\n      ima\x01", "\x02\n      ima|", 1))
			text = strings.Replace(text, "\x02", "|", 1)
			c.open("compose.yaml", text)
			var items []item
			c.call("textDocument/completion", c.at("compose.yaml", at.Line, at.Character), &items)
			find := func(label string) int {
				return slices.IndexFunc(items, func(i item) bool { return i.Label == label })
			}
			var labels []string
			for _, i := range items {
				labels = append(labels, i.Label)
			}
			for _, label := range strings.Fields(test.has) {
				if find(label) < 0 {
					t.Errorf("%q is not offered: %q", label, labels)
				}
			}
			for _, label := range strings.Fields(test.none) {
				if find(label) >= 0 {
					t.Errorf("%q is offered: %q", label, labels)
				}
			}
			if first := strings.Fields(test.has); len(first) > 0 && find(first[0]) >= 0 {
				e := items[find(first[0])].TextEdit
				if got := strings.Split(apply(text, e.Range, e.NewText), "\n")[at.Line]; got != test.line {
					t.Errorf("the line becomes %q, want %q", got, test.line)
				}
			}
		})
	}
}
