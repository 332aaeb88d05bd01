package progress

import (
	"strings"

	"recompose/planner"
)

// word is what a step is called while it runs and when it is done. Steps that
// are a detail of another one (connecting what was just created) are shown
// only if they fail or with --verbose.
type word struct {
	doing, done string
	detail      bool
}

// words has every op, in docker compose's words where it has one.
var words = map[planner.Op]word{
	planner.OpPull:            {doing: "Pulling", done: "Pulled"},
	planner.OpBuild:           {doing: "Building", done: "Built"},
	planner.OpPush:            {doing: "Pushing", done: "Pushed"},
	planner.OpCreateNetwork:   {doing: "Creating", done: "Created"},
	planner.OpCreateVolume:    {doing: "Creating", done: "Created"},
	planner.OpCreateContainer: {doing: "Creating", done: "Created"},
	planner.OpCopyIn:          {doing: "Copying files", done: "Files copied", detail: true},
	planner.OpConnect:         {doing: "Connecting", done: "Connected", detail: true},
	planner.OpDisconnect:      {doing: "Disconnecting", done: "Disconnected", detail: true},
	planner.OpAttach:          {doing: "Attaching", done: "Attached", detail: true},
	planner.OpStart:           {doing: "Starting", done: "Started"},
	planner.OpWaitHealthy:     {doing: "Waiting", done: "Healthy"},
	planner.OpWaitCompleted:   {doing: "Waiting", done: "Exited"},
	planner.OpCheck:           {doing: "Checking", done: "Checked", detail: true},
	planner.OpGate:            {doing: "Checking", done: "Going on", detail: true},
	planner.OpDelay:           {doing: "Pausing", done: "Paused", detail: true},
	planner.OpRunHook:         {doing: "Running hook", done: "Hook done"},
	planner.OpUpdate:          {doing: "Updating", done: "Updated"},
	planner.OpStop:            {doing: "Stopping", done: "Stopped"},
	planner.OpKill:            {doing: "Killing", done: "Killed"},
	planner.OpPause:           {doing: "Pausing", done: "Paused"},
	planner.OpUnpause:         {doing: "Unpausing", done: "Unpaused"},
	planner.OpRename:          {doing: "Renaming", done: "Renamed", detail: true},
	planner.OpRemove:          {doing: "Removing", done: "Removed"},
	planner.OpRemoveImage:     {doing: "Removing", done: "Removed"},
	planner.OpKeep:            {doing: "Unchanged", done: "Unchanged"},
}

// label is a resource as displays name it: "Container web-1".
func label(r planner.Ref) string {
	kind := string(r.Kind)
	if kind == "" {
		return r.Name
	}
	return strings.ToUpper(kind[:1]) + kind[1:] + " " + r.Name
}

// shown reports whether a step has a line of its own. Of what stays as it is,
// only containers do: that a network is there is no news.
func shown(op planner.Op, r planner.Ref, verbose bool) bool {
	if op == planner.OpKeep {
		return verbose || r.Kind == planner.KindContainer
	}
	return verbose || !words[op].detail
}
