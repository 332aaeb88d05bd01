package planner

import (
	"maps"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"

	"recompose/planner/create"
)

// run plans a one-off container: what its service needs is brought up, and
// the container created; cmd attaches to it and starts it, unless it is to
// run detached.
func (m *maker) run() {
	o := m.t.Run
	if o == nil {
		m.problem("run-service", "", "run needs a service", "")
		return
	}
	if _, ok := m.service(o.Service); !ok {
		m.problem("unknown-service", o.Service, "no such service: "+o.Service, "")
		return
	}
	var needs []string
	if !m.t.NoDeps {
		needs = m.needed([]string{o.Service})
		needs = slices.DeleteFunc(needs, func(name string) bool { return name == o.Service })
	}
	m.bring(needs, func() { m.oneOff(o) }, o.Service)
}

func (m *maker) oneOff(o *RunOptions) {
	svc, _ := m.service(o.Service)
	svc = oneOffService(svc, o)
	name := o.Name
	if name == "" {
		name = oneOffName(m.p, m.project, o.Service, m.t.Slug)
	}
	spec := m.makeSpec(svc)
	if m.p.Classic() && onDefaultBridge(svc) {
		spec.Links = m.withOwnLinks(spec.Links, o.Service)
	}
	fields := m.fieldsOf(spec)
	spec.Name, spec.OneOff, spec.AttachStdin = name, true, o.Stdin
	spec.AutoRemove = o.Remove && o.Detach
	for i := range spec.Networks {
		if !o.UseAliases {
			spec.Networks[i].Aliases = nil
		}
	}
	imageID := ""
	if img, ok := m.image(spec.Image); ok {
		imageID = img.ID
	}
	spec.Labels = containerLabels(m.p, m.project, svc, 1, imageID, create.Hash(fields), fields)
	spec.Labels[LabelOneOff], spec.Labels[LabelSlug] = "True", m.t.Slug
	maps.Copy(spec.Labels, o.Labels)

	run := &serviceRun{cfg: svc, deps: m.graph[o.Service], spec: &spec}
	if m.t.NoDeps {
		run.deps = nil
	}
	r := &replica{number: 1, name: name, fate: fateCreate}
	ref := Ref{Kind: KindContainer, Name: name, Service: o.Service, Number: 1, Role: RoleCurrent}
	first := len(m.nodes)
	n := m.createSpec(run, r, ref, spec, Reason{Text: "a container of its own for run"})
	if o.Detach {
		m.startContainer(run, r, ref, n)
		return
	}
	// cmd starts it, attached: there is none before it can be started.
	m.awaitDependencies(m.nodes[first], run)
}

// oneOffService is the service with the changes that run's flags ask for.
func oneOffService(svc types.ServiceConfig, o *RunOptions) types.ServiceConfig {
	svc.ContainerName, svc.Restart = "", ""
	svc.PostStart, svc.PreStop = nil, nil
	if svc.Deploy != nil {
		d := *svc.Deploy
		d.RestartPolicy = nil
		svc.Deploy = &d
	}
	if o.Entrypoint != nil {
		svc.Entrypoint, svc.Command = o.Entrypoint, []string{}
	}
	if len(o.Command) > 0 {
		svc.Command = o.Command
	}
	if o.User != "" {
		svc.User = o.User
	}
	if o.WorkDir != "" {
		svc.WorkingDir = o.WorkDir
	}
	env := maps.Clone(svc.Environment)
	if env == nil {
		env = types.MappingWithEquals{}
	}
	for _, kv := range o.Env {
		k, v, ok := strings.Cut(kv, "=")
		if ok {
			env[k] = &v
		} else {
			delete(env, k)
		}
	}
	svc.Environment = env
	svc.Tty, svc.StdinOpen = o.TTY, o.Stdin
	svc.CapAdd = append(slices.Clone(svc.CapAdd), o.CapAdd...)
	svc.CapDrop = append(slices.Clone(svc.CapDrop), o.CapDrop...)
	if !o.ServicePorts {
		svc.Ports = nil
	}
	svc.Volumes = append(slices.Clone(svc.Volumes), o.Mounts...)
	svc.Ports = append(slices.Clone(svc.Ports), o.Ports...)
	return svc
}

// withOwnLinks links a v1-format one-off to its own service too, as
// docker-compose 1.29.2 does.
func (m *maker) withOwnLinks(links []string, service string) []string {
	byAlias := map[string]string{}
	for _, l := range links {
		name, alias, _ := strings.Cut(l, ":")
		byAlias[alias] = name
	}
	for _, c := range m.current(service) {
		if c.Running() {
			byAlias[service] = c.Name
			byAlias[c.Name] = c.Name
			byAlias[m.withoutProject(c.Name, service, c.Number)] = c.Name
		}
	}
	return flattenLinks(byAlias)
}
