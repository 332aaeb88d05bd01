package executor

import (
	"context"
	"testing"

	"recompose/planner"
)

// idle does nothing, at once.
type idle struct{}

func (idle) Observe(context.Context, planner.Query) (planner.State, error) {
	return planner.State{}, nil
}
func (idle) Apply(context.Context, planner.Action, Report) error { return nil }

// BenchmarkRun is what the scheduler itself costs: a thousand containers that
// are created and started, each after the one before, by an engine that takes
// no time.
func BenchmarkRun(b *testing.B) {
	var plan planner.Plan
	for i := range 1000 {
		create := planner.Action{ID: planner.ID(2*i + 1), Op: planner.OpCreateContainer, Payload: planner.CreateContainer{}, Pool: planner.PoolStart}
		start := planner.Action{
			ID: planner.ID(2*i + 2), Op: planner.OpStart, Payload: planner.Start{}, Pool: planner.PoolStart,
			After: []planner.After{{ID: create.ID, On: planner.OnSuccess}},
		}
		if i > 0 {
			start.After = append(start.After, planner.After{ID: create.ID - 1, On: planner.OnSuccess})
		}
		plan.Actions = append(plan.Actions, create, start)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := Run(context.Background(), plan, idle{}, Options{Events: func(Event) {}}); err != nil {
			b.Fatal(err)
		}
	}
}
