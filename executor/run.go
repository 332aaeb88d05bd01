package executor

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"recompose/planner"
)

// Options are how a plan is carried out.
type Options struct {
	// Limits bounds how many actions of a pool run at once; 0 is no limit, and
	// a pool that is not here has its default.
	Limits map[planner.Pool]int
	// Parallel bounds all actions but waits; 0 is no limit.
	Parallel int
	// Interrupt, once closed, ends waits, pulls and builds, and begins nothing
	// but the rest of replacements that have begun.
	Interrupt <-chan struct{}
	// Events gets every step of every action, in order, from one goroutine.
	Events func(Event)
}

// defaultLimits suit an engine of two CPUs: a few starts per CPU keep it busy,
// more only queue there.
var defaultLimits = map[planner.Pool]int{planner.PoolStart: 8, planner.PoolFetch: 4, planner.PoolBuild: 2}

// errSkipped is why an action was not begun.
var errSkipped = errors.New("skipped: what it waits for did not succeed")

// Run carries out a plan. Independent actions go on when one fails; what
// depends on it is skipped. The error is a *RunError unless the plan itself is
// not sound, in which case nothing is begun.
func Run(ctx context.Context, plan planner.Plan, engine Engine, o Options) error {
	if err := check(plan); err != nil {
		return err
	}
	r := newRun(ctx, plan, engine, o)
	defer r.cancelAll()
	return r.loop() //nolint:contextcheck // r has it, and one for waits
}

// state is where an action is in the run.
type state int

const (
	stateWaiting state = iota
	stateReady
	stateRunning
	stateDone
	stateFailed
	stateSkipped
)

// run is one run; only its loop touches it.
type run struct {
	ctx       context.Context // of writes: ends with the caller's
	waitCtx   context.Context // of waits, pulls and builds: ends with an interrupt too
	cancelAll context.CancelFunc
	engine    Engine
	o         Options

	actions    []planner.Action
	index      map[planner.ID]int
	states     []state
	pending    []int   // predecessors that have not ended
	dependents [][]int // by index
	errs       []error
	begun      []time.Time
	groups     map[string]bool // replacements that have begun

	ready       map[line]*ready
	running     int
	inPool      map[planner.Pool]int
	interrupted bool
	messages    chan message
}

// message is what a worker tells the loop.
type message struct {
	index    int
	progress *Progress
	err      error
}

func newRun(ctx context.Context, plan planner.Plan, engine Engine, o Options) *run {
	n := len(plan.Actions)
	r := &run{
		ctx: ctx, engine: engine, o: o, actions: plan.Actions, states: make([]state, n), pending: make([]int, n),
		dependents: make([][]int, n), errs: make([]error, n), begun: make([]time.Time, n), groups: map[string]bool{}, ready: map[line]*ready{},
		inPool: map[planner.Pool]int{}, messages: make(chan message, 64),
	}
	r.waitCtx, r.cancelAll = context.WithCancel(ctx)
	r.index = make(map[planner.ID]int, n)
	for i, a := range plan.Actions {
		r.index[a.ID] = i
	}
	for i, a := range plan.Actions {
		r.pending[i] = len(a.After)
		for _, e := range a.After {
			r.dependents[r.index[e.ID]] = append(r.dependents[r.index[e.ID]], i)
		}
		if len(a.After) == 0 {
			r.makeReady(i)
		}
	}
	return r
}

// loop begins what may begin and takes in what workers say, until nothing
// runs and nothing can.
func (r *run) loop() error {
	interrupt, canceled := r.o.Interrupt, r.ctx.Done()
	for {
		r.begin()
		if r.running == 0 {
			break
		}
		select {
		case m := <-r.messages:
			r.take(m)
		case <-interrupt:
			interrupt = nil
			r.interrupted = true
			r.cancelAll()
		case <-canceled:
			canceled = nil
			r.interrupted = true
		}
	}
	return r.result()
}

// begin starts every ready action that the limits allow, in the plan's order.
func (r *run) begin() {
	if !r.interrupted {
		select {
		case <-r.o.Interrupt:
			r.interrupted = true
			r.cancelAll()
		case <-r.ctx.Done():
			r.interrupted = true
		default:
		}
	}
	for i := r.next(); i >= 0; i = r.next() {
		switch {
		case r.barred(i):
			r.end(i, stateSkipped, context.Canceled)
		case r.actions[i].Op == planner.OpKeep:
			r.event(i, PhaseStarted, nil, nil)
			r.end(i, stateDone, nil)
		case r.actions[i].Op == planner.OpGate:
			r.event(i, PhaseStarted, nil, nil)
			r.pass(i)
		default:
			r.start(i)
		}
	}
}

