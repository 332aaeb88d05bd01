package cmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"recompose/cmd/progress"
)

// Exit codes. Wrong usage is 1 as well, as with docker-compose 1.29.2 and
// docker compose v5. Commands that run a process in a container (exec, run,
// up --exit-code-from) return its code.
const (
	exitOK          = 0
	exitFailed      = 1
	exitNotChecked  = 3 // validate: the files could not be read at all
	exitMoved       = 3 // apply: the plan no longer holds
	exitInterrupted = 130
	// What exec returns for a command that cannot be started, as a shell does.
	exitNotExecutable = 126
	exitNoCommand     = 127
)

// exitError ends the program with a code. err is printed unless it is nil: a
// container's exit code is no message.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit status %d", e.code)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// errReported: what is wrong has been printed already.
var errReported = &exitError{code: exitFailed}

// errInterrupted: the user stopped the command.
var errInterrupted = &exitError{code: exitInterrupted}

// failure is an error with a message for the user.
func failure(format string, args ...any) error { return fmt.Errorf(format, args...) }

// withCode gives err the exit code; a nil err becomes a silent exit.
func withCode(code int, err error) error {
	if code == exitOK && err == nil {
		return nil
	}
	return &exitError{code: code, err: err}
}

// exit prints the error in the form that --progress asks for, and returns the
// exit code.
func (a *App) exit(err error) int {
	if err == nil {
		return exitOK
	}
	code := exitFailed
	var e *exitError
	if errors.As(err, &e) {
		code = e.code
		if e.err == nil {
			return code
		}
	} else if errors.Is(err, context.Canceled) {
		return exitInterrupted
	}
	a.sayError(err.Error())
	return code
}

// sayError prints one message. With --progress json it is an object, as the
// events are (the same keys as docker compose v5).
func (a *App) sayError(text string) {
	if a.global.mode == progress.JSON {
		b, _ := json.Marshal(struct {
			Error   bool   `json:"error"`
			Message string `json:"message"`
		}{true, text})
		fmt.Fprintln(a.Err, string(b))
		return
	}
	fmt.Fprintln(a.Err, "error: "+strings.TrimRight(text, "\n"))
}

// say prints something that is neither output nor an error.
func (a *App) say(kind, text string) {
	if a.global.mode == progress.JSON {
		b, _ := json.Marshal(struct {
			Level   string `json:"level"`
			Message string `json:"message"`
		}{kind, text})
		fmt.Fprintln(a.Err, string(b))
		return
	}
	fmt.Fprintln(a.Err, kind+": "+text)
}

// lockedWriter lets the messages of goroutines (signals, streams, events)
// follow one another instead of mixing.
type lockedWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}
