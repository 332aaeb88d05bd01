package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

// proxy stands between the program and the engine and records the requests.
type proxy struct {
	host string // for DOCKER_HOST

	mu       sync.Mutex
	requests []string // "POST /containers/create?name=x", without the version
	// before is told the number of each request before it is passed on, and
	// may answer it itself: false. after is told once the engine has answered;
	// false cuts the connection in place of passing the answer on.
	before func(w http.ResponseWriter, r *http.Request, n int) (proceed bool)
	after  func(n int) (proceed bool)
}

var versionPrefix = regexp.MustCompile(`^/v\d+\.\d+`)

// newProxy listens on a socket of its own, in front of the default engine's.
func newProxy(t *testing.T) *proxy {
	t.Helper()
	socket := engineSocket(t)
	p := &proxy{}
	reverse := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(&url.URL{Scheme: "http", Host: "engine"}) },
		Transport: &http.Transport{
			DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
				var d net.Dialer
				return d.DialContext(ctx, "unix", socket)
			},
			DisableCompression: true,
		},
		FlushInterval: -1,
		ErrorHandler:  func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	}
	path := filepath.Join(t.TempDir(), "e.sock")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		line := requestLine(r)
		p.mu.Lock()
		p.requests = append(p.requests, line)
		n, before, after := len(p.requests), p.before, p.after
		p.mu.Unlock()
		if before != nil && !before(w, r, n) {
			return
		}
		if after != nil {
			w = &guarded{ResponseWriter: w, answered: func() bool { return after(n) }}
		}
		reverse.ServeHTTP(w, r)
	})}
	go server.Serve(l) //nolint:errcheck // ends with Close
	t.Cleanup(func() { server.Close() })
	p.host = "unix://" + path
	return p
}

// guarded asks, when an answer begins, whether it may be passed on.
type guarded struct {
	http.ResponseWriter
	answered func() bool
}

func (g *guarded) WriteHeader(code int) {
	if !g.answered() {
		panic(http.ErrAbortHandler)
	}
	g.ResponseWriter.WriteHeader(code)
}

// Unwrap lets a connection be taken over.
func (g *guarded) Unwrap() http.ResponseWriter { return g.ResponseWriter }

// requestLine is a request in one line; a name that stands in the body of one
// that makes or connects something is added to its query.
func requestLine(r *http.Request) string {
	line := r.Method + " " + versionPrefix.ReplaceAllString(r.URL.Path, "") + "?" + r.URL.RawQuery
	if r.Method == http.MethodPost && (strings.HasSuffix(r.URL.Path, "s/create") || strings.HasSuffix(r.URL.Path, "connect")) && !strings.Contains(r.URL.Path, "/containers/") {
		body, _ := io.ReadAll(r.Body) // the engine will say what is wrong with it
		r.Body = io.NopCloser(bytes.NewReader(body))
		var b struct{ Name, Container string }
		_ = json.Unmarshal(body, &b)
		line += "name=" + b.Name + b.Container
	}
	return strings.TrimSuffix(line, "?")
}

// engineSocket is where the default engine listens.
func engineSocket(t testing.TB) string {
	t.Helper()
	host := strings.TrimSpace(try("docker", "context", "inspect", "--format", "{{.Endpoints.docker.Host}}"))
	socket, ok := strings.CutPrefix(host, "unix://")
	if !ok {
		t.Skipf("SKIPPED: the engine is at %s, not at a socket of this machine", host)
	}
	return socket
}

// watch lets before be told of each request from now on.
func (p *proxy) watch(before func(w http.ResponseWriter, r *http.Request, n int) (proceed bool)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.before = before
}

// take returns the requests since the last call, in order.
func (p *proxy) take() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := p.requests
	p.requests = nil
	return out
}

// writes are the requests that change something.
func writes(requests []string) []string {
	return slices.DeleteFunc(slices.Clone(requests), func(r string) bool {
		return strings.HasPrefix(r, "GET ") || strings.HasPrefix(r, "HEAD ") || strings.Contains(r, "/wait")
	})
}
