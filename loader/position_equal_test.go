package loader

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"recompose/loader/internal/rich"
)

const placesText = `x-more: &more
  labels: {tier: front}
  ports: ["9:9"]
x-base: &base
  <<: *more
  image: base
  environment: {A: 1, B: 2}
services:
  web:
    <<: [*base, *more]
    environment: {A: 3}
    "a.b": {"c[0]": x}
    list: [{k: v}, [y]]
  copy: *base
`

func placesOf(t *testing.T, texts ...string) *Positions {
	t.Helper()
	p := newPositions()
	for i, text := range texts {
		s := &source{name: fmt.Sprint("f", i), content: []byte(text)}
		if bad := s.parse(); bad != nil {
			t.Fatal(bad)
		}
		p.add(s.docs[0], "", false, s.position)
	}
	return p
}

func TestPositions(t *testing.T) {
	p := placesOf(t, placesText, "services:\n  web:\n    image: over\n")
	for _, c := range []struct{ path, value, key string }{
		{"services.web.image", "f1:3:12", "f1:3:5"},
		{"services.web.environment", "f0:11:18", "f0:11:5"},
		{"services.web.environment.A", "f0:11:22", "f0:11:19"},
		{"services.web.environment.B", "f0:7:26", "f0:7:23"}, // not merged in truth, but where it is written
		{"services.web.labels.tier", "f0:2:18", "f0:2:12"},   // through two merges
		{"services.web.ports[0]", "f0:3:11", "f0:3:11"},      // a list's entry has no key
		{`services.web["a.b"]["c[0]"]`, "f0:12:21", "f0:12:13"},
		{"services.web.list[0].k", "f0:13:16", "f0:13:13"},
		{"services.web.list[1][0]", "f0:13:21", "f0:13:21"},
		{"services.copy", "f0:14:9", "f0:14:3"},
		{"services.copy.image", "f0:6:10", "f0:6:3"},
	} {
		if pos, ok := p.At(c.path); !ok || pos.String() != c.value {
			t.Errorf("At(%s): %v %v, want %s", c.path, pos, ok, c.value)
		}
		if pos, ok := p.Key(c.path); !ok || pos.String() != c.key {
			t.Errorf("Key(%s): %v %v, want %s", c.path, pos, ok, c.key)
		}
	}
	for path, nearest := range map[string]string{
		"services.web.list[2]":            "f0:13:11",
		"services.web.list.0":             "f0:13:11",
		"services.web[image]":             "f1:3:5",
		"services.web.image.nothing":      "f1:3:12",
		"services.web.environment.C.deep": "f0:11:18",
		"services.nothing":                "f1:2:3",
		"nothing":                         "",
	} {
		if pos, ok := p.At(path); ok || pos.String() != nearest {
			t.Errorf("At(%s): %v %v, want the parent's %q", path, pos, ok, nearest)
		}
	}
}

// TestPositionsEach holds that what is listed is what is found, also in
// mappings that are large enough to have an index.
func TestPositionsEach(t *testing.T) {
	texts := []string{placesText, rich.File(100), "services:\n  s7:\n    image: over\n"}
	p := placesOf(t, texts...)
	count := 0
	p.each(func(path string, want Position) {
		got, ok := p.At(path)
		if diff := cmp.Diff(want, got); diff != "" || !ok {
			t.Errorf("%s: found %v\n%s", path, ok, diff)
		}
		count++
	})
	if want := strings.Count(texts[1], "\n"); count < want {
		t.Errorf("%d paths, fewer than the %d lines of one file", count, want)
	}
}
