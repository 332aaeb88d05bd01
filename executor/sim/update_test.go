package sim_test

import (
	"context"
	"testing"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/google/go-cmp/cmp"

	"recompose/executor/sim"
	"recompose/planner"
	"recompose/planner/create"
)

func limited(change func(*types.ServiceConfig)) func(*create.Spec) {
	return func(s *create.Spec) { change(&s.Service) }
}

func updating(name string, change func(*types.ServiceConfig)) planner.Update {
	return planner.Update{Container: on(name), Spec: spec(name, limited(change)).Spec}
}

func (b bench) live(name string) map[string]string {
	b.t.Helper()
	id := b.container(name).ID
	s, err := b.Observe(context.Background(), planner.Query{AllProjects: true, Live: []string{id}})
	if err != nil || len(s.Containers) != 1 {
		b.t.Fatalf("%d containers, %v", len(s.Containers), err)
	}
	return s.Containers[0].Live
}

// TestUpdate: what is set changes, what is not stays, and what the engine
// refuses changes nothing.
func TestUpdate(t *testing.T) {
	b := newBench(t)
	b.Behave("web", sim.Behavior{Memory: 40 << 20})
	b.must(spec("web", limited(func(s *types.ServiceConfig) { s.MemLimit, s.CPUS = 64<<20, 0.5 })), planner.Start{Container: on("web")})
	before := b.live("web")
	for words, change := range map[string]func(*types.ServiceConfig){
		"minimum":         func(s *types.ServiceConfig) { s.MemLimit = 1 << 20 },
		"below the mem":   func(s *types.ServiceConfig) { s.MemLimit, s.MemReservation = 64<<20, 65<<20 },
		"below that of":   func(s *types.ServiceConfig) { s.MemLimit, s.MemSwapLimit = 64<<20, 63<<20 },
		"needs one of":    func(s *types.ServiceConfig) { s.MemSwapLimit = 64 << 20 },
		"beside cpus":     func(s *types.ServiceConfig) { s.CPUQuota = 1000 },
		"resource busy":   func(s *types.ServiceConfig) { s.MemLimit = 32 << 20 },
		"no number of at": func(s *types.ServiceConfig) { s.Restart = "always:3" },
	} {
		b.refused(b.try(updating("web", change)), words, nil)
		if diff := cmp.Diff(before, b.live("web")); diff != "" {
			t.Fatalf("%s: refused, and changed all the same:\n%s", words, diff)
		}
	}
	b.must(updating("web", func(s *types.ServiceConfig) { s.MemLimit, s.Restart = 128<<20, "on-failure:3" }))
	after := b.live("web")
	if after["cpus"] != before["cpus"] || after["mem_limit"] == before["mem_limit"] || after["restart"] == "" {
		t.Errorf("before %v, after %v", before, after)
	}
	b.must(updating("web", func(s *types.ServiceConfig) { s.MemLimit = 64 << 20 }))
	if diff := cmp.Diff(before, b.live("web")); diff != "" {
		t.Errorf("there and back (-want +got):\n%s", diff)
	}

	auto := spec("auto", func(s *create.Spec) { s.AutoRemove = true })
	b.must(auto)
	b.refused(b.try(updating("auto", func(s *types.ServiceConfig) { s.Restart = "always" })), "no restart policy", nil)
	b.Info.Updates = false
	b.refused(b.try(updating("web", func(*types.ServiceConfig) {})), "cannot update", nil)
}
