package docker

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"recompose/planner"
)

func labelled(name, project string) map[string]any {
	labels := map[string]string{}
	if project != "" {
		labels[planner.LabelProject] = project
	}
	return map[string]any{"Id": "id-" + name, "Name": name, "Names": []string{"/" + name}, "Labels": labels, "State": "running"}
}

// lists is an engine with two projects and things of nobody.
func lists() map[string]http.HandlerFunc {
	all := []any{labelled("a", "p"), labelled("b", "q"), labelled("c", "")}
	return map[string]http.HandlerFunc{
		"GET /containers/json": answer(200, all), "GET /networks": answer(200, all),
		"GET /volumes": answer(200, map[string]any{"Volumes": append(slices.Clone(all), nil)}), "GET /images/json": answer(200, []any{map[string]any{"Id": "i1"}}),
		"GET /info": answer(200, map[string]any{"NCPU": 3}),
	}
}

func TestObserveSelects(t *testing.T) {
	names := func(s planner.State) map[string][]string {
		out := map[string][]string{}
		for _, c := range s.Containers {
			out["containers"] = append(out["containers"], c.Name)
		}
		for _, c := range s.Foreign {
			out["foreign"] = append(out["foreign"], c.Name)
		}
		for _, n := range s.Networks {
			out["networks"] = append(out["networks"], n.Name)
		}
		for _, v := range s.Volumes {
			out["volumes"] = append(out["volumes"], v.Name)
		}
		return out
	}
	for name, c := range map[string]struct {
		q        planner.Query
		want     map[string][]string
		requests int
	}{
		"nothing":     {planner.Query{}, map[string][]string{}, 0},
		"one project": {planner.Query{Projects: []string{"p"}}, map[string][]string{"containers": {"a"}, "networks": {"a"}, "volumes": {"a"}}, 3},
		"by name": {planner.Query{Projects: []string{"q"}, Networks: []string{"c"}, Volumes: []string{"a"}},
			map[string][]string{"containers": {"b"}, "networks": {"b", "c"}, "volumes": {"a", "b"}}, 3},
		"foreign": {planner.Query{Projects: []string{"p"}, Foreign: true},
			map[string][]string{"containers": {"a"}, "foreign": {"b", "c"}, "networks": {"a"}, "volumes": {"a"}}, 3},
		"all projects": {planner.Query{AllProjects: true}, map[string][]string{"containers": {"a", "b"}, "networks": {"a", "b"}, "volumes": {"a", "b"}}, 3},
		"info":         {planner.Query{Info: true}, map[string][]string{}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			s, e := newStandIn(t, lists())
			state, err := e.Observe(t.Context(), c.q)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, names(state)); d != "" {
				t.Error(d)
			}
			if d := cmp.Diff(c.q, state.Answered); d != "" {
				t.Error(d)
			}
			if got := s.asked(); len(got) != c.requests {
				t.Errorf("%d requests, want %d: %v", len(got), c.requests, got)
			}
			if c.q.Info && state.Engine.CPUs != 3 {
				t.Errorf("engine %+v", state.Engine)
			}
		})
	}
}

// Podman's lists name a network in the place of its id, and only its own one
// tells the health of containers.
func TestObservePodman(t *testing.T) {
	c := labelled("web", "p")
	c["Image"], c["State"], c["Status"] = "localhost/p-web:latest", "running", "Up 2 minutes"
	c["NetworkSettings"] = map[string]any{"Networks": map[string]any{"net": map[string]string{"NetworkID": "net"}}}
	_, e := newStandIn(t, map[string]http.HandlerFunc{
		"/_ping":               func(w http.ResponseWriter, _ *http.Request) { pong(w, "Libpod/4.3.1 (linux)", "1.41") },
		"GET /containers/json": answer(200, []any{c}), "GET /networks": answer(200, []any{labelled("net", "p")}), "GET /volumes": answer(200, "{}"),
		"GET /v4.0.0/libpod/containers/json": answer(200, []any{map[string]string{"Id": "other", "Status": "healthy"}, map[string]string{"Id": c["Id"].(string), "Status": "unhealthy"}}),
	})
	s, err := e.Observe(t.Context(), planner.Query{Projects: []string{"p"}})
	if err != nil {
		t.Fatal(err)
	}
	got := s.Containers[0]
	if got.Health != planner.HealthUnhealthy || got.StatusText != "Up 2 minutes (unhealthy)" {
		t.Errorf("health %s, %s", got.Health, got.StatusText)
	}
	if got.Image != "p-web:latest" || got.Networks[0].NetworkID != "id-net" {
		t.Errorf("image %s, networks %+v", got.Image, got.Networks)
	}
}

