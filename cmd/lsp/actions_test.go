package lsp_test

import (
	"slices"
	"testing"

	"recompose/loader"
)

type offered struct {
	Title, Kind string
	Diagnostics []finding
	Edit        struct {
		Changes map[string][]struct {
			Range   region
			NewText string
		}
	}
}

func (c *client) actions(name string, at region, only ...string) []offered {
	c.t.Helper()
	var got []offered
	c.call("textDocument/codeAction", map[string]any{
		"textDocument": map[string]any{"uri": c.uri(name)},
		"range":        map[string]any{"start": at.Start, "end": at.End},
		"context":      map[string]any{"diagnostics": []any{}, "only": only},
	}, &got)
	return got
}

func TestActions(t *testing.T) {
	c, _ := start(t, loader.Load)
	c.initialize()
	// The characters before the mistake are one, two and four bytes long.
	const text = "services:\n  wéb: {image: x}\n  b: {labels: {\"𝄞é\": x}, imge: x}\n  c: {image: x, restrat: always}\n"
	c.open("compose.yaml", text)
	found := c.expect("compose.yaml", "1:2-1:5 schema", "2:26-2:30 unknown-key", "3:16-3:23 unknown-key")
	if t.Failed() {
		return
	}
	at := found[1].Range
	got := c.actions("compose.yaml", at)
	i := slices.IndexFunc(got, func(a offered) bool { return a.Kind == "quickfix" })
	if i < 0 || len(got[i].Edit.Changes[c.uri("compose.yaml")]) != 1 {
		t.Fatalf("got %+v", got)
	}
	edit := got[i].Edit.Changes[c.uri("compose.yaml")][0]
	if edit.Range != at || edit.NewText != "image" || got[i].Diagnostics[0].Code != "unknown-key" {
		t.Errorf("got %+v", got[i])
	}
	if far := c.actions("compose.yaml", region{place{0, 0}, place{0, 1}}, "quickfix"); len(far) != 0 {
		t.Errorf("elsewhere: %+v", far)
	}

	// All at once, and what the client makes of it has no such mistake.
	all := c.actions("compose.yaml", at, "source.fixAll")
	if len(all) != 1 || all[0].Kind != "source.fixAll.recompose" {
		t.Fatalf("fix all: %+v", all)
	}
	var changes []any
	for _, e := range all[0].Edit.Changes[c.uri("compose.yaml")] {
		changes = append(changes, map[string]any{"range": map[string]any{"start": e.Range.Start, "end": e.Range.End}, "text": e.NewText})
	}
	c.edit("compose.yaml", changes...)
	c.expect("compose.yaml", "1:2-1:5 schema")

	// A comment quietens what may be meant.
	c.change("compose.yaml", "services:\n  web:\n    image: x\nvolumes:\n  data: {}\n")
	found = c.expect("compose.yaml", "4:2-4:6 unused-volume")
	got = c.actions("compose.yaml", found[0].Range, "quickfix")
	if len(got) != 1 || got[0].Title != "ignore unused-volume here" {
		t.Fatalf("got %+v", got)
	}
	edit = got[0].Edit.Changes[c.uri("compose.yaml")][0]
	c.edit("compose.yaml", map[string]any{"range": map[string]any{"start": edit.Range.Start, "end": edit.Range.End}, "text": edit.NewText})
	c.expect("compose.yaml")
}
