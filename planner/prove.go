package planner

import (
	"cmp"
	"time"

	"github.com/compose-spec/compose-go/v2/types"
)

// prove adds what shows that a successor serves before its predecessor is
// removed: it becomes healthy and, where the file asks for it, stays up for the
// time of update_config.monitor. Where neither is asked for nothing is waited
// for; a container that has failed at once is still found.
func (m *maker) prove(run *serviceRun, r *replica, ref Ref) {
	w := WaitHealthy{Container: r.handle(), Timeout: m.t.WaitTimeout, OrRunning: true, OrCompleted: true, Monitor: monitor(run.cfg)}
	a := Action{Op: OpWaitHealthy, Ref: ref, Group: group(r), Reason: Reason{Text: "before its predecessor is removed"}, Payload: w}
	if w.Monitor == 0 && !m.checksHealth(run) {
		if m.attached(run.cfg.Name) {
			return // the user looks on, and may want a failing job's exit code
		}
		a.Op, a.Payload = OpCheck, Check{w.Container}
		a.Reason.Text = "it must not have failed at once"
	}
	r.proven = m.add(a, cmp.Or(r.settled, r.exists))
}

// provenHealthy reports whether the proof of a replacement waits for health.
func (m *maker) provenHealthy(run *serviceRun, r *replica) bool {
	return r.proven != nil && m.checksHealth(run)
}

// checksHealth reports whether the service's new containers have a healthcheck,
// of the file's or of the image's.
func (m *maker) checksHealth(run *serviceRun) bool {
	if h := run.cfg.HealthCheck; h != nil && (h.Disable || len(h.Test) > 0) {
		return !h.Disable && h.Test[0] != "NONE"
	}
	img, ok := m.image(imageName(m.p, m.project, run.cfg))
	return ok && img.Config != nil && img.Config.Healthcheck
}

// monitor is how long a replaced container must stay up.
func monitor(svc types.ServiceConfig) time.Duration {
	if svc.Deploy == nil || svc.Deploy.UpdateConfig == nil {
		return 0
	}
	return time.Duration(svc.Deploy.UpdateConfig.Monitor)
}
