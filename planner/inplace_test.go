package planner_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

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

// mustHaveMarks checks that just the services have a mark that have containers
// whose labels do not say what limits they have.
func (w *world) mustHaveMarks() {
	w.t.Helper()
	want, got := map[string]bool{}, map[string]bool{}
	for _, c := range w.inspected() {
		if c.Role == planner.RoleCurrent && create.LimitsDiffer(c.Fields, c.Live) {
			want[c.Service] = true
		}
	}
	for _, v := range w.observe().Volumes {
		if service := v.Labels[planner.LabelUpdated]; service != "" {
			got[service] = true
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		w.t.Fatalf("marks (-want +got):\n%s%s", diff, w.there())
	}
}
