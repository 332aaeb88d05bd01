package e2e

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// balanced are three replicas behind an nginx that asks the engine's DNS anew
// each second and has no more retries than it has by itself. For up to a second
// it still knows the address of a container that has stopped, where nothing
// answers any more, not even with a refusal: hence the short connect timeout.
const balanced = `
-- nginx.conf --
worker_processes 1;
events { worker_connections 8192; }
http {
  access_log off;
  resolver 127.0.0.11 valid=1s;
  proxy_connect_timeout 1s;
  server {
    listen 80;
    location / {
      set $web web;
      proxy_pass http://$web:80;
    }
  }
}
-- compose.yaml --
services:
  balancer:
    image: recompose/nginx:1
    ports: ["127.0.0.1::80"]
    volumes: ["./nginx.conf:/etc/nginx/nginx.conf:ro"]
    stop_grace_period: 1s
  web:
    image: recompose-test/$NAME:1
    healthcheck: {test: [CMD, /app, probe], interval: 200ms, retries: 5}
    deploy:
      replicas: 3
      update_config: {order: start-first, failure_action: rollback}
`

// TestRollingUpdate: under two hundred requests a second and more an update
// start-first loses none, nor does one whose image is broken and that is rolled
// back. The same traffic notices an update that stops all first.
func TestRollingUpdate(t *testing.T) {
	needImages(t)
	files := balancedHere()
	p := newProject(t, files)
	buildVersions(t, p, map[string]string{"1": "LABEL version=1", "2": "LABEL version=2", "broken": "ENV HEALTHY_AFTER=never"})
	p.run("up", "-d")
	during := p.underLoad()
	runs := func(tag string) {
		t.Helper()
		for _, n := range []string{"1", "2", "3"} {
			got := strings.TrimPrefix(inspect(t, p.name+"-web-"+n, "{{.Config.Image}} {{.State.Status}}"), "docker.io/") // Podman
			if got != "recompose-test/"+p.name+":"+tag+" running" {
				t.Errorf("replica %s is %s, want the image %s", n, got, tag)
			}
		}
		if n := len(p.containers()); n != 4 {
			t.Errorf("there are %d containers, want 4: %v", n, p.containers())
		}
	}
	p.rewrite(files, "$NAME:1", "$NAME:2")
	if lost := during("start-first", func() { p.run("up", "-d") }); lost > 0 {
		t.Errorf("an update start-first has lost %d requests; the balancer says\n%s", lost, tailOf(try("docker", "logs", p.name+"-balancer-1"), 3000))
	}
	runs("2")
	p.rewrite(files, "$NAME:1", "$NAME:broken")
	if lost := during("a broken image", func() { p.fail(1, []string{"is unhealthy", "taking back"}, "up", "-d") }); lost > 0 {
		t.Errorf("an update that is rolled back has lost %d requests", lost)
	}
	runs("2")
	// All of them stop first: how many requests that costs is chance, but not
	// none in several tries.
	lost := int64(0)
	for i := 0; i < 5 && lost == 0; i++ {
		change := fmt.Sprintf("stop-first, parallelism: 0}\n    environment: {TRY: \"%d\"", i)
		p.rewrite(files, "start-first, failure_action: rollback", change)
		lost = during("stop-first", func() { p.run("up", "-d") })
	}
	if lost == 0 {
		t.Error("updates that stop all replicas first have lost no request: the test proves nothing")
	}
	runs("1")
}

// TestRollingUpdateOfOne: one replica is enough to lose no request.
func TestRollingUpdateOfOne(t *testing.T) {
	needImages(t)
	files := strings.Replace(balancedHere(), "replicas: 3", "replicas: 1", 1)
	p := newProject(t, files)
	buildVersions(t, p, map[string]string{"1": "LABEL version=1", "2": "LABEL version=2"})
	p.run("up", "-d")
	during := p.underLoad()
	p.rewrite(files, "$NAME:1", "$NAME:2")
	if lost := during("start-first", func() { p.run("up", "-d") }); lost > 0 {
		t.Errorf("an update start-first has lost %d requests", lost)
	}
	if got := inspect(t, p.name+"-web-1", "{{.Config.Image}} {{.State.Status}}"); !strings.HasSuffix(got, "recompose-test/"+p.name+":2 running") {
		t.Errorf("the replica is %s", got)
	}
}

// balancedHere has the address of this engine's DNS server: with Podman, that of
// the network's gateway.
func balancedHere() string {
	if !onPodman() {
		return balanced
	}
	return strings.Replace(balanced, "127.0.0.11", "10.213.77.1", 1) + "networks: {default: {ipam: {config: [{subnet: 10.213.77.0/24}]}}}\n"
}

// buildVersions makes images for the project, each the tests' application and
// a line more. They go after the project.
func buildVersions(t *testing.T, p *project, lines map[string]string) {
	t.Helper()
	for tag, line := range lines {
		name := "recompose-test/" + p.name + ":" + tag
		build := exec.Command("docker", "build", "-q", "-t", name, "-")
		build.Stdin = strings.NewReader("FROM " + image + "\n" + line + "\n")
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		t.Cleanup(func() { try("docker", "rmi", name) })
	}
	t.Cleanup(p.clean) // before the images
}

// underLoad returns what asks the project's balancer while f runs, and counts
// the requests that fail.
func (p *project) underLoad() func(what string, f func()) (lost int64) {
	t := p.t
	t.Helper()
	url := "http://" + docker(t, "port", p.name+"-balancer-1", "80") + "/"
	eventually(t, "the balancer answers", func() bool { return strings.Contains(fetch(url), "\n") })
	return func(what string, f func()) int64 {
		load := generate(url)
		f()
		sent, failed, took := load.stop()
		t.Logf("%s: %d requests in %.1f s, %d failed", what, sent, took.Seconds(), failed)
		if rate := float64(sent) / took.Seconds(); rate < 200 {
			t.Errorf("%s: only %.0f requests a second: the test proves nothing", what, rate)
		}
		return failed
	}
}

// traffic is a steady stream of requests, sent whether or not earlier ones
// have been answered.
type traffic struct {
	began        time.Time
	sent, failed atomic.Int64
	end          context.CancelFunc
	open         sync.WaitGroup
}

// generate sends a request for each 4 milliseconds that have passed: a busy
// machine, which wakes it late, gets the missed ones at once.
func generate(url string) *traffic {
	ctx, cancel := context.WithCancel(context.Background())
	l := &traffic{began: time.Now(), end: cancel}
	client := &http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: 500}}
	l.open.Go(func() {
		const every = 4 * time.Millisecond
		ticks := time.NewTicker(every)
		defer ticks.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticks.C:
			}
			for l.sent.Load() < int64(time.Since(l.began)/every) {
				l.sent.Add(1)
				l.open.Go(func() {
					if !answered(client, url) {
						l.failed.Add(1)
					}
				})
			}
		}
	})
	return l
}

func answered(client *http.Client, url string) bool {
	r, err := client.Get(url)
	if err != nil {
		return false
	}
	defer r.Body.Close()
	_, err = io.Copy(io.Discard, r.Body)
	return err == nil && r.StatusCode == http.StatusOK
}

// stop waits for the answers to all that was sent.
func (l *traffic) stop() (sent, failed int64, took time.Duration) {
	l.end()
	took = time.Since(l.began)
	l.open.Wait()
	return l.sent.Load(), l.failed.Load(), took
}

// tailOf is the end of a text, some bytes of it.
func tailOf(text string, size int) string { return text[max(0, len(text)-size):] }
