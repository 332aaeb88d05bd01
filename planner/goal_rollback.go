package planner

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"

	"recompose/loader"
)

// rollback brings services back to the last configuration under which they
// served. It is an up with those services exchanged in the files; nothing else
// is touched but what is bound to their containers.
func (m *maker) rollback() {
	m.t.Pull, m.t.Build, m.t.KeepScale = types.PullPolicyNever, BuildNever, true
	back := m.goingBack()
	if len(m.plan.Problems) > 0 {
		return
	}
	for _, name := range back {
		m.records[name], _ = m.earlier(name)
		m.rolledBack[name] = true
		if mark := m.unfinished(m.replicasOf(name)[0]); mark != "" {
			m.mark = mark // of the one that goes on
		}
	}
	follow := m.boundTo(back)
	for _, name := range follow {
		if own := m.said(m.replicasOf(name)[0], LabelConfig); own != "" {
			m.records[name] = own // it stays as it is
		}
	}
	m.exchange()
	if len(m.plan.Problems) > 0 || !m.sortServices() {
		return
	}
	m.bring(slices.Concat(back, follow), func() {})
	m.note("the files stay as they are: the next up goes by them again")
}

// goingBack are the services that go back: those that are named, or all that
// can.
func (m *maker) goingBack() []string {
	var able, gone, named []string // gone: they have gone back, and can go forward again
	reasons := map[string]string{}
	for _, name := range m.order {
		if !m.inFiles(name) {
			continue
		}
		_, why := m.earlier(name)
		switch {
		case why != "":
			reasons[name] = why
		case m.goneBack(name):
			gone = append(gone, name)
		default:
			able = append(able, name)
		}
		if slices.Contains(m.t.Services, name) {
			named = append(named, name)
		}
	}
	if len(m.t.Services) > 0 {
		hint := ""
		if len(able) > 0 {
			hint = "those that can go back are " + strings.Join(able, ", ")
		}
		for _, name := range named {
			if slices.Contains(gone, name) {
				m.note(name + " has gone back before: it goes forward again, to what it was rolled back from")
			}
		}
		for _, name := range named {
			if why := reasons[name]; why != "" {
				m.problem("rollback-nothing", name, fmt.Sprintf("service %s has nothing to go back to, for %s", name, why), hint)
			}
		}
		return named
	}
	for _, name := range slices.Sorted(maps.Keys(reasons)) {
		if len(m.replicasOf(name)) > 0 {
			m.note(fmt.Sprintf("%s has nothing to go back to, for %s", name, reasons[name]))
		}
	}
	for _, name := range gone {
		m.note(fmt.Sprintf("%s has gone back, and stays so; rollback %s takes it forward again", name, name))
	}
	switch {
	case len(able) > 0:
	case len(gone) > 0:
		m.problem("rollback-nothing", "", "no service has anything more to go back to", "those that have gone back stay so unless they are named: "+strings.Join(gone, ", "))
	default:
		m.problem("rollback-nothing", "", "no service has anything to go back to", "up is what makes containers, and remembers what they were before")
	}
	return able
}

// boundTo are the services with running containers that refer to those of the
// given ones, hold values of theirs or are to be restarted with them, directly
// or not. Those that do not run may have been stopped by the rollback that goes
// on.
func (m *maker) boundTo(services []string) []string {
	var out []string
	for next := slices.Clone(services); len(next) > 0; next = next[1:] {
		for _, name := range m.graph.Dependents(next[0]) {
			svc, inFiles := m.service(name)
			bound := slices.ContainsFunc(m.graph[name], func(d Dependency) bool { return d.Service == next[0] && (d.Bound || d.Restart) }) ||
				m.setsLinkEnv() && slices.ContainsFunc(svc.Links, func(l string) bool { return l == next[0] || strings.HasPrefix(l, next[0]+":") })
			cs := m.replicasOf(name)
			affected := slices.ContainsFunc(cs, Container.Running) || len(cs) > 0 && m.mark != ""
			if bound && inFiles && affected && !slices.Contains(services, name) && !slices.Contains(out, name) {
				out, next = append(out, name), append(next, name)
			}
		}
	}
	return out
}

