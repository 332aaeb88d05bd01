package planner

import (
	"fmt"
	"time"

	"github.com/compose-spec/compose-go/v2/types"

	"recompose/planner/create"
)

// Op is what an action does.
type Op string

const (
	OpPull            Op = "pull"
	OpBuild           Op = "build"
	OpPush            Op = "push"
	OpCreateNetwork   Op = "create-network"
	OpCreateVolume    Op = "create-volume"
	OpCreateContainer Op = "create"
	OpCopyIn          Op = "copy-in"
	OpConnect         Op = "connect"
	OpDisconnect      Op = "disconnect"
	OpAttach          Op = "attach"
	OpStart           Op = "start"
	OpWaitHealthy     Op = "wait-healthy"
	OpWaitCompleted   Op = "wait-completed"
	OpCheck           Op = "check"
	OpGate            Op = "gate"
	OpDelay           Op = "delay"
	OpRunHook         Op = "run-hook"
	OpUpdate          Op = "update" // limits and restart policy, in place
	OpStop            Op = "stop"
	OpKill            Op = "kill"
	OpPause           Op = "pause"
	OpUnpause         Op = "unpause"
	OpRename          Op = "rename"
	OpRemove          Op = "remove" // the ref's kind says what
	OpRemoveImage     Op = "remove-image"
	OpKeep            Op = "keep" // nothing to do, and why
)

// Kind is a kind of resource.
type Kind string

const (
	KindContainer Kind = "container"
	KindNetwork   Kind = "network"
	KindVolume    Kind = "volume"
	KindImage     Kind = "image"
	KindService   Kind = "service" // of what concerns all its replicas
)

// Ref names the resource of an action, for people and for events. Name is the
// engine's name of it.
type Ref struct {
	Kind    Kind   `json:"kind"`
	Name    string `json:"name"`
	Service string `json:"service,omitempty"`
	Number  int    `json:"number,omitempty"`
	Role    Role   `json:"role,omitempty"`
}

// String is the kind and the engine's name.
func (r Ref) String() string { return fmt.Sprintf("%s %s", r.Kind, r.Name) }

// ID numbers the actions of a plan from 1, in order.
type ID int

// On says when an action may follow another one.
type On string

const (
	OnSuccess On = "success" // else it is skipped
	OnDone    On = "done"    // succeeded, failed or skipped
)

// After is one edge of the plan.
type After struct {
	ID ID `json:"id"`
	On On `json:"on"`
}

// Difference is how a key differs.
type Difference string

const (
	Changed Difference = "" // another value
	Added   Difference = "added"
	Removed Difference = "removed"
)

// Change is one configuration key that differs. The values are empty where
// only digests are known, and where they are Masked.
type Change struct {
	Key    string     `json:"key"`
	How    Difference `json:"how,omitempty"`
	Old    string     `json:"old,omitempty"`
	New    string     `json:"new,omitempty"`
	Masked bool       `json:"masked,omitempty"` // looks like a secret
}

// Reason is for people; no code may branch on it.
type Reason struct {
	Text    string   `json:"text,omitempty"`
	Changes []Change `json:"changes,omitempty"`
}

// Pool is a class of work that the executor bounds.
type Pool string

const (
	PoolNone  Pool = ""      // waits, stops, removals: as many as there are
	PoolStart Pool = "start" // create and start: a few per CPU of the engine
	PoolFetch Pool = "fetch" // pulls and pushes
	PoolBuild Pool = "build"
)

// Action is one step of a plan.
type Action struct {
	ID          ID      `json:"id"`
	Op          Op      `json:"op"`
	Ref         Ref     `json:"ref"`
	Reason      Reason  `json:"reason,omitzero"`
	After       []After `json:"after,omitempty"`
	Payload     Payload `json:"-"`
	Pool        Pool    `json:"pool,omitempty"`
	Confirm     string  `json:"confirm,omitempty"`     // data that would be lost: only done on a yes
	Loses       string  `json:"loses,omitempty"`       // data that is lost, as was asked for
	Provisional string  `json:"provisional,omitempty"` // condition
	// Optional: if it fails, the run goes on as if it had not.
	Optional bool `json:"optional,omitempty"`
	// Group names the replacement or restart that the action belongs to: once
	// one of its actions has begun, an interrupted run still finishes the others.
	Group string `json:"group,omitempty"`
}

// Handle addresses a container: by its observed ID or, where the plan itself
// creates it, by the Name that we chose.
type Handle struct{ ID, Name string }

