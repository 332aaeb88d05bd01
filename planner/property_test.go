package planner_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"recompose/executor"
	"recompose/executor/sim"
	"recompose/loader"
	"recompose/planner"
)

// Cases by default; RECOMPOSE_CASES asks for more, RECOMPOSE_SEED for one.
const defaultCases = 40

// thorough tries every way to fail at every action.
var thorough = os.Getenv("RECOMPOSE_CASES") != "" || os.Getenv("RECOMPOSE_SEED") != ""

// eachCase runs f for random projects. A failure prints the seed to run it
// alone, and the files.
func eachCase(t *testing.T, f func(t *testing.T, w *world)) {
	first, cases := uint64(1), uint64(defaultCases)
	if v, err := strconv.ParseUint(os.Getenv("RECOMPOSE_CASES"), 10, 32); err == nil {
		cases = v
	}
	if v, err := strconv.ParseUint(os.Getenv("RECOMPOSE_SEED"), 10, 64); err == nil {
		first, cases = v, 1
	}
	for seed := first; seed < first+cases; seed++ {
		ok := t.Run(fmt.Sprint(seed), func(t *testing.T) { f(t, newWorld(t, seed)) })
		if !ok {
			return // one is enough to look at
		}
	}
}

// world is a random project, before and after a change.
type world struct {
	*lab
	r             *rand.Rand
	before, after randomProject
	old, new      *loader.Project
}

func newWorld(t *testing.T, seed uint64) *world {
	r := rand.New(rand.NewPCG(seed, 0))
	w := &world{lab: newLab(t), r: r, before: newRandomProject(r)}
	w.after = w.before.changed(r)
	w.write("compose.yaml", []byte(w.before.yaml()))
	w.old = w.load()
	w.write("compose.yaml", []byte(w.after.yaml()))
	w.new = w.load()
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("before:\n%s\nafter:\n%s", w.before.yaml(), w.after.yaml())
		}
	})
	w.fresh()
	return w
}

// fresh begins anew with an engine that has the images.
func (w *world) fresh() {
	w.engine = sim.New()
	for _, tag := range []string{"app:1", "app:2"} {
		w.engine.AddImage(planner.Image{Tags: []string{tag}})
	}
	w.engine.AddImage(planner.Image{Tags: []string{"data:1"}, Config: &planner.ImageConfig{Volumes: []string{"/image"}}})
}

func (w *world) run(p *loader.Project, t planner.Target, o executor.Options) error {
	w.t.Helper()
	_, plan := w.settle(p, t)
	if len(plan.Problems) > 0 {
		return plan.Problems[0]
	}
	return executor.Run(context.Background(), plan, w.engine, o)
}

func (w *world) mustRun(p *loader.Project, t planner.Target) {
	w.t.Helper()
	if err := w.run(p, t, executor.Options{}); err != nil {
		w.t.Fatalf("%s: %v\n%s", t.Goal, err, w.there())
	}
}

// mustBeSettled checks that nothing is to be done, but to start ended
// one-shots again.
func (w *world) mustBeSettled(p *loader.Project, files randomProject, t planner.Target) {
	w.t.Helper()
	_, plan := w.settle(p, t)
	for _, a := range plan.Actions {
		service, _ := files.find(a.Ref.Service)
		again := service.oneShot && a.Op != planner.OpCreateContainer && a.Op != planner.OpRemove
		if a.Op != planner.OpKeep && !again {
			w.t.Fatalf("a second %s has something to do:\n%s", t.Goal, planner.Text(plan, true))
		}
	}
}

