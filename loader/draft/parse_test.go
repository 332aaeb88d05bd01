package draft

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// told writes a node's children one a line: path, value, and marks.
func told(root *Node) string {
	var b strings.Builder
	root.Each(func(n *Node) {
		if n == root {
			return
		}
		b.WriteString(strings.Join(n.Path(), "."))
		for _, part := range []struct {
			mark string
			t    Token
		}{{"=", n.Value}, {"&", n.Anchor}, {"*", n.Alias}} {
			if !part.t.IsZero() {
				fmt.Fprintf(&b, " %s%s", part.mark, part.t.Text)
			}
		}
		for mark, on := range map[string]bool{" loose": n.Loose} {
			if on {
				b.WriteString(mark)
			}
		}
		b.WriteByte('\n')
	})
	return b.String()
}

func TestParse(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"plain", "a:\n  b: 1 # c\n  'd e': \"x: y\"\nf:\n- g\n- h: i\n  j: k\n", "a\na.b =1\na.d e =x: y\nf\nf.[] =g\nf.[]\nf.[].h =i\nf.[].j =k\n"},
		{"line ends", "a:\r\n  b: 1\r\nc: 2\r\n", "a\na.b =1\nc =2\n"},
		{"nested entries", "a:\n  - - b\n    - c\n  - d:\n      e: f\n", "a\na.[]\na.[].[] =b\na.[].[] =c\na.[]\na.[].d\na.[].d.e =f\n"},
		{"no key", "a: http://x:80/\nb: - c\n", "a =http://x:80/\nb =- c\n"},
		{"brackets", "a: [b, {c: d}, \"e, f\"]\ng: {h: [i], j: , k}\n", "a\na.[] =b\na.[]\na.[].c =d\na.[] =e, f\ng\ng.h\ng.h.[] =i\ng.j\ng =k loose\n"},
		{"brackets over lines", "a: [\n  b, # c\n  d\n]\ne: f\n", "a\na.[] =b\na.[] =d\ne =f\n"},
		{"pair in a list", "a: [b: c]\n", "a\na.[]\na.[].b =c\n"},
		{"anchors", "a: &x\n  b: !t &y 1\nc: *x\nd: [*y, &z e]\n<<: *x\n", "a &x\na.b =1 &y\nc *x\nd\nd.[] *y\nd.[] =e &z\n<< *x\n"},
		{"a block of text", "a: |\n  b: c\n\n  # d\ne: f\n", "a =|\ne =f\n"},
		{"text in a list", "- |-\n  b: c\n- d\n", "[] =|\n[] =d\n"},
		{"documents", "%YAML 1.2\n---\na: b\n--- \nc: d\n", "a =b\nc =d\n"},
		{"value below its key", "a:\n  b\nc:\n  \"d\n  e\"\nf: g\n", "a =b\nc =d\n  e\nf =g\n"},
		{"half a key", "a:\n  b: c\n  d\n  e: f\n", "a\na.b =c\na =d loose\na.e =f\n"},
		{"open bracket", "a:\n  b: [c, d\n  e: f\n", "a\na.b\na.b.[] =c\na.b.[] =d\na.e =f\n"},
		{"open brace", "a: {b: {c: d\ne: f\n", "a\na.b\na.b.c =d\ne =f\n"},
		{"open quote", "a:\n  b: \"c\n  d: 'e\nf: g\n", "a\na.b =c\na.d =e\nf =g\n"},
		{"stray bracket", "a: b]\n]\nc: d\n", "a =b]\n =] loose\nc =d\n"},
		{"tabs", "a:\n\tb: c\n\t\td: e\nf: g\n", "a\na.b =c\na.b.d =e\nf =g\n"},
		{"nothing", "\n# a\n", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, told(Parse(test.text))); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// TestTokens: offsets are those of the text, quotes and all.
func TestTokens(t *testing.T) {
	const text = "a: \"b\"\nc: &d [e]\n"
	root := Parse(text)
	for offset, want := range map[int]string{0: "a", 1: "a", 3: `"b"`, 6: `"b"`, 10: "&d", 14: "e"} {
		if n, token := root.At(offset); n == nil || text[token.From:token.To] != want {
			t.Errorf("at %d: %+v, want %q", offset, token, want)
		}
	}
	if n, _ := root.At(2); n != nil {
		t.Errorf("between: %+v", n)
	}
}

// FuzzParse: whatever it reads, it ends, with tokens inside the text.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"a: [b, {c: *d}]\n", "- - a: |\n  x\n", "a: \"b\n", "{[{[", "\ta:\r\n- &x\n", strings.Repeat("[", 500), "\ufeff--- a"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		Parse(text).Each(func(n *Node) {
			for _, token := range []Token{n.Key, n.Value, n.Anchor, n.Alias} {
				if token.From < 0 || token.To < token.From || token.To > len(text) {
					t.Fatalf("%q: %+v", text, token)
				}
			}
			if n.Parent != nil {
				_ = n.Path()
			}
		})
	})
}
