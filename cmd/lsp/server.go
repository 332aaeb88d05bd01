// Package lsp is the language server: it tells editors, over standard input and
// output, what validate would say, and what the specification knows of a place.
// It must never write a file or decide what is a mistake.
package lsp

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/creachadair/jrpc2"
	"github.com/creachadair/jrpc2/channel"

	"recompose/loader"
	"recompose/loader/check"
)

// Options are what a session is started with.
type Options struct {
	In  io.Reader
	Out io.Writer
	// Load checks files; Flags are what the command line and the environment say
	// of them.
	Load    check.Load
	Flags   loader.Options
	Version string
	// Pause is how long the typing must rest before files are checked.
	Pause time.Duration
}

// ErrNoShutdown says that the client left without asking the server to shut
// down, or that it could not be understood.
var ErrNoShutdown = errors.New("the client left without shutdown")

// server is one session with one client.
type server struct {
	Options
	rpc  *jrpc2.Server
	stop chan struct{} // closed by exit

	mu       sync.Mutex
	state    state
	watching bool                 // the client can tell of files on the disk
	roots    []string             // the workspace's folders, absolute
	docs     map[string]*document // open ones, by URI
	checker  *checker
}

// state of the session: requests are served between initialize and shutdown.
type state int

const (
	fresh state = iota
	ready
	down
)

const codeNotInitialized = jrpc2.Code(-32002)

// Serve speaks with the client until it leaves.
func Serve(ctx context.Context, o Options) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s := &server{Options: o, stop: make(chan struct{}), docs: map[string]*document{}}
	s.checker = newChecker(s)
	s.rpc = jrpc2.NewServer(s, &jrpc2.ServerOptions{
		AllowPush: true, DisableBuiltin: true, NewContext: func() context.Context { return ctx },
	})
	messages := &framing{Channel: channel.LSP(strings.NewReader(""), nopCloser{o.Out}), in: bufio.NewReader(o.In)}
	s.rpc.Start(messages)
	checked := make(chan struct{})
	go func() {
		defer close(checked)
		s.checker.run(ctx)
	}()
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		_ = s.rpc.Wait() // what counts is whether it was asked to end
	}()
	var refused error
	select {
	case <-s.stop: // standard input may stay open: it is not waited for
	case <-gone:
		refused = messages.refused
	}
	cancel()
	<-checked
	if refused != nil {
		return refused
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state != down {
		return ErrNoShutdown
	}
	return nil
}

// Assign finds the handler of a method (jrpc2.Assigner).
func (s *server) Assign(_ context.Context, method string) jrpc2.Handler {
	handle, ok := map[string]jrpc2.Handler{
		"initialize":  request(s.initialize),
		"initialized": request(s.initialized),
		"shutdown":    request(s.shutdown),
		"exit":        request(s.exit),

		"textDocument/didOpen":            request(s.didOpen),
		"textDocument/didChange":          request(s.didChange),
		"textDocument/didSave":            request(s.didSave),
		"textDocument/didClose":           request(s.didClose),
		"workspace/didChangeWatchedFiles": request(s.filesChanged),

		"textDocument/hover":          request(s.hover),
		"textDocument/completion":     request(s.complete),
		"textDocument/definition":     request(s.definition),
		"textDocument/documentSymbol": request(s.symbols),
		"textDocument/codeAction":     request(s.actions),

		"$/cancelRequest": request(s.cancelRequest),
	}[method]
	if !ok {
		return nil
	}
	return func(ctx context.Context, r *jrpc2.Request) (result any, err error) {
		// A mistake in one handler must not end the session.
		defer func() {
			if bug := recover(); bug != nil {
				result, err = nil, jrpc2.Errorf(jrpc2.InternalError, "%s: %v", method, bug)
			}
		}()
		if err := s.admit(method); err != nil {
			return nil, err
		}
		return handle(ctx, r)
	}
}

// admit refuses what comes out of turn, as the protocol wants.
func (s *server) admit(method string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case method == "exit":
	case s.state == fresh && method != "initialize":
		return jrpc2.Errorf(codeNotInitialized, "%s before initialize", method)
	case s.state == ready && method == "initialize":
		return jrpc2.Errorf(jrpc2.InvalidRequest, "initialize a second time")
	case s.state == down:
		return jrpc2.Errorf(jrpc2.InvalidRequest, "%s after shutdown", method)
	}
	return nil
}

// request makes a handler of a function of its parameters. Members that are
// not known are those of newer clients.
func request[P, R any](serve func(context.Context, P) (R, error)) jrpc2.Handler {
	return func(ctx context.Context, r *jrpc2.Request) (any, error) {
		var params P
		if text := r.ParamString(); text != "" && text != "null" {
			if err := json.Unmarshal([]byte(text), &params); err != nil {
				return nil, jrpc2.Errorf(jrpc2.InvalidParams, "%s: %v", r.Method(), err)
			}
		}
		return serve(ctx, params)
	}
}

// none is the result of what has none: null.
type none = *struct{}

func (s *server) initialize(_ context.Context, p initializeParams) (initializeResult, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range p.Folders {
		if path := pathOf(f.URI); path != "" {
			s.roots = append(s.roots, path)
		}
	}
	if len(s.roots) == 0 {
		if path := pathOf(p.RootURI); path != "" {
			s.roots = append(s.roots, path)
		}
	}
	s.watching = p.Capabilities.Workspace.Watched.Dynamic
	s.state = ready
	var r initializeResult
	r.Info.Name, r.Info.Version = "recompose", s.Version
	r.Capabilities = serverCapabilities{
		Encoding: "utf-16",
		Sync:     syncOptions{OpenClose: true, Change: syncIncremental, Save: true},

		Completion: completionOptions{Triggers: []string{" ", ":", "*", "["}},
		Actions:    actionOptions{Kinds: []string{kindQuickFix, kindFixAll}},
		Hover:      true, Definition: true, Symbols: true,
	}
	return r, nil
}

// watched are the files beside open ones that decide what is found.
var watched = []string{"**/*.{yml,yaml,env}", "**/.env", "**/.env.*", "**/Dockerfile*"}

func (s *server) initialized(ctx context.Context, _ struct{}) (none, error) {
	s.mu.Lock()
	watching := s.watching
	s.mu.Unlock()
	if watching {
		var w watchers
		for _, glob := range watched {
			w.Watchers = append(w.Watchers, watcher{glob})
		}
		p := registrations{[]registration{{ID: "files", Method: "workspace/didChangeWatchedFiles", Options: w}}}
		// A handler that waited would hold up what comes after it.
		go func() { _, _ = s.rpc.Callback(context.WithoutCancel(ctx), "client/registerCapability", p) }()
	}
	return nil, nil
}

func (s *server) shutdown(context.Context, struct{}) (none, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state = down
	return nil, nil
}

func (s *server) exit(context.Context, struct{}) (none, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.stop:
	default:
		close(s.stop)
	}
	return nil, nil
}

func (s *server) cancelRequest(_ context.Context, p struct {
	ID json.RawMessage `json:"id"`
}) (none, error) {
	s.rpc.CancelRequest(string(p.ID))
	return nil, nil
}

// notify tells the client something; one that has gone misses it.
func (s *server) notify(ctx context.Context, method string, params any) {
	_ = s.rpc.Notify(ctx, method, params)
}

// document is an open one, or an error that says that it is none.
func (s *server) document(uri string) (*document, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, ok := s.docs[uri]
	if !ok {
		return nil, jrpc2.Errorf(jrpc2.InvalidParams, "%s is not open", fmt.Sprintf("%.200s", uri))
	}
	return d, nil
}