func (w *world) observe() planner.State {
	w.t.Helper()
	s, err := w.engine.Observe(context.Background(), planner.Query{AllProjects: true})
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

var up = planner.Target{Goal: planner.GoalUp, Orphans: planner.OrphansRemove}

// TestUpSettles: after up, up has nothing to do, after a change too.
func TestUpSettles(t *testing.T) {
	eachCase(t, func(t *testing.T, w *world) {
		w.mustRun(w.old, up)
		w.mustBeSettled(w.old, w.before, up)
		w.mustRun(w.new, up)
		w.mustBeSettled(w.new, w.after, up)
	})
}

// TestScaleSettles: scale gives the number that was asked for and, of v1-format
// files, up leaves it.
func TestScaleSettles(t *testing.T) {
	eachCase(t, func(t *testing.T, w *world) {
		w.mustRun(w.old, up)
		for _, s := range w.before.services {
			if s.port > 0 || s.fixedName {
				continue
			}
			want := 1 + w.r.IntN(4)
			w.mustRun(w.old, planner.Target{Goal: planner.GoalScale, Replicas: map[string]int{s.name: want}})
			if w.before.classic {
				w.mustRun(w.old, up)
			}
			if got := len(w.containers(s.name)); got != want {
				t.Fatalf("scale %s=%d left %d:\n%s", s.name, want, got, w.there())
			}
		}
	})
}

func (w *world) containers(service string) []planner.Container {
	return slices.DeleteFunc(w.observe().Containers, func(c planner.Container) bool { return c.Service != service })
}

// TestDownLeavesNothing: down takes all that is labelled but volumes, and
// down -v those too, whatever state an up was left in.
func TestDownLeavesNothing(t *testing.T) {
	eachCase(t, func(t *testing.T, w *world) {
		w.mustRun(w.old, up)
		w.crashAt(1 + w.r.IntN(20))
		_ = w.run(w.new, up, executor.Options{}) // its error is the crash
		w.engine.Before = nil
		down := planner.Target{Goal: planner.GoalDown, Orphans: planner.OrphansRemove}
		w.mustRun(w.new, down)
		if s := w.observe(); len(s.Containers)+len(s.Networks) > 0 {
			t.Fatal("down left", w.there())
		}
		w.mustRun(w.new, up)
		down.RemoveVolumes = true
		w.mustRun(w.new, down)
		s, err := w.engine.Observe(context.Background(), planner.Query{AllProjects: true, Foreign: true})
		if err != nil {
			t.Fatal(err)
		}
		if n := len(s.Containers) + len(s.Networks) + len(s.Volumes) + len(s.Foreign); n > 0 {
			t.Fatal("down -v left", w.there())
		}
	})
}

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
		if err := w.run(w.new, up, executor.Options{}); err != nil {
			w.t.Fatalf("stopped before action %d, the next up fails: %v\n%s", k, err, w.there())
		}
		w.mustBeSettled(w.new, w.after, up)
		if diff := gocmp.Diff(want, w.endState()); diff != "" {
			w.t.Fatalf("stopped before action %d, the end state differs (-want +got):\n%s", k, diff)
		}
		w.mustHaveData(data, k)
	}
	return true
}

// crashed lets the client die before action k; false if there is none.
func crashed(w *world, k int) bool {
	n := 0
	w.engine.Before = func(i int, _ planner.Action) error {
		if n = i; i >= k {
			return errCrash
		}
		return nil
	}
	defer func() { w.engine.Before = nil }()
	_ = w.run(w.new, up, executor.Options{Parallel: 1})
	return n >= k
}

// failed lets the one action fail.
func failed(w *world, k int) bool {
	n := 0
	w.engine.Before = func(i int, _ planner.Action) error {
		if n = i; i == k {
			return errCrash
		}
		return nil
	}
	defer func() { w.engine.Before = nil }()
	_ = w.run(w.new, up, executor.Options{})
	return n >= k
}

// canceled ends the run's context, as a second Ctrl-C does.
func canceled(w *world, k int) bool {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	n := 0
	w.engine.Before = func(i int, _ planner.Action) error {
		if n = i; i == k {
			cancel()
		}
		return nil
	}
	defer func() { w.engine.Before = nil }()
	_, plan := w.settle(w.new, up)
	_ = executor.Run(ctx, plan, w.engine, executor.Options{})
	return n >= k
}

// interrupted is the first Ctrl-C.
func interrupted(w *world, k int) bool {
	stop := make(chan struct{})
	n := 0
	w.engine.Before = func(i int, _ planner.Action) error {
		if n = i; i == k {
			close(stop)
		}
		return nil
	}
	defer func() { w.engine.Before = nil }()
	_ = w.run(w.new, up, executor.Options{Interrupt: stop})
	return n >= k
}

var replicaName = regexp.MustCompile(`^(demo[_-][a-z]\d[_-]\d+|the-[a-z]\d)$`)