// A container that the engine is still making is listed without networks, and
// nothing finds it: it counts once it is made.
func TestObserveWaitsForWhatIsBeingMade(t *testing.T) {
	entry := func(networks map[string]any) []any {
		return []any{map[string]any{"Id": "1", "Names": []string{"/p-web-1"}, "State": "created",
			"Labels": map[string]string{planner.LabelProject: "p", planner.LabelService: "web"}, "NetworkSettings": map[string]any{"Networks": networks}}}
	}
	asked := 0
	_, e := newStandIn(t, map[string]http.HandlerFunc{
		"GET /containers/json": func(w http.ResponseWriter, r *http.Request) {
			if asked < 2 {
				answer(200, entry(nil))(w, r)
				return
			}
			answer(200, entry(map[string]any{"p_default": map[string]any{"NetworkID": "n"}}))(w, r)
		},
		"GET /containers/1/json": func(w http.ResponseWriter, r *http.Request) {
			asked++
			refusal(404, "No such container: 1")(w, r)
		},
		"GET /networks": answer(200, "[]"), "GET /volumes": answer(200, "{}"),
	})
	s, err := e.Observe(t.Context(), planner.Query{Projects: []string{"p"}})
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Containers) != 1 || len(s.Containers[0].Networks) != 1 || asked != 2 {
		t.Errorf("after %d questions: %+v", asked, s.Containers)
	}
}

// A filter asks the engine for as little as one request can say.
func TestObserveFilters(t *testing.T) {
	var query string
	_, e := newStandIn(t, map[string]http.HandlerFunc{
		"GET /containers/json": func(w http.ResponseWriter, r *http.Request) {
			query = r.URL.Query().Get("filters")
			answer(200, "[]")(w, r)
		},
		"GET /networks": answer(200, "[]"), "GET /volumes": answer(200, "{}"),
	})
	for _, c := range []struct {
		projects []string
		want     string
	}{
		{[]string{"p"}, `{"label":{"com.docker.compose.project=p":true}}`},
		{[]string{"p", "q"}, `{"label":{"com.docker.compose.project":true}}`},
	} {
		if _, err := e.Observe(t.Context(), planner.Query{Projects: c.projects}); err != nil {
			t.Fatal(err)
		}
		if query != c.want {
			t.Errorf("filters %s, want %s", query, c.want)
		}
	}
}

// Each image is inspected once, however often and by whatever it is wanted.
func TestObserveInspectsImagesOnce(t *testing.T) {
	routes := lists()
	routes["GET /images/{ref}/json"] = func(w http.ResponseWriter, r *http.Request) {
		if r.PathValue("ref") == "gone" {
			refusal(404, "No such image: gone")(w, r)
			return
		}
		answer(200, map[string]any{"Id": "i1", "Config": map[string]any{"Env": []string{"A=1"}, "Volumes": map[string]any{"/data": nil}, "Healthcheck": map[string]any{"Test": []string{"CMD", "x"}}}})(w, r)
	}
	routes["GET /containers/{id}/json"] = func(w http.ResponseWriter, r *http.Request) {
		if r.PathValue("id") == "id-gone" {
			refusal(404, "No such container")(w, r)
			return
		}
		answer(200, map[string]any{"Id": r.PathValue("id"), "Name": "/a", "Image": "i1", "Config": map[string]any{"Env": []string{"A=1", "B=2"}}, "HostConfig": map[string]any{}})(w, r)
	}
	s, e := newStandIn(t, routes)
	state, err := e.Observe(t.Context(), planner.Query{Projects: []string{"p"}, ImageConfigs: []string{"i1", "gone", "i1"}, Inspect: []string{"id-a", "id-gone"}})
	if err != nil {
		t.Fatal(err)
	}
	want := &planner.ImageConfig{Env: []string{"A=1"}, Volumes: []string{"/data"}, Healthcheck: true}
	if d := cmp.Diff(want, state.Images[0].Config); d != "" {
		t.Error(d)
	}
	if c := state.Containers[0]; !c.Adopted || c.Fields["environment.B"] == "" || c.Fields["environment.A"] != "" || c.Fields["?environment.A"] == "" {
		t.Errorf("fields %v, adopted %v", c.Fields, c.Adopted)
	}
	inspected := 0
	for _, r := range s.asked() {
		if r == "GET /images/i1/json" {
			inspected++
		}
	}
	if inspected != 1 {
		t.Errorf("image inspected %d times: %v", inspected, s.asked())
	}
}

