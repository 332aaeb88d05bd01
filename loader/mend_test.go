package loader

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestMend: what is proposed for a file, and what is not since it might mean
// something else.
func TestMend(t *testing.T) {
	const image = "    image: x\n"
	for name, c := range map[string]struct {
		content string
		want    map[string]string // title of a fix, and the text that it writes
	}{
		"a misspelt key":          {"services:\n  web:\n    imagee: x\n", map[string]string{`write "image"`: "image"}},
		"at the top":              {"services:\n  web:\n" + image + "volmes: {}\n", map[string]string{`write "volumes"`: "volumes"}},
		"the right key is there":  {"services:\n  web:\n    imagee: x\n" + image, nil},
		"two keys are near":       {"services:\n  web:\n" + image + "    cpu_rt_perio: 1\n", nil},
		"a quoted key":            {"services:\n  web:\n    \"imagee\": x\n", nil},
		"nothing is near":         {"services:\n  web:\n" + image + "    zzzzz: x\n", nil},
		"a number for a string":   {"services:\n  web:\n" + image + "    hostname: 12\n", map[string]string{"quote 12": `"12"`}},
		"base sixty":              {"version: '2'\nservices:\n  web:\n" + image + "    ports: [22:22]\n", map[string]string{"remove version": "", "quote 22:22": `"22:22"`}},
		"a version with comment":  {"version: \"3.8\" # old\n\nservices:\n  web:\n" + image, map[string]string{"remove version": ""}},
		"a version in one line":   {"{version: '3', services: {web: {image: x}}}\n", nil},
		"the host's network":      {"services:\n  web:\n" + image + "    net: host\n", map[string]string{`write "network_mode"`: "network_mode"}},
		"a container's network":   {"services:\n  web:\n" + image + "    net: container:db\n", nil},
		"tabs only":               {"services:\n\tweb:\n\t\timage: x\n", map[string]string{"indent with spaces": "  |    "}},
		"a tab among spaces":      {"services:\n  web:\n\timage: x\n", map[string]string{"indent with spaces": "    "}},
		"one width can be read":   {"services:\n        web: {image: x}\n\tdb: {image: x}\n", map[string]string{"indent with spaces": "        "}},
		"tabs of one width":       {"services:\n  web:\n\tports: [\"80\"]\n    image: x\n", map[string]string{"indent with spaces": "    "}},
		"tabs of no width":        {"services:\n  web:\n\tports: [\"80\"]\n   image: x\n", nil},
		"tabs and something else": {"services:\n\tweb:\n\t\timage: [x\n", nil},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			file := write(t, dir, "compose.yaml", c.content)
			_, ds, err := Load(context.Background(), Options{Files: []string{file}, WorkingDir: dir, Name: "x", Check: true})
			if err != nil {
				t.Fatal(err)
			}
			var got map[string]string
			for _, d := range ds {
				if d.Fix == nil {
					continue
				}
				if got == nil {
					got = map[string]string{}
				}
				var texts []string
				for _, e := range d.Fix.Edits {
					texts = append(texts, e.Text)
				}
				got[d.Fix.Title] = strings.Join(texts, "|")
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s\n%v", diff, ds)
			}
		})
	}
}
