package plain

import (
	"errors"
	"testing"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"

	"recompose/loader/internal/rich"
)

func decode(t *testing.T, text string, outline bool) *Document {
	t.Helper()
	var root yaml.Node
	if err := yaml.Unmarshal([]byte(text), &root); err != nil {
		t.Fatal(err)
	}
	return Decode(root.Content[0], Env{
		Project: "p", Dir: "/dir", Outline: outline,
		Lookup: func(name string) (string, bool) { return "looked up", name == "SET" },
		Fill: func(text string) (string, error) {
			if text == "$BAD" {
				return "", errors.New("bad")
			}
			return "filled", nil
		},
	})
}

// TestRich holds that nothing of the usual service is left to compose-go,
// which would cost twenty times as much.
func TestRich(t *testing.T) {
	doc := decode(t, rich.File(3), false)
	if doc == nil || doc.Partial || len(doc.Left) > 0 || len(doc.Services) != 3 {
		t.Fatalf("%+v", doc)
	}
}

func TestDecode(t *testing.T) {
	doc := decode(t, `
services:
  web:
    image: $APP
    environment: {A: 1, SET: , UNSET: }
    volumes: ["./a:/b/:ro"]
    links: [db]
  db: {image: db, network_mode: host}
`, false)
	one, set := "1", "looked up"
	want := &Document{
		Services: types.Services{
			"web": {Name: "web",
				Links: []string{"db"},
				ContainerSpec: types.ContainerSpec{
					Image:       "filled",
					Environment: types.MappingWithEquals{"A": &one, "SET": &set, "UNSET": nil},
					Volumes:     []types.ServiceVolumeConfig{{Type: "bind", Source: "/dir/a", Target: "/b", ReadOnly: true, Bind: &types.ServiceVolumeBind{CreateHostPath: true}}},
					Networks:    map[string]*types.ServiceNetworkConfig{"default": nil},
				},
				WorkloadSpec: types.WorkloadSpec{DependsOn: types.DependsOnConfig{"db": {Condition: "service_started", Restart: true, Required: true}}},
			},
			"db": {Name: "db", ContainerSpec: types.ContainerSpec{Image: "db", NetworkMode: "host"}},
		},
		Networks: types.Networks{"default": {Name: "p_default"}},
	}
	if diff := cmp.Diff(want, doc); diff != "" {
		t.Error(diff)
	}
}

// TestLeft: what is not known for certain is left, and only that.
func TestLeft(t *testing.T) {
	for key, left := range map[string]bool{
		"hostname: h": false, "hostname: 5": true, "hostname: ~": true, "hostname: !!str h": true, "hostname: $BAD": true, "hostname: +5x": true,
		"ports: [80]": false, "ports: [0x50]": true, "ports: ['0']": true, "ports: [80, 80]": true, "ports: []": true,
		"tty: true": false, "tty: yes": true, "tty: 'true'": true,
		"environment: [A=1]": false, "environment: [A=1, A=2]": true, "environment: {1: a}": true, "environment: {A: 1_0}": true,
		"x-own: 1": true, "unknown: 1": true, "scale: -1": true, "volumes: [rel]": true, "pull_policy: daily": true,
	} {
		doc := decode(t, "services:\n  ok: {image: a}\n  web: {image: a, "+key+"}\n", false)
		if doc == nil || len(doc.Services) == 0 || (len(doc.Left) == 1) != left {
			t.Errorf("%s: %+v, want it left: %v", key, doc, left)
		}
	}
}

// TestTogether: such files cannot be loaded service by service.
func TestTogether(t *testing.T) {
	for _, text := range []string{
		"include: [a.yaml]\nservices: {web: {image: a}}",
		"jobs: {}\nservices: {web: {image: a}}",
		"services: {web: {image: a}, b: {extends: web}}",
		"services: {web: {image: a}, b: {unknown: 1, extends: web}}",
		"services: []",
		"name: x",
		"[]",
	} {
		if doc := decode(t, text, false); doc != nil {
			t.Errorf("%s: %+v", text, doc)
		}
	}
	for text, partial := range map[string]bool{
		"services: {web: {image: a}}\nsecrets: {}":                               true,
		"services: {web: {image: a}}\nx-a: 1":                                    true,
		"services: {web: {image: a}}\nnetworks: {n: {ipam: {}}}":                 true,
		"services: {web: {image: a}}\nvolumes: {v: {driver: d}}":                 false,
		"services: {web: {image: a}}\nvolumes: {v: {external: true, driver: d}}": true,
	} {
		if doc := decode(t, text, false); doc == nil || doc.Partial != partial {
			t.Errorf("%s: %+v, want partial: %v", text, doc, partial)
		}
	}
}

func TestOutline(t *testing.T) {
	doc := decode(t, "secrets: {s: {file: f}}\nservices: {web: {image: a, unknown: 1, ports: [bad], depends_on: [db]}, db: {image: b, pre_stop: []}}", true)
	if doc == nil || doc.Partial || !cmp.Equal(doc.Left, []string{"db"}) || len(doc.Services["web"].DependsOn) != 1 {
		t.Errorf("%+v", doc)
	}
}
