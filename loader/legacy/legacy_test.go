package legacy

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"
)

// convert makes today's form of a v1-format file; others are what `extends`
// may name, by path.
func convert(t *testing.T, text string, others map[string]string, vars map[string]string) (string, []string) {
	t.Helper()
	result := Convert(Options{
		Files:  []File{{Name: "/p/fig.yml", Dir: "/p", Root: parse(t, text)}},
		Lookup: func(name string) (string, bool) { v, ok := vars[name]; return v, ok },
		Open: func(name string) (File, *Problem) {
			other, ok := others[name]
			if !ok {
				return File{}, &Problem{Rule: "extends-file", Message: name + " does not exist"}
			}
			return File{Name: name, Dir: filepath.Dir(name), Root: parse(t, other)}, nil
		},
	})
	var said []string
	for _, p := range result.Problems {
		line := 0
		if p.Node != nil {
			line = p.Node.Line
			if result.Origin[p.Node] == "" {
				t.Errorf("no file for %+v", p)
			}
		}
		said = append(said, fmt.Sprintf("%d %s %s", line, p.Rule, p.Path))
	}
	var b bytes.Buffer
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	if err := enc.Encode(result.Root); err != nil {
		t.Fatal(err)
	}
	return b.String(), said
}

func parse(t *testing.T, text string) *yaml.Node {
	t.Helper()
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatal(err)
	}
	return doc.Content[0]
}

