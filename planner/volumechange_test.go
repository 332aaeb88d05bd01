package planner_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"recompose/executor"
	"recompose/executor/sim"
	"recompose/planner"
)

const remadeFile = `
services:
  cache: {image: "app:1", environment: {V: "1"}}
  db: {image: "app:1", volumes: ["data:/data", "/own"], healthcheck: {test: [CMD, ok]}}
  web:
    image: app:1
    scale: 2
    volumes: ["data:/shared:ro"]
    depends_on: {db: {condition: service_healthy}, cache: {condition: service_started}}
    deploy: {update_config: {parallelism: 1, order: start-first, failure_action: rollback}}
  tail: {image: "app:1", volumes_from: [web]}
volumes: {data: {driver_opts: {o: size=1m}}}
`

// TestARemadeVolumeIsMended: wherever an up ends that makes a volume anew, the
// next one comes to the end of one that was not disturbed; and what fails
// before the first container is removed, or a stop, leaves all of them running.
func TestARemadeVolumeIsMended(t *testing.T) {
	l := newLab(t)
	l.write("compose.yaml", []byte(remadeFile))
	w := &world{lab: l, old: l.load(), info: sim.New().Info}
	l.write("compose.yaml", []byte(strings.NewReplacer("size=1m", "size=2m", `V: "1"`, `V: "2"`).Replace(remadeFile)))
	w.new = l.load()
	w.remake(t, "nothing", 1000)
	want := l.there()
	if _, there := w.engine.ReadFile("demo-db-1", "/data/note"); there {
		t.Fatal("the volume is the old one")
	}
	for _, way := range []string{"crash", "failure", "interrupt"} {
		for k := 1; w.remake(t, way, k); k++ {
			w.mustRun(w.new, agreed)
			if diff := cmp.Diff(want, l.there()); diff != "" {
				t.Fatalf("%s at action %d, the end state differs (-want +got):\n%s", way, k, diff)
			}
			if own, _ := w.engine.ReadFile("demo-db-1", "/own/note"); own != "mine" {
				t.Fatalf("%s at action %d, the anonymous volume holds %q", way, k, own)
			}
			if _, plan := w.settle(w.new, agreed); !plan.Empty() {
				t.Fatalf("%s at action %d, a second up has something to do:\n%s", way, k, planner.Text(plan, true))
			}
		}
	}
}

var agreed = planner.Target{Goal: planner.GoalUp, Yes: true}

// remake brings the old project up, and the new one until its action k, where
// something happens; false if there are fewer actions.
func (w *world) remake(t *testing.T, what string, k int) (reached bool) {
	t.Helper()
	w.fresh()
	w.mustRun(w.old, agreed)
	for path, text := range map[string]string{"/data/note": "old", "/own/note": "mine"} {
		if err := w.engine.WriteFile("demo-db-1", path, text); err != nil {
			t.Fatal(err)
		}
	}
	before, rest := w.ids(), w.atRest()
	_, plan := w.settle(w.new, agreed)
	interrupt := make(chan struct{})
	n, removed, atStop := 0, false, false
	w.engine.Before = func(a planner.Action) error {
		n++
		switch {
		case what == "interrupt" && n == k:
			close(interrupt)
		case what == "failure" && n == k, what == "crash" && n >= k:
			atStop = a.Op == planner.OpStop
			return errCrash
		}
		removed = removed || a.Op == planner.OpRemove && a.Ref.Service != "cache"
		return nil
	}
	err := executor.Run(context.Background(), plan, w.engine, executor.Options{Interrupt: interrupt})
	w.engine.Before = nil
	if what != "crash" {
		_ = w.takeBack(w.new, agreed, rest, err) // its error is the failure
	}
	if what == "failure" && n >= k && (!removed || atStop) {
		after := w.ids()
		for name, id := range before {
			if after[name] != id && !strings.HasPrefix(name, "demo-cache") {
				t.Fatalf("failure at action %d: %s no longer runs as it did:\n%s", k, name, w.there())
			}
		}
	}
	if what == "interrupt" {
		// What had begun was finished, but for the wait for health.
		for _, service := range []string{"db", "web", "tail"} {
			if len(w.containers(service)) == 0 || len(w.observe().Volumes) == 0 {
				t.Fatalf("interrupt at action %d: of %s or its volume nothing is there:\n%s", k, service, w.there())
			}
		}
	}
	return n >= k
}

// ids are those of the containers that run, by name.
func (w *world) ids() map[string]string {
	out := map[string]string{}
	for _, c := range w.observe().Containers {
		if c.Running() {
			out[c.Name] = c.ID
		}
	}
	return out
}
