// Package docker is the engine that speaks Docker's API: it observes, applies
// actions and copies streams.
//
// It decides nothing: which actions, in which order, is the plan's business.
// It must never know compose files or a terminal. Only this package imports
// the docker client.
package docker

import (
	"context"
	"sync"

	"github.com/docker/docker/client"

	"recompose/executor"
	"recompose/planner"
)

// Engine is one Docker-compatible engine. Its methods may be called from many
// goroutines at once.
type Engine struct {
	api    *client.Client
	wire   *wire    // under api
	dial   endpoint // where it is
	config string   // folder of the docker command's configuration
	env    func(string) string

	ctx    context.Context // of what outlives single calls; ends with Close
	cancel context.CancelFunc
	events hub

	mu     sync.Mutex
	known  *facts          // what the engine said of itself; nil: not asked yet
	output executor.Output // takes the lines of attached containers
	copies sync.WaitGroup  // outputs that are being copied

	picking sync.Mutex
	picked  map[planner.HostPort]bool // ports that this process has taken from ranges
}

// New makes the client of an engine. No request is sent yet.
func New(o Options) (*Engine, error) {
	e := &Engine{config: o.configDir(), env: o.env, picked: map[planner.HostPort]bool{}}
	file, err := e.dockerConfig()
	if err != nil {
		return nil, err
	}
	if e.dial, err = o.endpoint(e.config, file.CurrentContext); err != nil {
		return nil, err
	}
	if e.api, e.wire, err = e.dial.client(file.HTTPHeaders); err != nil {
		return nil, err
	}
	e.ctx, e.cancel = context.WithCancel(context.Background())
	return e, nil
}

// Address is where the engine is.
func (e *Engine) Address() string { return e.dial.host }

// SetOutput says who takes the lines of containers that a plan attaches to.
func (e *Engine) SetOutput(out executor.Output) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.output = out
}

// Drain waits until the output of all attached containers that have ended is
// copied.
func (e *Engine) Drain() { e.copies.Wait() }

// Close ends the connections that are kept for later requests.
func (e *Engine) Close() error {
	e.cancel()
	return e.api.Close()
}

var (
	_ executor.Engine    = (*Engine)(nil)
	_ executor.Streams   = (*Engine)(nil)
	_ executor.Processes = (*Engine)(nil)
	_ executor.Files     = (*Engine)(nil)
)
