package loader

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	yaml4 "go.yaml.in/yaml/v4"
	"gopkg.in/yaml.v3"
)

// maxFuzz keeps inputs small: what is slow or deep has tests of its own.
const maxFuzz = 4096

// seeds adds the fixtures of a folder.
func seeds(f *testing.F, patterns ...string) {
	f.Helper()
	for _, p := range patterns {
		files, err := filepath.Glob(filepath.Join("..", "testdata", p))
		if err != nil || len(files) == 0 {
			f.Fatalf("no seeds %s: %v", p, err)
		}
		for _, name := range files {
			data, err := os.ReadFile(name)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data)
		}
	}
}

// loadText loads a file from standard input.
func loadText(data []byte, name string) (*Project, []Diagnostic, error) {
	return Load(context.Background(), Options{
		Files: []string{stdinName}, Stdin: bytes.NewReader(data), Name: name,
		WorkingDir: "/nowhere", Env: []string{"SET=value", "EMPTY="},
	})
}

// FuzzLoad: nothing panics, every place lies inside the file, and what
// `config` prints is a file that means the same.
func FuzzLoad(f *testing.F) {
	seeds(f, "compose/*/*.yaml", "diagnostics/*.yaml")
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > maxFuzz {
			return
		}
		p, ds, err := loadText(data, "fuzz")
		checkInside(t, data, ds)
		if p == nil {
			if err == nil && !HasErrors(ds) {
				t.Error("no project, and no error either")
			}
			return
		}
		// Inactive services are not printed, though others may name them; and
		// dollars are doubled in keys too, as by docker compose, though nothing
		// replaces variables there. A v1-format service may have an empty image,
		// and a variable may make one of what is no image's name elsewhere.
		odd := slices.ContainsFunc(ds, func(d Diagnostic) bool { return d.Rule == "invalid-image" })
		if len(p.Model.DisabledServices) == 0 && !dollarKey(data) && !imageless(p) && !odd {
			checkRoundTrip(t, p)
		}
	})
}

func imageless(p *Project) bool {
	for _, s := range p.Model.Services {
		if p.Classic() && s.Image == "" && s.Build == nil {
			return true
		}
	}
	return false
}

func dollarKey(data []byte) (found bool) {
	s := &source{content: data}
	s.parse()
	for _, root := range s.docs {
		walk(root, func(n *yaml.Node, at trail) {
			found = found || len(at) > 0 && strings.Contains(at[len(at)-1].key, "$")
		})
	}
	return found
}

func checkRoundTrip(t *testing.T, p *Project) {
	t.Helper()
	text, err := MarshalYAML(p.Model)
	if err != nil {
		t.Fatal(err)
	}
	again, ds, err := loadText(text, p.Name)
	if again == nil {
		t.Fatalf("config prints what cannot be loaded: %v %v\n%s", err, errorsOf(ds), text)
	}
	want, err1 := MarshalJSON(p.Model)
	got, err2 := MarshalJSON(again.Model)
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	if diff := cmp.Diff(jsonOf(t, want), jsonOf(t, got)); diff != "" {
		t.Errorf("config prints what means something else (-first +again):\n%s\n%s", diff, text)
	}
}

// checkInside holds that places lie in the file as an editor shows it.
func checkInside(t *testing.T, data []byte, ds []Diagnostic) {
	t.Helper()
	lines := Lines(data)
	for _, d := range ds {
		p := d.Position
		switch {
		case p.File == "":
			t.Errorf("no file: %+v", d)
		case p.Line == 0 || p.File != stdinName:
		case p.Line > len(lines) || p.EndLine > len(lines):
			t.Errorf("line %d of %d: %+v", p.Line, len(lines), d)
		case p.Column < 1 || p.Column > len([]rune(lines[p.Line-1]))+1:
			t.Errorf("column beyond the line: %+v", d)
		case p.EndLine > 0 && p.EndColumn > len([]rune(lines[p.EndLine-1]))+1:
			t.Errorf("end beyond the line: %+v", d)
		}
	}
}

