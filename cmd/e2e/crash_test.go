package e2e

import (
	"fmt"
	"hash/fnv"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// fault is what goes wrong at one request.
type fault string

const (
	faultKill fault = "kill" // the program is killed once the engine has answered
	fault500  fault = "500"  // the engine refuses
	faultCut  fault = "cut"  // the engine does it, the connection breaks before the answer
	faultSlow fault = "slow" // the answer comes late
	// The user interrupts the program once the engine has answered: once, and
	// once more a moment later.
	faultInterrupt      fault = "interrupt"
	faultInterruptTwice fault = "interrupt twice"
)

var faults = []fault{faultKill, fault500, faultCut, faultSlow, faultInterrupt, faultInterruptTwice}

// slowAnswer is how late.
const slowAnswer = 1500 * time.Millisecond

// crashScenario is a command that is disturbed.
type crashScenario struct {
	name    string
	title   string     // for people
	before  [][]string // command lines that lead up to it
	command []string
	small   bool // every run of the tests tries it at every request
}

var crashScenarios = []crashScenario{
	{name: "up", title: "`up` from nothing", command: []string{"up", "-d"}},
	{name: "replace", title: "`up` replacing a service with data in its anonymous volume, and its dependent", before: [][]string{{"-f", "old.yaml", "up", "-d"}}, command: []string{"up", "-d"}},
	{name: "remake", title: "`up --yes` making a volume anew, of services one of which has an anonymous volume", before: [][]string{{"-f", "small.yaml", "up", "-d"}}, command: []string{"-f", "large.yaml", "up", "-d", "--yes"}},
	{name: "scale-up", title: "`scale` up from 1 to 3", before: [][]string{{"up", "-d"}}, command: []string{"scale", "web=3"}},
	{name: "scale-down", title: "`scale` down from 3 to 1", before: [][]string{{"up", "-d", "--scale", "web=3"}}, command: []string{"scale", "web=1"}, small: true},
	{name: "down", title: "`down`", before: [][]string{{"up", "-d"}}, command: []string{"down"}, small: true},
}

const crashFiles = `
-- compose.yaml --
services:
  db: {image: $IMAGE, volumes: [/data], environment: {VERSION: "2"}}
  web: {image: $IMAGE, depends_on: [db], environment: {VERSION: "2"}}
-- old.yaml --
services:
  db: {image: $IMAGE, volumes: [/data], environment: {VERSION: "1"}}
  web: {image: $IMAGE, depends_on: [db], environment: {VERSION: "1"}}
-- small.yaml --
services:
  db: {image: $IMAGE, volumes: [/data, "cache:/cache"]}
  web: {image: $IMAGE, depends_on: [db], volumes: ["cache:/cache"]}
volumes: {cache: {driver_opts: {type: tmpfs, device: tmpfs, o: size=1m}}}
-- large.yaml --
services:
  db: {image: $IMAGE, volumes: [/data, "cache:/cache"]}
  web: {image: $IMAGE, depends_on: [db], volumes: ["cache:/cache"]}
volumes: {cache: {driver_opts: {type: tmpfs, device: tmpfs, o: size=2m}}}
`

// TestCrash disturbs commands at their requests, one at a time, and runs them
// again: the end must be what an undisturbed run leaves, with the data that was
// there, and no name that is only meant for a while.
//
// By default: the small scenarios killed at every request, and every ninth of
// the rest. RECOMPOSE_CRASH=all tries everything (script/crash --all).
func TestCrash(t *testing.T) {
	t.Parallel()
	all := os.Getenv("RECOMPOSE_CRASH") == "all"
	var rows sync.Map
	t.Run("scenarios", func(t *testing.T) {
		for _, s := range crashScenarios {
			t.Run(s.name, func(t *testing.T) {
				t.Parallel()
				want, requests := s.undisturbed(t)
				row := fmt.Sprintf("| %s | %d |", s.title, requests)
				for _, f := range faults {
					tried, passed := 0, 0
					for k := 1; k <= requests; k++ {
						if !all && !(s.small && f == faultKill) && !sampled(s.name, f, k) {
							continue
						}
						tried++
						if s.disturbed(t, f, k, want) {
							passed++
						}
					}
					row += fmt.Sprintf(" %d of %d |", passed, tried)
				}
				rows.Store(s.name, row)
			})
		}
	})
	table := "| scenario | requests |"
	for _, f := range faults {
		table += fmt.Sprintf(" %s |", f)
	}
	table += "\n|---|---|" + strings.Repeat("---|", len(faults))
	for _, s := range crashScenarios {
		if row, ok := rows.Load(s.name); ok {
			table += "\n" + row.(string)
		}
	}
	t.Logf("passed, of those tried:\n%s", table)
}

// sampled picks the same ninth of all cases each time.
func sampled(scenario string, f fault, k int) bool {
	h := fnv.New32a()
	fmt.Fprint(h, scenario, f, k)
	return h.Sum32()%9 == 0
}

// prepare makes what the command finds, with data in the anonymous volume.
func (s crashScenario) prepare(t *testing.T) (*project, *proxy) {
	t.Helper()
	p := newProject(t, crashFiles)
	for _, args := range s.before {
		p.run(args...)
	}
	if s.before != nil {
		docker(t, "exec", p.name+"-db-1", "/app", "write", "/data/kept", "precious")
	}
	proxy := newProxy(t)
	p.env = []string{"DOCKER_HOST=" + proxy.host}
	return p, proxy
}

func (s crashScenario) undisturbed(t *testing.T) (shape string, requests int) {
	t.Helper()
	p, proxy := s.prepare(t)
	defer p.clean()
	p.run(s.command...)
	requests = len(proxy.take())
	return s.end(p), requests
}

// end is what the project has, its data included.
func (s crashScenario) end(p *project) string {
	p.t.Helper()
	eventually(p.t, "what the engine is removing is gone", func() bool {
		return docker(p.t, "ps", "-aq", "--filter", "status=removing", "--filter", "label=com.docker.compose.project="+p.name) == ""
	})
	shape := p.shape()
	if s.before != nil && s.name != "down" {
		shape += "\ndata: " + strings.TrimSpace(try("docker", "exec", p.name+"-db-1", "/app", "cat", "/data/kept"))
	}
	for _, volume := range strings.Fields(docker(p.t, "volume", "ls", "-q", "--filter", "label=com.docker.compose.project="+p.name)) {
		shape += "\nvolume: " + docker(p.t, "volume", "inspect", volume, "--format", "{{.Options}}")
	}
	networks := docker(p.t, "network", "ls", "--format", "{{.Name}}", "--filter", "label=com.docker.compose.project="+p.name)
	return shape + "\nnetworks: " + strings.ReplaceAll(networks, p.name, "NAME")
}

// disturbed reports whether the command, run again after the fault, has come to
// the end that is wanted.
func (s crashScenario) disturbed(t *testing.T, f fault, k int, want string) (passed bool) {
	t.Helper()
	passed = true
	failed := func(format string, args ...any) {
		t.Helper()
		passed = false
		t.Errorf("%s: %s at request %d: %s", s.name, f, k, fmt.Sprintf(format, args...))
	}
	p, proxy := s.prepare(t)
	defer p.clean()
	switch f {
	case faultKill:
		p.signalAfter(proxy, k, s.command, os.Kill)
	case faultInterrupt:
		p.signalAfter(proxy, k, s.command, os.Interrupt)
		if s.name == "replace" { // completed or taken back
			for _, service := range []string{"db", "web"} {
				if !slices.Contains(p.containers(), p.name+"-"+service+"-1 running") {
					failed("%s is left down: %v", service, p.containers())
				}
			}
		}
	case faultInterruptTwice:
		p.signalAfter(proxy, k, s.command, os.Interrupt, os.Interrupt)
	default:
		proxy.disturb(f, k)
		r := p.do(s.command...)
		if f == faultSlow && r.code != 0 {
			failed("exit code %d\n%s", r.code, r.err)
		}
	}
	proxy.calm()
	r := p.do(s.command...)
	if r.code != 0 {
		failed("run again: exit code %d\n%s", r.code, r.err)
	} else if diff := cmp.Diff(want, s.end(p)); diff != "" {
		failed("run again (-undisturbed +got):\n%s\n%s", diff, r.err)
	}
	return passed
}

// disturb lets the k-th request from now on go wrong.
func (p *proxy) disturb(f fault, k int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.requests = nil
	p.before = func(w http.ResponseWriter, _ *http.Request, n int) (proceed bool) {
		if n != k {
			return true
		}
		switch f {
		case fault500:
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusInternalServerError)
			fmt.Fprint(w, `{"message": "something broke in the engine"}`)
			return false
		case faultSlow:
			time.Sleep(slowAnswer)
		}
		return true
	}
	if f == faultCut {
		p.after = func(n int) (proceed bool) { return n != k }
	}
}

// calm lets everything pass again.
func (p *proxy) calm() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.before, p.after = nil, nil
}

// secondSignal is how long after the first one a user presses the keys again.
const secondSignal = 30 * time.Millisecond

// signalAfter sends signals to the program once the engine has answered its
// k-th request, and waits for its end; one that has ended before is left alone.
// A killed one does not get the answer.
func (p *project) signalAfter(proxy *proxy, k int, args []string, signals ...os.Signal) {
	p.t.Helper()
	hit := make(chan struct{})
	kill := slices.Contains(signals, os.Kill)
	proxy.mu.Lock()
	proxy.requests = nil
	proxy.after = func(n int) bool {
		if n == k {
			close(hit)
		}
		return n < k || !kill
	}
	proxy.mu.Unlock()
	c, _, _ := p.start(p.t.Context(), args...)
	if err := c.Start(); err != nil {
		p.t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = c.Wait(); close(ended) }()
	select {
	case <-hit:
		for i, s := range signals {
			if i > 0 {
				time.Sleep(secondSignal)
			}
			_ = c.Process.Signal(s) // it may have ended in this moment
		}
		<-ended
	case <-ended:
	}
}