func TestConvert(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"net": {
			"a: {image: x, net: host}\nb: {image: x, net: 'container:a'}\nc: {image: x, net: 'container:out'}\nd: {image: x, net: ''}\n",
			"services: {a: {image: x, network_mode: host}, b: {image: x, network_mode: 'service:a'}, c: {image: x, network_mode: 'container:out'}, d: {image: x}}",
		},
		"build and dockerfile": {
			"a: {build: ./a}\nb: {build: ./b, dockerfile: D}\nc: {build: ''}\n",
			"services: {a: {build: ./a}, b: {build: {context: ./b, dockerfile: D}}, c: {build: .}}",
		},
		"logging": {
			"a: {image: x, log_driver: syslog, log_opt: {tag: t}}\n",
			"services: {a: {image: x, logging: {driver: syslog, options: {tag: t}}}}",
		},
		"volumes_from": {
			"a: {image: x}\nb: {image: x, volumes_from: [a, 'a:ro', out, 'out:ro']}\n",
			"services: {a: {image: x}, b: {image: x, volumes_from: [a, 'a:ro', 'container:out', 'container:out:ro']}}",
		},
		"volumes": {
			"a: {image: x, volumes: [/a/, '/a/:/b/', './r:/r', 'n:/n:ro', 'name:/m', ':/e', 'C:\\x:/x']}\n",
			"services: {a: {image: x, volumes: [/a, '/a:/b', './r:/r', {type: volume, source: n, target: /n, read_only: true}, 'name:/m', '.:/e', 'C:\\x:/x']}}",
		},
		"volume_driver": {
			"a: {image: x, volume_driver: flocker, volumes: ['./r:/r']}\n",
			"services: {a: {image: x, volumes: ['r:/r']}}",
		},
		"anchors": {
			"a: &a {image: x, tty: yes}\nb: {<<: *a, image: y}\n",
			"services: {a: {image: x, tty: true}, b: {image: y, tty: true}}",
		},
		"two merge keys": {
			"a: &a {image: x, user: a}\nb: &b {image: y, tty: true}\nc:\n  <<: *a\n  <<: *b\n",
			"services: {a: {image: x, user: a}, b: {image: y, tty: true}, c: {image: y, tty: true, user: a}}",
		},
		"nulls": {"a: {image: x, pid: }\n", "services: {a: {image: x}}"},
	} {
		t.Run(name, func(t *testing.T) {
			got, said := convert(t, c.in, nil, nil)
			if len(said) > 0 {
				t.Errorf("said %q", said)
			}
			if diff := cmp.Diff(value(t, c.want), value(t, got)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func value(t *testing.T, text string) (v any) {
	t.Helper()
	if err := yaml.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// TestExtends holds the merge rules of 1.29.2 (config/config.py,
// merge_service_dicts).
func TestExtends(t *testing.T) {
	got, said := convert(t, `
web:
  extends: {file: sub/base.yml, service: base}
  environment: [B=3]
  ports: ["80", "81"]
  volumes: ["./own:/b"]
  dns: 9.9.9.9
  command: own
built:
  extends: {file: sub/base.yml, service: base}
  build: .
`, map[string]string{"/p/sub/base.yml": `
base:
  image: x
  environment: {A: 1, B: 2}
  ports: ["80"]
  volumes: ["./a:/a", "./b:/b"]
  dns: [8.8.8.8]
  env_file: e.env
  command: base
`}, nil)
	if len(said) > 0 {
		t.Errorf("said %q", said)
	}
	want := `
services:
  web:
    image: x
    environment: {A: "1", B: "3"}
    ports: ["80", "81"]
    volumes: ["/p/sub/a:/a", "./own:/b"]
    dns: [8.8.8.8, 9.9.9.9]
    env_file: [/p/sub/e.env]
    command: own
  built:
    build: .
    environment: {A: "1", B: "2"}
    ports: ["80"]
    volumes: ["/p/sub/a:/a", "/p/sub/b:/b"]
    dns: [8.8.8.8]
    env_file: [/p/sub/e.env]
    command: base
`
	if diff := cmp.Diff(value(t, want), value(t, got)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestProblems(t *testing.T) {
	for name, c := range map[string]struct {
		in   string
		want []string
	}{
		"unknown key":            {"a:\n  image: x\n  networks: [y]\n", []string{"3 unknown-key a.networks"}},
		"image and build":        {"a:\n  image: x\n  build: .\n", []string{"3 schema a.build"}},
		"neither":                {"a:\n  command: x\n", []string{"1 no-image a"}},
		"dockerfile with image":  {"a:\n  image: x\n  dockerfile: D\n", []string{"3 schema a.dockerfile"}},
		"memswap_limit alone":    {"a:\n  image: x\n  memswap_limit: 1g\n", []string{"3 schema a.memswap_limit"}},
		"list twice":             {"a:\n  image: x\n  cap_add: [A, A]\n", []string{"3 schema a.cap_add[1]"}},
		"expose":                 {"a:\n  image: x\n  expose: [abc]\n", []string{"3 schema a.expose[0]"}},
		"boolean in environment": {"a:\n  image: x\n  environment:\n    A: yes\n", []string{"4 schema a.environment.A"}},
		"null label":             {"a:\n  image: x\n  labels: {A: }\n", []string{"3 schema a.labels.A"}},
		"boolean label":          {"a:\n  image: x\n  labels: {A: true}\n", []string{"3 changed-scalar a.labels.A"}},
		"number as name":         {"1:\n  image: x\n", []string{"1 schema 1"}},
		"not a service":          {"a: text\n", []string{"1 schema a"}},
		"ulimits":                {"a:\n  image: x\n  ulimits: {nofile: {soft: 1}}\n", []string{"3 schema a.ulimits.nofile"}},
		"extends a base with links": {
			"a:\n  image: x\n  extends: b\nb:\n  image: x\n  links: [a]\n", []string{"3 extends-base a.extends"},
		},
		"extends nothing": {"a:\n  image: x\n  extends: {service: b}\n", []string{"3 undefined-service a.extends"}},
		"extends no file": {"a:\n  image: x\n  extends: {file: f.yml, service: b}\n", []string{"3 extends-file a.extends"}},
		"repeated key":    {"a:\n  image: x\n  image: y\n", []string{"3 duplicate-key a.image"}},
		"a default":       {"a:\n  image: ${A:-x}\n", []string{"2 invalid-interpolation a.image"}},
		"unset":           {"a:\n  image: x$A\n", []string{"2 unset-variable a.image"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, said := convert(t, c.in, nil, nil)
			if diff := cmp.Diff(c.want, said); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// TestScalars are what PyYAML 6 and Python's str make of plain scalars, as
// docker-compose 1.29.2 prints them.
func TestScalars(t *testing.T) {
	for in, want := range map[string]string{
		"0777": "511", "0o777": "0o777", "0x1F": "31", "0b11": "3", "1_000": "1000", "1:30": "90", "12:30:45": "45045",
		"22:22": "1342", "8080:80": "8080:80", "1.10": "1.1", "7.0": "7.0", "1e3": "1e3", "1.0e+3": "1000.0", "+5": "5", "-010": "-8",
		"12345678901234567890": "12345678901234567890", "123456789012345678.5": "1.2345678901234568e+17", "0.00001": "1e-05",
		".inf": "inf", "-.inf": "-inf", ".nan": "nan", "1:30.5": "90.5", "08": "08", "yes": "True", "off": "False", "y": "y", "text": "text",
	} {
		n := &yaml.Node{Kind: yaml.ScalarNode, Value: in}
		if _, got := Scalar(n); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}

func TestInterpolation(t *testing.T) {
	got, said := convert(t, "a:\n  image: \"$A-${B}-$$C-$1\"\n", nil, map[string]string{"A": "x", "B": "$A"})
	if !strings.Contains(got, "x-$A-$C-") {
		t.Error(got)
	}
	if diff := cmp.Diff([]string{"2 invalid-interpolation a.image"}, said); diff != "" {
		t.Error(diff)
	}
}

// FuzzLegacy: nothing panics, every problem has a file, every node an origin,
// and the result can be written.
func FuzzLegacy(f *testing.F) {
	files, err := filepath.Glob("../../testdata/compose/v1/*.yaml")
	if err != nil || len(files) == 0 {
		f.Fatal(err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var doc yaml.Node
		if len(data) > 4096 || yaml.Unmarshal(data, &doc) != nil || len(doc.Content) == 0 || circular(doc.Content[0], nil) {
			return
		}
		root := doc.Content[0]
		result := Convert(Options{
			Files:  []File{{Name: "/p/fig.yml", Dir: "/p", Root: root}},
			Lookup: func(name string) (string, bool) { return name, name != "UNSET" },
			Open: func(name string) (File, *Problem) {
				return File{Name: name, Dir: filepath.Dir(name), Root: root}, nil
			},
		})
		for _, p := range result.Problems {
			if p.File == "" && (p.Node == nil || result.Origin[p.Node] == "") {
				t.Errorf("no file: %+v", p)
			}
		}
		if len(result.Problems) == 0 {
			if _, err := yaml.Marshal(result.Root); err != nil {
				t.Error(err)
			}
		}
	})
}

// circular trees never come here: the loader refuses them.
func circular(n *yaml.Node, above []*yaml.Node) bool {
	for _, a := range above {
		if a == n {
			return true
		}
	}
	if len(above) > 200 {
		return true
	}
	above = append(above, n)
	if n.Kind == yaml.AliasNode {
		return circular(n.Alias, above)
	}
	for _, c := range n.Content {
		if circular(c, above) {
			return true
		}
	}
	return false
}
