package executor

import (
	"context"
	"fmt"
	"time"

	"recompose/planner"
)

// pass settles a gate: it holds as long as not too many of the actions before
// it have been lost.
func (r *run) pass(i int) {
	a := r.actions[i]
	lost, members := 0, 0
	for _, e := range a.After {
		if e.On != planner.OnDone {
			continue // success is known
		}
		members++
		if r.states[r.index[e.ID]] != stateDone {
			lost++
		}
	}
	if gate, ok := a.Payload.(planner.Gate); ok && lost > gate.Lose {
		r.end(i, stateFailed, fmt.Errorf("%d of %d replicas have failed, and not more than %d may: the update does not go on", lost, members, gate.Lose))
		return
	}
	r.end(i, stateDone, nil)
}

// delay ends early, without success, when ctx does.
func delay(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
