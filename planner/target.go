package planner

import "github.com/compose-spec/compose-go/v2/types"

// Goal is what a command wants of the project.
type Goal string

const (
	GoalUp      Goal = "up"
	GoalCreate  Goal = "create"
	GoalScale   Goal = "scale"
	GoalStart   Goal = "start"
	GoalStop    Goal = "stop"
	GoalRestart Goal = "restart"
	GoalKill    Goal = "kill"
	GoalPause   Goal = "pause"
	GoalUnpause Goal = "unpause"
	GoalRemove  Goal = "rm"
	GoalDown    Goal = "down"
	GoalPull    Goal = "pull"
	GoalBuild   Goal = "build"
	GoalPush    Goal = "push"
	GoalRun     Goal = "run"
	// GoalRollback brings services back to an earlier configuration.
	GoalRollback Goal = "rollback"
)

// RecreatePolicy says when a container that exists is replaced.
type RecreatePolicy string

const (
	RecreateDiverged RecreatePolicy = ""      // when its configuration or image differs
	RecreateAlways   RecreatePolicy = "force" // --force-recreate
	RecreateNever    RecreatePolicy = "never" // --no-recreate
)

// BuildPolicy says when an image with a build section is built.
type BuildPolicy string

const (
	BuildMissing BuildPolicy = ""       // when the image is not there
	BuildAlways  BuildPolicy = "always" // --build
	BuildNever   BuildPolicy = "never"  // --no-build
)

// OrphanPolicy says what happens to containers of services that the files do
// not have.
type OrphanPolicy string

const (
	OrphansWarn   OrphanPolicy = ""
	OrphansRemove OrphanPolicy = "remove"
	// OrphansRemoveAll: those too that were made from another folder.
	OrphansRemoveAll OrphanPolicy = "all"
	OrphansIgnore    OrphanPolicy = "ignore"
)

// Target is what a command asks for, beside the files. Flags end here.
type Target struct {
	Goal     Goal
	Services []string       // empty: all
	Replicas map[string]int // --scale and scale: wins over the files
	// ProjectName is the name for goals that work without files.
	ProjectName string

	NoDeps      bool
	NoStart     bool     // create only
	Attach      []string // services whose output is wanted; nil: none
	KeepScale   bool
	Wait        bool // until running or healthy
	WaitTimeout int  // seconds; 0: no limit

	// Once leaves jobs alone that have ended well.
	Once bool
	// Rolling replaces services that have no update_config replica by replica,
	// each new one first, and takes all back if one fails.
	Rolling bool
	// NoInPlace replaces containers also where their limits and restart policy
	// could be changed in place.
	NoInPlace    bool
	Recreate     RecreatePolicy
	RecreateDeps RecreatePolicy // for the dependencies of Services
	RenewVolumes bool           // -V: new anonymous volumes
	Build        BuildPolicy
	Pull         string // "", always, missing, never
	// Platform is what images are pulled and built for where the files do not
	// say it; "": the engine's own.
	Platform        string
	BuildOptions    BuildOptions
	IgnoreFailures  bool // pull, push: go on with the others
	IncludeDeps     bool // pull, build, push: dependencies too
	IgnoreBuildable bool // pull: not what can be built

	Orphans       OrphanPolicy
	RemoveVolumes bool   // down -v, rm -v
	RemoveImages  string // down --rmi: "", local, all
	StopFirst     bool   // rm -s
	Timeout       *int   // seconds; nil: the container's own
	Signal        string // kill -s; stop signal stays the container's

	Run  *RunOptions
	Slug string // random part of a one-off's name, chosen by the caller

	// Failed are the replicas whose replacement an earlier round began and
	// could not end: the plan takes them back, and does nothing else.
	Failed []Ref
	// AtRest are the ids of containers that did not run when the command
	// began: taking back does not start them.
	AtRest []string
	// Yes is --yes: what would be asked about is done. Refused are the actions,
	// by their Ref's text, whose Confirm somebody said no to.
	Yes     bool
	Refused []string
	// Fetched are image references that an earlier round of the same command
	// pulled or built: they are not fetched again.
	Fetched []string
	// Offline plans without knowing the local images: none is asked for.
	Offline bool
	// Explain asks for the old values of what differs, one request for each
	// container that is replaced; ShowValues also for those under names that
	// secrets have.
	Explain    bool
	ShowValues bool
}

// BuildOptions are the flags of build.
type BuildOptions struct {
	Args    map[string]*string
	NoCache bool
	Pull    bool
	Quiet   bool
	Memory  int64 // bytes
}

// RunOptions are the flags of run.
type RunOptions struct {
	Service      string
	Command      []string
	Entrypoint   []string // nil: the service's
	Env          []string
	Labels       map[string]string
	Name         string
	User         string
	WorkDir      string
	Mounts       []types.ServiceVolumeConfig // -v
	Ports        []types.ServicePortConfig   // -p
	ServicePorts bool
	UseAliases   bool
	TTY          bool
	Stdin        bool
	Remove       bool
	Detach       bool
	CapAdd       []string
	CapDrop      []string
}
