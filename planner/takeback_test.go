package planner_test

import (
	"context"
	"testing"

	"recompose/executor"
	"recompose/planner"
)

// TestNothingServesLess: whatever action fails, or is the first that an
// interrupt hits, what served before the up serves after it, in its old or its
// new shape.
func TestNothingServesLess(t *testing.T) {
	eachCase(t, func(t *testing.T, w *world) {
		for k := 1; w.failAndCount(k); k++ {
		}
	})
}

// failAndCount stops an up at its action k and takes it back; false if there
// are fewer actions.
func (w *world) failAndCount(k int) bool {
	w.t.Helper()
	for _, stop := range []func(interrupt func()) error{
		func(func()) error { return errCrash },
		func(interrupt func()) error { interrupt(); return nil },
	} {
		w.fresh()
		w.mustRun(w.old, up)
		before, rest := w.serving(), w.atRest()
		_, plan := w.settle(w.new, up)
		interrupt := make(chan struct{})
		reached := false
		w.at(func(n int) error {
			if n != k {
				return nil
			}
			reached = true
			return stop(func() { close(interrupt) })
		})
		err := executor.Run(context.Background(), plan, w.engine, executor.Options{Interrupt: interrupt})
		w.engine.Before = nil
		if !reached {
			return false
		}
		_ = w.takeBack(w.new, up, rest, err) // its error is the failure
		for name, n := range w.serving() {
			before[name] -= n
		}
		for name, lost := range before {
			if s, wanted := w.after.find(name); wanted && !s.oneShot && lost > max(0, w.fewer(name)) {
				w.t.Fatalf("stopped at action %d (%v), %s serves with %d less:\n%s\nthe plan was\n%s\ntaken back by\n%s", k, err, name, lost, w.there(), planner.Text(plan, true), planner.Text(w.back, true))
			}
		}
	}
	return true
}

// fewer is how many replicas less the change wants.
func (w *world) fewer(service string) int {
	was, _ := w.before.find(service)
	is, _ := w.after.find(service)
	return was.scale - is.scale
}

// serving counts the replicas that run under their names.
func (w *world) serving() map[string]int {
	counts := map[string]int{}
	for _, c := range w.observe().Containers {
		if c.Running() && replicaName.MatchString(c.Name) {
			counts[c.Service]++
		}
	}
	return counts
}