// What a container failed of is looked up: its exit code and its health say the
// same of one that was stopped.
func TestObserveFailing(t *testing.T) {
	for body, want := range map[string]bool{
		`"State": {"ExitCode": 137}`:                                                                            false,
		`"State": {"ExitCode": 137, "OOMKilled": true}`:                                                         true,
		`"State": {"ExitCode": 0, "Health": {"Status": "unhealthy", "FailingStreak": 0}}`:                       false,
		`"State": {"ExitCode": 0, "Health": {"Status": "unhealthy", "FailingStreak": 2}}`:                       false,
		`"State": {"ExitCode": 0, "Health": {"Status": "unhealthy", "FailingStreak": 3}}`:                       true,
		`"State": {"Health": {"FailingStreak": 1}}, "Config": {"Healthcheck": {"Test": ["CMD"], "Retries": 1}}`: true,
		`"State": null`: false,
	} {
		routes := lists()
		routes["GET /containers/{id}/json"] = func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"Id": "`+r.PathValue("id")+`", `+body+`}`)
		}
		_, e := newStandIn(t, routes)
		s, err := e.Observe(t.Context(), planner.Query{Projects: []string{"p"}, Live: []string{"id-a"}})
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Containers[0].Failing; got != want {
			t.Errorf("%s: failing is %v", body, got)
		}
	}
}

// Whatever an engine answers, observing it ends without a panic.
func TestObserveHostile(t *testing.T) {
	long := strings.Repeat("x", 1<<20)
	for name, body := range map[string]string{
		"null":        "null",
		"null entry":  "[null]",
		"object":      "{}",
		"not JSON":    "<html>",
		"cut off":     `[{"Id":"a"`,
		"empty":       "",
		"empty entry": "[{}]",
		"nulls": fmt.Sprintf(`[{"Id":null,"Names":null,"Name":null,"Labels":null,"HostConfig":null,"NetworkSettings":null,"Mounts":null,"Ports":null,
			"Created":-9223372036854775808,"RepoTags":null}, {"Id":"x","Names":["","/","//"],"Labels":{%q:"p",%q:"-1e9"}}]`, planner.LabelProject, planner.LabelNumber),
		"absurd": fmt.Sprintf(`[{"Id":%q,"Names":[%q],"Name":%q,"Status":%q,"Labels":{%q:"p",%q:%q}}]`, long, long, long, long, planner.LabelProject, planner.LabelFields, "1:{"+long),
	} {
		t.Run(name, func(t *testing.T) {
			_, e := newStandIn(t, map[string]http.HandlerFunc{
				"GET /containers/json": answer(200, body), "GET /networks": answer(200, body), "GET /volumes": answer(200, `{"Volumes":`+body+`}`),
				"GET /images/json": answer(200, body), "GET /info": answer(200, body),
			})
			for _, q := range []planner.Query{{Projects: []string{"p"}, Foreign: true}, {Images: true}, {Info: true}, {Volumes: []string{"x"}}} {
				_, _ = e.Observe(t.Context(), q) // an error is as good as an answer
			}
		})
	}
}
