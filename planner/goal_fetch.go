package planner

import (
	"cmp"

	"github.com/compose-spec/compose-go/v2/types"
)

// fetch plans pull, build and push.
func (m *maker) fetch() {
	names := m.t.Services
	if len(names) == 0 {
		for name := range m.p.Model.Services {
			names = append(names, name)
		}
	} else if m.t.IncludeDeps {
		names = m.needed(names)
	}
	for _, name := range m.inOrder(names) {
		svc, _ := m.service(name)
		ref := imageName(m.p, m.project, svc)
		if _, done := m.images[ref]; done {
			continue
		}
		switch m.t.Goal {
		case GoalBuild:
			if svc.Build != nil {
				m.images[ref] = m.build(svc, ref, "")
				m.buildAfter(svc)
			}
		case GoalPull:
			m.pullService(svc, ref)
		case GoalPush:
			if svc.Build != nil && svc.Image != "" {
				m.images[ref] = m.add(Action{Op: OpPush, Pool: PoolFetch, Ref: Ref{Kind: KindImage, Name: ref, Service: name},
					Optional: m.t.IgnoreFailures, Payload: PushImage{Image: ref, Quiet: m.t.BuildOptions.Quiet}})
			}
		}
	}
	if len(m.nodes) > 0 {
		return
	}
	switch m.t.Goal {
	case GoalBuild:
		m.note("no service has a build section: nothing to build")
	case GoalPush:
		m.note("no service has both build and image: nothing to push")
	default:
		m.note("nothing to pull")
	}
}

func (m *maker) pullService(svc types.ServiceConfig, ref string) {
	policy := cmp.Or(m.t.Pull, svc.PullPolicy)
	switch {
	case svc.Image == "":
		m.note("service " + svc.Name + " has no image to pull: it is built")
	case svc.Build != nil && m.t.IgnoreBuildable, policy == types.PullPolicyNever, policy == types.PullPolicyBuild,
		policy == types.PullPolicyMissing && m.imageHere(ref):
	default:
		m.images[ref] = m.pull(svc, ref, "", svc.Build != nil)
	}
}

// buildAfter makes a build wait for those of the services that this one
// needs: its Dockerfile may start from their images, as docker-compose 1.29.2
// builds in dependency order.
func (m *maker) buildAfter(svc types.ServiceConfig) {
	n := m.images[imageName(m.p, m.project, svc)]
	if n == nil || n.Op != OpBuild {
		return
	}
	for _, d := range m.graph[svc.Name] {
		if dep, ok := m.service(d.Service); ok && dep.Build != nil {
			if other := m.images[imageName(m.p, m.project, dep)]; other != nil && other.Op == OpBuild && other.index < n.index {
				n.follow(OnSuccess, other)
			}
		}
	}
}