// Addr is what the engine is asked with.
func (h Handle) Addr() string {
	if h.ID != "" {
		return h.ID
	}
	return h.Name
}

// Payload is what an operation needs beside its Ref. One small type per op.
type Payload interface{ payload() }

type (
	// PullImage fetches Image.
	PullImage struct {
		Image, Platform string
		Quiet           bool
	}
	// BuildImage builds Config and names the result Image and Tags.
	BuildImage struct {
		Service, Image string
		Tags           []string
		Platform       string
		Config         *types.BuildConfig
		// Secrets are the project's, for those that Config mounts.
		Secrets types.Secrets
		Labels  map[string]string
		Options BuildOptions
	}
	// PushImage sends Image to its registry.
	PushImage struct {
		Image string
		Quiet bool
	}
	// CreateNetwork makes a network with all labels that it shall carry.
	CreateNetwork struct {
		Name   string
		Config types.NetworkConfig
		Labels map[string]string
	}
	// CreateVolume makes a volume with all labels that it shall carry.
	CreateVolume struct {
		Name   string
		Config types.VolumeConfig
		Labels map[string]string
	}
	// CreateContainer makes a container; planner/create turns Spec into the
	// engine's request.
	CreateContainer struct{ Spec create.Spec }
	// CopyIn writes files into a container that is created but not started.
	CopyIn struct {
		Container Handle
		Files     []create.File
	}
	// Connect attaches a container to a further network.
	Connect struct {
		Container Handle
		Endpoint  create.Endpoint
	}
	// Disconnect takes a container off a network.
	Disconnect struct {
		Container Handle
		NetworkID string
	}
	// Attach follows a container's output from its first line on.
	Attach struct{ Container Handle }
	// Start starts a container.
	Start struct{ Container Handle }
	// WaitHealthy waits until the container is healthy or, with OrRunning,
	// where it has no healthcheck, running. With OrCompleted, exit 0 counts.
	WaitHealthy struct {
		Container   Handle
		Timeout     int // seconds; 0: no limit
		OrRunning   bool
		OrCompleted bool
		// Monitor is how long it must then stay up; 0: not at all.
		Monitor time.Duration
	}
	// WaitCompleted waits until the container has exited with 0.
	WaitCompleted struct {
		Container Handle
		Timeout   int
	}
	// Gate fails if more than Lose of the actions that it follows OnDone have
	// not succeeded.
	Gate struct{ Lose int }
	// Delay lets time pass.
	Delay struct{ For time.Duration }
	// Check fails if the container has ended badly already.
	Check struct{ Container Handle }
	// RunHook runs a command in a running container.
	RunHook struct {
		Container Handle
		Hook      types.ServiceHook
	}
	// Update gives a container the limits and the restart policy of Spec.
	Update struct {
		Container Handle
		Spec      create.Spec
	}
	// Stop asks the process to end, and kills it after Timeout seconds.
	Stop struct {
		Container Handle
		Timeout   *int // nil: the container's own
	}
	// Kill sends a signal.
	Kill struct {
		Container Handle
		Signal    string
	}
	// Pause and Unpause freeze and thaw a container.
	Pause   struct{ Container Handle }
	Unpause struct{ Container Handle }
	// Rename gives a container another name.
	Rename struct {
		Container Handle
		To        string
	}
	// Remove removes what ID names; for containers, Force kills a running one
	// and Volumes takes its anonymous volumes along.
	Remove struct {
		ID             string
		Force, Volumes bool
	}
	// RemoveImage removes the image's name, and the image with its last name.
	RemoveImage struct{ Image string }
	// Keep does nothing.
	Keep struct{}
)

func (PullImage) payload()       {}
func (BuildImage) payload()      {}
func (PushImage) payload()       {}
func (CreateNetwork) payload()   {}
func (CreateVolume) payload()    {}
func (CreateContainer) payload() {}
func (CopyIn) payload()          {}
func (Connect) payload()         {}
func (Disconnect) payload()      {}
func (Attach) payload()          {}
func (Start) payload()           {}
func (WaitHealthy) payload()     {}
func (WaitCompleted) payload()   {}
func (Gate) payload()            {}
func (Delay) payload()           {}
func (Check) payload()           {}
func (RunHook) payload()         {}
func (Update) payload()          {}
func (Stop) payload()            {}
func (Kill) payload()            {}
func (Pause) payload()           {}
func (Unpause) payload()         {}
func (Rename) payload()          {}
func (Remove) payload()          {}
func (RemoveImage) payload()     {}
func (Keep) payload()            {}