// endState is what counts of what is there: which replica of several goes on
// is left open, and whether a one-shot has ended.
func (w *world) endState() []string {
	w.t.Helper()
	s := w.observe()
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
		out = append(out, fmt.Sprint(c.Service, " ", status, c.Image, ends))
	}
	for _, n := range s.Networks {
		out = append(out, "network "+n.Name+" "+n.Hash)
	}
	for _, v := range s.Volumes {
		out = append(out, "volume "+v.Name)
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

// TestPlansDependOnNothingElse: neither the order of maps nor that of the
// engine's lists shows in a plan, and making it changes no input.
func TestPlansDependOnNothingElse(t *testing.T) {
	eachCase(t, func(t *testing.T, w *world) {
		w.mustRun(w.old, up)
		w.crashAt(1 + w.r.IntN(15))
		_ = w.run(w.new, up, executor.Options{}) // its error is the crash
		w.engine.Before = nil
		for _, target := range []planner.Target{
			up, {Goal: planner.GoalUp, Recreate: planner.RecreateAlways}, {Goal: planner.GoalDown, RemoveVolumes: true},
			{Goal: planner.GoalRestart}, {Goal: planner.GoalScale, Replicas: map[string]int{w.after.services[0].name: 2}},
		} {
			state, plan := w.settle(w.new, target)
			stateBefore, projectBefore, targetBefore := asJSON(t, state), asJSON(t, w.new.Model), asJSON(t, target)
			for range 3 {
				shuffled := shuffle(w.r, state)
				again := planner.Make(w.new, shuffled, target)
				if diff := gocmp.Diff(planner.Text(plan, true), planner.Text(again, true)); diff != "" {
					t.Fatalf("the plan of %s depends on an order (-first +again):\n%s", target.Goal, diff)
				}
				if diff := gocmp.Diff(payloads(t, plan), payloads(t, again)); diff != "" {
					t.Fatalf("the payloads of %s depend on an order (-first +again):\n%s", target.Goal, diff)
				}
			}
			planner.Make(w.new, state, target)
			for what, diff := range map[string]string{
				"state": gocmp.Diff(stateBefore, asJSON(t, state)), "project": gocmp.Diff(projectBefore, asJSON(t, w.new.Model)),
				"target": gocmp.Diff(targetBefore, asJSON(t, target)),
			} {
				if diff != "" {
					t.Fatalf("planning %s changed the %s:\n%s", target.Goal, what, diff)
				}
			}
		}
	})
}

func shuffle(r *rand.Rand, s planner.State) planner.State {
	s.Containers, s.Networks, s.Volumes, s.Images, s.Foreign =
		slices.Clone(s.Containers), slices.Clone(s.Networks), slices.Clone(s.Volumes), slices.Clone(s.Images), slices.Clone(s.Foreign)
	r.Shuffle(len(s.Containers), func(i, j int) { s.Containers[i], s.Containers[j] = s.Containers[j], s.Containers[i] })
	r.Shuffle(len(s.Networks), func(i, j int) { s.Networks[i], s.Networks[j] = s.Networks[j], s.Networks[i] })
	r.Shuffle(len(s.Volumes), func(i, j int) { s.Volumes[i], s.Volumes[j] = s.Volumes[j], s.Volumes[i] })
	r.Shuffle(len(s.Images), func(i, j int) { s.Images[i], s.Images[j] = s.Images[j], s.Images[i] })
	r.Shuffle(len(s.Foreign), func(i, j int) { s.Foreign[i], s.Foreign[j] = s.Foreign[j], s.Foreign[i] })
	return s
}

func payloads(t *testing.T, p planner.Plan) []string {
	var out []string
	for _, a := range p.Actions {
		out = append(out, asJSON(t, a.Payload))
	}
	return out
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestNothingStartsAfterAFailedDependency: what a service requires must have
// started, or be as far as it asks for, when it is started itself.
func TestNothingStartsAfterAFailedDependency(t *testing.T) {
	eachCase(t, func(t *testing.T, w *world) {
		victim := w.before.services[w.r.IntN(len(w.before.services))].name
		w.engine.Before = func(_ int, a planner.Action) error {
			if a.Ref.Service == victim && a.Op == planner.OpStart {
				return errCrash
			}
			return nil
		}
		var mu sync.Mutex
		started := map[string]bool{}
		err := w.run(w.old, up, executor.Options{Events: func(e executor.Event) {
			mu.Lock()
			defer mu.Unlock()
			if e.Op == planner.OpStart && e.Phase == executor.PhaseStarted {
				started[e.Ref.Service] = true
			}
		}})
		if s, _ := w.before.find(victim); s.scale == 0 {
			return
		}
		if !errors.Is(err, errCrash) {
			t.Fatal("the failure is not in the error:", err)
		}
		for name, svc := range w.old.Model.Services {
			for _, d := range planner.Dependencies(svc) {
				if d.Service == victim && d.Required && started[name] {
					t.Fatalf("%s was started though %s, which it requires, was not", name, victim)
				}
			}
		}
	})
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
