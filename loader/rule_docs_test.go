package loader

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// page is what docs/rules says about a rule: files by name, per section.
type page struct {
	bad, good map[string]string
	title     string
}

var (
	fence  = regexp.MustCompile("(?ms)^```(\\w+)(?: (\\S+))?\n(.*?)^```$")
	marker = regexp.MustCompile(`(?m)[ \t]*(?:# )?<-$`)
)

func readPage(t *testing.T, name string) page {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	p := page{bad: map[string]string{}, good: map[string]string{}}
	for i, section := range strings.Split("\n"+string(text), "\n## ") {
		head, body, _ := strings.Cut(section, "\n")
		if i == 0 {
			p.title, _, _ = strings.Cut(strings.TrimPrefix(body, "# "), "\n")
			continue
		}
		for _, m := range fence.FindAllStringSubmatch(body, -1) {
			file := m[2]
			if file == "" {
				file = "compose.yaml"
			}
			content := strings.ReplaceAll(m[3], "␀", "\x00")
			if head != "Good" {
				p.bad[file] = content
			}
			if head != "Bad" {
				p.good[file] = content
			}
		}
	}
	return p
}

// run loads the files of a section and gives each finding as file:line rule,
// and the marked lines in the same form.
func (p page) run(t *testing.T, files map[string]string, rule *Rule, check bool) (got, want []string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "project")
	if err := os.MkdirAll(filepath.Join(dir, ".git"), 0o755); err != nil { // no settings above it count
		t.Fatal(err)
	}
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(content, "\n") {
			if marker.MatchString(line) {
				want = append(want, fmt.Sprintf("%s:%d %s", name, i+1, rule.ID))
			}
		}
		if err := os.WriteFile(path, []byte(marker.ReplaceAllString(content, "")), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	o := Options{WorkingDir: dir, Check: check, Env: []string{"KEY=1"}}
	if rule.Preset != "" {
		o.Presets = []string{rule.Preset}
	}
	_, ds, err := Load(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range ds {
		name, err := filepath.Rel(dir, d.Position.File)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprintf("%s:%d %s", name, d.Position.Line, d.Rule))
	}
	if len(want) == 0 { // about a file as a whole
		want = []string{"compose.yaml:0 " + rule.ID}
	}
	slices.Sort(want)
	return slices.Compact(got), want
}

// TestRulePages: each rule has a page, whose bad example makes that rule speak
// at the marked line, and no other; of the good one nothing is said.
func TestRulePages(t *testing.T) {
	const dir = "../docs/rules"
	for _, rule := range Rules() {
		t.Run(rule.ID, func(t *testing.T) {
			p := readPage(t, filepath.Join(dir, rule.ID+".md"))
			if p.title != rule.ID {
				t.Errorf("the page's title is %q", p.title)
			}
			got, want := p.run(t, p.bad, &rule, rule.Check || rule.ID == "settings" || rule.ID == "ignore-comment")
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("bad example (-marked +found)\n%s", diff)
			}
			if got, _ := p.run(t, p.good, &rule, true); len(got) > 0 {
				t.Errorf("good example: %v", got)
			}
		})
	}
	pages, err := filepath.Glob(filepath.Join(dir, "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range pages {
		if id := strings.TrimSuffix(filepath.Base(name), ".md"); id != "README" && ruleByID(id) == nil {
			t.Errorf("%s is about no rule", name)
		}
	}
}
