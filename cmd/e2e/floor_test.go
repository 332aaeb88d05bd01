package e2e

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// floor does the least that an engine must be asked for a workload: bare
// requests, no files, no plan, no waiting but the engine's own. It is what the
// benchmarks compare with.
type floor struct {
	t      testing.TB
	name   string
	socket string
	client *http.Client
	looker string // the program of prepareLook
}

// floorParallel is near the engine's best on two cores.
const floorParallel = 8

func newFloor(t testing.TB, name string) *floor {
	socket := engineSocket(t)
	return &floor{t: t, name: name, socket: socket, client: &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "unix", socket)
		},
		MaxIdleConnsPerHost: 64, DisableCompression: true,
	}}}
}

// ask sends one request and reads its whole answer.
func (f *floor) ask(method, path string, body any) []byte {
	f.t.Helper()
	var b bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&b).Encode(body); err != nil {
			f.t.Fatal(err)
		}
	}
	q, err := http.NewRequest(method, "http://engine/v1.41"+path, &b)
	if err != nil {
		f.t.Fatal(err)
	}
	q.Header.Set("Content-Type", "application/json")
	r, err := f.client.Do(q)
	if err != nil {
		f.t.Fatal(err)
	}
	defer r.Body.Close()
	answer, err := io.ReadAll(r.Body)
	if err != nil || r.StatusCode >= 400 {
		f.t.Fatalf("%s %s: %s %s %v", method, path, r.Status, answer, err)
	}
	return answer
}

func (f *floor) network() {
	f.ask("POST", "/networks/create", map[string]any{"Name": f.name + "_default", "Labels": f.labels()})
}

func (f *floor) labels() map[string]string {
	return map[string]string{"com.docker.compose.project": f.name}
}

func (f *floor) create(name string, health any) {
	f.ask("POST", "/containers/create?name="+name, map[string]any{
		"Image": image, "Cmd": []string{"wait"}, "Labels": f.labels(), "Healthcheck": health,
		"HostConfig": map[string]any{"NetworkMode": f.name + "_default"},
	})
}

func (f *floor) start(name string) { f.ask("POST", "/containers/"+name+"/start", nil) }

// each runs work for 0 to n-1, so many at once (0: all).
func each(n, parallel int, work func(i int)) {
	if parallel == 0 {
		parallel = n
	}
	var wg sync.WaitGroup
	next := make(chan int)
	for range parallel {
		wg.Go(func() {
			for i := range next {
				work(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wg.Wait()
}

// up creates and starts containers from the first to the last number.
func (f *floor) up(from, to int) {
	each(to-from, floorParallel, func(i int) {
		name := fmt.Sprintf("%s-f-%d", f.name, from+i)
		f.create(name, nil)
		f.start(name)
	})
}

// layers brings up layers of containers, each after the one before.
func (f *floor) layers(depth, width int) {
	for i := range depth {
		f.up(i*width, (i+1)*width)
	}
}

// chain starts containers of which each waits for the health of the one before.
func (f *floor) chain(n int, health any) {
	filters, _ := json.Marshal(map[string][]string{"label": {"com.docker.compose.project=" + f.name}, "event": {"health_status"}})
	r, err := f.client.Get("http://engine/v1.41/events?filters=" + url.QueryEscape(string(filters)))
	if err != nil {
		f.t.Fatal(err)
	}
	defer r.Body.Close()
	events := bufio.NewScanner(r.Body)
	each(n, floorParallel, func(i int) { f.create(fmt.Sprintf("%s-f-%d", f.name, i), health) })
	for i := range n {
		f.start(fmt.Sprintf("%s-f-%d", f.name, i))
		for events.Scan() && !strings.Contains(events.Text(), "health_status: healthy") {
		}
	}
}

// down stops and removes all at once.
func (f *floor) down() {
	filters, _ := json.Marshal(map[string][]string{"label": {"com.docker.compose.project=" + f.name}})
	var list []struct{ Id string }
	if err := json.Unmarshal(f.ask("GET", "/containers/json?all=1&filters="+url.QueryEscape(string(filters)), nil), &list); err != nil {
		f.t.Fatal(err)
	}
	each(len(list), 0, func(i int) {
		f.ask("POST", "/containers/"+list[i].Id+"/stop", nil)
		f.ask("DELETE", "/containers/"+list[i].Id+"?v=1", nil)
	})
	f.ask("DELETE", "/networks/"+f.name+"_default", nil)
}

// look runs cmd/e2e/client: whole processes are compared with a whole process.
func (f *floor) look() {
	f.t.Helper()
	if out, err := exec.Command(f.looker, f.socket, f.name).CombinedOutput(); err != nil {
		f.t.Fatalf("the bare client: %v\n%s", err, out)
	}
}

// prepareLook builds the client.
func (f *floor) prepareLook() {
	f.t.Helper()
	f.looker = filepath.Join(f.t.TempDir(), "client")
	if err := command("", "go", "build", "-o", f.looker, "recompose/cmd/e2e/client"); err != nil {
		f.t.Fatal(err)
	}
}
