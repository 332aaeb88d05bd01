package report

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"recompose/loader"
)

func at(line, col, endCol int) loader.Position {
	p := loader.Position{File: "compose.yaml", Line: line, Column: col}
	if endCol > 0 {
		p.EndLine, p.EndColumn = line, endCol
	}
	return p
}

func TestText(t *testing.T) {
	lines := map[int]string{
		4: "    networks: [fronted]",
		5: "\timage: x",
		6: "    label: 日本 bad",
		7: "x: " + strings.Repeat("a", 300) + "B" + strings.Repeat("c", 300),
		8: "name: \x1b[31mred",
		9: "short",
	}
	source := func(file string, n int) (string, bool) { l, ok := lines[n]; return l, ok && file == "compose.yaml" }
	tests := []struct {
		name string
		d    loader.Diagnostic
		want string
	}{
		{"range and hint", loader.Diagnostic{Severity: "error", Rule: "ref-network", Message: "no network fronted", Position: at(4, 16, 23), Hint: "did you mean frontend?"},
			"compose.yaml:4:16: error: no network fronted [ref-network]\n" +
				"   4 |     networks: [fronted]\n" +
				"     |                ^~~~~~~ did you mean frontend?\n"},
		{"no end, a tab before", loader.Diagnostic{Severity: "warning", Rule: "r", Message: "m", Position: at(5, 2, 0)},
			"compose.yaml:5:2: warning: m [r]\n   5 |   image: x\n     |   ^\n"},
		{"wide characters", loader.Diagnostic{Severity: "error", Rule: "r", Message: "m", Position: at(6, 15, 18)},
			"compose.yaml:6:15: error: m [r]\n   6 |     label: 日本 bad\n     |                 ^~~\n"},
		{"control characters", loader.Diagnostic{Severity: "info", Rule: "r", Message: "bad \x1b[2J", Position: at(8, 1, 5)},
			"compose.yaml:8:1: info: bad \\u001b[2J [r]\n   8 | name: \\u001b[31mred\n     | ^~~~\n"},
		{"column past the end", loader.Diagnostic{Severity: "error", Rule: "r", Message: "m", Position: at(9, 99, 120)},
			"compose.yaml:9:99: error: m [r]\n   9 | short\n     |      ^\n"},
		{"line not known", loader.Diagnostic{Severity: "error", Rule: "r", Message: "m", Position: at(77, 1, 2), Hint: "h"},
			"compose.yaml:77:1: error: m [r]\n  h\n"},
		{"file as a whole", loader.Diagnostic{Severity: "error", Rule: "r", Message: "empty", Position: loader.Position{File: "a.yaml"}},
			"a.yaml: error: empty [r]\n"},
		{"a line of secrets", loader.Diagnostic{Severity: "error", Rule: "env-file", Message: "m", Position: loader.Position{File: "compose.yaml", Line: 9, Column: 1}, Hint: "h"},
			"compose.yaml:9:1: error: m [env-file]\n  h\n"},
		{"no place", loader.Diagnostic{Severity: "error", Message: "m"}, "error: m\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var b strings.Builder
			if err := Text(&b, []loader.Diagnostic{tt.d}, source); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, b.String()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTextCutsLongLines(t *testing.T) {
	line := "x: " + strings.Repeat("a", 300) + "B" + strings.Repeat("c", 300)
	var b strings.Builder
	d := loader.Diagnostic{Severity: "error", Message: "m", Position: at(1, 304, 305)}
	if err := Text(&b, []loader.Diagnostic{d}, func(string, int) (string, bool) { return line, true }); err != nil {
		t.Fatal(err)
	}
	rows := strings.Split(b.String(), "\n")
	excerpt, mark := []rune(rows[1]), strings.IndexByte(rows[2], '^')
	if len(excerpt) > maxExcerpt+20 {
		t.Errorf("excerpt has %d characters", len(excerpt))
	}
	if excerpt[mark] != 'B' {
		t.Errorf("the mark is under %q:\n%s", excerpt[mark], b.String())
	}
}

func TestJSON(t *testing.T) {
	var b strings.Builder
	ds := []loader.Diagnostic{{Severity: "error", Rule: "r", Message: "a <b>", Path: "services.web", Position: at(4, 16, 23), Hint: "h"}}
	if err := JSON(&b, ds); err != nil {
		t.Fatal(err)
	}
	var got any
	if err := json.Unmarshal([]byte(b.String()), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"schema": 1.0, "diagnostics": []any{map[string]any{
		"rule": "r", "severity": "error", "message": "a <b>", "path": "services.web", "file": "compose.yaml",
		"line": 4.0, "column": 16.0, "endLine": 4.0, "endColumn": 23.0, "help": "h",
	}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	b.Reset()
	if err := JSON(&b, nil); err != nil || !strings.Contains(b.String(), `"diagnostics": []`) {
		t.Errorf("no diagnostics: %q, %v", b.String(), err)
	}
}

func TestGitHub(t *testing.T) {
	var b strings.Builder
	err := GitHub(&b, []loader.Diagnostic{
		{Severity: "warning", Rule: "w", Message: "second"},
		{Severity: "error", Rule: "a:b,c", Message: "100%\nbad", Position: at(4, 16, 23), Hint: "h"},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := "::error file=compose.yaml,line=4,endLine=4,col=16,endColumn=23,title=a%3Ab%2Cc::100%25%0Abad%0Ah\n" +
		"::warning title=w::second\n"
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Error(diff)
	}
}

func TestSummary(t *testing.T) {
	ds := []loader.Diagnostic{{Severity: "error"}, {Severity: "warning"}, {Severity: "error"}}
	if got := Summary(ds); got != "2 errors, 1 warning" {
		t.Error(got)
	}
	if got := Summary(nil); got != "" {
		t.Error(got)
	}
}
