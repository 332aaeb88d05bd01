package cmd

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/pflag"
	"gopkg.in/yaml.v3"
)

// TestValidateDocs: every flag stands in the documentation, and nothing there
// or in the definitions for CI uses one that is not.
func TestValidateDocs(t *testing.T) {
	flags := (&App{}).newValidateCmd().Flags()
	commands := read(t, "../docs/commands.md")
	_, section, _ := strings.Cut(commands, "\n### validate\n")
	section, _, _ = strings.Cut(section, "\n### ")
	flags.VisitAll(func(f *pflag.Flag) {
		if !strings.Contains(section, "`--"+f.Name) {
			t.Errorf("--%s is not documented", f.Name)
		}
	})
	used := regexp.MustCompile(`--[a-z][a-z-]*[a-z]`)
	call := regexp.MustCompile(`(?:recompose|recompose") validate.*|args.*\(--.*`)
	for _, file := range []string{"../docs/commands.md", "../docs/ci.md", "../docs/ci/gitlab.yml", "../.pre-commit-hooks.yaml", "../.github/actions/validate/action.yml"} {
		calls := call.FindAllString(read(t, file), -1)
		if len(calls) == 0 {
			t.Errorf("%s does not call validate", file)
		}
		for _, line := range calls {
			for _, name := range used.FindAllString(line, -1) {
				if flags.Lookup(name[2:]) == nil {
					t.Errorf("%s uses %s, which validate does not have: %s", file, name, line)
				}
			}
		}
	}
}

// TestPreCommitHooks: the hooks are well-formed and meet the files that `validate
// DIR` would find by name.
func TestPreCommitHooks(t *testing.T) {
	var hooks []struct{ ID, Name, Entry, Language, Files string }
	if err := yaml.Unmarshal([]byte(read(t, "../.pre-commit-hooks.yaml")), &hooks); err != nil {
		t.Fatal(err)
	}
	for _, h := range hooks {
		if h.ID == "" || h.Name == "" || h.Entry == "" || h.Language == "" {
			t.Errorf("incomplete: %+v", h)
		}
		files := regexp.MustCompile(h.Files)
		for name, want := range map[string]bool{
			"compose.yaml": true, "a/docker-compose.yml": true, "docker-compose.prod.yml": true, "compose-ci.yaml": true,
			"dev.compose.yml": true, "composer.yaml": false, "decompose.yml": false, "compose.json": false,
		} {
			if files.MatchString(name) != want {
				t.Errorf("%s: %s matches: %v", h.ID, name, !want)
			}
		}
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.FromSlash(file))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// TestValidationTable: what docs/validation.md says of each broken file is what the
// golden files hold.
func TestValidationTable(t *testing.T) {
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("SKIPPED: the script needs a shell")
	}
	c := exec.Command("sh", "script/validation-table", "--check")
	c.Dir = ".."
	if out, err := c.CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}
