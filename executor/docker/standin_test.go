package docker

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// standIn is an engine that answers as a test tells it to, and notes what it
// was asked.
type standIn struct {
	*http.ServeMux
	mu       sync.Mutex
	requests []string // "GET /containers/json", in order
}

var versionPrefix = regexp.MustCompile(`^/v1\.\d+`)

// newStandIn serves the routes ("POST /containers/{id}/start") until the test
// ends, and connects to them. Without a route for it, a ping tells of Docker
// 20.10.24 with API 1.41.
func newStandIn(t *testing.T, routes map[string]http.HandlerFunc) (*standIn, *Engine) {
	t.Helper()
	s := &standIn{ServeMux: http.NewServeMux()}
	if routes["/_ping"] == nil {
		s.HandleFunc("/_ping", func(w http.ResponseWriter, _ *http.Request) { pong(w, "Docker/20.10.24 (linux)", "1.41") })
	}
	for pattern, handler := range routes {
		s.HandleFunc(pattern, handler)
	}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	e, err := New(Options{Host: strings.Replace(server.URL, "http://", "tcp://", 1), ConfigDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return s, e
}

func (s *standIn) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.URL.Path = versionPrefix.ReplaceAllString(r.URL.Path, "")
	s.mu.Lock()
	s.requests = append(s.requests, r.Method+" "+r.URL.Path)
	s.mu.Unlock()
	s.ServeMux.ServeHTTP(w, r)
}

// asked are the requests so far, without pings.
func (s *standIn) asked() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for _, r := range s.requests {
		if !strings.HasSuffix(r, "/_ping") {
			out = append(out, r)
		}
	}
	return out
}

func (s *standIn) pings() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, r := range s.requests {
		if strings.HasSuffix(r, "/_ping") {
			n++
		}
	}
	return n
}

func pong(w http.ResponseWriter, server, api string) {
	w.Header().Set("Server", server)
	w.Header().Set("Api-Version", api)
	w.Header().Set("Ostype", "linux")
}

// answer is a handler that always says the same; a string is sent as it is.
func answer(status int, body any) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		if text, ok := body.(string); ok {
			_, _ = w.Write([]byte(text))
			return
		}
		_ = json.NewEncoder(w).Encode(body) // a test without an answer fails by itself
	}
}

// refusal is the engine's error with a message.
func refusal(status int, message string) http.HandlerFunc {
	return answer(status, map[string]string{"message": message})
}
