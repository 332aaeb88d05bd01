package docker

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/docker/docker/api/types/events"
	"github.com/google/go-cmp/cmp"

	"recompose/executor"
	"recompose/planner"
)

func TestDecodeEvent(t *testing.T) {
	labels := map[string]string{
		planner.LabelService: "web", planner.LabelNumber: "3", planner.LabelOneOff: "False", "mine": "yes",
	}
	event := func(action string, more ...string) events.Message {
		a := map[string]string{"name": "shop-web-3", "image": "web"}
		for k, v := range labels {
			a[k] = v
		}
		for i := 0; i < len(more); i += 2 {
			a[more[i]] = more[i+1]
		}
		return events.Message{Action: events.Action(action), Actor: events.Actor{ID: "c1", Attributes: a}, TimeNano: 1e9}
	}
	base := executor.ContainerEvent{Time: time.Unix(1, 0), ID: "c1", Name: "shop-web-3", Service: "web", Number: 3, Labels: labels}
	for _, c := range []struct {
		in   events.Message
		want func(*executor.ContainerEvent)
	}{
		{event("start"), func(e *executor.ContainerEvent) { e.Action = "start" }},
		{event("die", "exitCode", "137"), func(e *executor.ContainerEvent) { e.Action, e.ExitCode = "die", 137 }},
		{event("health_status: healthy"), func(e *executor.ContainerEvent) { e.Action, e.Health = "health_status", planner.HealthHealthy }},
		{event("health_status: unhealthy"), func(e *executor.ContainerEvent) { e.Action, e.Health = "health_status", planner.HealthUnhealthy }},
		{event("exec_create: sh -c true"), func(e *executor.ContainerEvent) { e.Action = "exec_create: sh -c true" }},
		{event("kill", "signal", "15"), func(e *executor.ContainerEvent) { e.Action = "kill" }},
	} {
		want := base
		want.Facts = map[string]string{}
		for k, v := range c.in.Actor.Attributes {
			if labels[k] == "" {
				want.Facts[k] = v
			}
		}
		c.want(&want)
		if diff := cmp.Diff(want, decodeEvent(c.in)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.in.Action, diff)
		}
	}
	if got := decodeEvent(events.Message{Action: "start", Time: 7, Actor: events.Actor{Attributes: map[string]string{planner.LabelOneOff: "True"}}}); !got.OneOff || got.Time.Unix() != 7 {
		t.Errorf("of an older engine: %+v", got)
	}
}

func TestWatchEndsWithItsContext(t *testing.T) {
	_, e := newStandIn(t, map[string]http.HandlerFunc{"GET /events": func(w http.ResponseWriter, r *http.Request) {
		if got, want := r.URL.Query().Get("filters"), `{"label":{"com.docker.compose.project=shop":true},"type":{"container":true}}`; got != want {
			t.Errorf("filters %s, want %s", got, want)
		}
		answer(http.StatusOK, `{"Action":"start","Actor":{"ID":"c1"}}`)(w, r)
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var seen []string
	err := e.Watch(ctx, "shop", executor.Span{}, func(ev executor.ContainerEvent) {
		seen = append(seen, ev.Action+" "+ev.ID)
		cancel()
	})
	if err != nil {
		t.Errorf("ended by its context: %v", err)
	}
	if diff := cmp.Diff([]string{"start c1"}, seen); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestWatchSpan: a span that has an end ends the watching without an error.
func TestWatchSpan(t *testing.T) {
	asked := make(chan string, 1)
	_, e := newStandIn(t, map[string]http.HandlerFunc{"GET /events": func(_ http.ResponseWriter, r *http.Request) {
		asked <- r.URL.Query().Get("since") + " " + r.URL.Query().Get("until")
	}})
	span := executor.Span{Since: "2026-01-02T03:04:05Z", Until: "2026-01-02T03:04:06Z"}
	if err := e.Watch(t.Context(), "shop", span, func(executor.ContainerEvent) {}); err != nil {
		t.Error(err)
	}
	if got := <-asked; got != "1767323045.000000000 1767323046.000000000" {
		t.Errorf("asked for %q", got)
	}
}

func TestWatchTellsThatTheEngineIsGone(t *testing.T) {
	_, e := newStandIn(t, map[string]http.HandlerFunc{"GET /events": answer(http.StatusOK, "")})
	err := e.Watch(t.Context(), "shop", executor.Span{}, func(executor.ContainerEvent) {})
	if err == nil || errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
