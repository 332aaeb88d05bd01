package docker

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/types"

	"recompose/executor"
	"recompose/planner"
	"recompose/planner/create"
)

// TestUpdate: the request has the limits, warnings are told, and a limit that
// the engine only says it took is an error.
func TestUpdate(t *testing.T) {
	for name, c := range map[string]struct {
		status   int
		answer   string
		host     string
		want     string // part of the error; empty: none
		warnings int
	}{
		"taken over": {http.StatusOK, `{"Warnings":["no swap here"]}`, `{"Memory":100,"MemorySwap":-1,"RestartPolicy":{"Name":"always"}}`, "", 1},
		"dropped":    {http.StatusOK, `{"Warnings":null}`, `{"Memory":0,"RestartPolicy":{"Name":"always"}}`, "did not take over mem_limit", 0},
		"refused":    {http.StatusConflict, `{"message":"Cannot update container x"}`, "", "Cannot update container x; it stays as it was (up --no-in-place replaces it)", 0},
	} {
		t.Run(name, func(t *testing.T) {
			var body []byte
			_, e := newStandIn(t, map[string]http.HandlerFunc{
				"POST /containers/web/update": func(w http.ResponseWriter, r *http.Request) {
					body, _ = io.ReadAll(r.Body) // what is missing fails below
					w.Header().Set("Content-Type", "application/json")
					w.WriteHeader(c.status)
					_, _ = io.WriteString(w, c.answer)
				},
				"GET /containers/web/json": func(w http.ResponseWriter, _ *http.Request) {
					_, _ = io.WriteString(w, `{"Id":"web","HostConfig":`+c.host+`}`)
				},
			})
			svc := types.ServiceConfig{Restart: "always", ContainerSpec: types.ContainerSpec{MemLimit: 100}}
			a := planner.Action{Op: planner.OpUpdate, Payload: planner.Update{Container: planner.Handle{Name: "web"}, Spec: create.Spec{Service: svc}}}
			warnings := 0
			err := e.Apply(t.Context(), a, func(executor.Progress) { warnings++ })
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
			if warnings != c.warnings {
				t.Errorf("%d warnings were told, want %d", warnings, c.warnings)
			}
			var sent struct {
				Memory, MemorySwap int64
				RestartPolicy      struct{ Name string }
			}
			if err := json.Unmarshal(body, &sent); err != nil || sent.Memory != 100 || sent.MemorySwap != 200 || sent.RestartPolicy.Name != "always" {
				t.Errorf("sent %s (%v)", body, err)
			}
		})
	}
}
