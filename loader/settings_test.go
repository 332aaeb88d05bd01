package loader

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// said loads files (by name) as validate does, and gives what is said about
// them as "file:line:column severity rule".
func said(t *testing.T, o Options, files map[string]string) []string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "repository", "project")
	if err := os.MkdirAll(filepath.Join(dir, "..", ".git"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, content := range files {
		path := filepath.Join(dir, "..", name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	o.WorkingDir = dir
	_, ds, err := Load(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	out := []string{}
	for _, d := range ds {
		out = append(out, fmt.Sprintf("%s:%d:%d %s %s", filepath.Base(d.Position.File), d.Position.Line, d.Position.Column, d.Severity, d.Rule))
	}
	return out
}

const unsure = `services:
  web:
    image: nginx
    hostname: ${HOST}
networks:
  front: {}
`

func TestSettings(t *testing.T) {
	tests := []struct {
		name, settings string
		o              Options
		want           []string
	}{
		{"none", "", Options{Check: true}, []string{"compose.yaml:4:15 warning unset-variable", "compose.yaml:6:3 warning unused-network"}},
		{"other commands ask less", "", Options{}, []string{"compose.yaml:4:15 warning unset-variable"}},
		{"severities", "rules: {unset-variable: error, unused-network: off}", Options{Check: true}, []string{"compose.yaml:4:15 error unset-variable"}},
		{"they hold for other commands too", "rules: {unset-variable: off}", Options{}, []string{}},
		{"a rule of a preset", "rules: {unset-variable: off, unused-network: off, image-tag: info}", Options{Check: true}, []string{"compose.yaml:3:12 info image-tag"}},
		{"a preset", "presets: [security]\nrules: {unset-variable: off, unused-network: off}", Options{Check: true}, []string{"compose.yaml:3:12 warning image-tag"}},
		{"a preset that raises", "presets: strict\nrules: {unused-network: off}", Options{Check: true}, []string{"compose.yaml:4:15 error unset-variable"}},
		{"a rule stands over a preset", "presets: [strict]\nrules: {unset-variable: info, unused-network: {severity: off}}", Options{Check: true}, []string{"compose.yaml:4:15 info unset-variable"}},
		{"parameters", "rules:\n  unset-variable: off\n  unused-network: off\n  image-tag: {severity: error, params: {allow: [nginx]}}", Options{Check: true}, []string{}},
		{"a preset by an option", "rules: {unset-variable: off, unused-network: off}", Options{Check: true, Presets: []string{"security"}}, []string{"compose.yaml:3:12 warning image-tag"}},
		{"unknown words", "rules:\n  unset-varible: off\n  unset-variable: of\n  unused-network: {severity: off, parms: {}}\n  image-tag: {params: {alow: [a]}}\npresets: [secure]\nrule: {}", Options{Check: true}, []string{
			".recompose.yaml:2:3 error settings", ".recompose.yaml:3:19 error settings", ".recompose.yaml:4:35 error settings",
			".recompose.yaml:5:24 error settings", ".recompose.yaml:6:11 error settings", ".recompose.yaml:7:1 error settings",
			"compose.yaml:4:15 warning unset-variable",
		}},
		{"a key given twice", "rules:\n  unset-variable: off\n  unused-network: off\n  unset-variable: error", Options{Check: true}, []string{".recompose.yaml:4:3 error settings"}},
		{"a list for a severity", "rules: {unset-variable: [off], unused-network: off}", Options{Check: true}, []string{".recompose.yaml:1:25 error settings", "compose.yaml:4:15 warning unset-variable"}},
		{"what cannot be turned down", "rules: {unknown-key: off, unset-variable: off, unused-network: off}", Options{Check: true}, []string{".recompose.yaml:1:22 error settings"}},
		{"other commands go on", "rules: {unset-varible: off}", Options{}, []string{".recompose.yaml:1:9 warning settings", "compose.yaml:4:15 warning unset-variable"}},
		{"no YAML", "rules: [a", Options{}, []string{".recompose.yaml:1:8 warning settings", "compose.yaml:4:15 warning unset-variable"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			files := map[string]string{"project/compose.yaml": unsure}
			if tt.settings != "" {
				files[SettingsName] = tt.settings
			}
			if diff := cmp.Diff(tt.want, said(t, tt.o, files)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestSettingsNearest: those beside the project count, not those above.
func TestSettingsNearest(t *testing.T) {
	got := said(t, Options{}, map[string]string{
		"project/compose.yaml": unsure, SettingsName: "rules: {unset-variable: off}", "project/" + SettingsName: "rules: {unset-variable: error}",
	})
	if diff := cmp.Diff([]string{"compose.yaml:4:15 error unset-variable"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestIgnoreComments(t *testing.T) {
	tests := []struct {
		name, text string
		want       []string
	}{
		{"its line", "services:\n  web:\n    image: nginx\n    hostname: ${A} # recompose: ignore unset-variable\n    domainname: ${B}\n", []string{"compose.yaml:5:17 warning unset-variable"}},
		{"the next value", "services:\n  # recompose: ignore unset-variable\n  web:\n    image: nginx\n    hostname: ${A}\n  db:\n    image: nginx\n    hostname: ${B}\n", []string{"compose.yaml:8:15 warning unset-variable"}},
		{"a list that is not indented", "services:\n  web:\n    image: nginx\n    # recompose: ignore unset-variable\n    dns:\n    - 1.1.1.1\n    - ${A}1.1.1.1\n    hostname: ${B}\n", []string{"compose.yaml:8:15 warning unset-variable"}},
		{"one entry", "services:\n  web:\n    image: nginx\n    environment:\n    # recompose: ignore unset-variable\n    - A=${A}\n    - B=${B}\n", []string{"compose.yaml:7:7 warning unset-variable"}},
		{"the file", "services:\n  web:\n    image: nginx\n    hostname: ${A}\n    ports: [\"80:80\", \"80:81\"]\n# recompose: ignore-file unset-variable duplicate-port -- on purpose\n", []string{}},
		{"several", "services:\n  web:\n    image: nginx\n    ports: [\"80:80\", \"80:${A}81\"] # recompose: ignore unset-variable, duplicate-port\n", []string{}},
		{"text is no comment", "services:\n  web:\n    image: nginx\n    hostname: \"${A} # recompose: ignore unset-variable\"\n    command: |\n      # recompose: ignore unset-variable\n      ${B}\n", []string{"compose.yaml:4:15 error invalid-name", "compose.yaml:4:15 warning unset-variable", "compose.yaml:5:14 warning unset-variable"}},
		{"unknown", "services:\n  web:\n    image: nginx # recompose: ignore unset-varible\n", []string{"compose.yaml:3:38 error ignore-comment"}},
		{"not to be ignored", "services:\n  web:\n    image: nginx\n    prts: [] # recompose: ignore unknown-key\n", []string{"compose.yaml:4:5 error unknown-key", "compose.yaml:4:34 error ignore-comment"}},
		{"without a rule", "# recompose: ignore\nservices:\n  web:\n    image: nginx\n", []string{"compose.yaml:1:20 error ignore-comment"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, said(t, Options{Check: true}, map[string]string{"project/compose.yaml": tt.text})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestCatalog holds the order that ruleByID needs.
func TestCatalog(t *testing.T) {
	for i, r := range catalog {
		if i > 0 && catalog[i-1].ID >= r.ID {
			t.Errorf("%s stands behind %s", r.ID, catalog[i-1].ID)
		}
		if _, ok := Presets[r.Preset]; r.Preset != "" && !ok {
			t.Errorf("%s: no preset %s", r.ID, r.Preset)
		}
	}
	for id := range strict {
		if ruleByID(id) == nil {
			t.Errorf("the preset strict has no rule %s", id)
		}
	}
}
