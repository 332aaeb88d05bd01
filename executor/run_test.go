package executor_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"recompose/executor"
	"recompose/planner"
)

// applies is an engine that only applies.
type applies func(ctx context.Context, a planner.Action, report executor.Report) error

func (f applies) Observe(context.Context, planner.Query) (planner.State, error) {
	return planner.State{}, nil
}

func (f applies) Apply(ctx context.Context, a planner.Action, report executor.Report) error {
	return f(ctx, a, report)
}

// payloads has one of each operation that the tests use.
var payloads = map[planner.Op]planner.Payload{
	planner.OpStart: planner.Start{}, planner.OpStop: planner.Stop{}, planner.OpRename: planner.Rename{}, planner.OpRemove: planner.Remove{},
	planner.OpWaitHealthy: planner.WaitHealthy{}, planner.OpPull: planner.PullImage{}, planner.OpBuild: planner.BuildImage{}, planner.OpKeep: planner.Keep{},
}

// action is one action that follows others if they succeed; negative ids are
// followed however they end.
func action(id planner.ID, op planner.Op, after ...planner.ID) planner.Action {
	a := planner.Action{ID: id, Op: op, Ref: planner.Ref{Kind: planner.KindContainer, Name: fmt.Sprint(id)}, Payload: payloads[op]}
	for _, e := range after {
		if e < 0 {
			a.After = append(a.After, planner.After{ID: -e, On: planner.OnDone})
		} else {
			a.After = append(a.After, planner.After{ID: e, On: planner.OnSuccess})
		}
	}
	return a
}

func inGroup(group string, a planner.Action) planner.Action {
	a.Group = group
	return a
}

func planOf(actions ...planner.Action) planner.Plan { return planner.Plan{Actions: actions} }

// phases collects the last phase of each action, and every step in order.
type phases struct {
	last  map[planner.ID]executor.Phase
	steps []string
}

func (p *phases) event(e executor.Event) {
	if p.last == nil {
		p.last = map[planner.ID]executor.Phase{}
	}
	p.last[e.Action] = e.Phase
	p.steps = append(p.steps, fmt.Sprintf("%d %s", e.Action, e.Phase))
}

var errBroken = errors.New("broken")

// failing fails the named actions.
func failing(ids ...planner.ID) applies {
	return func(_ context.Context, a planner.Action, _ executor.Report) error {
		if slices.Contains(ids, a.ID) {
			return errBroken
		}
		return nil
	}
}

func TestEdges(t *testing.T) {
	const done, failed, skipped = executor.PhaseDone, executor.PhaseFailed, executor.PhaseSkipped
	tests := []struct {
		name  string
		plan  planner.Plan
		fails []planner.ID
		want  map[planner.ID]executor.Phase
	}{
		{"success lets both kinds follow", planOf(action(1, planner.OpStart), action(2, planner.OpStart, 1), action(3, planner.OpStart, -1)), nil,
			map[planner.ID]executor.Phase{1: done, 2: done, 3: done}},
		{"a failure skips what needs success only", planOf(action(1, planner.OpStart), action(2, planner.OpStart, 1), action(3, planner.OpStart, -1)), []planner.ID{1},
			map[planner.ID]executor.Phase{1: failed, 2: skipped, 3: done}},
		{"a skip is passed on, and is an end for on-done", planOf(action(1, planner.OpStart), action(2, planner.OpStart, 1), action(3, planner.OpStart, 2), action(4, planner.OpStop, -3)), []planner.ID{1},
			map[planner.ID]executor.Phase{1: failed, 2: skipped, 3: skipped, 4: done}},
		{"one failed need of two is enough to skip", planOf(action(1, planner.OpStart), action(2, planner.OpStart), action(3, planner.OpStart, 1, 2)), []planner.ID{2},
			map[planner.ID]executor.Phase{1: done, 2: failed, 3: skipped}},
		{"mixed edges: the needed one decides", planOf(action(1, planner.OpStart), action(2, planner.OpStart), action(3, planner.OpStart, 1, -2)), []planner.ID{2},
			map[planner.ID]executor.Phase{1: done, 2: failed, 3: done}},
		{"independent branches go on", planOf(action(1, planner.OpStart), action(2, planner.OpStart, 1), action(3, planner.OpStart), action(4, planner.OpStart, 3)), []planner.ID{1},
			map[planner.ID]executor.Phase{1: failed, 2: skipped, 3: done, 4: done}},
		{"what is kept follows, and lets follow", planOf(action(1, planner.OpStart), action(2, planner.OpKeep, 1), action(3, planner.OpStart, 2)), nil,
			map[planner.ID]executor.Phase{1: done, 2: done, 3: done}},
		{"what is kept is skipped like the rest", planOf(action(1, planner.OpStart), action(2, planner.OpKeep, 1), action(3, planner.OpStart, 2)), []planner.ID{1},
			map[planner.ID]executor.Phase{1: failed, 2: skipped, 3: skipped}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var p phases
			err := executor.Run(context.Background(), tt.plan, failing(tt.fails...), executor.Options{Events: p.event})
			if diff := cmp.Diff(tt.want, p.last); diff != "" {
				t.Error(diff)
			}
			if got, want := err != nil, len(tt.fails) > 0; got != want {
				t.Error("error:", err)
			}
		})
	}
}

func TestOptionalFailureIsNone(t *testing.T) {
	plan := planOf(action(1, planner.OpStart), action(2, planner.OpStart, 1))
	plan.Actions[0].Optional = true
	var why error
	err := executor.Run(context.Background(), plan, failing(1), executor.Options{Events: func(e executor.Event) {
		if e.Action == 1 && e.Phase == executor.PhaseDone {
			why = e.Err
		}
	}})
	if err != nil || !errors.Is(why, errBroken) {
		t.Errorf("the run's error is %v, and the action is done with %v", err, why)
	}
	// An interruption is what it is.
	engine := applies(func(ctx context.Context, _ planner.Action, _ executor.Report) error {
		<-ctx.Done()
		return ctx.Err()
	})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := executor.Run(ctx, plan, engine, executor.Options{}); !errors.Is(err, context.Canceled) {
		t.Error("interrupted, it ends with", err)
	}
}

