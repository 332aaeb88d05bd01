package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// workload is one thing that tools are timed at.
type workload struct {
	name  string
	file  string         // the compose file
	setup []string       // a command line before the clock runs
	args  []string       // the command line that is timed
	floor func(f *floor) // the same by bare requests
	ready func(f *floor) // what the floor needs before
	peer  bool           // docker-compose 1.29.2 can do it
}

const benchHealth = "{test: [CMD, /app, ls, /], interval: 500ms, retries: 100}"

func workloads() []workload {
	all := func(n int, more func(i int) string) string {
		var b strings.Builder
		b.WriteString("version: \"3.9\"\nservices:\n")
		for i := range n {
			fmt.Fprintf(&b, "  s%d:\n    image: %s\n    command: [wait]\n%s", i, image, more(i))
		}
		return b.String()
	}
	plain := func(int) string { return "" }
	layered := func(width int) func(int) string {
		return func(i int) string {
			if i < width {
				return ""
			}
			first := i/width*width - width
			names := make([]string, width)
			for j := range names {
				names[j] = fmt.Sprintf("s%d", first+j)
			}
			return "    depends_on: [" + strings.Join(names, ", ") + "]\n"
		}
	}
	chained := func(i int) string {
		s := "    healthcheck: " + benchHealth + "\n"
		if i > 0 {
			s += fmt.Sprintf("    depends_on: {s%d: {condition: service_healthy}}\n", i-1)
		}
		return s
	}
	web := "version: \"3.9\"\nservices:\n  web:\n    image: " + image + "\n    command: [wait]\n"
	up := func(n int) func(*floor) { return func(f *floor) { f.network(); f.up(0, n) } }
	health := map[string]any{"Test": []string{"CMD", "/app", "ls", "/"}, "Interval": 500 * time.Millisecond, "Retries": 100}
	noFloor := func(*floor) {}
	return []workload{
		{name: "up-1", file: all(1, plain), args: []string{"up", "-d"}, ready: noFloor, floor: up(1), peer: true},
		{name: "up-10", file: all(10, plain), args: []string{"up", "-d"}, ready: noFloor, floor: up(10), peer: true},
		{name: "up-50", file: all(50, plain), args: []string{"up", "-d"}, ready: noFloor, floor: up(50), peer: true},
		{name: "up-100", file: all(100, plain), args: []string{"up", "-d"}, ready: noFloor, floor: up(100)},
		{name: "layers-5x10", file: all(50, layered(10)), args: []string{"up", "-d"}, ready: noFloor, floor: func(f *floor) { f.network(); f.layers(5, 10) }, peer: true},
		{name: "scale-1-50", file: web, setup: []string{"up", "-d"}, args: []string{"scale", "web=50"}, ready: up(1), floor: func(f *floor) { f.up(1, 50) }},
		{name: "up-scale-50", file: web, args: []string{"up", "-d", "--scale", "web=50"}, ready: noFloor, floor: up(50), peer: true},
		{name: "down-50", file: all(50, plain), setup: []string{"up", "-d"}, args: []string{"down"}, ready: up(50), floor: func(f *floor) { f.down() }, peer: true},
		{name: "chain-20-healthy", file: all(20, chained), args: []string{"up", "-d"}, ready: noFloor, floor: func(f *floor) { f.network(); f.chain(20, health) }},
		{name: "noop-up-50", file: all(50, plain), setup: []string{"up", "-d"}, args: []string{"up", "-d"}, ready: func(f *floor) { up(50)(f); f.prepareLook() }, floor: func(f *floor) { f.look() }, peer: true},
	}
}

// BenchmarkEngine times whole command lines, in turn with the least that the
// engine must be asked for and with docker-compose 1.29.2 where it is
// installed. x/floor is the median of the ratios of neighbours in time.
//
//	RECOMPOSE_ENGINE_TESTS=1 go test ./cmd/e2e -run '^$' -bench Engine -benchtime 5x
func BenchmarkEngine(b *testing.B) {
	peer := ""
	if path, err := exec.LookPath("docker-compose"); err == nil && strings.HasPrefix(try(path, "version", "--short"), "1.") {
		peer = path
	}
	for _, w := range workloads() {
		b.Run(w.name, func(b *testing.B) {
			dir := filepath.Join(b.TempDir(), "bench")
			if err := os.Mkdir(dir, 0o755); err != nil {
				b.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "docker-compose.yml"), []byte(w.file), 0o644); err != nil {
				b.Fatal(err)
			}
			var floors, ours, theirs []time.Duration
			b.ResetTimer()
			for range b.N {
				b.StopTimer()
				floors = append(floors, w.timeFloor(b))
				b.StartTimer()
				ours = append(ours, w.timeTool(b, binary, dir))
				b.StopTimer()
				if peer != "" && w.peer {
					theirs = append(theirs, w.timeTool(b, peer, dir))
				}
				b.StartTimer()
			}
			b.ReportMetric(median(floors).Seconds(), "floor-s")
			b.ReportMetric(median(ours).Seconds(), "recompose-s")
			b.ReportMetric(ratio(ours, floors), "x/floor")
			if len(theirs) > 0 {
				b.ReportMetric(ratio(theirs, floors), "1.29.2-x/floor")
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

func (w workload) timeFloor(b *testing.B) time.Duration {
	f := newFloor(b, "rb"+randomHex(4))
	defer forget(f.name)
	w.ready(f)
	began := time.Now()
	w.floor(f)
	return time.Since(began)
}

// timeTool times the tool's command line in a project of its own.
func (w workload) timeTool(b *testing.B, tool, dir string) time.Duration {
	name := "rb" + randomHex(4)
	defer forget(name)
	run := func(args []string) time.Duration {
		c := exec.Command(tool, append([]string{"-p", name}, args...)...)
		c.Dir = dir
		began := time.Now()
		if out, err := c.CombinedOutput(); err != nil {
			b.Fatalf("%s %v: %v\n%s", tool, args, err, out)
		}
		return time.Since(began)
	}
	if w.setup != nil {
		run(w.setup)
	}
	return run(w.args)
}

func median(d []time.Duration) time.Duration {
	d = slices.Clone(d)
	slices.Sort(d)
	return d[len(d)/2]
}

// ratio is the median over the repetitions, so that what slows the machine for
// a while counts on both sides.
func ratio(a, floors []time.Duration) float64 {
	var out []float64
	for i := range a {
		out = append(out, a[i].Seconds()/floors[i].Seconds())
	}
	slices.Sort(out)
	return out[len(out)/2]
}
