package docker

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"recompose/executor"
	"recompose/planner"
)

func TestFacts(t *testing.T) {
	for name, c := range map[string]struct {
		header http.Header
		speaks string
		want   planner.Engine
		podman bool
	}{
		"20.10": {http.Header{"Server": {"Docker/20.10.24+dfsg1 (linux)"}, "Ostype": {"linux"}}, "1.41",
			planner.Engine{Version: "20.10.24+dfsg1", OS: "linux", Updates: true, LegacyLinks: true, LegacyLinksEnv: true}, false},
		"28": {http.Header{"Server": {"Docker/28.5.2 (linux)"}}, "1.51",
			planner.Engine{Version: "28.5.2", OS: "linux", Updates: true, LegacyLinks: true, LegacyLinksEnv: true}, false},
		"29": {http.Header{"Server": {"Docker/29.0.1 (linux)"}}, "1.52",
			planner.Engine{Version: "29.0.1", OS: "linux", Updates: true, LegacyLinks: true}, false},
		"30": {http.Header{"Server": {"Docker/30.0.0 (linux)"}}, "1.56", planner.Engine{Version: "30.0.0", OS: "linux", Updates: true}, false},
		"hidden version, new": {http.Header{"Server": {"nginx"}}, "1.52",
			planner.Engine{OS: "linux", Updates: true, LegacyLinks: true}, false},
		"windows": {http.Header{"Server": {"Docker/27.0.1 (windows)"}, "Ostype": {"windows"}}, "1.46",
			planner.Engine{Version: "27.0.1", OS: "windows", LegacyLinks: true, LegacyLinksEnv: true}, false},
		"podman": {http.Header{"Server": {"Libpod/4.3.1 (linux)"}, "Libpod-Api-Version": {"4.3.1"}}, "1.41",
			planner.Engine{Version: "4.3.1", OS: "linux", CapsPids: true, KeepsShared: true}, true},
		"podman 5": {http.Header{"Server": {"Libpod/5.8.6 (linux)"}, "Libpod-Api-Version": {"5.8.6"}}, "1.44",
			planner.Engine{Version: "5.8.6", OS: "linux", Updates: true, CapsPids: true, KeepsShared: true}, true},
	} {
		t.Run(name, func(t *testing.T) {
			got := readFacts(c.header, c.speaks)
			if d := cmp.Diff(c.want, got.engine); d != "" || got.podman != c.podman {
				t.Errorf("podman %v; -want +got:\n%s", got.podman, d)
			}
		})
	}
}

// One ping serves all that an engine is asked for.
func TestNegotiatesOnce(t *testing.T) {
	s, e := newStandIn(t, map[string]http.HandlerFunc{
		"GET /containers/json": answer(200, "[]"), "GET /networks": answer(200, "[]"), "GET /volumes": answer(200, "{}"), "GET /images/json": answer(200, "[]"),
	})
	for range 3 {
		state, err := e.Observe(t.Context(), planner.Query{Projects: []string{"p"}, Images: true})
		if err != nil {
			t.Fatal(err)
		}
		if state.Engine.APIVersion != "1.41" || state.Engine.Version != "20.10.24" {
			t.Errorf("engine %+v", state.Engine)
		}
	}
	if n := s.pings(); n != 1 {
		t.Errorf("%d pings, want 1", n)
	}
	if n := len(s.asked()); n != 12 {
		t.Errorf("%d requests, want 4 per observation", n)
	}
}

func TestUnreachable(t *testing.T) {
	tls := httptest.NewTLSServer(http.NotFoundHandler())
	defer tls.Close()
	refusing, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	refusing.Close()
	for name, c := range map[string]struct{ host, want string }{
		"no socket": {"unix://" + filepath.Join(t.TempDir(), "none.sock"), "no such socket"},
		"refused":   {"tcp://" + refusing.Addr().String(), "connection refused"},
		"wants TLS": {strings.Replace(tls.URL, "https", "tcp", 1), "DOCKER_TLS_VERIFY=1"},
	} {
		t.Run(name, func(t *testing.T) {
			e, err := New(Options{Host: c.host, ConfigDir: t.TempDir()})
			if err != nil {
				t.Fatal(err)
			}
			defer e.Close()
			_, err = e.Observe(t.Context(), planner.Query{Projects: []string{"p"}})
			if !errors.Is(err, executor.ErrUnreachable) || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), c.host) {
				t.Errorf("got %v; want it to name %s and say %q", err, c.host, c.want)
			}
		})
	}
}

func TestCanceledBeforeAnAnswer(t *testing.T) {
	_, e := newStandIn(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := e.Observe(ctx, planner.Query{Projects: []string{"p"}}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
