package loader

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// knownConfig are the cases whose `config` differs from docker compose v5's,
// with the reason. An entry fails once its difference is gone.
var knownConfig = map[string]string{
	"spec-docker-compose-pkg-e2e-testdata-testprestarthookrunsonceforscaledservice-compose": "the library that reads the files is newer than v5's, and gives a pre_start hook its service's networks",
}

// TestCorpusConfig checks that `config --format json` gives what docker
// compose v5 gives, the case's folder aside.
func TestCorpusConfig(t *testing.T) {
	count := map[string]int{}
	for _, c := range corpus(t) {
		if !c.modern {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			diff := c.compareConfig(t, "expected-v5.json")
			if all := "expected-v5-all-profiles.json"; exists(filepath.Join(c.dir, all)) {
				c.options.Profiles = []string{"*"}
				diff += c.compareConfig(t, all)
				count[c.kind+" with all profiles"]++
			}
			switch why, known := knownConfig[c.name]; {
			case diff == "" && known:
				t.Errorf("equal, so this is no known difference: %s", why)
			case diff == "":
				count[c.kind+" equal"]++
			case known:
				count[c.kind+" known difference"]++
			default:
				t.Errorf("(-v5 +ours)\n%s", diff)
			}
		})
	}
	printCounts(t, count)
}

// compareConfig loads a case and gives the difference to what is expected.
func (c corpusCase) compareConfig(t *testing.T, expected string) string {
	t.Helper()
	p, ds, err := Load(context.Background(), c.options)
	if p == nil {
		t.Fatalf("refused: %v %v", err, errorsOf(ds))
	}
	text, err := MarshalJSON(p.Model)
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(filepath.Join(c.dir, expected))
	if err != nil {
		t.Fatal(err)
	}
	return cmp.Diff(jsonOf(t, want), jsonOf(t, bytes.ReplaceAll(text, []byte(c.dir), []byte("${CASE_DIR}"))))
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func jsonOf(t *testing.T, text []byte) (v any) {
	t.Helper()
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	return v
}
