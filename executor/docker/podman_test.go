package docker

import (
	"encoding/json"
	"io"
	"net/http"
	"testing"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/docker/go-connections/nat"

	"recompose/planner"
	"recompose/planner/create"
)

// Podman knows no cpus in an update, and tells all forms of a limit.
func TestUpdateOnPodman(t *testing.T) {
	var sent struct {
		NanoCpus, CpuQuota, CpuPeriod int64
		PidsLimit                     *int64
	}
	_, e := newStandIn(t, map[string]http.HandlerFunc{
		"POST /containers/web/update": func(w http.ResponseWriter, r *http.Request) {
			if err := json.NewDecoder(r.Body).Decode(&sent); err != nil {
				t.Error(err)
			}
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{}`)
		},
		"GET /containers/web/json": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"Id":"web","HostConfig":{"NanoCpus":500000000,"CpuQuota":50000,"CpuPeriod":100000,"PidsLimit":2048}}`)
		},
	})
	e.known = &facts{podman: true}
	svc := types.ServiceConfig{ContainerSpec: types.ContainerSpec{CPUS: 0.5}}
	a := planner.Action{Op: planner.OpUpdate, Payload: planner.Update{Container: planner.Handle{Name: "web"}, Spec: create.Spec{Service: svc}}}
	if err := e.Apply(t.Context(), a, nil); err != nil {
		t.Error(err)
	}
	if sent.NanoCpus != 0 || sent.CpuQuota != 50000 || sent.CpuPeriod != 100000 || sent.PidsLimit != nil {
		t.Errorf("sent %+v", sent)
	}
}

// A range of host ports gives each replica one that nobody else has; a
// replacement may have that of its predecessor.
func TestPickPorts(t *testing.T) {
	other, old := labelled("other", "p"), labelled("old", "p")
	other["Ports"] = []any{map[string]any{"PublicPort": 50123, "Type": "tcp"}}
	old["Ports"] = []any{map[string]any{"PublicPort": 50125, "Type": "tcp"}}
	old["Labels"] = map[string]string{planner.LabelProject: "p", planner.LabelService: "web"}
	_, e := newStandIn(t, map[string]http.HandlerFunc{"GET /containers/json": answer(200, []any{other, old})})
	labels := map[string]string{planner.LabelProject: "p", planner.LabelService: "web"}
	var got []string
	for range 2 {
		bindings := nat.PortMap{"80/tcp": {{HostPort: "50123-50125"}}, "81/tcp": {{HostPort: "8081"}}}
		if err := e.pickPorts(t.Context(), labels, bindings); err != nil {
			t.Fatal(err)
		}
		got = append(got, bindings["80/tcp"][0].HostPort+" "+bindings["81/tcp"][0].HostPort)
	}
	if got[0] != "50124 8081" || got[1] != "50125 8081" {
		t.Errorf("got %v", got)
	}
	if err := e.pickPorts(t.Context(), labels, nat.PortMap{"80/tcp": {{HostPort: "50123-50125"}}}); err == nil {
		t.Error("no error where none is free")
	}
}
