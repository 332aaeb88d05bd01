package progress

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/mattn/go-runewidth"

	"recompose/executor"
	"recompose/planner"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func ref(kind planner.Kind, name string) planner.Ref {
	r := planner.Ref{Kind: kind, Name: name}
	if kind == planner.KindContainer {
		r.Service, r.Number, r.Role = strings.TrimSuffix(strings.TrimPrefix(name, "shop-"), "-1"), 1, planner.RoleCurrent
	}
	return r
}

// recorded is a run with a build, a kept container, a detail, a failure and
// what it makes skip.
func recorded() (planner.Plan, []executor.Event) {
	type step struct {
		op  planner.Op
		ref planner.Ref
	}
	steps := []step{
		{planner.OpBuild, ref(planner.KindImage, "shop-web")},
		{planner.OpPull, ref(planner.KindImage, "db:1")},
		{planner.OpCreateNetwork, ref(planner.KindNetwork, "shop_default")},
		{planner.OpKeep, ref(planner.KindNetwork, "shop_back")},
		{planner.OpKeep, ref(planner.KindContainer, "shop-cache-1")},
		{planner.OpCreateContainer, ref(planner.KindContainer, "shop-db-1")},
		{planner.OpConnect, ref(planner.KindContainer, "shop-db-1")},
		{planner.OpStart, ref(planner.KindContainer, "shop-db-1")},
		{planner.OpWaitHealthy, ref(planner.KindContainer, "shop-db-1")},
		{planner.OpStart, ref(planner.KindContainer, "shop-web-1")},
	}
	plan := planner.Plan{Goal: planner.GoalUp, Project: "shop"}
	for i, s := range steps {
		plan.Actions = append(plan.Actions, planner.Action{ID: planner.ID(i + 1), Op: s.op, Ref: s.ref})
	}
	var events []executor.Event
	now := start
	add := func(id int, phase executor.Phase, change func(*executor.Event)) {
		now = now.Add(250 * time.Millisecond)
		e := executor.Event{Time: now, Action: planner.ID(id), Op: steps[id-1].op, Ref: steps[id-1].ref, Phase: phase}
		if change != nil {
			change(&e)
		}
		events = append(events, e)
	}
	text := func(id, s string, current, total int64) func(*executor.Event) {
		return func(e *executor.Event) {
			e.Progress = executor.Progress{ID: id, Text: s, Current: current, Total: total}
		}
	}
	for id := range steps {
		add(id+1, executor.PhaseQueued, nil)
	}
	add(1, executor.PhaseStarted, nil)
	add(1, executor.PhaseProgress, text("s1", "[1/2] FROM scratch", 0, 0))
	add(1, executor.PhaseProgress, text("s1", "[1/2] FROM scratch", 0, 0))
	add(1, executor.PhaseProgress, text("s2", "\x1b[31mwarn\x1b[0m\rdone", 0, 0))
	add(2, executor.PhaseStarted, nil)
	add(2, executor.PhaseProgress, text("layer1", "Downloading", 50, 100))
	add(2, executor.PhaseProgress, text("layer2", "Downloading", 100, 300))
	add(1, executor.PhaseDone, nil)
	add(2, executor.PhaseDone, nil)
	add(3, executor.PhaseStarted, nil)
	add(3, executor.PhaseDone, nil)
	add(4, executor.PhaseDone, nil)
	add(5, executor.PhaseDone, nil)
	for id := 6; id <= 8; id++ {
		add(id, executor.PhaseStarted, nil)
		add(id, executor.PhaseDone, func(e *executor.Event) { e.Elapsed = 250 * time.Millisecond })
	}
	add(9, executor.PhaseStarted, nil)
	add(9, executor.PhaseFailed, func(e *executor.Event) { e.Err = errors.New("container shop-db-1: not healthy\nlast probe: refused") })
	add(10, executor.PhaseSkipped, func(e *executor.Event) { e.Err = errors.New("shop-db-1 failed") })
	return plan, events
}

// clock is a time that tests set; the live display reads it from its own
// goroutine.
type clock struct{ now atomic.Pointer[time.Time] }

func newClock() *clock {
	c := &clock{}
	c.set(start)
	return c
}

