package docker

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/docker/docker/api/types/container"

	"recompose/executor"
	"recompose/planner"
)

// moving is a stand-in's container that goes through states, one for each
// event that is sent.
type moving struct {
	mu     sync.Mutex
	states []container.State // the first is the present one
	looks  int
	opened int
	events chan string // ids; closed: the stream ends
}

func (m *moving) routes() map[string]http.HandlerFunc {
	return map[string]http.HandlerFunc{
		"GET /events": func(w http.ResponseWriter, r *http.Request) {
			m.mu.Lock()
			m.opened++
			events := m.events
			m.mu.Unlock()
			w.Header().Set("Content-Type", "application/json")
			w.(http.Flusher).Flush()
			for {
				select {
				case id, ok := <-events:
					if !ok {
						return
					}
					fmt.Fprintf(w, `{"Type":"container","Actor":{"ID":%q,"Attributes":{"name":"c"}}}`, id)
					w.(http.Flusher).Flush()
				case <-r.Context().Done():
					return
				}
			}
		},
		"GET /containers/{id}/json": func(w http.ResponseWriter, _ *http.Request) {
			m.mu.Lock()
			state := m.states[0]
			if len(m.states) > 1 {
				m.states = m.states[1:]
				m.events <- "0123"
			}
			m.looks++
			m.mu.Unlock()
			answer(200, map[string]any{"Id": "0123", "Name": "/c", "State": state, "Config": map[string]any{"Tty": true}})(w, nil)
		},
		"GET /containers/{id}/logs": answer(200, "the last line\n"),
	}
}

func healthy(status string, probes ...string) container.State {
	s := container.State{Status: container.StateRunning, Running: true, Health: &container.Health{Status: status}}
	for _, p := range probes {
		s.Health.Log = append(s.Health.Log, &container.HealthcheckResult{ExitCode: 1, Output: p})
	}
	return s
}

func TestWaits(t *testing.T) {
	created := container.State{Status: container.StateCreated}
	running := container.State{Status: container.StateRunning, Running: true}
	restarting := container.State{Status: container.StateRestarting, Running: true, Restarting: true, ExitCode: 1}
	exited := func(code int) container.State { return container.State{Status: container.StateExited, ExitCode: code} }
	c := planner.Handle{Name: "c"}
	for name, tc := range map[string]struct {
		states  []container.State
		payload planner.Payload
		want    string // what the error says; empty: none
		looks   int
	}{
		"healthy at once":        {[]container.State{healthy("healthy")}, planner.WaitHealthy{Container: c}, "", 1},
		"becomes healthy":        {[]container.State{created, healthy("starting"), healthy("healthy")}, planner.WaitHealthy{Container: c}, "", 3},
		"becomes unhealthy":      {[]container.State{healthy("starting"), healthy("unhealthy", "first", "no answer")}, planner.WaitHealthy{Container: c}, "last probe (exit code 1): no answer", 2},
		"says its last line":     {[]container.State{healthy("unhealthy")}, planner.WaitHealthy{Container: c}, "the last line", 1},
		"exits instead":          {[]container.State{healthy("starting"), exited(3)}, planner.WaitHealthy{Container: c}, "exited with code 3", 2},
		"no healthcheck":         {[]container.State{running}, planner.WaitHealthy{Container: c}, "has no healthcheck", 1},
		"running will do":        {[]container.State{created, running}, planner.WaitHealthy{Container: c, OrRunning: true}, "", 2},
		"completion will do":     {[]container.State{running, exited(0)}, planner.WaitHealthy{Container: c, OrCompleted: true}, "has no healthcheck", 1},
		"completed":              {[]container.State{created, running, exited(0)}, planner.WaitCompleted{Container: c}, "", 3},
		"failed":                 {[]container.State{running, exited(2)}, planner.WaitCompleted{Container: c}, "exited with code 2", 2},
		"comes back":             {[]container.State{running, restarting, running, exited(0)}, planner.WaitCompleted{Container: c}, "", 4},
		"completion and running": {[]container.State{exited(0)}, planner.WaitHealthy{Container: c, OrRunning: true, OrCompleted: true}, "", 1},
		"out of memory":          {[]container.State{{Status: container.StateExited, ExitCode: 137, OOMKilled: true}}, planner.WaitCompleted{Container: c}, "out of memory", 1},
	} {
		t.Run(name, func(t *testing.T) {
			m := &moving{states: tc.states, events: make(chan string, 8)}
			_, e := newStandIn(t, m.routes())
			err := e.Apply(t.Context(), planner.Action{Payload: tc.payload}, nil)
			switch {
			case tc.want == "" && err != nil:
				t.Fatalf("got %v, want none", err)
			case tc.want != "" && (!errors.Is(err, executor.ErrUnhealthy) || !strings.Contains(err.Error(), tc.want)):
				t.Fatalf("got %v, want it to say %q", err, tc.want)
			}
			if m.looks != tc.looks {
				t.Errorf("looked %d times, want %d", m.looks, tc.looks)
			}
		})
	}
}

