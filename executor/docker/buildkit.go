package docker

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"path"
	"strings"
	"time"

	"github.com/docker/docker/api/types/build"

	"recompose/executor"
	"recompose/planner"
)

// traceID marks BuildKit's progress in the answer to a build.
const traceID = "moby.buildkit.trace"

// buildKit builds with BuildKit through the engine's own API.
func (e *Engine) buildKit(ctx context.Context, p planner.BuildImage, source *buildContext, o build.ImageBuildOptions, report executor.Report) error {
	s, closing, err := e.openSession(ctx, p, source)
	if err != nil {
		return err
	}
	defer closing()
	o.SessionID = s.ID()
	if source.remote == "" {
		o.RemoteContext, o.Dockerfile = clientSession, path.Base(source.dockerfile)
	}
	err = e.post(ctx, nil, o, func(body io.Reader) error { return readBuildKit(ctx, body, report) })
	if own := s.Err(); own != nil && err != nil && ctx.Err() == nil {
		return fmt.Errorf("%w\nthe engine: %w", own, err) // ours is the cause
	}
	return err
}

// maxSteps bounds the steps that are told apart.
const maxSteps = 10000

// solve is a build under way.
type solve struct {
	report executor.Report
	steps  map[string]*step // by digest
	parts  map[string]int64 // by status: percent that was reported
	failed *step
	cause  string // of the failed step
}

// readBuildKit reports the steps of a build and what they write.
func readBuildKit(ctx context.Context, body io.Reader, report executor.Report) error {
	s := &solve{report: report, steps: map[string]*step{}, parts: map[string]int64{}}
	err := readMessages(ctx, body, func(m message) error {
		if m.ID != traceID {
			return nil
		}
		var data []byte
		if err := json.Unmarshal(m.Aux, &data); err != nil {
			return fmt.Errorf("%w: %w", errTrace, err)
		}
		t, err := decodeTrace(data)
		if err != nil {
			return err
		}
		s.take(t)
		return nil
	})
	if err == nil || ctx.Err() != nil || s.failed == nil {
		return err
	}
	if s.cause != "" {
		err = &wordedError{text: s.cause, cause: err} // without the step once more
	}
	return failedStep(s.failed, err)
}

func (s *solve) take(t trace) {
	for _, v := range t.vertexes {
		s.vertex(v)
	}
	for _, l := range t.logs {
		if known := s.steps[l.vertex]; known != nil {
			known.output.write(time.Time{}, l.data)
		}
	}
	for _, p := range t.statuses {
		s.status(p)
	}
	for _, w := range t.warnings {
		s.report(executor.Progress{Text: "warning: " + w.short})
	}
}

// vertex reports a step when it begins, or is found in the cache. A step may
// be announced long before, and more than once.
func (s *solve) vertex(v vertex) {
	known := s.steps[v.digest]
	if known == nil {
		if !v.started && !v.cached && v.failure == "" || len(s.steps) >= maxSteps {
			return
		}
		id := stepID(v)
		known = newStep(id, v.name, s.report)
		s.steps[v.digest] = known
		if !strings.HasPrefix(v.name, "[internal]") {
			text := v.name
			if v.cached {
				text += " (cached)"
			}
			s.report(executor.Progress{ID: id, Text: text})
		}
	}
	if v.completed {
		known.output.flush()
	}
	// Steps that ran beside a failed one end as canceled.
	if v.failure != "" && s.failed == nil && !strings.Contains(v.failure, "context canceled") {
		s.failed, s.cause = known, v.failure
	}
}

// status reports bytes, once a percent.
func (s *solve) status(p vertexStatus) {
	if p.total <= 0 || len(s.parts) >= maxSteps {
		return
	}
	done := p.current * 100 / p.total
	if before, ok := s.parts[p.id]; ok && before == done {
		return
	}
	s.parts[p.id] = done
	s.report(executor.Progress{ID: p.id, Current: p.current, Total: p.total})
}

// stepID is "2/3" of "[2/3] RUN make", or "build 2/3" of a named stage; else
// the step's digest.
func stepID(v vertex) string {
	if rest, ok := strings.CutPrefix(v.name, "["); ok {
		if id, _, ok := strings.Cut(rest, "]"); ok && strings.Contains(id, "/") {
			return strings.Join(strings.Fields(id), " ")
		}
	}
	return v.digest
}
