package docker

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/docker/docker/api/types/build"

	"recompose/planner"
	"recompose/planner/create"
)

// facts are what an engine says of itself in its answer to a ping.
type facts struct {
	engine  planner.Engine
	podman  bool
	builder build.BuilderVersion // "2": BuildKit
	clock   time.Time            // the engine's, when it answered; zero: not told
}

// ready asks the engine who it is, once, and settles the version of the API.
// Every method that sends requests calls it first: a client that has not
// agreed on a version would ask by itself, each time.
func (e *Engine) ready(ctx context.Context) (facts, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.known != nil {
		return *e.known, nil
	}
	if err := ctx.Err(); err != nil {
		return facts{}, err
	}
	ping, err := e.api.Ping(ctx)
	if err != nil {
		return facts{}, e.unreachable(ctx, err)
	}
	e.api.NegotiateAPIVersionPing(ping)
	headers := http.Header{}
	if h := e.wire.ping.Load(); h != nil {
		headers = *h
	}
	f := readFacts(headers, ping.APIVersion)
	f.engine.Local, f.engine.APIVersion = e.dial.local(), e.api.ClientVersion()
	e.known = &f
	return f, nil
}

// readFacts reads the headers of a ping. speaks is the newest API version
// that the engine has, which may be newer than the client's.
func readFacts(h http.Header, speaks string) facts {
	product, rest, _ := strings.Cut(h.Get("Server"), "/")
	version, _, _ := strings.Cut(rest, " ")
	f := facts{podman: h.Get("Libpod-Api-Version") != "" || product == "Libpod", builder: build.BuilderVersion(h.Get("Builder-Version"))}
	f.engine = planner.Engine{Version: version, OS: h.Get("Ostype")}
	if f.engine.OS == "" {
		f.engine.OS = "linux"
	}
	// Podman before 5 refuses updates; Windows has none of limits.
	f.engine.Updates = f.engine.OS == "linux" && (!f.podman || majorVersion(version) >= 5)
	f.engine.CapsPids, f.engine.KeepsShared = f.podman, f.podman
	f.engine.LegacyLinks, f.engine.LegacyLinksEnv = legacyLinks(f.podman, version, speaks)
	if t, err := http.ParseTime(h.Get("Date")); err == nil {
		f.clock = t
	}
	return f
}

// legacyLinks: Docker 29 links without environment variables, and links are
// announced to end with 30 (docker/cli docs/deprecated.md); Podman has none.
// An engine that hides its version is judged by its API: 29.0 came with 1.52.
func legacyLinks(podman bool, version, speaks string) (links, env bool) {
	if podman {
		return false, false
	}
	if n := majorVersion(version); n > 0 {
		return n < 30, n < 29
	}
	return true, create.OlderThan(speaks, "1.52")
}

// majorVersion is 0 where the engine hides its version.
func majorVersion(version string) int {
	major, _, _ := strings.Cut(version, ".")
	n, err := strconv.Atoi(major)
	if err != nil {
		return 0
	}
	return n
}

// askInfo adds what only /info says.
func (e *Engine) askInfo(ctx context.Context, out *planner.Engine) error {
	info, err := e.api.Info(ctx)
	if err != nil {
		return e.failed(ctx, err)
	}
	out.CPUs = max(info.NCPU, 0)
	return nil
}
