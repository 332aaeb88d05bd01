// Package create turns a service, with every reference resolved to a name,
// into the body that the engine is sent to create its container, and into
// digests of that body's fields.
//
// It is pure, and the only package beside the engine's adapter that knows the
// engine's data types. It must never know a plan, a state or a client.
package create

import "github.com/compose-spec/compose-go/v2/types"

// Spec is a container to create: the service of the files, and everything
// about it that depends on the project, the replica or the engine.
type Spec struct {
	Service types.ServiceConfig
	Name    string            // of the container
	Image   string            // the reference to create from
	Labels  map[string]string // all of them, also the service's own
	Classic bool              // v1-format: bodies as docker-compose 1.29.2 sent them

	// NetworkMode is final: "default", "host", "none", "container:NAME" or
	// the name of the first of Networks.
	NetworkMode string
	// Networks are the endpoints to create the container with, most important
	// first. Engines before API 1.44 take one; the others are connected.
	Networks []Endpoint
	// Links are legacy links on the default bridge, "CONTAINER:ALIAS".
	Links []string
	// VolumesFrom are "CONTAINER[:MODE]".
	VolumesFrom []string
	IpcMode     string // "", "host", "container:NAME", ...
	PidMode     string
	// Volumes maps the file's names of volumes to the engine's.
	Volumes map[string]string
	// Inherit are anonymous volumes of the replaced container, mounted again
	// at the same place. They are not part of the fields.
	Inherit []Inherited
	// Files are configs and secrets that are bind-mounted from this machine;
	// those that must be copied in are not here.
	Files []File
	// Env is added to the service's environment (generated link variables).
	Env map[string]string
	// Seccomp is the text of the profiles that entries of security_opt name
	// by their path, by the entry.
	Seccomp map[string]string
	// OneOff: made by `run`; AutoRemove: `run --rm -d`.
	OneOff      bool
	AutoRemove  bool
	AttachStdin bool
	// Windows: the engine runs Windows containers.
	Windows bool
}

// Endpoint is a container's end on a network.
type Endpoint struct {
	Key        string // the files' name of the network
	Network    string // the engine's name
	Aliases    []string
	Links      []string // "CONTAINER:ALIAS"
	IPv4       string
	IPv6       string
	LinkLocal  []string
	MacAddress string
	DriverOpts map[string]string
	GwPriority int
	Interface  string // its name in the container
}

// Inherited is an anonymous volume that goes on in another container.
type Inherited struct {
	Volume   string // the engine's name
	Target   string
	ReadOnly bool
}

// File is a config or secret as a container sees it.
type File struct {
	Kind    string // "config" or "secret"
	Name    string // key in the files
	Source  string // path on this machine; empty: Content counts
	Content string // never printed, never stored in a label
	Target  string // absolute path in the container
	UID     string
	GID     string
	Mode    *uint32 // nil: 0444
}