func TestErrorTellsEveryFailure(t *testing.T) {
	plan := planOf(action(1, planner.OpStart), action(2, planner.OpStart, 1), action(3, planner.OpStop), action(4, planner.OpRename))
	engine := applies(func(_ context.Context, a planner.Action, _ executor.Report) error {
		switch a.ID {
		case 1:
			return fmt.Errorf("start: %w", executor.ErrConflict)
		case 3:
			return errBroken
		}
		return nil
	})
	err := executor.Run(context.Background(), plan, engine, executor.Options{})
	if !errors.Is(err, executor.ErrConflict) || !errors.Is(err, errBroken) {
		t.Error("a cause is not to be found in", err)
	}
	var run *executor.RunError
	if !errors.As(err, &run) || run.Skipped != 1 || run.Interrupted {
		t.Errorf("%+v", run)
	}
	if diff := cmp.Diff("container 1: start: start: name is taken\ncontainer 3: stop: broken", err.Error()); diff != "" {
		t.Error(diff)
	}
}

func TestPanicIsAFailureOfItsAction(t *testing.T) {
	engine := applies(func(_ context.Context, a planner.Action, _ executor.Report) error {
		if a.ID == 1 {
			panic("out of range")
		}
		return nil
	})
	var p phases
	err := executor.Run(context.Background(), planOf(action(1, planner.OpStart), action(2, planner.OpStart, 1), action(3, planner.OpStart)), engine, executor.Options{Events: p.event})
	if err == nil || !strings.Contains(err.Error(), "out of range") || !strings.Contains(err.Error(), "run_test.go") {
		t.Error("the error does not say what panicked, and where:", err)
	}
	want := map[planner.ID]executor.Phase{1: executor.PhaseFailed, 2: executor.PhaseSkipped, 3: executor.PhaseDone}
	if diff := cmp.Diff(want, p.last); diff != "" {
		t.Error(diff)
	}
}

func TestEventsComeInOrder(t *testing.T) {
	engine := applies(func(_ context.Context, a planner.Action, report executor.Report) error {
		report(executor.Progress{Text: "half", Current: 1, Total: 2})
		return nil
	})
	var p phases
	if err := executor.Run(context.Background(), planOf(action(1, planner.OpPull), action(2, planner.OpStart, 1)), engine, executor.Options{Events: p.event}); err != nil {
		t.Fatal(err)
	}
	want := []string{"1 started", "1 progress", "1 done", "2 started", "2 progress", "2 done"}
	if diff := cmp.Diff(want, p.steps); diff != "" {
		t.Error(diff)
	}
}

func TestUnsoundPlansAreNotBegun(t *testing.T) {
	wrong := action(1, planner.OpStart)
	wrong.Payload = planner.Stop{}
	for name, plan := range map[string]planner.Plan{
		"problems":           {Problems: []planner.Problem{{Text: "no"}}, Actions: []planner.Action{action(1, planner.OpStart)}},
		"needs":              {Needs: planner.Query{Images: true}, Actions: []planner.Action{action(1, planner.OpStart)}},
		"the same id twice":  planOf(action(1, planner.OpStart), action(1, planner.OpStart)),
		"an edge forward":    planOf(action(1, planner.OpStart, 2), action(2, planner.OpStart)),
		"an edge to itself":  planOf(action(1, planner.OpStart, 1)),
		"an edge to nowhere": planOf(action(1, planner.OpStart, 7)),
		"a wrong payload":    planOf(wrong),
		"no payload":         planOf(planner.Action{ID: 1, Op: planner.OpStart}),
		"an unknown op":      planOf(planner.Action{ID: 1, Op: "dance", Payload: planner.Start{}}),
	} {
		engine := applies(func(context.Context, planner.Action, executor.Report) error {
			t.Errorf("%s: an action was begun", name)
			return nil
		})
		if err := executor.Run(context.Background(), plan, engine, executor.Options{}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// TestLargeGraph runs 5,000 actions in layers, each once and after all that it
// waits for.
func TestLargeGraph(t *testing.T) {
	const n = 5000
	r := rand.New(rand.NewPCG(1, 2))
	var actions []planner.Action
	for id := 1; id <= n; id++ {
		var after []planner.ID
		for range r.IntN(4) {
			if e := planner.ID(1 + r.IntN(id)); int(e) < id && !slices.Contains(after, e) {
				after = append(after, e)
			}
		}
		a := action(planner.ID(id), planner.OpStart, after...)
		a.Pool = []planner.Pool{planner.PoolNone, planner.PoolStart, planner.PoolFetch}[r.IntN(3)]
		actions = append(actions, a)
	}
	var mu sync.Mutex
	done := map[planner.ID]bool{}
	engine := applies(func(_ context.Context, a planner.Action, _ executor.Report) error {
		mu.Lock()
		defer mu.Unlock()
		for _, e := range a.After {
			if !done[e.ID] {
				return fmt.Errorf("began before %d had ended", e.ID)
			}
		}
		if done[a.ID] {
			return errors.New("done twice")
		}
		done[a.ID] = true
		return nil
	})
	if err := executor.Run(context.Background(), planOf(actions...), engine, executor.Options{}); err != nil {
		t.Fatal(err)
	}
	if len(done) != n {
		t.Errorf("%d of %d were done", len(done), n)
	}
}
