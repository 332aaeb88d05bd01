package docker

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/docker/docker/api/types/events"
	"github.com/docker/docker/api/types/filters"
)

// hub is one subscription to the engine's events that all waits share. It only
// wakes them; what is true they then ask the engine.
type hub struct {
	mu      sync.Mutex
	open    *subscription // nil: none yet, or the last one has ended
	wakes   map[*waker]struct{}
	opening sync.Mutex // held while one is made
}

// subscription is one stream of events.
type subscription struct {
	ended chan struct{} // closed at its end
	err   error         // why; set before ended is closed
}

// waker has a value in wake after something happened to its container.
type waker struct {
	container string // id or name
	wake      chan struct{}
}

var errEventsEnded = errors.New("the engine's events have ended")

// listen registers a container and makes sure that events flow. leave ends
// it.
func (e *Engine) listen(ctx context.Context, container string) (w *waker, s *subscription, leave func(), err error) {
	h := &e.events
	w = &waker{container: container, wake: make(chan struct{}, 1)}
	h.mu.Lock()
	if h.wakes == nil {
		h.wakes = map[*waker]struct{}{}
	}
	h.wakes[w] = struct{}{}
	h.mu.Unlock()
	leave = func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.wakes, w)
	}
	if s, err = e.subscription(ctx); err != nil {
		leave()
		return nil, nil, nil, err
	}
	return w, s, leave, nil
}

// subscription is the open one, or a new one.
func (e *Engine) subscription(ctx context.Context) (*subscription, error) {
	h := &e.events
	h.opening.Lock()
	defer h.opening.Unlock()
	h.mu.Lock()
	s := h.open
	h.mu.Unlock()
	if s != nil {
		return s, nil
	}
	known, err := e.ready(ctx)
	if err != nil {
		return nil, err
	}
	o := events.ListOptions{Filters: filters.NewArgs(filters.Arg("type", "container"))}
	for _, action := range []string{"start", "die", "died", "health_status", "destroy", "remove", "restart", "unpause"} {
		o.Filters.Add("event", action)
	}
	if !known.clock.IsZero() {
		// Engines answer before they listen; what happens in between is in the
		// past that this asks for, by the engine's own clock.
		o.Since = strconv.FormatInt(known.clock.Unix(), 10)
	}
	// The stream outlives the wait that opens it, once it is open.
	streamCtx, cancel := context.WithCancel(e.ctx)
	detach := context.AfterFunc(ctx, cancel)
	messages, failed := e.api.Events(streamCtx, o) //nolint:contextcheck // see above
	detach()
	s = &subscription{ended: make(chan struct{})}
	h.mu.Lock()
	h.open = s
	h.mu.Unlock()
	go func() {
		defer cancel()
		h.run(s, messages, failed)
	}()
	return s, nil
}

// run wakes waits until the stream ends.
func (h *hub) run(s *subscription, messages <-chan events.Message, failed <-chan error) {
	for {
		select {
		case m := <-messages:
			h.wake(m.Actor.ID, m.Actor.Attributes["name"])
		case err := <-failed:
			if err == nil {
				err = errEventsEnded
			}
			s.err = err
			h.mu.Lock()
			h.open = nil
			h.mu.Unlock()
			close(s.ended)
			return
		}
	}
}

func (h *hub) wake(id, name string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for w := range h.wakes {
		if w.container == name || w.container == id || len(w.container) >= 12 && strings.HasPrefix(id, w.container) {
			select {
			case w.wake <- struct{}{}:
			default: // it will look anyway
			}
		}
	}
}

// maxLost bounds how often in one wait the events may be lost and found again.
const maxLost = 5

// await calls check after each event of a container until it says done or
// fails. timeout 0 is none; late makes the error of one that has run out.
func (e *Engine) await(ctx context.Context, container string, timeout time.Duration, check func(context.Context) (done bool, err error), late func() error) error {
	var expired <-chan time.Time
	if timeout > 0 {
		t := time.NewTimer(timeout)
		defer t.Stop()
		expired = t.C
	}
	for lost := 0; ; lost++ {
		w, s, leave, err := e.listen(ctx, container)
		if err != nil {
			return err
		}
		err = e.awaitOnce(ctx, w, s, expired, check, late)
		leave()
		if err == nil || !errors.Is(err, errEventsEnded) || lost == maxLost {
			return err
		}
	}
}

func (e *Engine) awaitOnce(ctx context.Context, w *waker, s *subscription, expired <-chan time.Time, check func(context.Context) (bool, error), late func() error) error {
	for {
		if done, err := check(ctx); done || err != nil {
			return err
		}
		select {
		case <-w.wake:
		case <-s.ended:
			return &problem{text: "lost the engine's events: " + said(s.err), kind: errEventsEnded, cause: s.err}
		case <-expired: // what late tells is how it is now
			if done, err := check(ctx); done || err != nil {
				return err
			}
			return late()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
