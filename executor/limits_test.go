package executor_test

import (
	"context"
	"sync"
	"testing"

	"recompose/executor"
	"recompose/planner"
)

// crowd is an engine where actions stay until as many as are expected are
// there together.
type crowd struct {
	mu         sync.Mutex
	here, most int
	waits      int
	expect     int
	together   chan struct{}
}

func (c *crowd) Observe(context.Context, planner.Query) (planner.State, error) {
	return planner.State{}, nil
}

func (c *crowd) Apply(ctx context.Context, a planner.Action, _ executor.Report) error {
	if a.Op == planner.OpWaitHealthy {
		c.mu.Lock()
		c.waits++
		c.mu.Unlock()
		select {
		case <-c.together:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	c.mu.Lock()
	c.here++
	c.most = max(c.most, c.here)
	if c.here == c.expect {
		select {
		case <-c.together:
		default:
			close(c.together)
		}
	}
	c.mu.Unlock()
	select {
	case <-c.together:
	case <-ctx.Done():
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.here--
	return ctx.Err()
}

// TestPoolsAreBounded: a pool has as many actions at once as its limit says,
// no more and no fewer; the run would not end if fewer came together.
func TestPoolsAreBounded(t *testing.T) {
	const n = 40
	tests := []struct {
		name    string
		pool    planner.Pool
		options executor.Options
		want    int
	}{
		{"starts, by default", planner.PoolStart, executor.Options{}, 8},
		{"fetches, by default", planner.PoolFetch, executor.Options{}, 4},
		{"builds, by default", planner.PoolBuild, executor.Options{}, 2},
		{"no pool has no bound", planner.PoolNone, executor.Options{}, n},
		{"a limit of the caller's", planner.PoolStart, executor.Options{Limits: map[planner.Pool]int{planner.PoolStart: 3}}, 3},
		{"0 is no limit", planner.PoolStart, executor.Options{Limits: map[planner.Pool]int{planner.PoolStart: 0}}, n},
		{"all together", planner.PoolNone, executor.Options{Parallel: 5}, 5},
		{"the smaller bound counts", planner.PoolFetch, executor.Options{Parallel: 20}, 4},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var actions []planner.Action
			for id := range planner.ID(n) {
				a := action(id+1, planner.OpStart)
				a.Pool = tt.pool
				actions = append(actions, a)
			}
			c := &crowd{expect: tt.want, together: make(chan struct{})}
			if err := executor.Run(t.Context(), planOf(actions...), c, tt.options); err != nil {
				t.Fatal(err)
			}
			if c.most != tt.want {
				t.Errorf("%d at once, not %d", c.most, tt.want)
			}
		})
	}
}

// TestWaitsTakeNoPlace: waits do not count among the parallel actions, else
// those that they wait for could not begin.
func TestWaitsTakeNoPlace(t *testing.T) {
	var actions []planner.Action
	for id := range planner.ID(10) {
		actions = append(actions, action(id+1, planner.OpWaitHealthy))
	}
	actions = append(actions, action(11, planner.OpStart))
	c := &crowd{expect: 1, together: make(chan struct{})}
	if err := executor.Run(t.Context(), planOf(actions...), c, executor.Options{Parallel: 1}); err != nil {
		t.Fatal(err)
	}
	if c.waits != 10 {
		t.Error(c.waits, "waits")
	}
}
