package planner

import (
	"cmp"

	"github.com/compose-spec/compose-go/v2/types"
)

// prove adds what shows that a successor serves before its predecessor is
// removed: it becomes healthy and, where the file asks for it, stays up for the
// time of update_config.monitor, or until it is found beside its predecessor.
// Where none of that is asked for nothing is waited for; a container that has
// failed at once is still found.
func (m *maker) prove(run *serviceRun, r *replica, ref Ref) {
	w := WaitHealthy{Container: r.handle(), Timeout: m.t.WaitTimeout, OrRunning: true, OrCompleted: true, Monitor: r.monitor(m.rolloutOf(run.cfg))}
	a := Action{Op: OpWaitHealthy, Ref: ref, Group: group(r), Reason: Reason{Text: "before its predecessor is removed"}, Payload: w}
	if r.old != nil && len(m.remadeUnder(*r.old)) > 0 {
		a.Reason.Text = "its predecessor is gone already"
	}
	if w.Monitor > 0 {
		a.Reason.Text += ", and for " + w.Monitor.String() + " then"
	}
	if w.Monitor == 0 && !m.checksHealth(run.cfg) {
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
	return r.proven != nil && m.checksHealth(run.cfg)
}

// checksHealth reports whether the service's new containers have a healthcheck,
// of the file's or of the image's.
func (m *maker) checksHealth(svc types.ServiceConfig) bool {
	if h := svc.HealthCheck; h != nil && (h.Disable || len(h.Test) > 0) {
		return !h.Disable && h.Test[0] != "NONE"
	}
	img, ok := m.image(imageName(m.p, m.project, svc))
	return ok && img.Config != nil && img.Config.Healthcheck
}
