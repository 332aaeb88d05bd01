package planner

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/compose-spec/compose-go/v2/types"
)

// What update_config says where its fields are empty, as in Docker's swarm mode.
const (
	orderStartFirst  = "start-first"
	actionContinue   = "continue"
	actionRollback   = "rollback"
	rollingMonitor   = 5 * time.Second // for --rolling, where nothing checks the health
	defaultBatchSize = 1

	// findTime is how long the new container serves beside the old one, so that
	// a proxy that keeps addresses for a second has found it before the old one's
	// is gone. Without it a fast update is through before anybody looks again.
	findTime = 2 * time.Second
)

// rollout is how a service's replicas are replaced, or taken back.
type rollout struct {
	size       int // of a batch; 0: all at once
	delay      time.Duration
	monitor    time.Duration
	startFirst bool
	inFile     bool // the order is the file's own wish
	failure    string
	ratio      float32 // of replicas that may fail
}

// rolloutOf is deploy.update_config (for rollback, rollback_config before it) or,
// without one, what --rolling means; else all replicas are replaced at once.
func (m *maker) rolloutOf(svc types.ServiceConfig) rollout {
	if m.t.NoStart || m.t.Goal == GoalCreate {
		return rollout{}
	}
	if m.t.Goal == GoalRollback && svc.Deploy != nil && svc.Deploy.RollbackConfig != nil {
		return rolloutFrom(svc.Deploy.RollbackConfig)
	}
	if svc.Deploy != nil && svc.Deploy.UpdateConfig != nil {
		r := rolloutFrom(svc.Deploy.UpdateConfig)
		r.startFirst = r.startFirst || m.t.Rolling && svc.Deploy.UpdateConfig.Order == ""
		return r
	}
	if m.t.Rolling {
		r := rollout{size: defaultBatchSize, startFirst: true, failure: actionRollback}
		if !m.checksHealth(svc) {
			r.monitor = rollingMonitor
		}
		return r
	}
	return rollout{}
}

// wayBackOf is deploy.rollback_config; without one, the way back goes in the
// order in which the way forward did.
func (m *maker) wayBackOf(svc types.ServiceConfig) rollout {
	if svc.Deploy != nil && svc.Deploy.RollbackConfig != nil {
		return rolloutFrom(svc.Deploy.RollbackConfig)
	}
	r := m.rolloutOf(svc)
	if !r.startFirst {
		r.size = 0
	}
	return r
}

func rolloutFrom(c *types.UpdateConfig) rollout {
	r := rollout{
		size: defaultBatchSize, delay: time.Duration(c.Delay), monitor: time.Duration(c.Monitor),
		startFirst: c.Order == orderStartFirst, inFile: c.Order == orderStartFirst, failure: c.FailureAction, ratio: c.MaxFailureRatio,
	}
	if c.Parallelism != nil {
		r.size = int(min(*c.Parallelism, 1<<30))
	}
	return r
}

// monitor is how long the replica must stay up before its predecessor, or
// successor, goes.
func (r *replica) monitor(how rollout) time.Duration {
	if r.beside {
		return max(how.monitor, findTime)
	}
	return how.monitor
}

// emitReplicas adds the actions of the service's replicas; those that are
// replaced come in batches, the ones that do not serve first, each batch only
// after the one before it has not lost too many.
func (m *maker) emitReplicas(run *serviceRun) {
	var replaced []*replica
	for _, r := range run.replicas {
		if r.fate == fateReplace && len(m.changesUnder(*r.old))+len(m.remadeUnder(*r.old)) == 0 {
			replaced = append(replaced, r)
			continue
		}
		m.emitReplica(run, r)
	}
	how := m.rolloutOf(run.cfg)
	if how.size == 0 {
		how.size = max(1, len(replaced))
	}
	slices.SortStableFunc(replaced, func(a, b *replica) int { return cmp.Compare(unfit(*b.old), unfit(*a.old)) })
	lose := int(float64(how.ratio) * float64(len(replaced)))
	if how.failure == actionContinue {
		lose = len(replaced)
	}
	var gate *node
	done := 0
	for batch := range slices.Chunk(replaced, how.size) {
		if done > 0 {
			gate = m.nextBatch(run, how, gate, replaced[:done], lose)
			gate.Provisional = batch[0].provisional
		}
		for _, r := range batch {
			begun := len(m.nodes)
			m.emitReplica(run, r)
			m.beginAfter(begun, OnSuccess, gate)
		}
		done += len(batch)
	}
	if how.failure == actionRollback && len(replaced) > how.size {
		m.keepUntilAllServe(run, gate, replaced, lose)
	}
}

