package planner_test

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"recompose/executor"
	"recompose/planner"
)

var rollback = planner.Target{Goal: planner.GoalRollback}

// made is what the project's containers were made with, by name.
func (w *world) made() map[string]map[string][]string {
	w.t.Helper()
	s := w.observe()
	var q planner.Query
	for _, c := range s.Containers {
		q.Values = append(q.Values, c.ID)
	}
	q.AllProjects = true
	s, err := w.engine.Observe(context.Background(), q)
	if err != nil {
		w.t.Fatal(err)
	}
	out := map[string]map[string][]string{}
	for _, c := range s.Containers {
		out[c.Name] = maps.Clone(c.Values)
		out[c.Name]["image id"] = []string{c.ImageID}
	}
	return out
}

// sameAs checks that containers of services which were there before are made
// as they were then; how many there are is not rolled back.
func (w *world) sameAs(before map[string]map[string][]string, how string) {
	w.t.Helper()
	if diff := w.differsFrom(before); diff != "" {
		w.t.Fatalf("%s (-before +after):\n%s", how, diff)
	}
}

func (w *world) differsFrom(before map[string]map[string][]string) string {
	w.t.Helper()
	now := w.made()
	for name := range now {
		if before[name] == nil {
			delete(now, name)
		}
	}
	then := maps.Clone(before)
	for name := range then {
		if now[name] == nil {
			delete(then, name)
		}
	}
	return cmp.Diff(then, now)
}

// asides counts the containers that are set aside.
func (w *world) asides() (n int) {
	w.t.Helper()
	for _, c := range w.observe().Containers {
		if c.Role == planner.RoleAside {
			n++
		}
	}
	return n
}

// canGoBack reports whether some service can.
func (w *world) canGoBack() bool {
	_, plan := w.settle(w.new, rollback)
	return len(plan.Problems) == 0
}

// replacing is an up that makes a new container for each change.
var replacing = planner.Target{Goal: planner.GoalUp, Orphans: planner.OrphansRemove, NoInPlace: true}

// changing are the ways to change containers.
var changing = map[string]planner.Target{"in place": up, "replacing": replacing}

// able are the services that have something to go back to.
func (w *world) able() (names []string) {
	for _, name := range slices.Sorted(maps.Keys(w.new.Model.Services)) {
		t := rollback
		t.Services = []string{name}
		_, plan := w.settle(w.new, t)
		if !slices.ContainsFunc(plan.Problems, func(p planner.Problem) bool { return p.Rule == "rollback-nothing" }) {
			names = append(names, name)
		}
	}
	return names
}

// TestRollbackUndoesAnUp: after a change and a rollback every container is made
// as before the change; another rollback leaves them so, and one of the same
// services by name goes forward again.
func TestRollbackUndoesAnUp(t *testing.T) {
	eachCase(t, func(t *testing.T, w *world) {
		for how, change := range changing {
			w.fresh()
			w.mustRun(w.old, up)
			before := w.made()
			w.mustRun(w.new, change)
			after := w.made()
			if !w.canGoBack() {
				continue
			}
			forward := rollback
			forward.Services = w.able()
			w.mustRun(w.new, rollback)
			w.sameAs(before, how+": rollback does not undo the up")
			if w.canGoBack() {
				t.Fatalf("%s: a second rollback finds something to do\n%s", how, w.there())
			}
			w.mustRun(w.new, forward)
			w.sameAs(after, how+": a second rollback by name does not go forward")
			if ended := func(c planner.Container) bool { return !c.Running() }; !slices.ContainsFunc(w.observe().Containers, ended) {
				w.mustBeSettled(w.new, w.after, change) // jobs that are bound to what changed are left to up
			}
		}
	})
}

// TestRollbackGoesOn: whatever action of a rollback the engine dies at, another
// rollback ends it, and does not turn back while a container is left to replace
// or to remove.
func TestRollbackGoesOn(t *testing.T) {
	eachCase(t, func(t *testing.T, w *world) {
		step := 1
		change := []planner.Target{up, replacing}[w.r.IntN(2)]
		for k := 1; ; k += step {
			if !thorough {
				step = 3 + w.r.IntN(8)
			}
			w.fresh()
			w.mustRun(w.old, up)
			before := w.made()
			w.mustRun(w.new, change)
			if !w.canGoBack() {
				return
			}
			w.crashAt(k)
			err := w.run(w.new, rollback, executor.Options{Parallel: 1})
			w.engine.Before = nil
			if err == nil {
				return
			}
			if w.asides() > 0 || w.differsFrom(before) != "" {
				w.mustRun(w.new, rollback)
			}
			w.sameAs(before, "the second rollback does not end the first")
		}
	})
}

