package report

import (
	"encoding/xml"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"recompose/docs/rules"
	"recompose/loader"
)

var update = flag.Bool("update", false, "write the golden files anew")

// sample has one of everything that a format may have to say.
func sample() Report {
	return Report{
		Version: "1.2.3",
		Files:   []string{"clean & good.yaml", "compose.yaml", "sub dir/ü.yaml"},
		Source: func(file string, n int) (string, bool) {
			lines := map[int]string{4: "    networks: [fronted]", 14: "  frontend: {}"}
			return lines[n], file == "compose.yaml" && lines[n] != ""
		},
		Diagnostics: []loader.Diagnostic{
			{
				Severity: loader.SeverityError, Rule: "undefined-network", Path: "services.web.networks[0]",
				Message: `service "web" uses <network> fronted`, Position: at(4, 16, 23), Hint: `did you mean "frontend"?`,
				Related: []loader.Related{{Message: "declared here", Position: at(14, 3, 11)}},
				Fix:     &loader.Fix{Title: "write frontend", Edits: []loader.Edit{{Position: at(4, 16, 23), Text: "frontend"}}},
			},
			{Severity: loader.SeverityWarning, Rule: "unset-variable", Message: "variable X is not set", Position: at(9, 1, 0)},
			{Severity: loader.SeverityInfo, Rule: "empty", Message: "100% \x01empty", Position: loader.Position{File: "sub dir/ü.yaml"}},
		},
	}
}

func TestFormats(t *testing.T) {
	for _, format := range append(Formats(), "color") {
		t.Run(format, func(t *testing.T) {
			r := sample()
			name := format
			if format == "color" {
				name, r.Color = "text", true
			}
			var b strings.Builder
			if err := Write(&b, name, r); err != nil {
				t.Fatal(err)
			}
			golden := filepath.Join("../../testdata/validate/formats", format+".golden")
			if *update {
				if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), b.String()); diff != "" {
				t.Errorf("(-golden +got)\n%s", diff)
			}
		})
	}
	if err := Write(io.Discard, "txt", Report{}); err == nil || !strings.Contains(err.Error(), "sarif") {
		t.Errorf("an unknown format: %v", err)
	}
}

// TestHelp: a rule has its page with it, and its address where that is known.
func TestHelp(t *testing.T) {
	for home, want := range map[string]bool{"": false, "https://example.org/rules/": true} {
		rules.Home = home
		var b strings.Builder
		if err := SARIF(&b, sample()); err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(b.String(), `"helpUri": "https://example.org/rules/unset-variable.md"`); got != want {
			t.Errorf("home %q: an address: %v", home, got)
		}
		if !strings.Contains(b.String(), `"markdown": "# unset-variable\n\n`) {
			t.Errorf("home %q: no page in %s", home, b.String())
		}
	}
	rules.Home = ""
}

// TestSchemas: SARIF by what the standard's schema asks of what is used of it,
// our own JSON by the schema that is published.
func TestSchemas(t *testing.T) {
	rules.Home = "https://example.org/rules/"
	defer func() { rules.Home = "" }()
	for format, file := range map[string]string{
		"sarif":  "../../testdata/validate/sarif.schema.json",
		"gitlab": "../../testdata/validate/gitlab.schema.json",
		"json":   "../../docs/validate.schema.json",
	} {
		s, err := jsonschema.NewCompiler().Compile(file)
		if err != nil {
			t.Fatal(err)
		}
		for name, r := range map[string]Report{"all": sample(), "nothing": {}} {
			var b strings.Builder
			if err := Write(&b, format, r); err != nil {
				t.Fatal(err)
			}
			document, err := jsonschema.UnmarshalJSON(strings.NewReader(b.String()))
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Validate(document); err != nil {
				t.Errorf("%s, %s: %v", format, name, err)
			}
		}
		if s.Validate(map[string]any{"runs": []any{}, "diagnostics": []any{}}) == nil {
			t.Errorf("%s: the schema takes anything", file)
		}
	}
}

func TestXMLIsWellFormed(t *testing.T) {
	for _, format := range []string{"junit", "checkstyle"} {
		for _, r := range []Report{sample(), {}} {
			var b strings.Builder
			if err := Write(&b, format, r); err != nil {
				t.Fatal(err)
			}
			var any struct {
				Inner []byte `xml:",innerxml"`
			}
			if err := xml.Unmarshal([]byte(b.String()), &any); err != nil {
				t.Errorf("%s: %v\n%s", format, err, b.String())
			}
		}
	}
}

func TestFingerprints(t *testing.T) {
	d := func(line int, path, message string) loader.Diagnostic {
		return loader.Diagnostic{Rule: "r", Path: path, Message: message, Position: loader.Position{File: "a.yaml", Line: line}}
	}
	before := Fingerprints([]loader.Diagnostic{d(3, "services.a.ports[0]", "x, first on line 3"), d(9, "services.b", "y"), d(12, "services.b", "y")})
	after := Fingerprints([]loader.Diagnostic{d(5, "services.a.ports[1]", "x, first on line 5"), d(11, "services.b", "y"), d(14, "services.b", "y")})
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("lines moved, so did fingerprints:\n%s", diff)
	}
	if before[1] == before[2] {
		t.Error("two alike have one fingerprint")
	}
	if other := Fingerprints([]loader.Diagnostic{d(3, "services.z", "y")}); other[0] == before[1] {
		t.Error("another path has the same fingerprint")
	}
}

func TestBaseline(t *testing.T) {
	old := []loader.Diagnostic{
		{Rule: "r", Message: "kept", Position: at(1, 1, 0)},
		{Rule: "r", Message: "mended", Position: at(2, 1, 0)},
	}
	var b strings.Builder
	if err := NewBaseline(old).Write(&b); err != nil {
		t.Fatal(err)
	}
	known, err := ReadBaseline([]byte(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	now := []loader.Diagnostic{
		{Rule: "r", Message: "kept", Position: at(7, 1, 0)},
		{Rule: "r", Message: "kept", Position: at(8, 1, 0)}, // a second one is new
		{Rule: "r", Message: "new", Position: at(9, 1, 0)},
	}
	fresh, mended := known.Filter(now)
	if diff := cmp.Diff(now[1:], fresh); diff != "" {
		t.Errorf("new (-want +got):\n%s", diff)
	}
	if len(mended) != 1 || mended[0].Message != "mended" {
		t.Errorf("mended: %v", mended)
	}
	for _, bad := range []string{"", "[]", `{"schema": 99}`} {
		if _, err := ReadBaseline([]byte(bad)); err == nil {
			t.Errorf("%q was taken for a baseline", bad)
		}
	}
}
