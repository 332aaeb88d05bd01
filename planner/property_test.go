package planner_test

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"recompose/executor"
	"recompose/planner"
)

// TestUpSettles: after up, up has nothing to do, after a change too.
func TestUpSettles(t *testing.T) {
	eachCase(t, func(t *testing.T, w *world) {
		w.mustRun(w.old, up)
		w.mustBeSettled(w.old, w.before, up)
		w.mustRun(w.new, up)
		w.mustBeSettled(w.new, w.after, up)
	})
}

// TestScaleSettles: scale gives the number that was asked for and, of v1-format
// files, up leaves it.
func TestScaleSettles(t *testing.T) {
	eachCase(t, func(t *testing.T, w *world) {
		w.mustRun(w.old, up)
		for _, s := range w.before.services {
			if s.port > 0 || s.fixedName {
				continue
			}
			want := 1 + w.r.IntN(4)
			w.mustRun(w.old, planner.Target{Goal: planner.GoalScale, Replicas: map[string]int{s.name: want}})
			if w.before.classic {
				w.mustRun(w.old, up)
			}
			if got := len(w.containers(s.name)); got != want {
				t.Fatalf("scale %s=%d left %d:\n%s", s.name, want, got, w.there())
			}
		}
	})
}

// TestDownLeavesNothing: down takes all that is labelled but volumes, and
// down -v those too, whatever state an up was left in.
func TestDownLeavesNothing(t *testing.T) {
	eachCase(t, func(t *testing.T, w *world) {
		w.mustRun(w.old, up)
		w.crashAt(1 + w.r.IntN(20))
		_ = w.run(w.new, up, executor.Options{}) // its error is the crash
		w.engine.Before = nil
		down := planner.Target{Goal: planner.GoalDown, Orphans: planner.OrphansRemove}
		w.mustRun(w.new, down)
		if s := w.observe(); len(s.Containers)+len(s.Networks) > 0 {
			t.Fatal("down left", w.there())
		}
		w.mustRun(w.new, up)
		down.RemoveVolumes = true
		w.mustRun(w.new, down)
		s, err := w.engine.Observe(context.Background(), planner.Query{AllProjects: true, Foreign: true})
		if err != nil {
			t.Fatal(err)
		}
		if n := len(s.Containers) + len(s.Networks) + len(s.Volumes) + len(s.Foreign); n > 0 {
			t.Fatal("down -v left", w.there())
		}
	})
}

// TestPlansDependOnNothingElse: neither the order of maps nor that of the
// engine's lists shows in a plan, and making it changes no input.
func TestPlansDependOnNothingElse(t *testing.T) {
	eachCase(t, func(t *testing.T, w *world) {
		w.mustRun(w.old, up)
		w.crashAt(1 + w.r.IntN(15))
		_ = w.run(w.new, up, executor.Options{}) // its error is the crash
		w.engine.Before = nil
		for _, target := range []planner.Target{
			up, {Goal: planner.GoalUp, Recreate: planner.RecreateAlways}, {Goal: planner.GoalDown, RemoveVolumes: true},
			{Goal: planner.GoalRestart}, {Goal: planner.GoalScale, Replicas: map[string]int{w.after.services[0].name: 2}},
		} {
			state, plan := w.settle(w.new, target)
			stateBefore, projectBefore, targetBefore := asJSON(t, state), asJSON(t, w.new.Model), asJSON(t, target)
			for range 3 {
				shuffled := shuffle(w.r, state)
				again := planner.Make(w.new, shuffled, target)
				if diff := cmp.Diff(planner.Text(plan, true), planner.Text(again, true)); diff != "" {
					t.Fatalf("the plan of %s depends on an order (-first +again):\n%s", target.Goal, diff)
				}
				if diff := cmp.Diff(payloads(t, plan), payloads(t, again)); diff != "" {
					t.Fatalf("the payloads of %s depend on an order (-first +again):\n%s", target.Goal, diff)
				}
			}
			planner.Make(w.new, state, target)
			for what, diff := range map[string]string{
				"state": cmp.Diff(stateBefore, asJSON(t, state)), "project": cmp.Diff(projectBefore, asJSON(t, w.new.Model)),
				"target": cmp.Diff(targetBefore, asJSON(t, target)),
			} {
				if diff != "" {
					t.Fatalf("planning %s changed the %s:\n%s", target.Goal, what, diff)
				}
			}
		}
	})
}

func shuffle(r *rand.Rand, s planner.State) planner.State {
	s.Containers, s.Networks, s.Volumes, s.Images, s.Foreign =
		slices.Clone(s.Containers), slices.Clone(s.Networks), slices.Clone(s.Volumes), slices.Clone(s.Images), slices.Clone(s.Foreign)
	r.Shuffle(len(s.Containers), func(i, j int) { s.Containers[i], s.Containers[j] = s.Containers[j], s.Containers[i] })
	r.Shuffle(len(s.Networks), func(i, j int) { s.Networks[i], s.Networks[j] = s.Networks[j], s.Networks[i] })
	r.Shuffle(len(s.Volumes), func(i, j int) { s.Volumes[i], s.Volumes[j] = s.Volumes[j], s.Volumes[i] })
	r.Shuffle(len(s.Images), func(i, j int) { s.Images[i], s.Images[j] = s.Images[j], s.Images[i] })
	r.Shuffle(len(s.Foreign), func(i, j int) { s.Foreign[i], s.Foreign[j] = s.Foreign[j], s.Foreign[i] })
	return s
}

func payloads(t *testing.T, p planner.Plan) []string {
	var out []string
	for _, a := range p.Actions {
		out = append(out, asJSON(t, a.Payload))
	}
	return out
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestNothingStartsAfterAFailedDependency: what a service requires must have
// started, or be as far as it asks for, when it is started itself.
func TestNothingStartsAfterAFailedDependency(t *testing.T) {
	eachCase(t, func(t *testing.T, w *world) {
		victim := w.before.services[w.r.IntN(len(w.before.services))].name
		broken := []planner.Op{planner.OpStart, planner.OpCreateContainer}[w.r.IntN(2)]
		w.engine.Before = func(a planner.Action) error {
			if a.Ref.Service == victim && a.Op == broken {
				return errCrash
			}
			return nil
		}
		var mu sync.Mutex
		started := map[string]bool{}
		err := w.run(w.old, up, executor.Options{Events: func(e executor.Event) {
			mu.Lock()
			defer mu.Unlock()
			if e.Op == planner.OpStart && e.Phase == executor.PhaseStarted {
				started[e.Ref.Service] = true
			}
		}})
		if s, _ := w.before.find(victim); s.scale == 0 {
			return
		}
		if !errors.Is(err, errCrash) {
			t.Fatal("the failure is not in the error:", err)
		}
		for name, svc := range w.old.Model.Services {
			for _, d := range planner.Dependencies(svc) {
				if d.Service == victim && d.Required && started[name] {
					t.Fatalf("%s was started though %s, which it requires, was not", name, victim)
				}
			}
		}
	})
}
