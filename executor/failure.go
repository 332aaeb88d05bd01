package executor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"recompose/planner"
)

// Failure is an action that did not succeed.
type Failure struct {
	Ref planner.Ref
	Op  planner.Op
	Err error
}

// RunError tells what of a plan failed. Its causes are found by errors.Is and
// errors.As.
type RunError struct {
	Failures []Failure // in the plan's order
	Skipped  int       // actions that were not begun
	// Undone are the replicas whose replacement or restart was left half done.
	Undone      []planner.Ref
	Interrupted bool
}

// Error is a line per failure.
func (e *RunError) Error() string {
	lines := make([]string, 0, len(e.Failures)+1)
	for _, f := range e.Failures {
		lines = append(lines, fmt.Sprintf("%s: %s: %v", f.Ref, f.Op, f.Err))
	}
	if e.Interrupted {
		lines = append(lines, "interrupted")
	}
	return strings.Join(lines, "\n")
}

// Unwrap gives the causes.
func (e *RunError) Unwrap() []error {
	errs := make([]error, len(e.Failures))
	for i, f := range e.Failures {
		errs[i] = f.Err
	}
	if e.Interrupted {
		errs = append(errs, context.Canceled)
	}
	return errs
}

// undone notes a replica, once.
func (e *RunError) undone(r planner.Ref) {
	r = planner.Ref{Kind: r.Kind, Name: r.Name, Service: r.Service, Number: r.Number}
	same := func(o planner.Ref) bool { return o.Service == r.Service && o.Number == r.Number }
	if r.Kind == planner.KindContainer && !slices.ContainsFunc(e.Undone, same) {
		e.Undone = append(e.Undone, r)
	}
}

// result is nil if all actions succeeded.
func (r *run) result() error {
	out := &RunError{Interrupted: r.interrupted}
	for i, s := range r.states {
		a, err := r.actions[i], r.errs[i]
		switch {
		case s == stateDone:
			continue
		case s == stateFailed && !(r.interrupted && errors.Is(err, context.Canceled)):
			out.Failures = append(out.Failures, Failure{a.Ref, a.Op, err})
		default:
			out.Skipped++
		}
		if a.Group != "" && r.groups[a.Group] && !r.onlyRemoval(i) {
			out.undone(a.Ref)
		}
	}
	if len(out.Failures) == 0 && !(out.Interrupted && out.Skipped > 0) {
		return nil
	}
	return out
}

// onlyRemoval reports whether nothing but the removal of old containers has
// failed before the action, or with it: their successors serve.
func (r *run) onlyRemoval(i int) bool {
	a := r.actions[i]
	if a.Op != planner.OpRemove || r.states[i] == stateFailed {
		return a.Op == planner.OpRemove
	}
	for _, e := range a.After {
		before := r.index[e.ID]
		if e.On == planner.OnSuccess && r.states[before] != stateDone && !r.onlyRemoval(before) {
			return false
		}
	}
	return true
}
