package planner

import (
	"slices"

	"github.com/compose-spec/compose-go/v2/types"

	"recompose/planner/create"
)

// A keeper is a container that is never started. It mounts the anonymous
// volumes of one that must go before its successor is made, so that a run which
// is cut off in between does not forget whose they are.
func (c Container) keeper() bool {
	return c.Labels[LabelKeeper] != "" && c.Status == StatusCreated // an image may have the label, too
}

// addKeeper makes a keeper for the replica; nil where there is nothing to keep,
// or an earlier run has left one. It is gone once the successor is there, by
// dropKeeper.
func (m *maker) addKeeper(run *serviceRun, r *replica) *node {
	inherit := m.inherited(run, *r.old)
	if len(inherit) == 0 || m.t.RenewVolumes || slices.ContainsFunc(r.asides, Container.keeper) {
		return nil
	}
	svc := types.ServiceConfig{Name: run.cfg.Name}
	// The engine wants a command even for what is never started.
	svc.Entrypoint, svc.Command = run.cfg.Entrypoint, run.cfg.Command
	spec := create.Spec{
		Service: svc, Image: run.spec.Image, NetworkMode: "none", Inherit: inherit,
		Volumes: map[string]string{}, Windows: m.s.Engine.OS == "windows",
		Name: shortID(sha256Hex([]byte(r.old.ID))) + "_" + nameBehindAside(r.old.Name),
	}
	spec.Labels = containerLabels(m.p, m.project, svc, r.number, "", "", m.fieldsOf(spec))
	spec.Labels[LabelKeeper] = "true"
	labelInherited(spec)
	ref := m.replicaRef(run, r, RoleAside)
	ref.Name = spec.Name
	return m.add(Action{Op: OpCreateContainer, Pool: PoolStart, Ref: ref, Group: group(r), Payload: CreateContainer{spec},
		Reason: Reason{Text: "keeps its anonymous volumes until its successor is there"}})
}

func (m *maker) dropKeeper(keeper *node, r *replica) {
	if keeper != nil {
		m.add(Action{Op: OpRemove, Ref: keeper.Ref, Group: group(r), Reason: Reason{Text: "its volumes have another container"}, Payload: Remove{ID: keeper.Ref.Name, Force: true}}, keeper, r.exists)
	}
}

// withoutKeepers removes the keepers among the leftovers of a replica that is
// taken back: they are nothing to go back to. They stay where nobody else has
// their volumes.
func (m *maker) withoutKeepers(leftovers []Container, current *Container) []Container {
	return slices.DeleteFunc(leftovers, func(c Container) bool {
		if c.keeper() && current != nil && !current.keeper() {
			m.add(Action{Op: OpRemove, Ref: containerRef(c), Reason: Reason{Text: "its volumes have another container"}, Payload: Remove{ID: c.ID, Force: true}})
		}
		return c.keeper()
	})
}