// Where the engine runs no healthchecks by itself, waiting runs them.
func TestWaitRunsProbesOfPodman(t *testing.T) {
	m := &moving{states: []container.State{healthy("starting")}, events: make(chan string)}
	routes := m.routes()
	routes["/_ping"] = func(w http.ResponseWriter, _ *http.Request) { pong(w, "Libpod/4.3.1 (linux)", "1.41") }
	routes["GET /v4.0.0/libpod/containers/c/healthcheck"] = func(w http.ResponseWriter, _ *http.Request) {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.states = []container.State{healthy("healthy")}
		answer(200, "{}")(w, nil)
	}
	_, e := newStandIn(t, routes)
	if err := e.Apply(t.Context(), planner.Action{Payload: planner.WaitHealthy{Container: planner.Handle{Name: "c"}}}, nil); err != nil {
		t.Error(err)
	}
}

// All waits share one subscription, and one that ends is replaced.
func TestWaitsShareEvents(t *testing.T) {
	m := &moving{states: []container.State{healthy("starting")}, events: make(chan string)}
	_, e := newStandIn(t, m.routes())
	var waits sync.WaitGroup
	errs := make(chan error, 20)
	for range 20 {
		waits.Go(func() {
			errs <- e.Apply(t.Context(), planner.Action{Payload: planner.WaitHealthy{Container: planner.Handle{Name: "c"}}}, nil)
		})
	}
	m.events <- "other"
	m.mu.Lock()
	old := m.events
	m.events = make(chan string, 1)
	m.states = []container.State{healthy("healthy")}
	m.mu.Unlock()
	close(old) // the stream breaks; what happened meanwhile is looked for
	waits.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			t.Error(err)
		}
	}
	if m.opened > 2 {
		t.Errorf("%d subscriptions, want one, and one more after it broke", m.opened)
	}
}

func TestWaitEnds(t *testing.T) {
	m := &moving{states: []container.State{healthy("starting", "refused")}, events: make(chan string)}
	_, e := newStandIn(t, m.routes())
	wait := func(ctx context.Context, timeout int) error {
		return e.Apply(ctx, planner.Action{Payload: planner.WaitHealthy{Container: planner.Handle{Name: "c"}, Timeout: timeout}}, nil)
	}
	if err := wait(t.Context(), 1); !errors.Is(err, executor.ErrUnhealthy) || !strings.Contains(err.Error(), "is not healthy after 1s") || !strings.Contains(err.Error(), "refused") {
		t.Errorf("timeout: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- wait(ctx, 0) }()
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
}

// An engine that takes the subscription and ends it at once does not keep a
// wait busy for ever.
func TestWaitGivesUpOnEvents(t *testing.T) {
	m := &moving{states: []container.State{healthy("starting")}, events: make(chan string)}
	close(m.events)
	_, e := newStandIn(t, m.routes())
	err := e.Apply(t.Context(), planner.Action{Payload: planner.WaitHealthy{Container: planner.Handle{Name: "c"}}}, nil)
	if err == nil || !strings.Contains(err.Error(), "lost the engine's events") {
		t.Errorf("got %v", err)
	}
	if m.opened != maxLost+1 {
		t.Errorf("%d subscriptions", m.opened)
	}
}
