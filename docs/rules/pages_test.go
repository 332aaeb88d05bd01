package rules

import (
	"strings"
	"testing"
)

func TestPage(t *testing.T) {
	if got := Page("unknown-key"); !strings.HasPrefix(got, "# unknown-key\n") {
		t.Errorf("got %.40q", got)
	}
	for _, id := range []string{"", "nonsense", "README", "../ci", "pages.go"} {
		if got := Page(id); got != "" {
			t.Errorf("%q: %.40q", id, got)
		}
	}
	if got := URL("unknown-key"); got != "" {
		t.Errorf("without a home: %s", got)
	}
	Home = "https://example.org/rules/"
	defer func() { Home = "" }()
	if got := URL("unknown-key"); got != "https://example.org/rules/unknown-key.md" {
		t.Errorf("got %s", got)
	}
	if got := URL("nonsense"); got != "" {
		t.Errorf("got %s", got)
	}
}