// next takes the first ready action that has not to wait for its turn; -1 if
// there is none.
func (r *run) next() int {
	var first *ready
	for _, q := range r.ready {
		if q.Len() > 0 && (first == nil || q.first() < first.first()) && (r.barred(q.first()) || !r.full(r.actions[q.first()])) {
			first = q
		}
	}
	if first == nil {
		return -1
	}
	return first.pop()
}

// barred reports whether an interruption keeps the action from beginning.
func (r *run) barred(i int) bool {
	a := r.actions[i]
	return r.interrupted && (r.ctx.Err() != nil || a.Group == "" || !r.groups[a.Group] || interruptible(a.Op))
}

// interruptible reports whether an operation ends at once on an interrupt:
// those that change nothing until they are done.
func interruptible(op planner.Op) bool {
	switch op {
	case planner.OpWaitHealthy, planner.OpWaitCompleted, planner.OpDelay, planner.OpPull, planner.OpBuild, planner.OpPush:
		return true
	}
	return false
}

func waits(op planner.Op) bool {
	return op == planner.OpWaitHealthy || op == planner.OpWaitCompleted || op == planner.OpDelay
}

// full reports whether the action must wait for its turn.
func (r *run) full(a planner.Action) bool {
	if a.Op == planner.OpKeep || a.Op == planner.OpGate {
		return false
	}
	if r.o.Parallel > 0 && !waits(a.Op) && r.inPool[parallelPool] >= r.o.Parallel {
		return true
	}
	limit, ok := r.o.Limits[a.Pool]
	if !ok {
		limit = defaultLimits[a.Pool]
	}
	return limit > 0 && r.inPool[a.Pool] >= limit
}

// parallelPool counts everything but waits.
const parallelPool planner.Pool = "*"

func (r *run) count(a planner.Action, by int) {
	r.running += by
	r.inPool[a.Pool] += by
	if !waits(a.Op) {
		r.inPool[parallelPool] += by
	}
}

func (r *run) start(i int) {
	a := r.actions[i]
	r.states[i] = stateRunning
	r.begun[i] = time.Now()
	r.count(a, 1)
	if a.Group != "" {
		r.groups[a.Group] = true
	}
	r.event(i, PhaseStarted, nil, nil)
	ctx := r.ctx
	if interruptible(a.Op) {
		ctx = r.waitCtx
	}
	go func() {
		err := apply(ctx, r.engine, a, func(p Progress) { r.messages <- message{index: i, progress: &p} })
		r.messages <- message{index: i, err: err}
	}()
}

// apply turns a panic of the engine's adapter into a failure of its action.
func apply(ctx context.Context, e Engine, a planner.Action, report Report) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("bug in the engine's adapter: %v\n%s", p, debug.Stack())
		}
	}()
	if d, ok := a.Payload.(planner.Delay); ok {
		return delay(ctx, d.For)
	}
	return e.Apply(ctx, a, report)
}

// take is a worker's message.
func (r *run) take(m message) {
	if m.progress != nil {
		r.event(m.index, PhaseProgress, m.progress, nil)
		return
	}
	r.count(r.actions[m.index], -1)
	if m.err != nil && !(r.actions[m.index].Optional && !r.interrupted) {
		r.end(m.index, stateFailed, m.err)
		return
	}
	r.end(m.index, stateDone, m.err)
}

// end settles an action, and skips or readies what waited for it.
func (r *run) end(i int, s state, err error) {
	r.states[i], r.errs[i] = s, err
	phase := map[state]Phase{stateDone: PhaseDone, stateFailed: PhaseFailed, stateSkipped: PhaseSkipped}[s]
	r.event(i, phase, nil, err)
	for _, d := range r.dependents[i] {
		if r.states[d] != stateWaiting {
			continue
		}
		r.pending[d]--
		if s != stateDone && r.needsSuccess(d, i) {
			r.end(d, stateSkipped, errSkipped)
			continue
		}
		if r.pending[d] == 0 {
			r.makeReady(d)
		}
	}
}

func (r *run) needsSuccess(dependent, of int) bool {
	for _, e := range r.actions[dependent].After {
		if e.ID == r.actions[of].ID {
			return e.On == planner.OnSuccess
		}
	}
	return false
}

func (r *run) makeReady(i int) {
	r.states[i] = stateReady
	l := lineOf(r.actions[i])
	if r.ready[l] == nil {
		r.ready[l] = &ready{}
	}
	r.ready[l].push(i)
}

func (r *run) event(i int, phase Phase, p *Progress, err error) {
	if r.o.Events == nil {
		return
	}
	a := r.actions[i]
	e := Event{Time: time.Now(), Action: a.ID, Op: a.Op, Ref: a.Ref, Phase: phase, Err: err}
	if p != nil {
		e.Progress = *p
	}
	if (phase == PhaseDone || phase == PhaseFailed) && !r.begun[i].IsZero() {
		e.Elapsed = e.Time.Sub(r.begun[i])
	}
	r.o.Events(e)
}
