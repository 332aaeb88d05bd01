package docker

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/google/go-cmp/cmp"

	"recompose/executor"
	"recompose/planner"
	"recompose/planner/create"
)

// done applies an action to a stand-in.
func done(t *testing.T, routes map[string]http.HandlerFunc, a planner.Action) error {
	t.Helper()
	_, e := newStandIn(t, routes)
	return e.Apply(t.Context(), a, nil)
}

// Refusals of the engine are told in words, and by kind.
func TestApplyErrors(t *testing.T) {
	const secret = "hunter2-hunter2"
	svc := types.ServiceConfig{Name: "web"}
	svc.Environment = types.MappingWithEquals{"PASSWORD": new(string)}
	*svc.Environment["PASSWORD"] = secret
	createWeb := planner.Action{Op: planner.OpCreateContainer, Payload: planner.CreateContainer{Spec: create.Spec{Service: svc, Name: "p-web-1", Image: "web:1"}}}
	start := planner.Action{Op: planner.OpStart, Payload: planner.Start{Container: planner.Handle{Name: "c"}}}
	remove := func(kind planner.Kind) planner.Action {
		return planner.Action{Op: planner.OpRemove, Ref: planner.Ref{Kind: kind}, Payload: planner.Remove{ID: "x"}}
	}
	kill := func(signal string) planner.Action {
		return planner.Action{Op: planner.OpKill, Payload: planner.Kill{Container: planner.Handle{ID: "c"}, Signal: signal}}
	}
	for name, c := range map[string]struct {
		action planner.Action
		route  string
		status int
		says   string
		want   string // empty: no error
		kind   error
	}{
		"no image": {createWeb, "POST /containers/create", 404, "No such image: web:1", "service web: the engine has no image web:1", executor.ErrNotFound},
		"name": {createWeb, "POST /containers/create", 409, `Conflict. The container name "/p-web-1" is already in use by container "1".`,
			"already in use", executor.ErrConflict},
		"value in message": {createWeb, "POST /containers/create", 400, "invalid environment variable: PASSWORD=" + secret, "PASSWORD=(hidden)", nil},
		"published": {start, "POST /containers/c/start", 500, "driver failed programming external connectivity on endpoint x: Bind for 0.0.0.0:80 failed: port is already allocated",
			"port 0.0.0.0:80 of the host is published by another container", nil},
		"port in use": {start, "POST /containers/c/start", 500, "Error starting userland proxy: listen tcp4 0.0.0.0:80: bind: address already in use",
			"port 0.0.0.0:80 of the host is in use by another program", nil},
		"port in use, Docker 28": {start, "POST /containers/c/start", 500, "failed to set up container networking: driver failed programming external connectivity on endpoint x (e): failed to bind host port for 127.0.0.1:8080:172.18.0.2:80/tcp: address already in use",
			"port 127.0.0.1:8080 of the host is in use by another program", nil},
		"port in use, Docker 29": {start, "POST /containers/c/start", 500, "failed to set up container networking: driver failed programming external connectivity on endpoint x (e): failed to bind host port [::]:8080/tcp: address already in use",
			"port [::]:8080 of the host is in use by another program", nil},
		"no command": {start, "POST /containers/c/start", 400, `OCI runtime create failed: container_linux.go:380: starting container process caused: exec: "serve": executable file not found in $PATH: unknown`,
			`no command "serve"`, nil},
		"no init program": {createWeb, "POST /containers/create", 500, `exec: "catatonit": executable file not found in $PATH`,
			"no catatonit, which init: true needs", nil},
		"no init program, Docker": {start, "POST /containers/c/start", 400, `exec: "docker-init": executable file not found in $PATH: unknown`,
			"no docker-init, which init: true needs", nil},
		"gone before start":      {start, "POST /containers/c/start", 404, "No such container: c", "No such container", executor.ErrNotFound},
		"container gone":         {remove(planner.KindContainer), "DELETE /containers/x", 404, "No such container: x", "", nil},
		"network gone":           {remove(planner.KindNetwork), "DELETE /networks/x", 404, "network x not found", "", nil},
		"volume gone":            {remove(planner.KindVolume), "DELETE /volumes/x", 404, "get x: no such volume", "", nil},
		"volume in use":          {remove(planner.KindVolume), "DELETE /volumes/x", 409, "remove x: volume is in use - [1]", "volume is in use", nil},
		"running container":      {remove(planner.KindContainer), "DELETE /containers/x", 409, "You cannot remove a running container x.", "running container", nil},
		"killed already":         {kill("SIGKILL"), "POST /containers/c/kill", 409, "Cannot kill container: c: Container c is not running", "", nil},
		"killed already, Podman": {kill("SIGKILL"), "POST /containers/c/kill", 409, "can only kill running containers. c is in state stopped: container state improper", "", nil},
		"signal to nobody":       {kill("HUP"), "POST /containers/c/kill", 409, "Cannot kill container: c: Container c is not running", "not running", nil},
		"stopped and gone":       {planner.Action{Payload: planner.Stop{Container: planner.Handle{ID: "c"}}}, "POST /containers/c/stop", 404, "No such container: c", "", nil},
		"stopped already":        {planner.Action{Payload: planner.Stop{Container: planner.Handle{ID: "c"}}}, "POST /containers/c/stop", 304, "", "", nil},
		"disconnected":           {planner.Action{Payload: planner.Disconnect{Container: planner.Handle{ID: "c"}, NetworkID: "n"}}, "POST /networks/n/disconnect", 403, "container c is not connected to network n", "", nil},
		"image in use":           {planner.Action{Payload: planner.RemoveImage{Image: "i"}}, "DELETE /images/i", 409, "conflict: unable to remove repository reference", "", nil},
		"new name taken":         {planner.Action{Payload: planner.Rename{Container: planner.Handle{ID: "c"}, To: "d"}}, "POST /containers/c/rename", 409, `Conflict. The container name "/d" is already in use by container "1".`, "already in use", executor.ErrConflict},
		"network name taken":     {planner.Action{Payload: planner.CreateNetwork{Name: "n"}}, "POST /networks/create", 409, "network with name n already exists", "already exists", executor.ErrConflict},
		"subnet overlaps":        {planner.Action{Payload: planner.CreateNetwork{Name: "n"}}, "POST /networks/create", 403, "Pool overlaps with other one on this address space", "its subnet overlaps", nil},
	} {
		t.Run(name, func(t *testing.T) {
			there := func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"Id":"1"}`) } // who has the name
			err := done(t, map[string]http.HandlerFunc{
				c.route: refusal(c.status, c.says), "GET /containers/p-web-1/json": there, "GET /containers/d/json": there,
			}, c.action)
			switch {
			case c.want == "" && err != nil:
				t.Fatalf("got %v, want none", err)
			case c.want == "":
				return
			case err == nil || !strings.Contains(err.Error(), c.want):
				t.Fatalf("got %v, want it to say %q", err, c.want)
			case c.kind != nil && !errors.Is(err, c.kind):
				t.Errorf("%v is not %v", err, c.kind)
			case c.kind == nil && (errors.Is(err, executor.ErrConflict) || errors.Is(err, executor.ErrNotFound)):
				t.Errorf("%v has a kind that it should not have", err)
			case strings.Contains(err.Error(), secret):
				t.Errorf("the message tells the value: %v", err)
			}
		})
	}
}

// Newer engines answer a kill before the container has ended.
func TestKillWaitsForTheEnd(t *testing.T) {
	var ended atomic.Bool
	err := done(t, map[string]http.HandlerFunc{
		"POST /containers/c/kill": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) },
		"POST /containers/c/wait": func(w http.ResponseWriter, _ *http.Request) {
			w.(http.Flusher).Flush() // as engines do: the header comes first
			time.Sleep(20 * time.Millisecond)
			ended.Store(true)
			fmt.Fprint(w, `{"StatusCode":137}`)
		},
	}, planner.Action{Op: planner.OpKill, Payload: planner.Kill{Container: planner.Handle{ID: "c"}, Signal: "SIGKILL"}})
	if err != nil || !ended.Load() {
		t.Errorf("error %v, ended: %v", err, ended.Load())
	}
}

// A network that others still use is named with who uses it.
func TestRemoveUsedNetwork(t *testing.T) {
	err := done(t, map[string]http.HandlerFunc{
		"DELETE /networks/n": refusal(403, "error while removing network: network n has active endpoints"),
		"GET /networks/n":    answer(200, map[string]any{"Containers": map[string]any{"1": map[string]string{"Name": "other"}, "2": map[string]string{"Name": "another"}}}),
	}, planner.Action{Ref: planner.Ref{Kind: planner.KindNetwork}, Payload: planner.Remove{ID: "n"}})
	if err == nil || !strings.Contains(err.Error(), "another, other") {
		t.Errorf("got %v", err)
	}
}

// Of several networks made under one name at the same time the oldest stays.
func TestCreateNetworkKeepsOldest(t *testing.T) {
	entry := func(id, created string) map[string]any {
		return map[string]any{"Id": id, "Name": "n", "Created": created}
	}
	for name, c := range map[string]struct {
		list    []any
		api     string
		removed bool
	}{
		"alone":        {[]any{entry("new", "2026-01-01T00:00:01Z")}, "1.41", false},
		"ours older":   {[]any{entry("new", "2026-01-01T00:00:01Z"), entry("x", "2026-01-01T00:00:02Z")}, "1.41", false},
		"theirs older": {[]any{entry("new", "2026-01-01T00:00:01Z"), entry("x", "2026-01-01T00:00:00Z")}, "1.41", true},
		"similar name": {[]any{entry("new", "2026-01-01T00:00:01Z"), map[string]any{"Id": "x", "Name": "nn", "Created": "2026-01-01T00:00:00Z"}}, "1.41", false},
	} {
		t.Run(name, func(t *testing.T) {
			s, e := newStandIn(t, map[string]http.HandlerFunc{
				"POST /networks/create": answer(201, map[string]string{"Id": "new"}), "GET /networks": answer(200, c.list), "DELETE /networks/new": answer(204, ""),
			})
			err := e.Apply(t.Context(), planner.Action{Payload: planner.CreateNetwork{Name: "n"}}, nil)
			if errors.Is(err, executor.ErrConflict) != c.removed {
				t.Errorf("error %v", err)
			}
			if got := s.asked()[len(s.asked())-1] == "DELETE /networks/new"; got != c.removed {
				t.Errorf("removed %v, want %v", got, c.removed)
			}
		})
	}
	s, e := newStandIn(t, map[string]http.HandlerFunc{
		"/_ping":                func(w http.ResponseWriter, _ *http.Request) { pong(w, "Docker/28.5.2 (linux)", "1.51") },
		"POST /networks/create": answer(201, map[string]string{"Id": "new"}),
	})
	if err := e.Apply(t.Context(), planner.Action{Payload: planner.CreateNetwork{Name: "n"}}, nil); err != nil {
		t.Error(err)
	}
	if d := cmp.Diff([]string{"POST /networks/create"}, s.asked()); d != "" {
		t.Errorf("where names are unique, nothing more is asked:\n%s", d)
	}
}

func TestCopyIn(t *testing.T) {
	type entry struct {
		Name, Content string
		UID, GID      int
		Mode          int64
	}
	var got []entry
	mode := uint32(0o400)
	s, e := newStandIn(t, map[string]http.HandlerFunc{"PUT /containers/c/archive": func(_ http.ResponseWriter, r *http.Request) {
		for archive := tar.NewReader(r.Body); ; {
			h, err := archive.Next()
			if err != nil {
				return
			}
			b, _ := io.ReadAll(archive)
			got = append(got, entry{h.Name, string(b), h.Uid, h.Gid, h.Mode})
		}
	}})
	p := planner.CopyIn{Container: planner.Handle{Name: "c"}, Files: []create.File{
		{Kind: "config", Name: "a", Content: "one", Target: "/etc/a"},
		{Kind: "secret", Name: "b", Content: "two", Target: "/run/secrets/../secrets/b", UID: "7", GID: "8", Mode: &mode},
	}}
	if err := e.Apply(t.Context(), planner.Action{Payload: p}, nil); err != nil {
		t.Fatal(err)
	}
	want := []entry{{"etc/a", "one", 0, 0, 0o444}, {"run/secrets/b", "two", 7, 8, 0o400}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if n := len(s.asked()); n != 1 {
		t.Errorf("%d requests for one container", n)
	}
	for name, f := range map[string]create.File{
		"user by name": {Kind: "secret", Name: "b", Content: "two", Target: "/x", UID: "root"},
		"missing":      {Kind: "secret", Name: "b", Source: t.TempDir() + "/none", Target: "/x"},
		"folder":       {Kind: "secret", Name: "b", Source: t.TempDir(), Target: "/x"},
	} {
		err := e.Apply(t.Context(), planner.Action{Payload: planner.CopyIn{Container: planner.Handle{Name: "c"}, Files: []create.File{f}}}, nil)
		if err == nil || !strings.Contains(err.Error(), "secret b: ") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// A removal that another process has begun is waited for.
// TestNameOfAContainerThatIsBeingMade: a name that is taken by a container which
// cannot be seen yet is tried again; one that can be seen is a conflict.
func TestNameOfAContainerThatIsBeingMade(t *testing.T) {
	web := planner.Action{Op: planner.OpCreateContainer, Payload: planner.CreateContainer{Spec: create.Spec{Service: types.ServiceConfig{Name: "web"}, Name: "p-web-1", Image: "web:1"}}}
	taken := refusal(409, `Conflict. The container name "/p-web-1" is already in use by container "1".`)
	for name, c := range map[string]struct {
		seen, freed bool // at the second look
		want        error
	}{"it fails": {freed: true}, "it is made": {seen: true, want: executor.ErrConflict}} {
		t.Run(name, func(t *testing.T) {
			var creates, looks atomic.Int32
			err := done(t, map[string]http.HandlerFunc{
				"POST /containers/create": func(w http.ResponseWriter, r *http.Request) {
					if creates.Add(1) > 1 && c.freed {
						fmt.Fprint(w, `{"Id":"2"}`)
						return
					}
					taken(w, r)
				},
				"GET /containers/p-web-1/json": func(w http.ResponseWriter, r *http.Request) {
					if looks.Add(1) > 1 && c.seen {
						fmt.Fprint(w, `{"Id":"1"}`)
						return
					}
					refusal(404, "No such container: p-web-1")(w, r)
				},
			}, web)
			if !errors.Is(err, c.want) || creates.Load() != 2 {
				t.Errorf("%v after %d tries, want %v after 2", err, creates.Load(), c.want)
			}
		})
	}
}

// TestNextPortOfARange: where a program holds the port that the engine has picked,
// the next start picks another; the same one again is told.
func TestNextPortOfARange(t *testing.T) {
	start := planner.Action{Op: planner.OpStart, Payload: planner.Start{Container: planner.Handle{Name: "c"}}}
	for name, c := range map[string]struct {
		ports  []int // those that fail, one start each
		starts int32
		want   string
	}{"the third is free": {[]int{8000, 8001}, 3, ""}, "none is free": {[]int{8000, 8001, 8000}, 3, "port 0.0.0.0:8000 of the host is in use"}} {
		t.Run(name, func(t *testing.T) {
			var starts atomic.Int32
			err := done(t, map[string]http.HandlerFunc{"POST /containers/c/start": func(w http.ResponseWriter, r *http.Request) {
				n := int(starts.Add(1))
				if n > len(c.ports) {
					w.WriteHeader(http.StatusNoContent)
					return
				}
				refusal(500, fmt.Sprintf("Error starting userland proxy: listen tcp4 0.0.0.0:%d: bind: address already in use", c.ports[n-1]))(w, r)
			}}, start)
			if starts.Load() != c.starts || c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("%v after %d starts, want %q after %d", err, starts.Load(), c.want, c.starts)
			}
		})
	}
}

func TestRemovalInProgress(t *testing.T) {
	waited := make(chan struct{})
	err := done(t, map[string]http.HandlerFunc{
		"DELETE /containers/x": refusal(409, "removal of container x is already in progress"),
		"POST /containers/x/wait": func(w http.ResponseWriter, r *http.Request) {
			if c := r.URL.Query().Get("condition"); c != "removed" {
				t.Errorf("condition %q", c)
			}
			close(waited)
			fmt.Fprint(w, `{"StatusCode":0}`)
		},
	}, planner.Action{Ref: planner.Ref{Kind: planner.KindContainer}, Payload: planner.Remove{ID: "x"}})
	if err != nil {
		t.Fatal(err)
	}
	<-waited
}
