package progress

import (
	"encoding/json"
	"io"
	"sync"
	"time"

	"recompose/executor"
	"recompose/planner"
)

// jsonDisplay writes one object per event and line. Fields are only ever
// added to the form.
type jsonDisplay struct {
	mu  sync.Mutex
	out io.Writer
}

type jsonEvent struct {
	Time    string         `json:"time"` // RFC 3339, UTC
	Action  planner.ID     `json:"action"`
	Phase   executor.Phase `json:"phase"`
	Op      planner.Op     `json:"op"`
	Kind    planner.Kind   `json:"kind"`
	Name    string         `json:"name"`
	Service string         `json:"service,omitempty"`
	Number  int            `json:"number,omitempty"`
	Status  string         `json:"status,omitempty"` // in words
	Part    string         `json:"part,omitempty"`   // a layer, a build step
	Text    string         `json:"text,omitempty"`
	Current int64          `json:"current,omitempty"`
	Total   int64          `json:"total,omitempty"`
	Seconds float64        `json:"seconds,omitempty"` // of what has ended
	Error   string         `json:"error,omitempty"`
}

func (j *jsonDisplay) Event(e executor.Event) {
	out := jsonEvent{
		Time: e.Time.UTC().Format(time.RFC3339Nano), Action: e.Action, Phase: e.Phase, Op: e.Op,
		Kind: e.Ref.Kind, Name: e.Ref.Name, Service: e.Ref.Service, Number: e.Ref.Number,
		Part: e.Progress.ID, Text: e.Progress.Text, Current: e.Progress.Current, Total: e.Progress.Total,
		Seconds: e.Elapsed.Seconds(),
	}
	switch e.Phase {
	case executor.PhaseStarted:
		out.Status = words[e.Op].doing
	case executor.PhaseDone:
		out.Status = words[e.Op].done
	}
	if e.Err != nil {
		if e.Phase == executor.PhaseDone {
			out.Status = "Skipped"
		}
		out.Error = e.Err.Error()
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	enc := json.NewEncoder(j.out)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(out) // a closed pipe ends the command elsewhere
}

func (j *jsonDisplay) Above(print func()) {
	j.mu.Lock()
	defer j.mu.Unlock()
	print()
}

func (j *jsonDisplay) Close() {}
