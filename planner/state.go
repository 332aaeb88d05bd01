// Package planner compares what the files want with what the engine has, and
// says what to do about it, as a plan: plain data in a stable order.
//
// It is pure: no engine, file, network, clock, log or randomness. What it does
// not know it asks for as Plan.Needs.
package planner

import (
	"cmp"
	"slices"
	"time"

	"github.com/compose-spec/compose-go/v2/types"
)

// Status is a container's state in the engine's words.
type Status string

const (
	StatusCreated    Status = "created"
	StatusRunning    Status = "running"
	StatusPaused     Status = "paused"
	StatusRestarting Status = "restarting"
	StatusRemoving   Status = "removing"
	StatusExited     Status = "exited"
	StatusDead       Status = "dead"
)

// Health is a container's health; empty where it has no healthcheck.
type Health string

const (
	HealthNone      Health = ""
	HealthStarting  Health = "starting"
	HealthHealthy   Health = "healthy"
	HealthUnhealthy Health = "unhealthy"
)

// Role tells the container that carries a replica's name from the one that
// was set aside for its successor.
type Role string

const (
	RoleCurrent Role = "current"
	RoleAside   Role = "aside"
)

// State is what was observed, for the Query it answers.
type State struct {
	Engine     Engine
	Containers []Container // of the project (or of all, for Query.AllProjects)
	Foreign    []Container // all others; only for Query.Foreign
	Networks   []Network
	Volumes    []Volume
	Images     []Image
	Host       Host
	Answered   Query
}

// sorted is the state by name and id: the order of the engine's lists means
// nothing, and must not show in a plan.
func (s State) sorted() State {
	byName := func(a, b Container) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) }
	s.Containers, s.Foreign = slices.SortedFunc(slices.Values(s.Containers), byName), slices.SortedFunc(slices.Values(s.Foreign), byName)
	s.Networks = slices.SortedFunc(slices.Values(s.Networks), func(a, b Network) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID))
	})
	s.Volumes = slices.SortedFunc(slices.Values(s.Volumes), func(a, b Volume) int { return cmp.Compare(a.Name, b.Name) })
	s.Images = slices.SortedFunc(slices.Values(s.Images), func(a, b Image) int { return cmp.Compare(a.ID, b.ID) })
	return s
}

// Engine is what the engine says of itself.
type Engine struct {
	Version    string // "20.10.24"
	APIVersion string // negotiated, "1.41"
	OS         string // "linux", "windows"
	CPUs       int    // 0: not asked for
	Local      bool   // on this machine: its paths and ports are ours
	// LegacyLinks: links on the default bridge work; LegacyLinksEnv: they
	// also set environment variables.
	LegacyLinks    bool
	LegacyLinksEnv bool
	// Updates: it changes limits and restart policies of containers in place.
	Updates bool
	// CapsPids: it limits the processes of a container for which nobody asks.
	CapsPids bool
	// KeepsShared: it removes no container whose namespaces another one shares.
	KeepsShared bool
}

// Container is one observed container.
type Container struct {
	ID      string
	Name    string // without the leading slash
	Project string
	Service string
	Number  int
	Role    Role
	OneOff  bool
	Slug    string

	Image    string // as the container was created with
	ImageID  string
	Status   Status
	Health   Health
	ExitCode int
	Created  time.Time
	Labels   map[string]string
	// Command and StatusText are for people, as the engine's list words them
	// ("nginx -g …", "Up 2 hours (healthy)").
	Command    string
	StatusText string
	// Fields are digests per field of the create body (create.Fields), from
	// the container's label or, where it has none of ours and the Query asked
	// for it, from inspecting it (Adopted). Nil: not known.
	Fields  map[string]string
	Adopted bool
	// Values are what stands behind the fields (create.Values), where the
	// Query asked for them. They may hold secrets.
	Values map[string][]string

	// Live are digests of the updatable keys as the container has them now
	// (create.Live), where the Query asked for them.
	Live map[string]string
	// Failing: it ended for want of memory, or while its healthcheck failed.
	// Known where the Query asked for Live.
	Failing bool

	NetworkMode string       // "default", "host", a network's name, "container:ID"
	Networks    []Attachment // nil: the engine does not say
	Mounts      []Mount
	Ports       []PublishedPort
}

// Running reports whether the container's process exists.
func (c Container) Running() bool {
	return c.Status == StatusRunning || c.Status == StatusRestarting || c.Status == StatusPaused
}

// Attachment is a container's end on a network.
type Attachment struct {
	Network   string // name
	NetworkID string
	IP        string
	Aliases   []string
}

// Mount is a mounted volume or directory.
type Mount struct {
	Type        string // "volume", "bind", "tmpfs"
	Name        string // of the volume
	Source      string
	Destination string
	ReadOnly    bool
}

// PublishedPort is a port of the host that leads into a container.
type PublishedPort struct {
	IP       string
	Host     int
	Private  int
	Protocol string // "tcp", "udp", "sctp"
}

// Network is one observed network.
type Network struct {
	ID      string
	Name    string
	Driver  string
	Created time.Time
	Project string
	Key     string // the file's name for it, from its label
	Hash    string // com.docker.compose.config-hash
	Labels  map[string]string
	// Config is what the engine has of the file's keys, for people.
	Config types.NetworkConfig
}

// Volume is one observed volume.
type Volume struct {
	Name    string
	Driver  string
	Options map[string]string // of the driver
	Project string
	Key     string
	Hash    string
	Created time.Time // zero where the engine does not say
	Labels  map[string]string

	Scope      string // local or global
	Mountpoint string // on the engine's machine
}

// Image is one local image. Config is nil unless Query.ImageConfigs asked.
type Image struct {
	ID      string
	Tags    []string // repository:tag, familiar form ("web:latest")
	Digests []string // repository@sha256:...
	Labels  map[string]string
	Size    int64     // bytes; for people
	Created time.Time // for people
	Config  *ImageConfig
}

// ImageConfig is what an image gives to its containers.
type ImageConfig struct {
	Env          []string
	Entrypoint   []string
	Cmd          []string
	WorkingDir   string
	User         string
	ExposedPorts []string // "80/tcp"
	Volumes      []string // "/data"
	Healthcheck  bool
	StopSignal   string
}

// Host holds facts of this machine that the engine does not know; only where
// Query.HostPorts or Query.HostPaths asked and the engine is local.
type Host struct {
	BusyPorts    []HostPort // asked for and not free
	MissingPaths []string   // asked for and not there
}

// HostPort is a port on an address of the host ("" is every address).
type HostPort struct {
	IP       string
	Port     int
	Protocol string
}
