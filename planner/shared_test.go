package planner_test

import (
	"slices"
	"strings"
	"testing"

	"recompose/planner"
)

// Where the engine keeps containers whose namespaces others share, a container
// goes after those, or stays as long as they do.
func TestSharedContainersGoLast(t *testing.T) {
	l := newLab(t)
	l.engine.Info.KeepsShared = true
	l.engine.AddImage(planner.Image{Tags: []string{"app:1"}})
	write := func(version string) {
		l.write(l.file, []byte("services:\n  web: {image: \"app:1\", environment: {V: \""+version+"\"}}\n  side: {image: \"app:1\", network_mode: \"service:web\"}\n"))
	}
	removed := func(services ...string) []string {
		t.Helper()
		plan, err := l.converge(planner.Target{Goal: planner.GoalUp, Services: services})
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, a := range plan.Actions {
			if a.Op == planner.OpRemove {
				names = append(names, a.Ref.Service)
			}
		}
		return names
	}
	write("1")
	removed()
	write("2")
	if got := removed(); !slices.Equal(got, []string{"side", "web"}) {
		t.Errorf("removed in this order: %s", strings.Join(got, ", "))
	}
	write("3")
	if got := removed("web"); len(got) > 0 {
		t.Errorf("removed with up web: %s", strings.Join(got, ", "))
	}
	if got := removed(); !slices.Equal(got, []string{"side", "web"}) {
		t.Errorf("removed by the next up: %s", strings.Join(got, ", "))
	}
}
