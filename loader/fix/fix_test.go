package fix

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"recompose/loader"
)

func edit(line, col, endLine, endCol int, text string) loader.Edit {
	return loader.Edit{Position: loader.Position{File: "a", Line: line, Column: col, EndLine: endLine, EndColumn: endCol}, Text: text}
}

func TestApply(t *testing.T) {
	other := edit(1, 1, 1, 2, "z")
	other.Position.File = "b"
	for name, c := range map[string]struct {
		content string
		fixes   [][]loader.Edit
		want    string
		applied int
	}{
		"replace":             {"ab\ncd\n", [][]loader.Edit{{edit(2, 1, 2, 2, "XX")}}, "ab\nXXd\n", 1},
		"insert":              {"ab\n", [][]loader.Edit{{edit(1, 2, 1, 2, "-")}}, "a-b\n", 1},
		"delete a line":       {"ab\ncd\nef\n", [][]loader.Edit{{edit(2, 1, 3, 1, "")}}, "ab\nef\n", 1},
		"delete the last":     {"ab\ncd", [][]loader.Edit{{edit(2, 1, 3, 1, "")}}, "ab\n", 1},
		"in any order":        {"abc", [][]loader.Edit{{edit(1, 3, 1, 4, "C")}, {edit(1, 1, 1, 2, "A")}}, "AbC", 2},
		"neighbours":          {"abc", [][]loader.Edit{{edit(1, 1, 1, 2, "A")}, {edit(1, 2, 1, 3, "B")}}, "ABc", 2},
		"overlap: first wins": {"abc", [][]loader.Edit{{edit(1, 1, 1, 3, "X")}, {edit(1, 2, 1, 4, "Y")}}, "Xc", 1},
		"twice at one place":  {"abc", [][]loader.Edit{{edit(1, 2, 1, 2, "X")}, {edit(1, 2, 1, 2, "X")}}, "aXbc", 1},
		"all edits or none":   {"abc", [][]loader.Edit{{edit(1, 1, 1, 2, "A")}, {edit(1, 3, 1, 4, "C"), edit(1, 1, 1, 2, "Z")}}, "Abc", 1},
		"characters":          {"日本: x\n", [][]loader.Edit{{edit(1, 2, 1, 3, "-")}}, "日-: x\n", 1},
		"byte order mark":     {"\ufeffab\r\ncd\r\n", [][]loader.Edit{{edit(1, 1, 1, 2, "A"), edit(2, 1, 2, 2, "C")}}, "\ufeffAb\r\nCd\r\n", 1},
		"outside":             {"ab\n", [][]loader.Edit{{edit(9, 1, 9, 2, "X")}, {edit(1, 9, 1, 9, "X")}, {edit(0, 0, 0, 0, "X")}, {edit(1, 2, 1, 1, "X")}}, "ab\n", 0},
		"another file":        {"ab\n", [][]loader.Edit{{other}}, "ab\n", 0},
		"nothing":             {"ab\n", [][]loader.Edit{{}}, "ab\n", 0},
	} {
		t.Run(name, func(t *testing.T) {
			var fixes []loader.Fix
			for _, e := range c.fixes {
				fixes = append(fixes, loader.Fix{Edits: e})
			}
			got, applied, err := Apply("a", []byte(c.content), fixes)
			if err != nil || applied != c.applied {
				t.Errorf("%d applied, want %d: %v", applied, c.applied, err)
			}
			if diff := cmp.Diff(c.want, string(got)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
	for _, content := range []string{"\xff\xfea\x00", "a\rb\r"} {
		if got, _, err := Apply("a", []byte(content), []loader.Fix{{Edits: []loader.Edit{edit(1, 1, 1, 2, "X")}}}); err == nil || string(got) != content {
			t.Errorf("%q became %q: %v", content, got, err)
		}
	}
}
