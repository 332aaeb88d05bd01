package progress

import (
	"fmt"
	"slices"
	"time"

	"recompose/executor"
	"recompose/planner"
)

// row is one resource of a live display, whatever number of steps it takes.
type row struct {
	label   string
	word    string
	detail  string
	left    int // steps still to come
	running int // steps under way
	failed  bool
	skipped bool // in part or whole
	begun   time.Time
	ended   time.Time
	parts   map[string][2]int64 // bytes of a pull's layers
}

func (r *row) finished() bool {
	return !r.begun.IsZero() && r.running == 0 && (r.left <= 0 || r.failed)
}

// model is the state that a live display draws.
type model struct {
	title      string
	rows       []*row
	byRef      map[planner.Ref]*row
	began      time.Time
	kept       int
	failed     int
	skipped    int
	quietFetch bool
}

func newModel(p planner.Plan) *model {
	m := &model{title: string(p.Goal), byRef: map[planner.Ref]*row{}}
	for _, a := range p.Actions {
		if a.Op == planner.OpKeep {
			continue
		}
		m.row(a.Ref).left++
	}
	return m
}

func (m *model) row(ref planner.Ref) *row {
	key := planner.Ref{Kind: ref.Kind, Name: ref.Name}
	r := m.byRef[key]
	if r == nil {
		r = &row{label: label(ref), parts: map[string][2]int64{}}
		m.byRef[key] = r
		m.rows = append(m.rows, r)
	}
	return r
}

func (m *model) event(e executor.Event) {
	if m.began.IsZero() {
		m.began = e.Time
	}
	if e.Op == planner.OpKeep {
		if e.Phase == executor.PhaseDone && e.Ref.Kind == planner.KindContainer {
			m.kept++
		}
		return
	}
	r := m.row(e.Ref)
	w := words[e.Op]
	switch e.Phase {
	case executor.PhaseStarted:
		if r.begun.IsZero() {
			r.begun = e.Time
		}
		r.running++
		if !w.detail || r.word == "" {
			r.word = w.doing
		}
		r.detail = ""
	case executor.PhaseProgress:
		fetch := e.Op == planner.OpPull || e.Op == planner.OpPush || e.Op == planner.OpBuild
		if !fetch || !m.quietFetch {
			r.progress(e.Progress)
		}
	case executor.PhaseDone:
		r.end(e.Time)
		switch {
		case e.Err != nil && !r.failed:
			r.word, r.detail = "Skipped", errorText(e.Ref, e.Err)
		case !w.detail && !r.failed:
			r.word, r.detail = w.done, ""
		}
	case executor.PhaseFailed:
		r.end(e.Time)
		r.failed, r.word, r.detail = true, "Error", errorText(e.Ref, e.Err)
		m.failed++
	case executor.PhaseSkipped:
		r.left--
		m.skipped++
		r.skipped = true
	}
}

func (r *row) end(t time.Time) {
	if r.begun.IsZero() {
		r.begun = t
	}
	r.running = max(0, r.running-1)
	r.left--
	r.ended = t
}

func (r *row) progress(p executor.Progress) {
	if p.Total > 0 && p.ID != "" {
		r.parts[p.ID] = [2]int64{p.Current, p.Total}
		var current, total int64
		for _, part := range r.parts {
			current, total = current+min(part[0], part[1]), total+part[1]
		}
		r.detail = fmt.Sprintf("%d%%", current*100/total)
		return
	}
	if text := clean(p.Text); text != "" {
		r.detail = text
	}
}

// counts are the resources that are through, and all.
func (m *model) counts() (done, total int) {
	for _, r := range m.rows {
		if r.finished() && !r.failed && !r.skipped {
			done++
		}
	}
	return done, len(m.rows)
}

// visible chooses at most n rows in their own order: failures first, then what
// is under way, then what ended last. more is how many were left out.
func (m *model) visible(n int) (rows []*row, more int) {
	var begun []*row
	for _, r := range m.rows {
		if !r.begun.IsZero() {
			begun = append(begun, r)
		}
	}
	if len(begun) <= n {
		return begun, 0
	}
	rank := func(r *row) int {
		switch {
		case r.failed:
			return 0
		case r.running > 0:
			return 1
		case !r.finished():
			return 2
		}
		return 3
	}
	chosen := slices.Clone(begun)
	slices.SortStableFunc(chosen, func(a, b *row) int {
		if d := rank(a) - rank(b); d != 0 {
			return d
		}
		if rank(a) == 3 {
			return b.ended.Compare(a.ended)
		}
		return 0
	})
	chosen = chosen[:n]
	for _, r := range begun {
		if slices.Contains(chosen, r) {
			rows = append(rows, r)
		}
	}
	return rows, len(begun) - n
}
