package docker

import (
	"encoding/json"
	"io"
	"net/http"
	"testing"

	"github.com/compose-spec/compose-go/v2/types"

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
