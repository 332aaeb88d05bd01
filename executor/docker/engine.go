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
)

// Options say which engine is meant. Empty fields leave the choice to the
// environment (Env) and the docker command's configuration, in its order:
// Host, Context, DOCKER_HOST, DOCKER_CONTEXT, the current context, the default
// socket.
type Options struct {
	Host, Context, ConfigDir   string
	TLS, TLSVerify             bool
	TLSCACert, TLSCert, TLSKey string
	Env                        func(string) string
}

// Engine is one Docker-compatible engine. Its methods may be called from many
// goroutines at once.
type Engine struct {
	api    *client.Client
	dial   endpoint // where it is; see connect.go
	config string   // folder of the docker command's configuration

	mu     sync.Mutex
	output executor.Output // takes the lines of attached containers
	copies sync.WaitGroup  // outputs that are being copied
}

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
func (e *Engine) Close() error { return e.api.Close() }

var (
	_ executor.Engine  = (*Engine)(nil)
	_ executor.Streams = (*Engine)(nil)
	_                  = context.Background
)
