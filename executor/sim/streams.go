package sim

import (
	"context"
	"fmt"
	"io"
	"maps"
	"strconv"
	"time"

	"recompose/executor"
	"recompose/planner"
)

// Logs gives the lines of the container's Behavior once it has been started;
// with Follow it goes on until the container stops.
func (e *Engine) Logs(ctx context.Context, ref string, o executor.LogOptions, out executor.Output) error {
	e.mu.Lock()
	c, err := e.find(ref)
	var lines []string
	if err == nil && c.Status != planner.StatusCreated {
		lines = e.behavior(c).Output
	}
	e.mu.Unlock()
	if err != nil {
		return err
	}
	for _, line := range lines {
		out.Line(o.Ref, false, c.Created, []byte(line))
	}
	if !o.Follow {
		return nil
	}
	return e.until(ctx, func() (bool, error) { return !c.Running(), nil })
}

// Exec ends at once with the code of the container's Behavior.
func (e *Engine) Exec(ctx context.Context, ref string, _ executor.ExecOptions) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	c, err := e.find(ref)
	if err != nil {
		return 0, err
	}
	if c.Status != planner.StatusRunning {
		return 0, fmt.Errorf("container %s does not run", c.Name)
	}
	return e.behavior(c).Exec, nil
}

// AttachAndStart starts the container, writes its lines, and returns its exit
// code: with somebody waiting for it, it ends.
func (e *Engine) AttachAndStart(ctx context.Context, ref string, o executor.ExecOptions) (int, error) {
	e.mu.Lock()
	c, err := e.find(ref)
	if err == nil {
		err = e.start(c)
		e.notify()
	}
	e.mu.Unlock()
	if err != nil {
		return 0, err
	}
	return e.Attach(ctx, ref, o)
}

// Console is nothing to write to.
func (e *Engine) Console(_ context.Context, ref string) (executor.Console, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	_, err := e.find(ref)
	return executor.Console{}, err
}

// Attach writes the container's lines and returns its exit code: with somebody
// waiting for it, it ends. One that hangs takes no signal but SIGKILL.
func (e *Engine) Attach(ctx context.Context, ref string, o executor.ExecOptions) (int, error) {
	e.mu.Lock()
	c, err := e.find(ref)
	var b Behavior
	if err == nil {
		b = e.behavior(c)
	}
	e.mu.Unlock()
	if err != nil {
		return 0, err
	}
	for _, line := range b.Output {
		if o.Stdout != nil {
			if _, err := io.WriteString(o.Stdout, line+"\n"); err != nil {
				return 0, err
			}
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go e.takeSignals(ctx, c, o.Signals)
	code := 0
	err = e.until(ctx, func() (bool, error) {
		if c.Running() && !b.Hangs {
			e.exit(c, b.ExitCode)
			e.notify()
		}
		code = c.ExitCode
		return !c.Running(), nil
	})
	return code, err
}

func (e *Engine) takeSignals(ctx context.Context, c *container, signals <-chan string) {
	for {
		select {
		case name := <-signals:
			e.mu.Lock()
			if name == "SIGKILL" && c.Running() {
				e.exit(c, 137)
				e.notify()
			}
			e.mu.Unlock()
		case <-ctx.Done():
			return
		}
	}
}

// watcher is one call of Watch.
type watcher struct {
	project string
	events  []executor.ContainerEvent
}

// Watch tells of the events of the project's containers in a span of the
// engine's own time. That stands still between actions: a span that has an end
// is over once the past is told.
func (e *Engine) Watch(ctx context.Context, project string, span executor.Span, f func(executor.ContainerEvent)) error {
	w := &watcher{project: project}
	e.mu.Lock()
	since, err := e.moment(span.Since)
	if err != nil {
		e.mu.Unlock()
		return err
	}
	until, err := e.moment(span.Until)
	if err != nil {
		e.mu.Unlock()
		return err
	}
	for _, past := range e.past {
		if past.project == project && !since.IsZero() && !past.event.Time.Before(since) {
			w.events = append(w.events, past.event)
		}
	}
	e.watchers[w] = true
	e.notify()
	e.mu.Unlock()
	defer func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		delete(e.watchers, w)
	}()
	for {
		var events []executor.ContainerEvent
		err := e.until(ctx, func() (bool, error) {
			events, w.events = w.events, nil
			return len(events) > 0 || !until.IsZero(), nil
		})
		if err != nil {
			return err
		}
		for _, event := range events {
			if until.IsZero() || !event.Time.After(until) {
				f(event)
			}
		}
		if !until.IsZero() {
			return nil
		}
	}
}

// moment reads an end of a span; the zero time is for an empty one.
func (e *Engine) moment(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if d, err := time.ParseDuration(text); err == nil {
		return e.clock().Add(-d), nil
	}
	return time.Parse(time.RFC3339, text)
}

// Watched is closed once somebody watches.
func (e *Engine) Watched() <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = e.until(context.Background(), func() (bool, error) { return len(e.watchers) > 0, nil })
	}()
	return done
}

// past is an event that has been.
type past struct {
	project string
	event   executor.ContainerEvent
}

// event tells the watchers of a container's project.
func (e *Engine) event(c *container, action string) {
	event := executor.ContainerEvent{
		Time: e.clock(), Action: action, ID: c.ID, Name: c.Name, Service: c.Service, Number: c.Number, OneOff: c.OneOff,
		Labels: maps.Clone(c.Labels), ExitCode: c.ExitCode, Health: c.Health,
		Facts: map[string]string{"name": c.Name, "image": c.Image},
	}
	if action == "die" {
		event.Facts["exitCode"] = strconv.Itoa(c.ExitCode)
	}
	e.past = append(e.past, past{c.Project, event})
	for w := range e.watchers {
		if w.project == c.Project {
			w.events = append(w.events, event)
		}
	}
}

func (c *container) ref() planner.Ref {
	return planner.Ref{Kind: planner.KindContainer, Name: c.Name, Service: c.Service, Number: c.Number, Role: c.Role}
}
