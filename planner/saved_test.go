package planner_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"recompose/planner"
)

func TestFirstDifference(t *testing.T) {
	fact := func(of string, pairs ...string) planner.Fact {
		f := planner.Fact{Of: of, Is: map[string]string{}}
		for i := 0; i < len(pairs); i += 2 {
			f.Is[pairs[i]] = pairs[i+1]
		}
		return f
	}
	was := []planner.Fact{fact("container a", "id", "1", "digest", "x"), fact("network n", "id", "2")}
	for _, c := range []struct {
		name string
		is   []planner.Fact
		want string
	}{
		{"equal", []planner.Fact{fact("network n", "id", "2"), fact("container a", "digest", "x", "id", "1")}, ""},
		{"gone", was[:1], "network n is gone"},
		{"new", append([]planner.Fact{fact("container b")}, was...), "container b is new"},
		{"value", []planner.Fact{fact("container a", "id", "3", "digest", "x"), was[1]}, "container a: id was 1, is 3"},
		{"digest", []planner.Fact{fact("container a", "id", "1", "digest", "y"), was[1]}, "container a has changed"},
		{"value and digest", []planner.Fact{fact("container a", "id", "3", "digest", "y"), was[1]}, "container a: id was 1, is 3"},
		{"no value now", []planner.Fact{fact("container a", "digest", "x"), was[1]}, "container a: id was 1, is none"},
		{"a value more", []planner.Fact{fact("container a", "id", "1", "digest", "x", "state", "running"), was[1]}, "container a: state was none, is running"},
	} {
		if got := planner.FirstDifference(was, c.is); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// TestStateFactsLeaveOutWhatComesAndGoes: neither time nor health makes a plan
// stale, nor does the order of lists.
func TestStateFactsLeaveOutWhatComesAndGoes(t *testing.T) {
	c := planner.Container{ID: strings.Repeat("a", 64), Name: "demo-web-1", Project: "demo", Service: "web", ImageID: "sha256:1", Status: planner.StatusRunning,
		Health: planner.HealthStarting, StatusText: "Up 1 second", Labels: map[string]string{"x": "1"}}
	other := planner.Container{ID: strings.Repeat("b", 64), Name: "demo-db-1", Project: "demo", Service: "db", Status: planner.StatusExited, ExitCode: 3}
	state := func(cs ...planner.Container) []planner.Fact {
		return planner.StateFacts(nil, planner.State{Containers: cs}, "demo")
	}
	was := state(c, other)
	later := c
	later.Health, later.StatusText, later.Created = planner.HealthHealthy, "Up 2 hours (healthy)", time.Unix(1, 0)
	if what := planner.FirstDifference(was, state(other, later)); what != "" {
		t.Error("found a difference:", what)
	}
	relabelled, restarting := c, c
	relabelled.Labels = map[string]string{"x": "2"}
	restarting.Status = planner.StatusRestarting
	if what := planner.FirstDifference(was, state(relabelled, other)); what != "container demo-web-1 has changed" {
		t.Errorf("other labels: %q", what)
	}
	if what := planner.FirstDifference(was, state(restarting, other)); what != "" {
		t.Errorf("a restart by the engine: %q", what)
	}
}

func TestAPlanWithoutValues(t *testing.T) {
	plan := planner.Plan{Actions: []planner.Action{{Reason: planner.Reason{Changes: []planner.Change{
		{Key: "environment.LOG", Old: "info", New: "debug"}, {Key: "image", Old: "app:1", New: "app:2"},
	}}}}}
	want := []planner.Change{{Key: "environment.LOG"}, {Key: "image", Old: "app:1", New: "app:2"}}
	if diff := cmp.Diff(want, plan.WithoutValues().Actions[0].Reason.Changes); diff != "" {
		t.Error("(-want +got):\n", diff)
	}
	if plan.Actions[0].Reason.Changes[0].Old != "info" {
		t.Error("the plan itself was changed")
	}
}

func TestPlanText(t *testing.T) {
	ref := planner.Ref{Kind: planner.KindContainer, Name: "demo-web-1"}
	plan := planner.Plan{Goal: planner.GoalUp, Project: "demo", Actions: []planner.Action{
		{ID: 1, Op: planner.OpKeep, Ref: planner.Ref{Kind: planner.KindNetwork, Name: "demo_default"}, Reason: planner.Reason{Text: "up to date"}},
		{ID: 2, Op: planner.OpCreateContainer, Ref: ref, Provisional: "if the image changes", Reason: planner.Reason{Text: "its configuration differs", Changes: []planner.Change{
			{Key: "environment.LOG", Old: "info", New: "debug"},
			{Key: "environment.PASSWORD", Masked: true},
			{Key: "environment.TOKEN", How: planner.Removed, Masked: true},
			{Key: "hostname", How: planner.Added, New: "web"},
			{Key: "user", How: planner.Removed},
			{Key: "command", New: strings.Repeat("x", 100)},
			{Key: "ports.80/tcp"},
		}}},
		{ID: 3, Op: planner.OpStart, Ref: ref, After: []planner.After{{ID: 2, On: planner.OnDone}}},
		{ID: 4, Op: planner.OpRemove, Ref: planner.Ref{Kind: planner.KindVolume, Name: "data"}, Confirm: "The data in data will be lost."},
	}, Notes: []planner.Note{{Warning: true, Text: "take care"}}}
	want := `= keep network demo_default    up to date
+ create container demo-web-1  its configuration differs; only if the image changes
    environment.LOG: info -> debug
    environment.PASSWORD: (changed)
    environment.TOKEN: (removed)
    hostname: (added) web
    user: (removed)
    command: now ` + strings.Repeat("x", 80) + `…
    ports.80/tcp
~ start container demo-web-1
- remove volume data
    ! The data in data will be lost. (asked first; without a yes, or --yes, it is kept)
warning: take care
up of demo: 1 container to create, 1 to start, 1 to remove, 1 to keep
`
	if diff := cmp.Diff(want, planner.Text(plan, false)); diff != "" {
		t.Error("text (-want +got):\n", diff)
	}
	want = `digraph "up demo" {
  rankdir=LR;
  node [shape=box];
  1 [label="= keep network demo_default", color=grey, fontcolor=grey];
  2 [label="+ create container demo-web-1", style=dashed];
  3 [label="~ start container demo-web-1"];
  4 [label="- remove volume data"];
  2 -> 3 [style=dashed];
}
`
	if diff := cmp.Diff(want, planner.PlanDOT(plan)); diff != "" {
		t.Error("graph (-want +got):\n", diff)
	}
	// A masked value is in no form of the plan.
	if b, err := json.Marshal(plan); err != nil || !strings.Contains(string(b), `"masked":true`) {
		t.Errorf("json %s: %v", b, err)
	}
}