func (c *clock) set(t time.Time) { c.now.Store(&t) }
func (c *clock) time() time.Time { return *c.now.Load() }

func render(m Mode, o Options) string {
	var out bytes.Buffer
	plan, events := recorded()
	o.Out, o.Plan = &out, plan
	now := newClock()
	o.Now = now.time
	d := New(m, o)
	for _, e := range events {
		now.set(e.Time)
		d.Event(e)
	}
	d.Close()
	d.Close()
	return out.String()
}

func TestGolden(t *testing.T) {
	for name, got := range map[string]string{
		"plain":   render(Plain, Options{}),
		"verbose": render(Plain, Options{Verbose: true}),
		"json":    render(JSON, Options{}),
		"quiet":   render(Quiet, Options{}),
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join("testdata", name+".golden")
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestJSONLinesAreObjects(t *testing.T) {
	for line := range strings.Lines(render(JSON, Options{})) {
		var e struct{ Time, Phase, Op, Kind, Name string }
		if err := json.Unmarshal([]byte(line), &e); err != nil || e.Time == "" || e.Phase == "" || e.Op == "" || e.Kind == "" || e.Name == "" {
			t.Errorf("%v: %s", err, line)
		}
	}
}

func TestEveryOpHasWords(t *testing.T) {
	for _, op := range []planner.Op{
		planner.OpPull, planner.OpBuild, planner.OpPush, planner.OpCreateNetwork, planner.OpCreateVolume, planner.OpCreateContainer,
		planner.OpCopyIn, planner.OpConnect, planner.OpDisconnect, planner.OpAttach, planner.OpStart, planner.OpWaitHealthy,
		planner.OpWaitCompleted, planner.OpRunHook, planner.OpStop, planner.OpKill, planner.OpPause, planner.OpUnpause,
		planner.OpRename, planner.OpRemove, planner.OpRemoveImage, planner.OpKeep,
	} {
		if w := words[op]; w.doing == "" || w.done == "" {
			t.Errorf("%s has no words", op)
		}
	}
}

var ansi = regexp.MustCompile("\x1b\\[[0-9;?]*[a-zA-Z]")

func TestTTYFinalState(t *testing.T) {
	out := render(TTY, Options{Color: true, Size: func() (int, int) { return 60, 24 }})
	if !strings.HasSuffix(out, showCursor) {
		t.Error("the cursor stays hidden")
	}
	last := out[strings.LastIndex(out, clearDown)+len(clearDown):]
	want := `[+] up 3/5, 1 unchanged, 1 failed, 1 steps skipped
 ✔ Image shop-web        Built            1.8s
 ✔ Image db:1            Pulled           1.0s
 ✔ Network shop_default  Created          0.2s
 ✘ Container shop-db-1   Error not healthy …   1.8s
`
	if diff := cmp.Diff(want, ansi.ReplaceAllString(last, "")); diff != "" {
		t.Error(diff)
	}
}

// screen is a terminal of w columns, as far as the display uses one.
type screen struct {
	w         int
	lines     []string
	row       int
	widest    int
	hidden    bool
	maxHeight int
}

func (s *screen) Write(p []byte) (int, error) {
	text := string(p)
	for text != "" {
		if loc := ansi.FindStringIndex(text); loc != nil && loc[0] == 0 {
			s.control(text[:loc[1]])
			text = text[loc[1]:]
			continue
		}
		end := strings.IndexAny(text, "\n\x1b\r")
		switch {
		case end == 0 && text[0] == '\n':
			s.row++
			text = text[1:]
		case end == 0:
			text = text[1:]
		default:
			if end < 0 {
				end = len(text)
			}
			s.put(text[:end])
			text = text[end:]
		}
	}
	s.maxHeight = max(s.maxHeight, len(s.lines))
	return len(p), nil
}

func (s *screen) put(text string) {
	for len(s.lines) <= s.row {
		s.lines = append(s.lines, "")
	}
	s.lines[s.row] += text
	s.widest = max(s.widest, runewidth.StringWidth(s.lines[s.row]))
}

func (s *screen) control(seq string) {
	var n int
	switch {
	case seq == hideCursor:
		s.hidden = true
	case seq == showCursor:
		s.hidden = false
	case seq == clearDown:
		s.lines = s.lines[:min(s.row, len(s.lines))]
	case strings.HasSuffix(seq, "A"):
		_, _ = fmt.Sscanf(seq, "\x1b[%dA", &n)
		s.row = max(0, s.row-n)
	}
}

func TestTTYStaysCalmWithManyServices(t *testing.T) {
	const services = 80
	s := &screen{w: 50}
	plan := planner.Plan{Goal: planner.GoalUp}
	for i := range services {
		plan.Actions = append(plan.Actions, planner.Action{ID: planner.ID(i + 1), Op: planner.OpStart, Ref: ref(planner.KindContainer, fmt.Sprintf("shop-a-service-with-a-very-long-name-%02d-1", i))})
	}
	now := newClock()
	d := New(TTY, Options{Out: s, Plan: plan, Size: func() (int, int) { return s.w, 24 }, Now: now.time})
	for _, phase := range []executor.Phase{executor.PhaseStarted, executor.PhaseDone} {
		for _, a := range plan.Actions {
			now.set(now.time().Add(150 * time.Millisecond))
			d.Event(executor.Event{Time: now.time(), Action: a.ID, Op: a.Op, Ref: a.Ref, Phase: phase})
		}
	}
	d.Above(func() { fmt.Fprintln(s, "a log line") })
	d.Close()
	if s.maxHeight > maxRows+3 {
		t.Errorf("%d lines high", s.maxHeight)
	}
	if s.widest >= s.w {
		t.Errorf("%d columns wide on a terminal of %d", s.widest, s.w)
	}
	if s.hidden {
		t.Error("the cursor stays hidden")
	}
	text := strings.Join(s.lines, "\n")
	if !strings.Contains(text, "a log line\n[+] up 80/80") {
		t.Errorf("the end state:\n%s", text)
	}
}

func TestTTYAfterANarrowerResize(t *testing.T) {
	var out bytes.Buffer
	width := 60
	plan, _ := recorded()
	d := New(TTY, Options{Out: &out, Plan: plan, Size: func() (int, int) { return width, 24 }, Now: newClock().time}).(*tty)
	e := executor.Event{Time: start, Action: 8, Op: planner.OpStart, Ref: ref(planner.KindContainer, "shop-db-1"), Phase: executor.PhaseStarted}
	d.Event(e)
	d.mu.Lock()
	drawn := append([]int(nil), d.drawn...)
	width = 20
	up := d.erase()
	d.mu.Unlock()
	rows := 0
	for _, w := range drawn {
		rows += (w + width - 1) / width
	}
	if want := fmt.Sprintf("\x1b[%dA", rows); !strings.HasPrefix(up, want) || rows <= len(drawn) {
		t.Errorf("%q goes up, want %q for lines of %v", up, want, drawn)
	}
	d.Close()
}

func TestParseMode(t *testing.T) {
	for in, want := range map[string]Mode{"": Auto, "none": Quiet, "tty": TTY, "plain": Plain, "json": JSON, "quiet": Quiet, "auto": Auto} {
		if got, err := ParseMode(in); err != nil || got != want {
			t.Errorf("%q: %q, %v", in, got, err)
		}
	}
	if _, err := ParseMode("loud"); err == nil {
		t.Error("no error for an unknown mode")
	}
}

// TestOptionalFailure: what failed and may is no error, and is not told as a
// success.
func TestOptionalFailure(t *testing.T) {
	e := executor.Event{Op: planner.OpWaitCompleted, Ref: ref(planner.KindContainer, "shop-job-1"), Phase: executor.PhaseDone, Err: errors.New("exited with code 3")}
	if got, want := (&plain{}).line(e), " Container shop-job-1  Skipped exited with code 3"; got != want {
		t.Errorf("plain has %q, want %q", got, want)
	}
	var out bytes.Buffer
	(&jsonDisplay{out: &out}).Event(e)
	for _, want := range []string{`"phase":"done"`, `"status":"Skipped"`, `"error":"exited with code 3"`} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %s in %s", want, out.String())
		}
	}
}
