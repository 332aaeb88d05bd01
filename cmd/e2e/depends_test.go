package e2e

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// gated is a service that must not be touched before the one that it needs is
// healthy; HEALTHY_AFTER and VERSION are to be replaced.
const gated = `
-- compose.yaml --
services:
  db:
    image: $IMAGE
    init: true
    environment: {HEALTHY_AFTER: "0s", VERSION: "1"}
    healthcheck: {test: [CMD, /app, probe], interval: 100ms, retries: 3}
  web:
    image: $IMAGE
    init: true
    environment: {VERSION: "1"}
    depends_on: {db: {condition: service_healthy}}
  tail:
    image: $IMAGE
    command: [wait]
    init: true
    depends_on: {db: {condition: service_healthy, restart: true}}
`

// started are the times of the containers' last starts, by name.
func (p *project) started() map[string]string {
	p.t.Helper()
	out := map[string]string{}
	for name := range p.ids() {
		out[name] = inspect(p.t, name, "{{.Id}} {{.State.StartedAt}}")
	}
	return out
}

// TestDependentsWait: while a dependency is replaced nothing that needs it is
// touched before the new one is healthy, and not at all if it never is.
func TestDependentsWait(t *testing.T) {
	t.Parallel()
	p := newProject(t, gated)
	p.run("up", "-d")
	before := p.started()
	db, web, tail := p.name+"-db-1", p.name+"-web-1", p.name+"-tail-1"

	p.rewrite(gated, `"1"`, `"2"`, `"0s"`, "never")
	p.fail(1, []string{"is unhealthy", "taking back"}, "up", "-d")
	for _, name := range []string{web, tail} {
		if now := p.started()[name]; now != before[name] {
			t.Errorf("%s was touched though db never became healthy: %s, before %s", name, now, before[name])
		}
	}

	p.rewrite(gated, `"1"`, `"2"`, `"0s"`, "1s", "retries: 3", "retries: 1000")
	ids := p.ids()
	proxy := newProxy(t)
	p.env = []string{"DOCKER_HOST=" + proxy.host}
	var early sync.Map
	proxy.watch(func(_ http.ResponseWriter, r *http.Request, _ int) bool {
		about := func(name string) bool {
			return strings.Contains(r.URL.Path, ids[name]) || strings.Contains(r.URL.RequestURI(), "="+name)
		}
		if r.Method == http.MethodPost && (about(web) || about(tail)) {
			if health := strings.TrimSpace(try("docker", "inspect", "--format", "{{.Id}} {{.State.Health.Status}}", db)); health == "" || strings.HasPrefix(health, ids[db]) || !strings.HasSuffix(health, " healthy") {
				early.Store(r.Method+" "+r.URL.RequestURI(), health)
			}
		}
		return true
	})
	p.run("up", "-d")
	early.Range(func(request, health any) bool {
		t.Errorf("%s was sent when db was %q", request, health)
		return true
	})
	after := p.started()
	if p.ids()[web] == ids[web] {
		t.Error("web has changed and was not replaced")
	}
	if id := p.ids()[tail]; id != ids[tail] || after[tail] == before[tail] {
		t.Errorf("depends_on says restart: %s should be the same container, started again: %s, before %s", tail, after[tail], before[tail])
	}
}

// TestRestartTakesAlong: restart starts those again whose depends_on says so,
// and leaves the others alone.
func TestRestartTakesAlong(t *testing.T) {
	t.Parallel()
	p := newProject(t, gated)
	p.run("up", "-d")
	before := p.started()
	p.run("restart", "db")
	var same []string
	for name, now := range p.started() {
		if now == before[name] {
			same = append(same, strings.TrimPrefix(name, p.name))
		}
	}
	if diff := cmp.Diff([]string{"-web-1"}, same); diff != "" {
		t.Errorf("containers that were left alone (-want +got):\n%s", diff)
	}
	if a, b := laterThan(t, p.name+"-tail-1", ".State.StartedAt", p.name+"-db-1", ".State.StartedAt"), "later"; a != b {
		t.Error("what needs db was started before it")
	}
}

// TestFailedWait: a wait that fails says which container it waited for, what
// its last probe said and its last lines, and what needs it is not started.
func TestFailedWait(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change []string
		words  []string
		args   []string
	}{
		{"unhealthy", []string{`"0s"`, "never"}, []string{"db-1", "is unhealthy", "last probe (exit code 1)", "not yet", "serving on 80"}, []string{"up", "-d"}},
		{"too late", []string{`"0s"`, "never", "retries: 3", "retries: 10000"}, []string{"db-1", "is not healthy after 4s", "last probe (exit code 1)", "serving on 80"}, []string{"up", "-d", "--wait-timeout", "4"}},
		{"too late with --wait", []string{`"0s"`, "never", "retries: 3", "retries: 10000"}, []string{"db-1", "is not healthy after 1s", "serving on 80"}, []string{"up", "--wait", "--wait-timeout", "1", "db"}},
		{"ended", []string{"image: $IMAGE\n    init: true\n    environment: {HEALTHY", "image: $IMAGE\n    command: [exit, \"4\"]\n    environment: {HEALTHY"}, []string{"db-1", "exited with code 4"}, []string{"up", "-d"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := newProject(t, gated)
			p.rewrite(gated, c.change...)
			p.fail(1, c.words, c.args...)
			for _, line := range p.containers() {
				if strings.HasSuffix(line, "-web-1 running") || strings.HasSuffix(line, "-tail-1 running") {
					t.Errorf("%s, though db was not healthy", line)
				}
			}
		})
	}
}