// TestOnlyWhatWeGaveIsGoneBackTo: the labels of an image never say what is run.
func TestOnlyWhatWeGaveIsGoneBackTo(t *testing.T) {
	l := newLab(t)
	const bad = `1:{"image":"sha256:0","service":{"image":"app:1","privileged":true}}`
	labels := map[string]string{planner.LabelConfig: bad, planner.LabelPrevious: bad, planner.LabelRolledBack: "true"}
	l.engine.AddImage(planner.Image{Tags: []string{"app:1"}, Labels: labels})
	l.engine.AddImage(planner.Image{Tags: []string{"app:2"}})
	file := "services: {web: {image: \"app:1\"}}\n"
	l.write("compose.yaml", []byte(file))
	if _, err := l.converge(up); err != nil {
		t.Fatal(err)
	}
	plan := l.make(rollback)
	if len(plan.Problems) != 1 || plan.Problems[0].Rule != "rollback-nothing" {
		t.Errorf("rollback goes by the image's labels:\n%s", planner.Text(plan, true))
	}
	// Nor do they hand themselves on to a container of another image.
	l.write("compose.yaml", []byte(strings.Replace(file, "app:1", "app:2", 1)))
	if _, err := l.converge(up); err != nil {
		t.Fatal(err)
	}
	s, err := l.engine.Observe(context.Background(), planner.Query{AllProjects: true})
	if err != nil || len(s.Containers) != 1 {
		t.Fatal(err, len(s.Containers))
	}
	for key, text := range s.Containers[0].Labels {
		if strings.Contains(text, "privileged") {
			t.Errorf("%s is %s", key, text)
		}
	}
}

// TestLargeConfigurations: what is too large to be kept is told when it is
// made, and does not let rollback go further back than that.
func TestLargeConfigurations(t *testing.T) {
	l := newLab(t)
	l.engine.AddImage(planner.Image{Tags: []string{"app:1"}})
	write := func(value string) {
		l.write("compose.yaml", []byte("services: {web: {image: \"app:1\", environment: {A: "+value+"}}}\n"))
	}
	write("one")
	if _, err := l.converge(up); err != nil {
		t.Fatal(err)
	}
	write(strings.Repeat("x", 40<<10))
	plan, err := l.converge(up)
	if err != nil || len(plan.Notes) != 1 || !strings.Contains(plan.Notes[0].Text, "is not kept") {
		t.Fatal(err, plan.Notes)
	}
	write("three")
	if _, err := l.converge(up); err != nil {
		t.Fatal(err)
	}
	if plan := l.make(rollback); len(plan.Problems) != 1 || !strings.Contains(plan.Problems[0].Text, "too large to be kept") {
		t.Errorf("from the third back to the second:\n%s", planner.Text(plan, true))
	}
}

// TestHostileRecords: whatever a label says, rollback makes a plan of it or
// says why not.
func TestHostileRecords(t *testing.T) {
	l := newLab(t)
	l.engine.AddImage(planner.Image{ID: "sha256:1", Tags: []string{"app:1"}})
	l.write("compose.yaml", []byte("services: {web: {image: \"app:1\"}}\n"))
	for _, text := range []string{
		"", "x", "1:", "1:{", "1:[]", "1:null", "2:{}", `1:{"image":"sha256:1"}`, `1:{"image":"sha256:1","service":[]}`, `1:{"image":"sha256:1","service":{"ports":[1]}}`,
		`1:{"image":"sha256:9","service":{}}`, `1:{"image":"sha256:1","service":{"networks":{"a":null}}}`, `1:{"image":"sha256:1","service":{"ulimits":{"a":{"soft":"b"}}}}`,
		`1:{"image":"sha256:1","service":{"command":["` + strings.Repeat("a", 40<<10) + `"]}}`, `1:{"image":"sha256:1","classic":true,"service":{}}`,
		`1:` + strings.Repeat("[", 30<<10),
	} {
		s := planner.State{Answered: planner.Query{Projects: []string{"demo"}, Images: true, ImageConfigs: []string{"", "sha256:9"}}, Images: []planner.Image{{ID: "sha256:1", Tags: []string{"app:1"}}}}
		s.Containers = []planner.Container{planner.ReadLabels(planner.Container{ID: strings.Repeat("a", 64), Name: "demo-web-1", Status: planner.StatusRunning, ImageID: "sha256:1", Labels: map[string]string{
			planner.LabelProject: "demo", planner.LabelService: "web", planner.LabelNumber: "1", planner.LabelConfig: `1:{"image":"sha256:1","service":{}}`, planner.LabelPrevious: text}})}
		plan := planner.Make(l.load(), s, rollback)
		refused := slices.ContainsFunc(plan.Problems, func(p planner.Problem) bool { return strings.HasPrefix(p.Rule, "rollback-") })
		if !refused {
			t.Errorf("%.80s gives the plan\n%s", text, planner.Text(plan, true))
		}
	}
}
