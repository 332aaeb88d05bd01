package planner_test

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"recompose/executor"
	"recompose/loader"
	"recompose/planner"
)

// TestInterruptedUpIsMended: whatever ends an up at whichever action, the next
// one comes to the same end state, with no temporary names and all data.
func TestInterruptedUpIsMended(t *testing.T) {
	eachCase(t, func(t *testing.T, w *world) {
		w.mustRun(w.old, up)
		w.mustRun(w.new, up)
		want := w.endState()
		for k := 1; w.stopAndMend(k, want); k++ {
		}
	})
}

// stopAndMend stops an up before its action k, in each way or, where many
// cases are not asked for, in one; false if there are fewer actions.
func (w *world) stopAndMend(k int, want []string) bool {
	w.t.Helper()
	ways := []func(*world, int) bool{crashed, failed, canceled, interrupted}
	if !thorough {
		ways = ways[w.r.IntN(len(ways)):][:1]
	}
	for _, stop := range ways {
		w.fresh()
		w.mustRun(w.old, up)
		data := w.writeData()
		if reached := stop(w, k); !reached {
			return false
		}
		if w.r.IntN(3) == 0 { // and again, on the way there or back
			w.crashAt(1 + w.r.IntN(12))
			_ = w.run([]*loader.Project{w.old, w.new}[w.r.IntN(2)], up, executor.Options{}) // its error is the crash
			w.engine.Before = nil
		}
		if err := w.run(w.new, up, executor.Options{}); err != nil {
			w.t.Fatalf("stopped before action %d, the next up fails: %v\n%s", k, err, w.there())
		}
		w.mustBeSettled(w.new, w.after, up)
		w.mustHaveMarks()
		if diff := cmp.Diff(want, w.endState()); diff != "" {
			w.t.Fatalf("stopped before action %d, the end state differs (-want +got):\n%s", k, diff)
		}
		w.mustHaveData(data, k)
	}
	return true
}

// crashed lets the client die before action k; false if there is none.
func crashed(w *world, k int) bool {
	n := 0
	w.at(func(i int) error {
		if n = i; i >= k {
			return errCrash
		}
		return nil
	})
	defer func() { w.engine.Before = nil }()
	_ = w.run(w.new, up, executor.Options{Parallel: 1})
	return n >= k
}

// failed lets the one action fail.
func failed(w *world, k int) bool {
	n := 0
	w.at(func(i int) error {
		if n = i; i == k {
			return errCrash
		}
		return nil
	})
	defer func() { w.engine.Before = nil }()
	_ = w.run(w.new, up, executor.Options{})
	return n >= k
}

// canceled ends the run's context, as a second Ctrl-C does.
func canceled(w *world, k int) bool {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	n := 0
	w.at(func(i int) error {
		if n = i; i == k {
			cancel()
		}
		return nil
	})
	defer func() { w.engine.Before = nil }()
	_, plan := w.settle(w.new, up)
	_ = executor.Run(ctx, plan, w.engine, executor.Options{})
	return n >= k
}

// interrupted is the first Ctrl-C: it leaves no replacement half done. Where
// one must stop early, for a network that is made anew or a port that it gives
// to another, it may hang on a wait that the interrupt ends.
func interrupted(w *world, k int) bool {
	stop := make(chan struct{})
	n := 0
	w.at(func(i int) error {
		if n = i; i == k {
			close(stop)
		}
		return nil
	})
	defer func() { w.engine.Before = nil }()
	before := w.observe().Containers
	_ = w.run(w.new, up, executor.Options{Interrupt: stop})
	for _, c := range before {
		after := w.containers(c.Service)
		serves := slices.ContainsFunc(after, func(a planner.Container) bool { return a.Running() && replicaName.MatchString(a.Name) })
		service, _ := w.after.find(c.Service)
		was, _ := w.before.find(c.Service)
		early := w.before.options != w.after.options || service.port != was.port
		if c.Running() && !service.oneShot && service.scale > 0 && !early && !serves {
			w.t.Fatalf("interrupted before action %d, nothing serves for %s:\n%s", k, c.Name, w.there())
		}
	}
	return n >= k
}

var replicaName = regexp.MustCompile(`^(demo[_-][a-z]\d[_-]\d+|the-[a-z]\d)$`)

// endState is what counts of what is there: which replica of several goes on
// is left open, and whether a one-shot has ended.
func (w *world) endState() []string {
	w.t.Helper()
	s := w.observe()
	limits := w.limits()
	var out []string
	for _, c := range s.Containers {
		if !replicaName.MatchString(c.Name) {
			w.t.Fatal("a temporary name is left:", c.Name)
		}
		status := c.Status
		if service, _ := w.after.find(c.Service); service.oneShot {
			status = "ended or not"
		}
		var ends []string
		for _, n := range c.Networks {
			ends = append(ends, n.Network)
		}
		slices.Sort(ends)
		out = append(out, fmt.Sprint(c.Service, " ", status, c.Image, ends, limits[c.ID]))
	}
	for _, n := range s.Networks {
		out = append(out, "network "+n.Name+" "+n.Hash)
	}
	for _, v := range s.Volumes {
		if v.Labels[planner.LabelUpdated] == "" { // another way may need no such mark
			out = append(out, "volume "+v.Name)
		}
	}
	slices.Sort(out)
	return out
}

// place is where a replica mounts a volume.
type place struct {
	service string
	number  int
	path    string
}

// writeData leaves a note wherever a container can write for good.
func (w *world) writeData() map[place]string {
	data := map[place]string{}
	for _, c := range w.observe().Containers {
		for _, m := range c.Mounts {
			at := place{c.Service, c.Number, m.Destination}
			data[at] = fmt.Sprint(at)
			if text, ok := w.engine.ReadFile(c.Name, m.Destination+"/note"); ok {
				data[at] = text // another one shares the volume
				continue
			}
			if err := w.engine.WriteFile(c.Name, m.Destination+"/note", data[at]); err != nil {
				w.t.Fatal(err)
			}
		}
	}
	return data
}

// mustHaveData checks that the notes are still there, where the same replica
// still has a volume of the same kind.
func (w *world) mustHaveData(data map[place]string, k int) {
	w.t.Helper()
	for _, c := range w.observe().Containers {
		before, _ := w.before.find(c.Service)
		after, _ := w.after.find(c.Service)
		if before.volumesFrom != after.volumesFrom || before.anonymous != after.anonymous || before.image != after.image ||
			before.scale != 1 || after.scale != 1 || !w.sharedAsBefore(after.volumesFrom) {
			continue
		}
		for _, m := range c.Mounts {
			want, ok := data[place{c.Service, c.Number, m.Destination}]
			if !ok {
				continue
			}
			if got, _ := w.engine.ReadFile(c.Name, m.Destination+"/note"); got != want {
				w.t.Fatalf("stopped before action %d, %s at %s has lost its data: %q, not %q", k, c.Name, m.Destination, got, want)
			}
		}
	}
}

// sharedAsBefore reports whether the service that volumes_from names is one
// container with the same volumes as before.
func (w *world) sharedAsBefore(service string) bool {
	for service != "" {
		before, _ := w.before.find(service)
		after, _ := w.after.find(service)
		if before.scale != 1 || after.scale != 1 || before.anonymous != after.anonymous || before.image != after.image {
			return false
		}
		service = after.volumesFrom
	}
	return true
}
