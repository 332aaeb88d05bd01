package executor_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"recompose/executor"
	"recompose/planner"
)

// held is an engine where every action stays until it is let go or its
// context ends. begun gets each id once it is there.
type held struct {
	gates map[planner.ID]chan struct{}
	begun chan planner.ID
}

func newHeld(ids ...planner.ID) *held {
	h := &held{gates: map[planner.ID]chan struct{}{}, begun: make(chan planner.ID, 1000)}
	for _, id := range ids {
		h.gates[id] = make(chan struct{})
	}
	return h
}

func (h *held) Observe(context.Context, planner.Query) (planner.State, error) {
	return planner.State{}, nil
}

// Apply holds only actions that have a gate.
func (h *held) Apply(ctx context.Context, a planner.Action, _ executor.Report) error {
	h.begun <- a.ID
	if gate, ok := h.gates[a.ID]; ok {
		select {
		case <-gate:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// await waits until all of the actions have begun.
func (h *held) await(ids ...planner.ID) {
	for len(ids) > 0 {
		id := <-h.begun
		ids = slices.DeleteFunc(ids, func(other planner.ID) bool { return other == id })
	}
}

// TestCancelAtEachStep: however far a run is when its context ends, nothing
// more begins, and the error says that it was interrupted.
func TestCancelAtEachStep(t *testing.T) {
	const n = 12
	var actions []planner.Action
	for id := planner.ID(1); id <= n; id++ {
		var after []planner.ID
		if id > 1 {
			after = []planner.ID{id - 1}
		}
		actions = append(actions, action(id, planner.OpStart, after...))
	}
	for k := planner.ID(1); k <= n; k++ {
		ctx, cancel := context.WithCancel(context.Background())
		h := newHeld(k)
		go func() {
			h.await(k)
			cancel()
		}()
		var p phases
		err := executor.Run(ctx, planOf(actions...), h, executor.Options{Events: p.event})
		var run *executor.RunError
		if !errors.As(err, &run) || !run.Interrupted || !errors.Is(err, context.Canceled) || run.Skipped != int(n-k)+1 || len(run.Failures) > 0 {
			t.Fatalf("canceled at %d: %+v", k, err)
		}
		for id, phase := range p.last {
			want := executor.PhaseDone
			switch {
			case id == k:
				want = executor.PhaseFailed
			case id > k:
				want = executor.PhaseSkipped
			}
			if phase != want {
				t.Errorf("canceled at %d: %d is %s, not %s", k, id, phase, want)
			}
		}
	}
}

func TestCanceledBeforeItBegins(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	interrupt := make(chan struct{})
	close(interrupt)
	for name, run := range map[string]func(planner.Plan, executor.Engine) error{
		"context": func(p planner.Plan, e executor.Engine) error { return executor.Run(ctx, p, e, executor.Options{}) },
		"interrupt": func(p planner.Plan, e executor.Engine) error {
			return executor.Run(context.Background(), p, e, executor.Options{Interrupt: interrupt})
		},
	} {
		h := newHeld()
		err := run(planOf(action(1, planner.OpStart), action(2, planner.OpStart, 1)), h)
		if !errors.Is(err, context.Canceled) || len(h.begun) > 0 {
			t.Errorf("%s: %v, %d begun", name, err, len(h.begun))
		}
	}
}

// TestFirstInterrupt: waits, pulls and builds end at once, writes in flight
// finish, a replacement that has begun is finished, and nothing else begins.
func TestFirstInterrupt(t *testing.T) {
	plan := planOf(
		action(1, planner.OpWaitHealthy), action(2, planner.OpPull), action(3, planner.OpBuild), // running
		action(4, planner.OpStart), // running: a write
		inGroup("web", action(5, planner.OpRename)),
		inGroup("web", action(6, planner.OpStart, 5)),        // goes on
		inGroup("web", action(7, planner.OpRemove, 6)),       // goes on
		inGroup("api", action(8, planner.OpRename, 4)),       // not begun
		action(9, planner.OpStart, 4),                        // not begun
		action(10, planner.OpStop, -1),                       // not begun
		inGroup("web", action(11, planner.OpWaitHealthy, 6)), // of the replacement, but a wait
	)
	h := newHeld(1, 2, 3, 4, 5)
	interrupt := make(chan struct{})
	go func() {
		h.await(1, 2, 3, 4, 5)
		close(interrupt)
	}()
	var p phases
	ended := make(chan planner.ID, len(plan.Actions))
	err := executor.Run(context.Background(), plan, h, executor.Options{Interrupt: interrupt, Events: func(e executor.Event) {
		p.event(e)
		if e.Phase == executor.PhaseFailed {
			if ended <- e.Action; len(ended) == 3 { // the waits have ended: let the writes finish
				close(h.gates[4])
				close(h.gates[5])
			}
		}
	}})
	var run *executor.RunError
	if !errors.As(err, &run) || !run.Interrupted || len(run.Failures) > 0 {
		t.Fatalf("%+v", err)
	}
	want := map[planner.ID]executor.Phase{
		1: executor.PhaseFailed, 2: executor.PhaseFailed, 3: executor.PhaseFailed, 4: executor.PhaseDone, 5: executor.PhaseDone,
		6: executor.PhaseDone, 7: executor.PhaseDone, 8: executor.PhaseSkipped, 9: executor.PhaseSkipped, 10: executor.PhaseSkipped, 11: executor.PhaseSkipped,
	}
	if diff := cmp.Diff(want, p.last); diff != "" {
		t.Error(diff)
	}
}

// TestSecondInterrupt: the context's end leaves replacements unfinished too.
func TestSecondInterrupt(t *testing.T) {
	plan := planOf(inGroup("web", action(1, planner.OpRename)), inGroup("web", action(2, planner.OpStart, 1)), inGroup("web", action(3, planner.OpRemove, 2)))
	h := newHeld(2)
	interrupt := make(chan struct{})
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		h.await(1)
		close(interrupt)
		h.await(2) // begun in spite of the first interrupt, or just before it
		cancel()
	}()
	var p phases
	err := executor.Run(ctx, plan, h, executor.Options{Interrupt: interrupt, Events: p.event})
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	want := map[planner.ID]executor.Phase{1: executor.PhaseDone, 2: executor.PhaseFailed, 3: executor.PhaseSkipped}
	if diff := cmp.Diff(want, p.last); diff != "" {
		t.Error(diff)
	}
}

// TestInterruptAfterAllIsDone: an interrupt that comes too late is none.
func TestInterruptAfterAllIsDone(t *testing.T) {
	interrupt := make(chan struct{})
	engine := applies(func(context.Context, planner.Action, executor.Report) error {
		close(interrupt)
		return nil
	})
	if err := executor.Run(context.Background(), planOf(action(1, planner.OpStart)), engine, executor.Options{Interrupt: interrupt}); err != nil {
		t.Error(err)
	}
}

// TestFailureDuringInterruptIsTold: an interruption does not hide what broke.
func TestFailureDuringInterruptIsTold(t *testing.T) {
	interrupt := make(chan struct{})
	engine := applies(func(context.Context, planner.Action, executor.Report) error {
		close(interrupt)
		return errBroken
	})
	err := executor.Run(context.Background(), planOf(action(1, planner.OpStart), action(2, planner.OpStart, -1)), engine, executor.Options{Interrupt: interrupt})
	if !errors.Is(err, errBroken) || !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
