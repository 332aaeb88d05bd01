package e2e

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// TestOneWriter holds one up at its first write: a second one may not begin,
// reading goes on, and one that waits finds nothing left to do.
func TestOneWriter(t *testing.T) {
	p := newProject(t, "-- compose.yaml --\nservices: {web: {image: $IMAGE}}\n")
	engine := newProxy(t)
	p.env = []string{"DOCKER_HOST=" + engine.host, "XDG_CACHE_HOME=" + t.TempDir()}
	writing, goOn := make(chan bool), make(chan bool)
	var once sync.Once
	engine.watch(func(_ http.ResponseWriter, r *http.Request, _ int) bool {
		if r.Method == http.MethodPost {
			once.Do(func() { close(writing); <-goOn })
		}
		return true
	})
	first, out, stderr := p.start(context.Background(), "up", "-d")
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	<-writing
	p.fail(1, []string{"is being changed by process", "recompose up"}, "--lock-timeout", "0", "up", "-d")
	p.run("plan")
	p.run("ps")
	second, secondOut, secondErr := p.start(context.Background(), "up", "-d")
	told := &waitingFor{text: "waiting for process", seen: make(chan bool)}
	second.Stderr = told
	if err := second.Start(); err != nil {
		t.Fatal(err)
	}
	<-told.seen
	close(goOn)
	if err := first.Wait(); err != nil {
		t.Errorf("the first: %v\n%s%s", err, out, stderr)
	}
	if err := second.Wait(); err != nil {
		t.Errorf("the second: %v\n%s%s%s", err, secondOut, secondErr, told.all)
	}
	if n := strings.Count(strings.Join(writes(engine.take()), "\n"), "/containers/create"); n != 1 {
		t.Errorf("%d containers were created, want 1", n)
	}
}

// waitingFor closes seen when the text has been written to it.
type waitingFor struct {
	text, all string
	seen      chan bool
	done      bool
}

func (w *waitingFor) Write(p []byte) (int, error) {
	w.all += string(p)
	if !w.done && strings.Contains(w.all, w.text) {
		w.done = true
		close(w.seen)
	}
	return len(p), nil
}