// exchange puts the recorded services in place of the files'. The project that
// was given is not changed.
func (m *maker) exchange() {
	p, model := *m.p, *m.p.Model
	model.Services, model.DisabledServices = maps.Clone(model.Services), maps.Clone(model.DisabledServices)
	p.Model = &model
	for _, name := range slices.Sorted(maps.Keys(m.records)) {
		svc, ok := m.restored(name, m.records[name])
		if !ok {
			continue
		}
		if _, enabled := model.Services[name]; enabled {
			model.Services[name] = svc
		} else {
			model.DisabledServices[name] = svc
		}
	}
	m.p = &p
}

// restored is the service of a record, if all that it takes is there.
func (m *maker) restored(name, text string) (types.ServiceConfig, bool) {
	refuse := func(rule, what, hint string) (types.ServiceConfig, bool) {
		m.problem(rule, name, fmt.Sprintf("service %s cannot go back: %s", name, what), hint)
		return types.ServiceConfig{}, false
	}
	r, err := decodeRecord(text)
	switch {
	case err != nil:
		return refuse("rollback-record", "its earlier configuration cannot be read", "")
	case r.Service == nil:
		return refuse("rollback-record", "its earlier configuration was too large to be kept", "")
	case r.Classic != m.p.Classic():
		return refuse("rollback-format", "its earlier configuration is from a file of the format of 2015, or today's file is", "go back to the earlier file, and run up")
	}
	today, _ := m.service(name)
	restored, err := loader.RestoreService(r.Service, today)
	if err != nil {
		return refuse("rollback-record", "its earlier configuration cannot be read", "")
	}
	if len(restored.Missing) > 0 {
		return refuse("rollback-value", strings.Join(restored.Missing, ", ")+" was not kept, for it may hold a secret, and the file has none today", "put it into the file again")
	}
	svc := restored.Service
	if _, ok := m.image(r.Image); !ok && !m.t.Offline {
		if q := (Query{ImageConfigs: []string{r.Image}}).Minus(m.s.Answered); !q.Empty() {
			m.need(q) // the list lacks images without a name that others are built from
			return types.ServiceConfig{}, false
		}
		return refuse("rollback-image", fmt.Sprintf("its image of then, %s, is not here any more (%s)", svc.Image, imageID(r.Image)), "pull or build it again, if its registry or sources have it")
	}
	if now, ok := m.image(svc.Image); !ok || now.ID != r.Image {
		svc.Image = r.Image // its name leads elsewhere by now
	}
	if lacks := m.lackingFor(svc); len(lacks) > 0 {
		return refuse("rollback-reference", "the files no longer have "+strings.Join(lacks, ", "), "put that into the files again")
	}
	if m.rolledBack[name] {
		m.tellTodays(svc, restored.Todays)
	}
	return svc, true
}

// lackingFor are the things that a service refers to and the files do not have.
func (m *maker) lackingFor(svc types.ServiceConfig) []string {
	model := m.p.Model
	var out []string
	want := func(there bool, what, name string) {
		if !there {
			out = append(out, what+" "+name)
		}
	}
	for _, d := range Dependencies(svc) {
		want(m.inFiles(d.Service) || !d.Required, "the service", d.Service)
	}
	for _, key := range slices.Sorted(maps.Keys(svc.Networks)) {
		_, ok := model.Networks[key]
		want(ok, "the network", key)
	}
	for _, v := range svc.Volumes {
		if v.Type == types.VolumeTypeVolume && v.Source != "" {
			_, ok := model.Volumes[v.Source]
			want(ok, "the volume", v.Source)
		}
	}
	for _, c := range svc.Configs {
		_, ok := model.Configs[c.Source]
		want(ok, "the config", c.Source)
	}
	for _, s := range svc.Secrets {
		_, ok := model.Secrets[s.Source]
		want(ok, "the secret", s.Source)
	}
	for _, o := range svc.SecurityOpt {
		if file, ok := loader.SeccompFile(o); ok {
			_, there := m.p.Seccomp[o]
			want(there, "the seccomp profile", file)
		}
	}
	return out
}

// tellTodays says what of an earlier configuration is not the earlier one's.
func (m *maker) tellTodays(svc types.ServiceConfig, keys []string) {
	for _, c := range svc.Configs {
		keys = append(keys, "config "+c.Source)
	}
	for _, s := range svc.Secrets {
		keys = append(keys, "secret "+s.Source)
	}
	if len(keys) > 0 {
		m.note(fmt.Sprintf("%s gets today's %s: what was there before is not kept", svc.Name, strings.Join(keys, ", ")))
	}
}
