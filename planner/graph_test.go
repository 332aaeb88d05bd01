package planner

import (
	"testing"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/google/go-cmp/cmp"

	"recompose/planner/create"
)

func TestDependencies(t *testing.T) {
	svc := types.ServiceConfig{Name: "web"}
	svc.DependsOn = types.DependsOnConfig{
		"db":    {Condition: types.ServiceConditionHealthy, Required: true},
		"cache": {Condition: types.ServiceConditionStarted, Restart: true, Required: false},
	}
	svc.Links = []string{"db:database", "web"}
	svc.VolumesFrom = []string{"data:ro", "container:other", "service:logs"}
	svc.Pid = "service:init"
	want := []Dependency{
		{Service: "cache", Condition: types.ServiceConditionStarted, Restart: true, Key: "depends_on"},
		{Service: "data", Condition: types.ServiceConditionStarted, Required: true, Key: "volumes_from", Bound: true},
		{Service: "db", Condition: types.ServiceConditionHealthy, Required: true, Key: "depends_on"},
		{Service: "init", Condition: types.ServiceConditionStarted, Required: true, Key: "pid", Bound: true},
		{Service: "logs", Condition: types.ServiceConditionStarted, Required: true, Key: "volumes_from", Bound: true},
	}
	if diff := cmp.Diff(want, Dependencies(svc)); diff != "" {
		t.Error(diff)
	}
	svc.NetworkMode = "default"
	for _, d := range Dependencies(svc) {
		if d.Service == "db" && !d.Bound {
			t.Error("a link on the default bridge is part of the container: it must follow a replaced db")
		}
	}
}

func TestGraphOrder(t *testing.T) {
	need := func(names ...string) (ds []Dependency) {
		for _, n := range names {
			ds = append(ds, Dependency{Service: n})
		}
		return ds
	}
	tests := []struct {
		name         string
		graph        Graph
		order, cycle []string
	}{
		{"by name", Graph{"b": nil, "a": nil}, []string{"a", "b"}, nil},
		{"dependencies first", Graph{"a": need("c"), "b": need("a"), "c": nil}, []string{"c", "a", "b"}, nil},
		{"unknown names are left out", Graph{"a": need("nope")}, []string{"a"}, nil},
		{"cycle with its whole path", Graph{"a": need("b"), "b": need("c"), "c": need("a"), "d": need("a")}, nil, []string{"a", "b", "c", "a"}},
		{"cycle behind a tail", Graph{"a": need("b"), "b": need("c"), "c": need("b")}, nil, []string{"b", "c", "b"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			order, cycle := tt.graph.Order()
			if diff := cmp.Diff(tt.order, order); diff != "" {
				t.Error("order", diff)
			}
			if diff := cmp.Diff(tt.cycle, cycle); diff != "" {
				t.Error("cycle", diff)
			}
		})
	}
	g := Graph{"a": need("b"), "b": need("c"), "c": nil, "d": nil}
	if diff := cmp.Diff([]string{"b", "c"}, g.Closure([]string{"b"})); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"b"}, g.Dependents("c")); diff != "" {
		t.Error(diff)
	}
}

func TestFindImage(t *testing.T) {
	img := Image{ID: "sha256:0123", Tags: []string{"web:latest", "registry:5000/team/app:2"}, Digests: []string{"web@sha256:ab"}}
	for ref, want := range map[string]bool{
		"web": true, "web:latest": true, "docker.io/library/web": true, "library/web:latest": true, "web:1": false,
		"registry:5000/team/app:2": true, "registry:5000/team/app": false, "web@sha256:ab": true, "web:1@sha256:ab": true,
		"web@sha256:cd": false, "sha256:0123": true, "0123": true, "we": false,
	} {
		if _, ok := findImage([]Image{img}, ref); ok != want {
			t.Errorf("findImage(%q) = %v, want %v", ref, ok, want)
		}
	}
}

func TestOlderThan(t *testing.T) {
	for version, want := range map[string]bool{"1.41": true, "1.43": true, "1.44": false, "1.51": false, "2.0": false, "": true, "x": true} {
		if got := olderThan(version, 1, 44); got != want {
			t.Errorf("olderThan(%q) = %v, want %v", version, got, want)
		}
	}
}

func TestAsideNames(t *testing.T) {
	c := Container{ID: "0123456789abcdef", Name: "p_web_1"}
	if got := asideName(c); got != "0123456789ab_p_web_1" {
		t.Error(got)
	}
	c.Name = asideName(c)
	if got := asideName(c); got != "0123456789ab_p_web_1" {
		t.Error("an aside keeps its name, got", got)
	}
	for name, want := range map[string]string{"0123456789ab_p_web_1": "p_web_1", "p_web_1": "p_web_1", "0123456789ax_p": "0123456789ax_p"} {
		if got := nameBehindAside(name); got != want {
			t.Errorf("nameBehindAside(%q) = %q", name, got)
		}
	}
}

func TestUnknownNetworksAreNoReasonToReplace(t *testing.T) {
	m := &maker{}
	run := &serviceRun{spec: &create.Spec{Networks: []create.Endpoint{{Network: "n"}}}}
	if why := m.misplaced(run, Container{}); why != "" {
		t.Error("an engine that does not say where a container is got:", why)
	}
	if why := m.misplaced(run, Container{Networks: []Attachment{}}); why == "" {
		t.Error("a container on no network is taken to be where it shall be")
	}
}
