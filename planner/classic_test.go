package planner_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"recompose/planner"
)

// Where an engine has no links, the names that links gave lead to the same
// containers by the network's aliases.
func TestLinksAsAliases(t *testing.T) {
	l := newLab(t)
	l.engine.Info.LegacyLinks, l.engine.Info.LegacyLinksEnv = false, false
	l.write(l.file, []byte("web:\n  build: .\nbalancer:\n  build: .\n  links: [web, 'web:www']\n"))
	got := map[string][]string{}
	for _, a := range l.make(planner.Target{Goal: planner.GoalUp, Replicas: map[string]int{"web": 2}}).Actions {
		if p, ok := a.Payload.(planner.CreateContainer); ok {
			for _, e := range p.Spec.Networks {
				got[p.Spec.Name+" on "+e.Network] = e.Aliases
			}
		}
	}
	want := map[string][]string{
		"demo_web_1 on demo_default":      {"web", "web_1", "www"},
		"demo_web_2 on demo_default":      {"web", "web_2"},
		"demo_balancer_1 on demo_default": {"balancer", "balancer_1"},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}
