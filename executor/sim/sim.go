// Package sim is a container engine in memory with a real one's rules: taken
// names and resources in use are refused, stopped containers leave their
// networks, volumes outlive containers. Tests and rehearsals run on it.
//
// It does one action at a time and knows no plan; it must never reach for a
// real engine, a clock or randomness: equal calls give equal ids.
package sim

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"recompose/executor"
	"recompose/planner"
	"recompose/planner/create"
)

// Engine is the engine. Its fields are set before it is used, its methods may
// be called from many goroutines at once.
type Engine struct {
	// Info is what the engine says of itself.
	Info planner.Engine
	// Host says what is busy and missing on the engine's machine.
	Host planner.Host
	// PullAny lets every pull find an image.
	PullAny bool
	// Before is called before each action, one at a time. An error fails the
	// action untouched.
	Before func(a planner.Action) error

	hooks sync.Mutex

	mu         sync.Mutex
	changed    chan struct{} // closed at the next change of any state
	made       map[string]int
	ticks      int
	containers []*container
	networks   []*planner.Network
	volumes    []*volume
	images     []*planner.Image
	offered    []planner.Image
	behaviors  map[string]Behavior
	revisions  map[string]int
	watchers   map[*watcher]bool
	past       []past
	output     executor.Output
}

var (
	_ executor.Engine    = (*Engine)(nil)
	_ executor.Streams   = (*Engine)(nil)
	_ executor.Processes = (*Engine)(nil)
	_ executor.Files     = (*Engine)(nil)
)

// Behavior is how a container acts once it is started. The zero Behavior runs
// until it is stopped, finds itself healthy at once, and ends with ExitCode as
// soon as somebody waits for its end.
type Behavior struct {
	// Exits ends the process as soon as it has started; with 137, for want of
	// memory.
	Exits    bool
	ExitCode int
	// Hangs never ends, whoever waits.
	Hangs bool
	// Health is what its healthcheck finds, if it has one; empty is healthy.
	Health planner.Health
	// Exec is the exit code of hooks and of commands run in it.
	Exec int
	// Memory is how much its process uses, in bytes: less cannot be its limit.
	Memory int64
	// Output are the lines that it writes.
	Output []string
}

// container is one container, with what an observer does not see.
type container struct {
	planner.Container
	spec      create.Spec
	made      create.Body             // what it was made of; its limits are those that it has now
	listening []planner.PublishedPort // while it runs
	files     map[string]string       // in its own layer
	attached  bool
	shares    []string // ids of the containers whose namespaces it is in
	failing   bool     // it ended for want of memory, or unhealthy
}

// volume is one volume and the data in it.
type volume struct {
	planner.Volume
	files map[string]string
}

// New is an empty engine that speaks API 1.41, as Docker 20.10 does.
func New() *Engine {
	return &Engine{
		Info:    planner.Engine{Version: "20.10.24", APIVersion: "1.41", OS: "linux", CPUs: 2, Local: true, LegacyLinks: true, LegacyLinksEnv: true, Updates: true},
		changed: make(chan struct{}), made: map[string]int{}, behaviors: map[string]Behavior{}, revisions: map[string]int{}, watchers: map[*watcher]bool{},
	}
}

// Behave sets how containers of a service or of an image (by the reference
// that the file gives) act from now on; a service wins over an image.
func (e *Engine) Behave(serviceOrImage string, b Behavior) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.behaviors[serviceOrImage] = b
}

// AddImage adds a local image, under a new id if it has none, and takes its
// tags off others.
func (e *Engine) AddImage(i planner.Image) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.addImage(i)
}

// Offer puts an image into the registry, where a pull of one of its tags finds
// it.
func (e *Engine) Offer(i planner.Image) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if i.ID == "" {
		i.ID = e.newID("image", strings.Join(i.Tags, " "))
	}
	e.offered = append([]planner.Image{i}, e.offered...)
}

// Edit changes what a build of the service is made of: the next one gives
// another image.
func (e *Engine) Edit(service string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.revisions[service]++
}

// AddContainer adds a container that somebody else made. With Adopted, its
// Fields are only told to a query that inspects it.
func (e *Engine) AddContainer(c planner.Container) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if c.ID == "" {
		c.ID = e.newID("container", c.Name)
	}
	if c.Created.IsZero() {
		c.Created = e.now()
	}
	n := &container{Container: c, files: map[string]string{}}
	if c.Running() {
		n.listening = c.Ports
	}
	e.containers = append(e.containers, n)
	e.notify()
}

// AddNetwork adds a network that somebody else made.
func (e *Engine) AddNetwork(n planner.Network) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if n.ID == "" {
		n.ID = e.newID("network", n.Name)
	}
	if n.Created.IsZero() {
		n.Created = e.now()
	}
	e.networks = append(e.networks, &n)
	e.notify()
}

// AddVolume adds a volume that somebody else made.
func (e *Engine) AddVolume(v planner.Volume) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.volumes = append(e.volumes, &volume{Volume: v, files: map[string]string{}})
	e.notify()
}

// SetOutput says who takes the lines of attached containers.
func (e *Engine) SetOutput(out executor.Output) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.output = out
}

// behavior is how a container acts.
func (e *Engine) behavior(c *container) Behavior {
	if b, ok := e.behaviors[c.Service]; ok && c.Service != "" {
		return b
	}
	return e.behaviors[c.Image]
}

// newID gives the n-th resource of a kind and name an id of 64 hex digits.
func (e *Engine) newID(kind, name string) string {
	key := kind + "/" + name
	e.made[key]++
	sum := sha256.Sum256(fmt.Appendf(nil, "%s/%d", key, e.made[key]))
	id := hex.EncodeToString(sum[:])
	if kind == "image" {
		return "sha256:" + id
	}
	return id
}

// now is a second later each time.
func (e *Engine) now() time.Time {
	e.ticks++
	return e.clock()
}

func (e *Engine) clock() time.Time { return time.Date(2026, 1, 1, 0, 0, e.ticks, 0, time.UTC) }

// notify wakes everybody who waits for a change.
func (e *Engine) notify() {
	close(e.changed)
	e.changed = make(chan struct{})
}

// until waits for done to give a verdict; it is called with the lock held.
func (e *Engine) until(ctx context.Context, done func() (bool, error)) error {
	for {
		e.mu.Lock()
		ended, err := done()
		changed := e.changed
		e.mu.Unlock()
		if ended || err != nil {
			return err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// find is the container of an id, a name or the beginning of an id, in the
// engine's order.
func (e *Engine) find(ref string) (*container, error) {
	for _, match := range []func(*container) bool{
		func(c *container) bool { return c.ID == ref },
		func(c *container) bool { return c.Name == ref },
		func(c *container) bool { return len(ref) >= 12 && strings.HasPrefix(c.ID, ref) },
	} {
		if i := slices.IndexFunc(e.containers, match); i >= 0 {
			return e.containers[i], nil
		}
	}
	return nil, fmt.Errorf("no such container: %s: %w", ref, executor.ErrNotFound)
}
