package executor

import (
	"container/heap"
	"fmt"

	"recompose/planner"
)

// line is where an action queues: only behind those that wait for the same
// bound.
type line struct {
	pool planner.Pool
	free bool // not counted by Options.Parallel
}

func lineOf(a planner.Action) line {
	return line{a.Pool, waits(a.Op) || a.Op == planner.OpKeep || a.Op == planner.OpGate}
}

// ready holds the actions of a line that may begin, lowest index first.
type ready struct{ h indexHeap }

func (q *ready) Len() int   { return len(q.h) }
func (q *ready) first() int { return q.h[0] }
func (q *ready) push(i int) { heap.Push(&q.h, i) }
func (q *ready) pop() int   { return heap.Pop(&q.h).(int) }

type indexHeap []int

func (h indexHeap) Len() int           { return len(h) }
func (h indexHeap) Less(i, j int) bool { return h[i] < h[j] }
func (h indexHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *indexHeap) Push(x any)        { *h = append(*h, x.(int)) }
func (h *indexHeap) Pop() any {
	old := *h
	i := old[len(old)-1]
	*h = old[:len(old)-1]
	return i
}

// check refuses a plan that cannot be carried out as it stands.
func check(plan planner.Plan) error {
	if len(plan.Problems) > 0 {
		return fmt.Errorf("the plan has problems: %w", plan.Problems[0])
	}
	if !plan.Needs.Empty() {
		return fmt.Errorf("the plan lacks facts")
	}
	seen := make(map[planner.ID]bool, len(plan.Actions))
	for _, a := range plan.Actions {
		if seen[a.ID] {
			return fmt.Errorf("the plan has two actions %d", a.ID)
		}
		for _, e := range a.After {
			if !seen[e.ID] {
				return fmt.Errorf("action %d waits for %d, which does not come before it", a.ID, e.ID)
			}
		}
		seen[a.ID] = true
		if !fits(a.Op, a.Payload) {
			return fmt.Errorf("action %d: a payload %T does not go with %s", a.ID, a.Payload, a.Op)
		}
	}
	return nil
}

// fits reports whether a payload is the one of the operation.
func fits(op planner.Op, p planner.Payload) bool {
	var ok bool
	switch op {
	case planner.OpPull:
		_, ok = p.(planner.PullImage)
	case planner.OpBuild:
		_, ok = p.(planner.BuildImage)
	case planner.OpPush:
		_, ok = p.(planner.PushImage)
	case planner.OpCreateNetwork:
		_, ok = p.(planner.CreateNetwork)
	case planner.OpCreateVolume:
		_, ok = p.(planner.CreateVolume)
	case planner.OpCreateContainer:
		_, ok = p.(planner.CreateContainer)
	case planner.OpCopyIn:
		_, ok = p.(planner.CopyIn)
	case planner.OpConnect:
		_, ok = p.(planner.Connect)
	case planner.OpDisconnect:
		_, ok = p.(planner.Disconnect)
	case planner.OpAttach:
		_, ok = p.(planner.Attach)
	case planner.OpStart:
		_, ok = p.(planner.Start)
	case planner.OpWaitHealthy:
		_, ok = p.(planner.WaitHealthy)
	case planner.OpWaitCompleted:
		_, ok = p.(planner.WaitCompleted)
	case planner.OpCheck:
		_, ok = p.(planner.Check)
	case planner.OpGate:
		_, ok = p.(planner.Gate)
	case planner.OpDelay:
		_, ok = p.(planner.Delay)
	case planner.OpRunHook:
		_, ok = p.(planner.RunHook)
	case planner.OpUpdate:
		_, ok = p.(planner.Update)
	case planner.OpStop:
		_, ok = p.(planner.Stop)
	case planner.OpKill:
		_, ok = p.(planner.Kill)
	case planner.OpPause:
		_, ok = p.(planner.Pause)
	case planner.OpUnpause:
		_, ok = p.(planner.Unpause)
	case planner.OpRename:
		_, ok = p.(planner.Rename)
	case planner.OpRemove:
		_, ok = p.(planner.Remove)
	case planner.OpRemoveImage:
		_, ok = p.(planner.RemoveImage)
	case planner.OpKeep:
		_, ok = p.(planner.Keep)
	}
	return ok
}
