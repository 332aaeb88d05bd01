// Package progress shows how a run goes. Each display is a pure consumer of
// executor events: live for a terminal, a line per step for logs, JSON for
// programs, or nothing.
//
// It must never ask the engine, influence the run, or print what an action
// carries: only references, words and the adapter's progress texts.
package progress

import (
	"fmt"
	"io"
	"time"

	"recompose/executor"
	"recompose/planner"
)

// Display takes the events of one run. Event is called from one goroutine.
type Display interface {
	Event(executor.Event)
	// Above runs print while nothing of the display is on the screen, so that
	// other output does not mix with it. It may be called from any goroutine.
	Above(print func())
	// Close leaves the final state on the screen. It may be called twice.
	Close()
}

// Mode is a kind of display.
type Mode string

const (
	Auto  Mode = "auto" // TTY on a terminal, Plain elsewhere
	TTY   Mode = "tty"
	Plain Mode = "plain"
	JSON  Mode = "json"
	Quiet Mode = "quiet"
)

// Modes are the values of --progress, in the order of the help text.
var Modes = []Mode{Auto, TTY, Plain, JSON, Quiet}

// ParseMode turns a flag's or variable's value into a mode; "" is Auto and
// "none" is Quiet, as in docker compose v5.
func ParseMode(s string) (Mode, error) {
	switch m := Mode(s); m {
	case "":
		return Auto, nil
	case "none":
		return Quiet, nil
	case Auto, TTY, Plain, JSON, Quiet:
		return m, nil
	}
	return "", fmt.Errorf("--progress %q: expected one of auto, tty, plain, json, quiet", s)
}

// Options are what a display needs to know of its screen and its run.
type Options struct {
	Out        io.Writer
	Plan       planner.Plan      // the run's: how many resources there are to count
	Color      bool              // ANSI colours are wanted
	Size       func() (w, h int) // the terminal's columns and rows; nil or 0: 80 x 24
	Now        func() time.Time  // nil: time.Now
	Verbose    bool              // also steps that are a detail of others
	QuietFetch bool              // not how far pulls, pushes and builds are
}

// New makes the display of a mode; Auto must have been decided by the caller
// and counts as Plain.
func New(m Mode, o Options) Display {
	if o.Now == nil {
		o.Now = time.Now
	}
	switch m {
	case TTY:
		return newTTY(o)
	case JSON:
		return &jsonDisplay{out: o.Out}
	case Quiet:
		return quiet{}
	}
	return &plain{out: o.Out, verbose: o.Verbose, quietFetch: o.QuietFetch}
}

type quiet struct{}

func (quiet) Event(executor.Event) {}
func (quiet) Above(print func())   { print() }
func (quiet) Close()               {}
