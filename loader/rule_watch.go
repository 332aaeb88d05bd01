package loader

import (
	"fmt"

	"github.com/compose-spec/compose-go/v2/types"
)

// watched: entries of develop.watch that the command watch refuses, or only
// reads a part of. Other commands take them.
func (r *rules) watched(s types.ServiceConfig, path string) {
	if s.Develop == nil {
		return
	}
	for i, w := range s.Develop.Watch {
		at := r.entryAt(path+".develop.watch", i)
		switch {
		case r.reportedBelow(at):
		case w.Action == types.WatchActionRebuild && s.Build == nil:
			r.flag("watch-action", at+".action", "a service without build cannot be rebuilt", "add build, or take another action")
		case w.Action == types.WatchActionSyncExec && len(w.Exec.Command) == 0:
			r.flag("watch-action", at+".action", "sync+exec has no command to run", "add exec: {command: [...]}")
		case w.Action != types.WatchActionSyncExec && len(w.Exec.Command) > 0:
			r.flagKey("watch-action", at+".exec", fmt.Sprintf("with action %s, the command is not run", w.Action), "take action sync+exec")
		}
	}
}
