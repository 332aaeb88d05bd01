package planner_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"recompose/executor"
	"recompose/loader"
	"recompose/planner"
	"recompose/planner/create"
)

// inspected are the containers with what their limits really are.
func (w *world) inspected() []planner.Container {
	w.t.Helper()
	var ids []string
	for _, c := range w.observe().Containers {
		ids = append(ids, c.ID)
	}
	s, err := w.engine.Observe(context.Background(), planner.Query{AllProjects: true, Live: ids})
	if err != nil {
		w.t.Fatal(err)
	}
	return s.Containers
}

// limits are the digests of limits and restart policies that containers have,
// by id, whatever their labels say.
func (w *world) limits() map[string]string {
	w.t.Helper()
	out := map[string]string{}
	for _, c := range w.inspected() {
		out[c.ID] = fmt.Sprint(c.Live)
	}
	return out
}

// TestLimitsThereAndBack: whichever files were there before, containers have
// the limits that the files of now give to new ones, also where the files are
// again what the labels of containers changed in place say.
func TestLimitsThereAndBack(t *testing.T) {
	updated := 0
	eachCase(t, func(t *testing.T, w *world) {
		limited := w.before.limited(w.r) // differs in nothing else
		w.write("compose.yaml", []byte(limited.yaml()))
		other := w.load()
		w.mustRun(w.old, up)
		w.mustHaveMarks()
		s, err := w.engine.Observe(context.Background(), planner.NewQuery(w.old, up))
		if err != nil {
			t.Fatal(err)
		}
		if needs := planner.Make(w.old, s, up).Needs.Live; len(needs) > 0 {
			t.Fatal("containers without a mark are inspected:", needs)
		}
		want := w.limitsByService()
		before := w.containerIDs()
		w.mustRun(other, up)
		w.mustBeSettled(other, limited, up)
		w.mustHaveMarks()
		if slices.Equal(before, w.containerIDs()) && w.before.yaml() != limited.yaml() {
			updated++
		}
		w.mustRun(w.old, up)
		w.mustBeSettled(w.old, w.before, up)
		w.mustHaveMarks()
		if diff := cmp.Diff(want, w.limitsByService()); diff != "" {
			t.Fatalf("there and back, limits differ (-want +got):\n%s\nthere:\n%s", diff, limited.yaml())
		}
	})
	if updated == 0 && !t.Failed() {
		t.Error("no case has changed anything in place only")
	}
}

// TestRollbackOfLimits: of limits that have changed twice, rollback takes back
// the last change only, wherever it is cut off and begun again.
func TestRollbackOfLimits(t *testing.T) {
	updated := 0
	eachCase(t, func(t *testing.T, w *world) {
		versions := []*loader.Project{w.old}
		for files := w.before; len(versions) < 3; {
			files = files.limited(w.r)
			w.write("compose.yaml", []byte(files.yaml()))
			versions = append(versions, w.load())
		}
		w.new = versions[2]
		back := rollback
		for name, svc := range versions[2].Model.Services {
			if was := versions[1].Model.Services[name]; svc.GetScale() > 0 && (was.Restart != svc.Restart || was.MemLimit != svc.MemLimit) {
				back.Services = append(back.Services, name)
			}
		}
		if len(back.Services) == 0 {
			return
		}
		for k := 1; ; k++ {
			w.fresh()
			w.mustRun(versions[0], up)
			w.mustRun(versions[1], up)
			want := w.made()
			w.mustRun(versions[2], up)
			w.crashAt(k)
			err := w.run(w.new, back, executor.Options{Parallel: 1})
			w.engine.Before = nil
			if err != nil && (w.asides() > 0 || w.differsFrom(want) != "") {
				w.mustRun(w.new, back)
			}
			w.sameAs(want, "rollback does not take back the last change")
			if err == nil {
				updated++
				return
			}
		}
	})
	if updated == 0 && !t.Failed() {
		t.Error("no case has changed limits")
	}
}

// TestLostMark: a mark that somebody has removed, or that says nothing, is made
// again by the next up; until then rollback goes to what the labels say.
func TestLostMark(t *testing.T) {
	for name, left := range map[string]map[string]string{"removed": nil, "empty": {planner.LabelProject: "demo", planner.LabelUpdated: "web"}} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			l.engine.AddImage(planner.Image{Tags: []string{"app:1"}})
			for _, limit := range []string{"64m", "96m"} {
				l.write("compose.yaml", []byte("services: {web: {image: \"app:1\", mem_limit: "+limit+"}}\n"))
				if _, err := l.converge(up); err != nil {
					t.Fatal(err)
				}
			}
			marks := func() (names []string) {
				s, err := l.engine.Observe(t.Context(), planner.Query{AllProjects: true})
				if err != nil {
					t.Fatal(err)
				}
				for _, v := range s.Volumes {
					names = append(names, v.Name)
				}
				return names
			}
			made := marks()
			for _, mark := range made {
				remove := planner.Action{Op: planner.OpRemove, Ref: planner.Ref{Kind: planner.KindVolume}, Payload: planner.Remove{ID: mark}}
				if err := l.engine.Apply(t.Context(), remove, func(executor.Progress) {}); err != nil {
					t.Fatal(err)
				}
			}
			if left != nil {
				l.engine.AddVolume(planner.Volume{Name: "recompose.updated.demo.web", Project: "demo", Labels: left})
				if plan := l.make(rollback); len(plan.Problems) > 0 {
					t.Errorf("rollback finds nothing: %v", plan.Problems)
				}
			}
			if _, err := l.converge(up); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(made, marks()); diff != "" || len(made) != 1 {
				t.Errorf("marks (-before +after):\n%s", diff)
			}
			if plan := l.make(rollback); len(plan.Problems) > 0 {
				t.Errorf("rollback finds nothing: %v", plan.Problems)
			}
		})
	}
}

func (w *world) containerIDs() (out []string) {
	for _, c := range w.observe().Containers {
		out = append(out, c.ID)
	}
	slices.Sort(out)
	return out
}

func (w *world) limitsByService() (out []string) {
	for _, c := range w.inspected() {
		out = append(out, fmt.Sprint(c.Service, " ", c.Live))
	}
	slices.Sort(out)
	return out
}

// mustHaveMarks checks that services have a mark whose containers' labels do not
// say what limits they have, and that all marks do say it.
func (w *world) mustHaveMarks() {
	w.t.Helper()
	marks := map[string][]map[string]string{}
	for _, v := range w.observe().Volumes {
		if service := v.Labels[planner.LabelUpdated]; service != "" {
			fields, err := create.DecodeFields(v.Labels[planner.LabelFields])
			if err != nil {
				w.t.Fatal(v.Name, err)
			}
			marks[service] = append(marks[service], fields)
		}
	}
	said := map[string]bool{}
	for _, c := range w.inspected() {
		as := func(fields map[string]string) bool {
			return !create.LimitsDiffer(create.WithLive(c.Fields, c.Live), create.WithLive(fields, c.Live))
		}
		switch marked := slices.ContainsFunc(marks[c.Service], as); {
		case c.Role == planner.RoleCurrent && !marked && create.LimitsDiffer(c.Fields, c.Live):
			w.t.Fatalf("no mark says what limits %s has\n%s", c.Name, w.there())
		case marked:
			said[c.Service] = true
		}
	}
	for service, all := range marks {
		if len(all) > 1 || !said[service] {
			w.t.Fatalf("%s has %d marks, and containers are as one says: %v\n%s", service, len(all), said[service], w.there())
		}
	}
}
