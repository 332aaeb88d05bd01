package planner

import (
	"fmt"

	"github.com/compose-spec/compose-go/v2/types"
)

// doneOnce reports whether the replica is a job that has ended well and does
// not run again: the file says `x-recompose: {once: true}`, or --once was given
// for all jobs.
func (m *maker) doneOnce(run *serviceRun, r *replica) bool {
	return r.old.Status == StatusExited && r.old.ExitCode == 0 && (m.t.Once || extended(run.cfg.Extensions, "once"))
}

// voided says why what a job has done once does not count any more: it worked
// with a container or a volume that is new since then. Such a job gets a new
// container, so that the next plan can tell.
func (m *maker) voided(run *serviceRun, r *replica) string {
	if !m.doneOnce(run, r) {
		return ""
	}
	for _, d := range run.deps {
		if dep, ok := m.services[d.Service]; ok {
			for _, other := range dep.replicas {
				if other.changed() || other.old.Created.After(r.old.Created) {
					return fmt.Sprintf("%s is new since it did its work", displayName(d.Service, other.number))
				}
			}
		}
	}
	for _, v := range run.cfg.Volumes {
		if v.Type == types.VolumeTypeVolume && v.Source != "" && m.volumes[m.p.Model.Volumes[v.Source].Name] != nil {
			return "the volume " + v.Source + " is new since it did its work"
		}
	}
	return ""
}

// extended reads a switch of x-recompose.
func extended(ext types.Extensions, key string) bool {
	x, _ := ext["x-recompose"].(map[string]any)
	on, _ := x[key].(bool)
	return on
}
