package executor

import (
	"time"

	"recompose/planner"
)

// Phase is where an action is.
type Phase string

const (
	PhaseQueued   Phase = "queued"
	PhaseStarted  Phase = "started"
	PhaseProgress Phase = "progress"
	PhaseDone     Phase = "done"
	PhaseSkipped  Phase = "skipped"
	PhaseFailed   Phase = "failed"
)

// Event is one step of a run. Events come in order, from one goroutine.
type Event struct {
	Time     time.Time
	Action   planner.ID
	Op       planner.Op
	Ref      planner.Ref
	Phase    Phase
	Progress Progress      // of PhaseProgress
	Elapsed  time.Duration // of PhaseDone and PhaseFailed
	Err      error         // of PhaseFailed; of PhaseSkipped: why; of PhaseDone: what an optional action failed with
}
