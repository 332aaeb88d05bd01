// Package session is our side of a BuildKit session: while it builds, the
// engine asks us for the files, secrets and credentials that a build needs,
// by gRPC over one connection that we opened.
//
// It knows no engine and no compose file; who builds gives it a connection.
// BuildKit's own packages would do the same and bring some fifty modules
// along; the five calls that are needed are small, and net/http speaks HTTP/2.
package session

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"log"
	"net"
	"net/http"
	"sync"
	"time"
)

// Options are what a build may ask for. What is nil is not offered.
type Options struct {
	// SharedKey is the same for builds of the same folder, so that the engine
	// asks only for files that have changed.
	SharedKey string
	// Trees are folders by the name that the build gives them.
	Trees map[string]Tree
	// Credentials are those for a registry; empty ones where there are none.
	Credentials func(host string) (user, secret string, err error)
	// Secret has a value that a step mounts; an error that is fs.ErrNotExist
	// where there is none of that name.
	Secret func(id string) ([]byte, error)
	// Agent connects to the SSH agent of that name.
	Agent func(ctx context.Context, id string) (net.Conn, error)
}

// Tree is a folder to send.
type Tree interface {
	// Walk visits all that is to be sent, a folder before what is in it and
	// names in order. With only, what is not named there, or below, may be
	// left out.
	Walk(ctx context.Context, only []string, visit func(Entry) error) error
	// Open opens a file that was visited.
	Open(name string) (io.ReadCloser, error)
}

// Entry is a file, a folder or a symbolic link. Name is relative, with
// slashes.
type Entry struct {
	Name    string
	Mode    fs.FileMode
	Size    int64 // of a file
	ModTime time.Time
	Link    string // where a symbolic link points
}

// Session answers what a build asks.
type Session struct {
	id      string
	options Options

	mu  sync.Mutex
	err error // the first that we had ourselves
}

// New makes a session with an id of its own.
func New(o Options) *Session {
	id := make([]byte, 16)
	rand.Read(id) // never fails, as its documentation says
	return &Session{id: hex.EncodeToString(id), options: o}
}

// ID is what the build request names the session by.
func (s *Session) ID() string { return s.id }

// Header is what the request that opens the session's connection carries: the
// session's id and the calls that it answers.
func (s *Session) Header() map[string][]string {
	methods := []string{methodHealth}
	if s.options.Trees != nil {
		methods = append(methods, methodDiffCopy)
	}
	if s.options.Credentials != nil {
		methods = append(methods, methodCredentials)
	}
	if s.options.Secret != nil {
		methods = append(methods, methodSecret)
	}
	if s.options.Agent != nil {
		methods = append(methods, methodCheckAgent, methodForwardAgent)
	}
	return map[string][]string{
		"X-Docker-Expose-Session-Uuid":        {s.id},
		"X-Docker-Expose-Session-Name":        {"recompose"},
		"X-Docker-Expose-Session-Sharedkey":   {s.options.SharedKey},
		"X-Docker-Expose-Session-Grpc-Method": methods,
	}
}

// Err is the first error that we had ourselves, as a file that could not be
// read: the cause of what the engine then says.
func (s *Session) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

func (s *Session) note(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil && !errors.Is(err, context.Canceled) {
		s.err = err
	}
}

// Serve answers calls on conn until ctx ends or the other side closes it. conn
// is closed.
func (s *Session) Serve(ctx context.Context, conn net.Conn) {
	var protocols http.Protocols
	protocols.SetUnencryptedHTTP2(true)
	l := &listener{conn: make(chan net.Conn, 1), done: make(chan struct{}), addr: conn.LocalAddr()}
	l.conn <- conn
	server := &http.Server{
		Handler: s, Protocols: &protocols, ErrorLog: log.New(io.Discard, "", 0),
		ConnState: func(_ net.Conn, state http.ConnState) {
			if state == http.StateClosed {
				l.Close()
			}
		},
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	defer context.AfterFunc(ctx, func() { server.Close() })()
	_ = server.Serve(l) // ends when the connection does, which is no error
	server.Close()
}

// listener accepts one connection, and ends with it.
type listener struct {
	conn  chan net.Conn
	done  chan struct{}
	close sync.Once
	addr  net.Addr
}

func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conn:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *listener) Close() error {
	l.close.Do(func() { close(l.done) })
	return nil
}

func (l *listener) Addr() net.Addr { return l.addr }