// ended is the last action of a replacement but for the removal of the old
// container, which may have to wait for others.
func (r *replica) ended() *node {
	if r.stopped != nil && r.served() != nil && r.stopped.index > r.served().index {
		return r.stopped
	}
	return r.served()
}

// nextBatch is what a batch follows: a gate, and the delay after it.
func (m *maker) nextBatch(run *serviceRun, how rollout, last *node, before []*replica, lose int) *node {
	n := m.gate(run, last, before, lose)
	if how.delay > 0 {
		n = m.pause(run, how.delay, n)
	}
	return n
}

// gate lets the update go on if of its members not more than lose have failed.
func (m *maker) gate(run *serviceRun, last *node, members []*replica, lose int) *node {
	why := fmt.Sprintf("if of %d replicas not more than %d have failed", len(members), lose)
	n := m.add(Action{Op: OpGate, Ref: serviceRef(run), Reason: Reason{Text: why}, Payload: Gate{Lose: lose}}, last)
	for _, r := range members {
		n.follow(OnDone, r.ended())
	}
	return n
}

func (m *maker) pause(run *serviceRun, d time.Duration, after ...*node) *node {
	return m.add(Action{Op: OpDelay, Ref: serviceRef(run), Reason: Reason{Text: d.String() + " before the next replicas"}, Payload: Delay{d}}, after...)
}

func serviceRef(run *serviceRun) Ref {
	return Ref{Kind: KindService, Name: run.cfg.Name, Service: run.cfg.Name}
}

// keepUntilAllServe has failure_action rollback: until it is known that the
// whole update holds, every old container is there to come back.
func (m *maker) keepUntilAllServe(run *serviceRun, last *node, replaced []*replica, lose int) {
	all := m.gate(run, last, replaced, lose)
	all.Provisional = replaced[0].provisional
	for _, r := range replaced {
		if r.removed != nil {
			r.removed.follow(OnSuccess, all)
		}
	}
}

// beginAfter makes all that begins at the index or later follow the nodes.
func (m *maker) beginAfter(index int, on On, after ...*node) {
	for _, n := range m.nodes[index:] {
		if !slices.ContainsFunc(n.after, func(e edge) bool { return e.to.index >= index }) {
			n.follow(on, after...)
		}
	}
}

// stopFirstBecause says why the new container can't run beside the old one, or
// must not without being asked to; empty if it may.
func (m *maker) stopFirstBecause(run *serviceRun, old Container, asked bool) string {
	svc := run.cfg
	for _, p := range svc.Ports {
		low, high, ranged := strings.Cut(p.Published, "-")
		first, err := strconv.Atoi(low)
		last, _ := strconv.Atoi(high) // none is 0
		switch {
		case err != nil || first == 0:
		case !ranged:
			return "only one container can have port " + low + " of the host"
		case last-first < len(run.replicas):
			return "the ports " + p.Published + " of the host are too few for one container more"
		}
	}
	if svc.NetworkMode == "host" || strings.HasPrefix(svc.NetworkMode, types.ServicePrefix) || strings.HasPrefix(svc.NetworkMode, types.ContainerPrefix) {
		return "network_mode " + svc.NetworkMode + " gives both the same ports"
	}
	for _, n := range svc.Networks {
		if n != nil && (n.Ipv4Address != "" || n.Ipv6Address != "" || n.MacAddress != "" || len(n.LinkLocalIPs) > 0) {
			return "it has a fixed address"
		}
	}
	switch {
	case svc.MacAddress != "":
		return "it has a fixed address"
	case len(svc.Devices) > 0 || len(svc.Gpus) > 0:
		return "it has devices"
	case asked:
		return ""
	case !m.t.RenewVolumes && len(m.inherited(run, old)) > 0:
		return "both would write to its anonymous volumes (order: start-first in the file allows it)"
	}
	for _, v := range svc.Volumes {
		if v.Type == types.VolumeTypeVolume && v.Source != "" && !v.ReadOnly {
			return "both would write to the volume " + v.Source + " (order: start-first in the file allows it)"
		}
	}
	return ""
}

// startsFirst reports whether the replica's new container starts while the old
// one serves; where that was wanted and cannot be, it says why.
func (m *maker) startsFirst(run *serviceRun, how rollout, old Container) bool {
	if !how.startFirst {
		return false
	}
	why := m.stopFirstBecause(run, old, how.inFile)
	if why != "" {
		m.noteOnce(fmt.Sprintf("%s: the old container stops before the new one starts, for %s", run.cfg.Name, why))
	}
	return why == ""
}
