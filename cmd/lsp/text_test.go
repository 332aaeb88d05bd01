package lsp

import (
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"recompose/loader"
)

// TestPlaces: the same character in the three ways to tell its place.
func TestPlaces(t *testing.T) {
	const content = "\ufeffa: é\r\nb: 𝄞c\rd\n\nlast"
	text := newText(content)
	for _, test := range []struct {
		at                           string
		line, character, row, column int
	}{
		{"a", 0, 1, 1, 1}, // no column counts the byte order mark
		{"é", 0, 4, 1, 4},
		{"b", 1, 0, 2, 1},
		{"𝄞", 1, 3, 2, 4},
		{"c", 1, 5, 2, 5},
		{"d", 2, 0, 3, 1},
		{"last", 4, 0, 5, 1},
	} {
		offset := strings.Index(content, test.at)
		p := position{test.line, test.character}
		if got := text.position(offset); got != p {
			t.Errorf("position of %q: %v, want %v", test.at, got, p)
		}
		if got := text.offset(p); got != offset {
			t.Errorf("offset of %q: %d, want %d", test.at, got, offset)
		}
		if got := text.place(test.row, test.column); got != offset {
			t.Errorf("place of %q: %d, want %d", test.at, got, offset)
		}
	}
	for _, p := range []position{{-1, 0}, {0, -1}, {0, 99}, {3, 5}, {9, 9}, {1, 4}} { // outside, or within a character
		if at := text.offset(p); at < 0 || at > len(content) || !strings.Contains(content, content[at:]) {
			t.Errorf("offset of %v: %d", p, at)
		}
	}
	if got := text.offset(position{1, 99}); content[got] != '\r' {
		t.Errorf("behind a line's end: %d", got)
	}
	if got := text.spanOf(loader.Position{Line: 2, Column: 4}); got != (span{position{1, 3}, position{1, 6}}) {
		t.Errorf("without an end: %v", got)
	}
	if got := text.spanOf(loader.Position{}); got != (span{}) {
		t.Errorf("without a line: %v", got)
	}
	if got := text.spanOf(loader.Position{Line: 5, Column: 1, EndLine: 6, EndColumn: 1}); got.End != (position{4, 4}) {
		t.Errorf("behind the last line: %v", got)
	}
}

func TestChanges(t *testing.T) {
	text := newText("one\ntwo\nthree")
	got := text.with([]change{
		{Range: &span{position{1, 0}, position{1, 3}}, Text: "zwei\ndrei"},
		{Range: &span{position{2, 4}, position{3, 0}}, Text: "+"},
	}).content
	if got != "one\nzwei\ndrei+three" {
		t.Errorf("got %q", got)
	}
	if got := text.with([]change{{Text: "all"}, {Range: &span{End: position{0, 1}}, Text: "A"}}).content; got != "All" {
		t.Errorf("got %q", got)
	}
	if got := text.with([]change{{Range: &span{position{2, 0}, position{0, 0}}, Text: "x"}}).content; got != "one\ntwo\nxthree" {
		t.Errorf("a range backwards: %q", got)
	}
	if text.content != "one\ntwo\nthree" {
		t.Error("the old text has changed")
	}
}

func TestURI(t *testing.T) {
	if runtime.GOOS != "windows" {
		for uri, path := range map[string]string{
			"file:///a%20b/%C3%A9.yaml": "/a b/é.yaml", "file:///a/../b": "/b", "untitled:x": "", "file://host/x": "", "%": "",
		} {
			if got := pathOf(uri); got != path {
				t.Errorf("path of %s: %q, want %q", uri, got, path)
			}
		}
	}
	if got := unsaved(`untitled:a\b/c`, "/d"); got != filepath.Join("/d", "untitled-a-b-c") {
		t.Errorf("a buffer stands at %s", got)
	}
	path := filepath.Join(t.TempDir(), "a b#é?.yaml")
	if got := pathOf(uriOf(path)); got != path {
		t.Errorf("%s became %s", path, got)
	}
}
