package spec

import (
	"slices"
	"strings"
	"testing"
)

func TestDescribe(t *testing.T) {
	for _, test := range []struct {
		path []string
		form string
		word string
	}{
		{[]string{"services"}, "object", ""},
		{[]string{"services", "web"}, "object", ""},
		{[]string{"services", "web", "image"}, "string", ""},
		{[]string{"services", "web", "restart"}, "string", "unless-stopped"},
		{[]string{"services", "web", "pull_policy"}, "string", "missing"},
		{[]string{"services", "web", "depends_on", "db", "condition"}, "string", "service_healthy"},
		{[]string{"services", "web", "volumes", "[]", "type"}, "string", "bind"},
		{[]string{"services", "web", "privileged"}, "boolean", "true"},
		{[]string{"services", "web", "deploy", "resources", "limits", "memory"}, "string", ""},
		{[]string{"networks", "front", "ipam", "config", "[]", "subnet"}, "string", ""},
		{[]string{"include", "[]", "path"}, "array", ""},
	} {
		f, ok := Describe(test.path)
		if !ok || f.Description == "" || !f.Has(test.form) || test.word != "" && !slices.Contains(f.Words, test.word) {
			t.Errorf("%v: %v %+v", test.path, ok, f)
		}
	}
	for _, path := range [][]string{nil, {"nonsense"}, {"services", "web", "nonsense"}, {"services", "web", "image", "x"}, {"services", "[]"}} {
		if f, ok := Describe(path); ok {
			t.Errorf("%v: %+v", path, f)
		}
	}
}

// TestReferences: each place that is said to refer to something is one that the
// schema has.
func TestReferences(t *testing.T) {
	for _, r := range references {
		path := strings.Split(r.path, ".")
		for i, p := range path {
			if p == "*" {
				path[i] = "name"
			}
		}
		if len(schemas(path)) == 0 {
			t.Errorf("%s: the schema has no such place", r.path)
		}
	}
}

func TestName(t *testing.T) {
	for _, test := range []struct {
		path  []string
		value string
		want  string
	}{
		{[]string{"services", "a", "links", "[]"}, "db:alias", "db"},
		{[]string{"services", "a", "network_mode"}, "service:db", "db"},
		{[]string{"services", "a", "network_mode"}, "host", ""},
		{[]string{"services", "a", "volumes", "[]"}, "data:/x:ro", "data"},
		{[]string{"services", "a", "volumes", "[]"}, "./data:/x", ""},
		{[]string{"services", "a", "volumes", "[]"}, "${D}:/x", ""},
		{[]string{"jobs", "a", "secrets", "[]"}, "key", "key"},
	} {
		ref, ok := ValueRefers(test.path)
		if !ok {
			t.Errorf("%v refers to nothing", test.path)
			continue
		}
		from, length, ok := ref.Name(test.value)
		if got := test.value[from : from+length]; ok != (test.want != "") || got != test.want {
			t.Errorf("%v %q: %q %v", test.path, test.value, got, ok)
		}
	}
}
