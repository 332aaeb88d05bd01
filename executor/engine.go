// Package executor carries a plan out, and says what happens as events.
//
// It decides nothing: what is done and in which order is the plan's. It must
// never know compose files or a terminal.
package executor

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"time"

	"recompose/planner"
)

// Engine observes and changes one container engine. Both calls may be made
// from many goroutines at once.
type Engine interface {
	// Observe answers a query. It changes nothing.
	Observe(ctx context.Context, q planner.Query) (planner.State, error)
	// Apply carries out one action. report may be called until it returns, from
	// one goroutine at a time. A canceled ctx ends waits, pulls and builds at
	// once; a write that the engine has begun is finished.
	Apply(ctx context.Context, a planner.Action, report Report) error
}

// Report tells how far an action is.
type Report func(Progress)

// Progress is one step of an action that takes long.
type Progress struct {
	ID      string // of the part, e.g. an image layer or a build step; may be empty
	Text    string
	Current int64 // bytes or steps; 0: not known
	Total   int64
}

// Streams are what containers give and take while they run. Containers are
// addressed by id.
type Streams interface {
	Logs(ctx context.Context, container string, o LogOptions, out Output) error
	// Exec runs a command in a container and returns its exit code.
	Exec(ctx context.Context, container string, o ExecOptions) (int, error)
	// Attach connects a terminal to a container that was created for it, starts
	// the container, and returns its exit code.
	AttachAndStart(ctx context.Context, container string, o ExecOptions) (int, error)
	// Console tells what there is to attach to in a container.
	Console(ctx context.Context, container string) (Console, error)
	// Attach connects to a container that runs until it ends, and returns its
	// exit code, or ErrDetached.
	Attach(ctx context.Context, container string, o ExecOptions) (int, error)
	// Watch calls f for each event of the project's containers until ctx or the
	// span ends.
	Watch(ctx context.Context, project string, span Span, f func(ContainerEvent)) error
}

// Console is what a container's first process has.
type Console struct {
	TTY   bool // a terminal
	Input bool // somebody may write to its standard input
}

// Processes tells what runs in containers, which are addressed by id.
type Processes interface {
	// Top is a running container's process list, as the engine's ps prints it:
	// the columns' titles, and a row for each process.
	Top(ctx context.Context, container string) (titles []string, rows [][]string, err error)
	// Usage is what a container uses, measured over about a second. One that does
	// not run uses nothing.
	Usage(ctx context.Context, container string) (Usage, error)
}

// Usage is what a container uses; sizes are in bytes, traffic is since its
// start.
type Usage struct {
	CPU                   float64 // in percent of one processor
	Memory, Limit         uint64
	Received, Sent        uint64
	BytesRead, BytesWrite uint64
	Processes             uint64
}

// Files moves files into and out of containers, which are addressed by id, as
// tar archives.
type Files interface {
	// Stat tells what a path in a container is; a link is told as one. What is
	// not there is ErrNotFound.
	Stat(ctx context.Context, container, path string) (FileInfo, error)
	// ReadFiles gives a file, or a directory with all in it; the archive's first
	// entry is the path itself.
	ReadFiles(ctx context.Context, container, path string) (io.ReadCloser, error)
	// WriteFiles unpacks an archive in a directory that is there. With own, what
	// it makes belongs to the container's user, not to the archive's owners.
	WriteFiles(ctx context.Context, container, dir string, archive io.Reader, own bool) error
	// Export gives all files of a container, without its volumes'.
	Export(ctx context.Context, container string) (io.ReadCloser, error)
	// Commit makes an image of a container and returns its id.
	Commit(ctx context.Context, container string, o CommitOptions) (string, error)
}

// CommitOptions are how an image is made of a container.
type CommitOptions struct {
	Image           string // its name; may be empty
	Author, Message string
	Changes         []string // Dockerfile instructions
	Pause           bool     // the container, meanwhile
}

// FileInfo is what a path in a container is.
type FileInfo struct {
	Mode   fs.FileMode
	Target string // where a link ends: an absolute path
}

// Registry asks the registries of images, through the engine.
type Registry interface {
	// Pin is the reference with the digest that its registry has for it now:
	// "web:1" becomes "web:1@sha256:...".
	Pin(ctx context.Context, image string) (string, error)
}

// Output takes lines of output. Line is called with one whole line without
// its newline, from one goroutine per container; t is zero if not asked for.
type Output interface {
	Line(from planner.Ref, stderr bool, t time.Time, line []byte)
}

// LogOptions choose what Logs gives.
type LogOptions struct {
	Ref        planner.Ref
	Follow     bool
	Tail       string // "all" or a number
	Since      string
	Until      string
	Timestamps bool
	TTY        bool
}

// ExecOptions are how a command is run in a container.
type ExecOptions struct {
	Command    []string
	User       string
	WorkDir    string
	Env        []string
	Privileged bool
	Detach     bool
	TTY        bool
	Stdin      io.Reader // nil: closed
	Stdout     io.Writer
	Stderr     io.Writer
	// Resize gives the terminal's size, first at once and then at each change.
	Resize <-chan [2]uint // height, width
	// Signals are passed on by their names ("SIGHUP"). Attach and
	// AttachAndStart only.
	Signals <-chan string
	// DetachKeys leave a terminal ("ctrl-p,ctrl-q"); empty: those of the docker
	// command's configuration.
	DetachKeys string
}

// Span is a part of time: of each end a date, seconds since 1970, or a duration
// before now. The zero Span begins now and does not end.
type Span struct{ Since, Until string }

// ContainerEvent is something that happened to a container.
type ContainerEvent struct {
	Time    time.Time
	Action  string // start, die, health_status, destroy, ...
	ID      string
	Name    string
	Service string
	Number  int
	OneOff  bool
	Labels  map[string]string
	// Facts are what the engine tells beside the labels: image, exitCode of a
	// die, signal of a kill, ...
	Facts    map[string]string
	ExitCode int
	Health   planner.Health
}

var (
	// ErrUnreachable: no engine answers at the address that the message names.
	ErrUnreachable = errors.New("cannot reach the engine")
	// ErrConflict: a name is taken, or something else is not as it was planned
	// with; observe and plan again.
	ErrConflict = errors.New("name is taken")
	// ErrNotFound: what the action addresses is not there (any more).
	ErrNotFound = errors.New("not found")
	// ErrDetached: the user left a process that runs on, with the detach keys.
	ErrDetached = errors.New("detached")
	// ErrUnhealthy: the container became unhealthy or exited while waited for.
	ErrUnhealthy = errors.New("not healthy")
)
