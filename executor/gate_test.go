package executor_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"recompose/executor"
	"recompose/planner"
)

func gate(id planner.ID, lose int, after ...planner.ID) planner.Action {
	a := action(id, planner.OpGate, after...)
	a.Payload = planner.Gate{Lose: lose}
	return a
}

// TestGates: a gate counts what was lost among those that it follows however
// they end, and no other action.
func TestGates(t *testing.T) {
	const done, failed, skipped = executor.PhaseDone, executor.PhaseFailed, executor.PhaseSkipped
	for name, c := range map[string]struct {
		lose  int
		fails []planner.ID
		want  map[planner.ID]executor.Phase
	}{
		"none lost":     {0, nil, map[planner.ID]executor.Phase{1: done, 2: done, 3: done, 4: done, 5: done}},
		"one too many":  {0, []planner.ID{2}, map[planner.ID]executor.Phase{1: done, 2: failed, 3: done, 4: failed, 5: skipped}},
		"one may":       {1, []planner.ID{2}, map[planner.ID]executor.Phase{1: done, 2: failed, 3: done, 4: done, 5: done}},
		"two are more":  {1, []planner.ID{2, 3}, map[planner.ID]executor.Phase{1: done, 2: failed, 3: failed, 4: failed, 5: skipped}},
		"what it needs": {9, []planner.ID{1}, map[planner.ID]executor.Phase{1: failed, 2: done, 3: done, 4: skipped, 5: skipped}},
	} {
		t.Run(name, func(t *testing.T) {
			var p phases
			plan := planOf(action(1, planner.OpStart), action(2, planner.OpStart), action(3, planner.OpStart), gate(4, c.lose, 1, -2, -3), action(5, planner.OpStart, 4))
			err := executor.Run(context.Background(), plan, failing(c.fails...), executor.Options{Events: p.event})
			if diff := cmp.Diff(c.want, p.last); diff != "" {
				t.Errorf("phases (-want +got):\n%s", diff)
			}
			if c.want[4] == failed && !strings.Contains(err.Error(), "of 2 replicas have failed") {
				t.Errorf("the error does not count: %v", err)
			}
		})
	}
}

// TestInterruptedDelay: an interrupt ends a delay, and what comes after it is
// not begun.
func TestInterruptedDelay(t *testing.T) {
	pause := action(1, planner.OpDelay)
	pause.Payload = planner.Delay{For: time.Hour}
	interrupt := make(chan struct{})
	events := func(e executor.Event) {
		if e.Action == 1 && e.Phase == executor.PhaseStarted {
			close(interrupt)
		}
		if e.Action == 2 && e.Phase == executor.PhaseStarted {
			t.Error("what follows the delay was begun")
		}
	}
	err := executor.Run(context.Background(), planOf(pause, action(2, planner.OpStart, 1)), failing(), executor.Options{Interrupt: interrupt, Events: events})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

// TestUndone: what a run leaves half done are the replicas of groups that have
// begun, unless only the removal of the old container failed.
func TestUndone(t *testing.T) {
	replica := func(service string, a planner.Action) planner.Action {
		a.Ref.Service, a.Ref.Number = service, 1
		return inGroup(service, a)
	}
	plan := planOf(
		replica("a", action(1, planner.OpRename)), replica("a", action(2, planner.OpStart, 1)), replica("a", action(3, planner.OpRemove, 2)),
		replica("b", action(4, planner.OpRename)), replica("b", action(5, planner.OpRemove, 4)),
		replica("c", action(6, planner.OpRename, 2)), replica("c", action(7, planner.OpStart, 6)),
	)
	err := executor.Run(context.Background(), plan, failing(2, 5), executor.Options{})
	var run *executor.RunError
	if !errors.As(err, &run) {
		t.Fatal(err)
	}
	want := []planner.Ref{{Kind: planner.KindContainer, Name: "2", Service: "a", Number: 1}}
	if diff := cmp.Diff(want, run.Undone); diff != "" {
		t.Errorf("undone (-want +got):\n%s", diff)
	}
}
