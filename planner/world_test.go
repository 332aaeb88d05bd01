package planner_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"

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
	info          planner.Engine // of the engines that it runs on
	before, after randomProject
	old, new      *loader.Project
}

func newWorld(t *testing.T, seed uint64) *world {
	r := rand.New(rand.NewPCG(seed, 0))
	w := &world{lab: newLab(t), r: r, before: newRandomProject(r)}
	limits := rand.New(rand.NewPCG(seed, 1)) // apart, so that the rest of a case does not hang on them
	w.before = w.before.limited(limits)
	w.after = w.before.changed(r).limited(limits)
	w.info = sim.New().Info
	switch r.IntN(4) {
	case 2: // as Podman
		w.info.LegacyLinks, w.info.LegacyLinksEnv, w.info.CapsPids, w.info.KeepsShared = false, false, true, true
	case 0: // takes all networks at once
		w.info.APIVersion = "1.47"
	case 1: // has no links on its default bridge
		w.info.APIVersion, w.info.Version, w.info.LegacyLinks, w.info.LegacyLinksEnv = "1.52", "29.0.0", false, false
	}
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
	w.engine.Info = w.info
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

func (w *world) containers(service string) []planner.Container {
	return slices.DeleteFunc(w.observe().Containers, func(c planner.Container) bool { return c.Service != service })
}