// FuzzInterpolation: a doubled dollar is one, text without any stays, and no
// text makes it panic.
func FuzzInterpolation(f *testing.F) {
	for _, s := range []string{"", "a", "$SET", "${SET}", "${SET:-a}", "${UNSET-${SET}}", "${SET:?no}", "${SET+x}", "$$", "${", "$1", "${SET:-${SET:-${SET}}}", "${UNSET:-$$}", "€${SET}"} {
		f.Add(s)
	}
	l := newLoad(Options{Env: []string{"SET=value", "EMPTY="}})
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > maxFuzz {
			return
		}
		got, err := l.substitute(text)
		if err == nil && !strings.Contains(text, "$") && got != text {
			t.Errorf("%q became %q", text, got)
		}
		if got, err := l.substitute(string(escapeDollars([]byte(text)))); err != nil || got != text {
			t.Errorf("escaped, %q became %q, %v", text, got, err)
		}
	})
}

// FuzzYAMLAgreement: what the rules read is what compose-go reads, though
// the two have different readers of YAML; they may only refuse together.
func FuzzYAMLAgreement(f *testing.F) {
	seeds(f, "compose/*/*.yaml", "diagnostics/*.yaml")
	for _, s := range []string{"a: -0", "[80:]", "{a:, b}", "&a:b c", "! 1", "|# x", "!]", "a: \x7f", ":", "a: 0777", "a: 1_0", "? a", "- - a", "a: |2\n   x", "%YAML 1.1\n---\na: yes"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > maxFuzz {
			return
		}
		s := &source{name: "fuzz", content: data}
		bad := s.parse()
		theirs, err := parse4(s.content)
		switch {
		case bad != nil && err == nil && bad.Rule != "yaml-limit":
			t.Fatalf("refused, but compose-go reads it: %+v", bad)
		case bad == nil && err != nil:
			t.Fatalf("read, but compose-go refuses it: %v", err)
		case bad != nil || err != nil:
			return
		}
		if len(theirs) != len(s.docs) {
			t.Fatalf("%d documents, compose-go reads %d", len(s.docs), len(theirs))
		}
		for i := range theirs {
			if theirs[i].Kind != yaml4.MappingNode {
				return // no compose file; a scalar alone has more freedom
			}
			if diff := disagreement(s.docs[i], theirs[i], true, 0); diff != "" {
				t.Error(diff)
			}
		}
		// What is written of the tree must be read as the same, too.
		contents, err := encode([]tree{s.docs})
		if err != nil {
			t.Fatal(err)
		}
		text := contents[0]
		again, err := parse4(text)
		if err != nil || len(again) != len(s.docs) {
			t.Fatalf("written as %q: %d documents, %v", text, len(again), err)
		}
		for i := range again {
			if diff := disagreement(s.docs[i], again[i], false, 0); diff != "" {
				t.Errorf("written as %q: %s", text, diff)
			}
		}
	})
}

func parse4(data []byte) (docs []*yaml4.Node, err error) {
	dec := yaml4.NewDecoder(bytes.NewReader(data))
	for {
		var doc yaml4.Node
		if err := dec.Decode(&doc); err != nil {
			if err.Error() == "EOF" {
				return docs, nil
			}
			return nil, err
		}
		if len(doc.Content) == 1 {
			docs = append(docs, doc.Content[0])
		}
	}
}

func disagreement(ours *yaml.Node, theirs *yaml4.Node, places bool, depth int) string {
	at := fmt.Sprintf("%d:%d: ", theirs.Line, theirs.Column)
	switch {
	case depth > maxDepth:
		return ""
	case places && (ours.Line != theirs.Line || ours.Column != theirs.Column):
		return fmt.Sprintf("%sours stands at %d:%d", at, ours.Line, ours.Column)
	case uint32(ours.Kind) != uint32(theirs.Kind):
		return fmt.Sprintf("%skind %d, compose-go reads %d", at, ours.Kind, theirs.Kind)
	case ours.Kind == yaml.ScalarNode && (ours.Value != theirs.Value || ours.ShortTag() != theirs.ShortTag()):
		return fmt.Sprintf("%s%s %q, compose-go reads %s %q", at, ours.ShortTag(), ours.Value, theirs.ShortTag(), theirs.Value)
	case len(ours.Content) != len(theirs.Content):
		return fmt.Sprintf("%s%d values, compose-go reads %d", at, len(ours.Content), len(theirs.Content))
	}
	for i := range ours.Content {
		if diff := disagreement(ours.Content[i], theirs.Content[i], places, depth+1); diff != "" {
			return diff
		}
	}
	return ""
}
