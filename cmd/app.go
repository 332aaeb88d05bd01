// Package cmd is the command line: flags become a planner.Target, and what
// comes of it is printed.
//
// Every command that changes something goes through converge, the only loop;
// the others observe, select and print. The package must never decide what is
// done to the engine (planner) or how (executor).
package cmd

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/term"

	"recompose/executor"
	"recompose/loader"
	"recompose/planner"
)

// App is everything that a command needs of the world outside it. Tests build
// their own.
type App struct {
	In       io.Reader
	Out, Err io.Writer
	// Which of the streams are terminals, and the size of the one that Err is
	// (nil: not known).
	InTTY, OutTTY, ErrTTY bool
	Size                  func() (w, h int)

	Program string   // how the user called us: "recompose", "docker compose"
	Env     []string // KEY=VALUE
	Dir     string   // working directory, absolute
	Now     func() time.Time
	Slug    func() string // a new random part of a one-off's name
	Signals <-chan os.Signal
	// Connect makes the engine's client. It is called once, when a command
	// needs the engine for the first time.
	Connect func(Connection) (executor.Engine, error)

	// The stages, as variables so that tests of the loop can replace them.
	load func(context.Context, loader.Options) (*loader.Project, []loader.Diagnostic, error)
	make func(*loader.Project, planner.State, planner.Target) planner.Plan
	run  func(context.Context, planner.Plan, executor.Engine, executor.Options) error

	global   globalOptions
	command  string // that runs, as the user called it, without arguments
	engine   executor.Engine
	loaded   loader.Options // of the last load
	planning *planOptions   // set while `plan` runs another command's flags
}

// Connection says which engine is meant. Empty fields leave the choice to the
// environment and the docker command's configuration.
type Connection struct {
	Host, Context, ConfigDir string
	TLS, TLSVerify           bool
	CACert, Cert, Key        string
	Getenv                   func(string) string
}

// Main runs the program and returns its exit code. args[0] is its own name.
func Main(args []string) int {
	dir, err := os.Getwd()
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		return exitFailed
	}
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	app := &App{
		In: os.Stdin, Out: os.Stdout, Err: os.Stderr,
		InTTY:  term.IsTerminal(int(os.Stdin.Fd())),
		OutTTY: term.IsTerminal(int(os.Stdout.Fd())),
		ErrTTY: term.IsTerminal(int(os.Stderr.Fd())),
		Size:   terminalSize,
		Env:    os.Environ(), Dir: dir, Now: time.Now, Slug: randomSlug,
		Signals: signals, Connect: connectDocker,
	}
	return app.Run(args)
}

func terminalSize() (w, h int) {
	for _, f := range []*os.File{os.Stderr, os.Stdout} {
		if w, h, err := term.GetSize(int(f.Fd())); err == nil {
			return w, h
		}
	}
	return 0, 0
}

// randomSlug is 12 hexadecimal digits, as in the names that the peers give to
// one-off containers.
func randomSlug() string {
	b := make([]byte, 6)
	rand.Read(b) // never fails
	return hex.EncodeToString(b)
}

// getenv is a variable of the process, or "".
func (a *App) getenv(key string) string {
	for i := len(a.Env) - 1; i >= 0; i-- {
		if k, v, ok := strings.Cut(a.Env[i], "="); ok && k == key {
			return v
		}
	}
	return ""
}

// setting is a COMPOSE_ variable: of the process or, where that has none, of
// the project's .env file. p may be nil.
func (a *App) setting(p *loader.Project, key string) string {
	if v := a.getenv(key); v != "" || p == nil || p.Model == nil {
		return v
	}
	return p.Model.Environment[key]
}

// isOn reads a variable as docker compose does: 1, t, true, y, yes and on mean
// yes.
func isOn(v string) bool {
	switch strings.ToLower(strings.TrimSpace(v)) {
	case "y", "yes", "on":
		return true
	}
	b, _ := strconv.ParseBool(strings.TrimSpace(v))
	return b
}

// client is the engine's, connected when first asked for.
func (a *App) client() (executor.Engine, error) {
	if a.engine != nil {
		return a.engine, nil
	}
	g := &a.global
	e, err := a.Connect(Connection{
		Host: g.host, Context: g.context, ConfigDir: g.configDir,
		TLS: g.tls, TLSVerify: g.tlsVerify, CACert: g.tlsCACert, Cert: g.tlsCert, Key: g.tlsKey,
		Getenv: a.getenv,
	})
	if err != nil {
		return nil, err
	}
	a.engine = e
	return e, nil
}

// streams is the engine's second interface.
func (a *App) streams() (executor.Streams, error) { return also[executor.Streams](a, "logs, exec") }

// also is a further interface of the engine, which some engine may lack; what
// says what it is for.
func also[T any](a *App, what string) (T, error) {
	var none T
	e, err := a.client()
	if err != nil {
		return none, err
	}
	t, ok := e.(T)
	if !ok {
		return none, failure("this engine has no %s", what)
	}
	return t, nil
}
