package report

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"recompose/loader"
)

func TestRules(t *testing.T) {
	var text, list strings.Builder
	if err := Rules(&text, "text"); err != nil {
		t.Fatal(err)
	}
	if err := Rules(&list, "json"); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Schema int
		Rules  []struct{ ID, Severity, Summary, Preset string }
	}
	if err := json.Unmarshal([]byte(list.String()), &got); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(text.String(), "\n")
	if got.Schema != 1 || len(got.Rules) != len(loader.Rules()) || len(lines) != len(got.Rules)+2 {
		t.Fatalf("schema %d, %d rules, %d lines", got.Schema, len(got.Rules), len(lines))
	}
	for i, r := range got.Rules {
		preset := r.Preset
		if preset == "" {
			preset = "-"
		}
		words := strings.Fields(lines[i+1])
		if words[0] != r.ID || words[1] != r.Severity || !strings.HasSuffix(lines[i+1], " "+r.Summary) || !strings.Contains(lines[i+1], " "+preset+" ") {
			t.Errorf("%+v is told as %q", r, lines[i+1])
		}
	}
}

// TestRuleTable: docs/rules/README.md lists the same.
func TestRuleTable(t *testing.T) {
	table, err := os.ReadFile("../../docs/rules/README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range loader.Rules() {
		severity := string(r.Severity)
		if r.Varies {
			severity = "error or warning"
		}
		if r.Preset != "" {
			severity += ", preset `" + r.Preset + "`"
		}
		if line := "| [" + r.ID + "](" + r.ID + ".md) | " + r.Summary + " | " + severity + " |\n"; !strings.Contains(string(table), line) {
			t.Errorf("no line %s", line)
		}
	}
}
