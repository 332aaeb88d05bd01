package planner

import (
	"maps"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"

	"recompose/loader"
	"recompose/planner/create"
)

// Why explains a service: what becomes of its containers, what it is ordered
// by, and where its values come from. It is for people; nothing goes by it.
type Why struct {
	Service  string       `json:"service"`
	Replicas []ReplicaWhy `json:"replicas"`
	Needs    []NeedWhy    `json:"needs"`    // what comes before it
	NeededBy []NeedWhy    `json:"neededBy"` // what comes after it
	Values   []ValueWhy   `json:"values"`
}

// ReplicaWhy is one container, and what becomes of it.
type ReplicaWhy struct {
	Name   string `json:"name"`
	Fate   string `json:"fate"` // kept, created, replaced, started, ...
	Reason Reason `json:"reason"`
	// Provisional is the condition under which the fate holds.
	Provisional string `json:"provisional,omitempty"`
}

// NeedWhy is one edge between two services, as a key of the file says.
type NeedWhy struct {
	Service   string         `json:"service"` // at the other end
	Key       string         `json:"key"`     // depends_on, links, volumes_from, network_mode, ipc, pid
	Condition string         `json:"condition,omitempty"`
	Restart   bool           `json:"restart,omitempty"`
	Optional  bool           `json:"optional,omitempty"`
	Origin    *loader.Origin `json:"origin,omitempty"`
}

// ValueWhy is a value of the service, and where it comes from.
type ValueWhy struct {
	Key    string `json:"key"`
	Value  string `json:"value,omitempty"`
	Masked bool   `json:"masked,omitempty"`
	// Origin is nil for what no file says: a default.
	Origin *loader.Origin `json:"origin,omitempty"`
}

// Explain says why a plan treats a service as it does. key, if it is set,
// leaves out all but the values under it.
func Explain(p *loader.Project, s State, t Target, plan Plan, origins *loader.Origins, service, key string) Why {
	e := explainer{p: p, origins: origins, t: t}
	svc, ok := p.Model.Services[service]
	if !ok {
		svc = p.Model.DisabledServices[service]
	}
	w := Why{Service: service, Replicas: replicasWhy(s.sorted(), plan, service)}
	w.Needs = e.needs(svc, "")
	for _, name := range slices.Sorted(maps.Keys(p.Model.Services)) {
		for _, need := range e.needs(p.Model.Services[name], service) {
			need.Service = name
			w.NeededBy = append(w.NeededBy, need)
		}
	}
	values := ServiceValues(p, s.Engine, svc)
	for _, k := range slices.Sorted(maps.Keys(values)) {
		if key == "" || k == key || strings.HasPrefix(k, key+".") || strings.HasSuffix(k, "."+key) {
			w.Values = append(w.Values, e.value(svc, k, values[k]))
		}
	}
	if origin := e.written(svc, key); key != "" && len(w.Values) == 0 && origin != nil {
		w.Values = append(w.Values, ValueWhy{Key: key, Origin: origin}) // no part of a container
	}
	return w
}

// replicasWhy reads what becomes of each container off the actions.
func replicasWhy(s State, plan Plan, service string) []ReplicaWhy {
	there := map[int]bool{}
	for _, c := range s.Containers {
		if c.Service == service && c.Project == plan.Project && !c.OneOff {
			there[c.Number] = true
		}
	}
	// The weightiest of its actions says a container's fate.
	weight := map[Op]int{OpKeep: 1, OpRemove: 2, OpStart: 3, OpUnpause: 3, OpUpdate: 4, OpStop: 5, OpCreateContainer: 6}
	byNumber := map[int]Action{}
	started := map[int]bool{}
	for _, a := range plan.Actions {
		keeper := a.Op == OpCreateContainer && a.Ref.Role == RoleAside
		if a.Ref.Kind != KindContainer || a.Ref.Service != service || keeper {
			continue
		}
		started[a.Ref.Number] = started[a.Ref.Number] || a.Op == OpStart
		if weight[a.Op] > weight[byNumber[a.Ref.Number].Op] {
			byNumber[a.Ref.Number] = a
		}
	}
	var out []ReplicaWhy
	for _, n := range slices.Sorted(maps.Keys(byNumber)) {
		a := byNumber[n]
		r := ReplicaWhy{Name: a.Ref.Name, Reason: a.Reason, Provisional: a.Provisional}
		switch {
		case a.Op == OpCreateContainer && there[n]:
			r.Fate = "replaced"
		case a.Op == OpCreateContainer:
			r.Fate = "created"
		case a.Op == OpStop && started[n]:
			r.Fate = "restarted"
		case a.Op == OpStop || a.Op == OpRemove:
			r.Fate = "removed"
		case a.Op == OpUpdate:
			r.Fate = "updated"
		case a.Op == OpStart:
			r.Fate = "started"
		case a.Op == OpUnpause:
			r.Fate = "unpaused"
		default:
			r.Fate = "kept"
		}
		out = append(out, r)
	}
	return out
}

// ServiceValues are what a container of the service would be made with, by the
// keys of create.Values.
func ServiceValues(p *loader.Project, e Engine, svc types.ServiceConfig) map[string][]string {
	target := Target{Goal: GoalCreate, NoStart: true, Services: []string{svc.Name}, Offline: true}
	for _, a := range Make(p, State{Engine: e}, target).Actions {
		if body, ok := a.Payload.(CreateContainer); ok && a.Ref.Service == svc.Name {
			return create.Values(body.Spec)
		}
	}
	return nil
}

type explainer struct {
	p       *loader.Project
	origins *loader.Origins
	t       Target
}

func (e explainer) value(svc types.ServiceConfig, key string, words []string) ValueWhy {
	v := ValueWhy{Key: key, Origin: e.written(svc, key)}
	_, v.Value, v.Masked = shown(key, nil, words, e.t.ShowValues)
	return v
}

// needs are the edges from a service to the services that it needs, or to one
// of them, one for each key that makes such an edge.
func (e explainer) needs(svc types.ServiceConfig, only string) []NeedWhy {
	var out []NeedWhy
	for _, d := range Dependencies(svc) {
		if only != "" && d.Service != only {
			continue
		}
		before := len(out)
		for _, key := range []string{"depends_on", "links", "volumes_from", "network_mode", "ipc", "pid"} {
			origin := e.edge(svc.Name, key, d.Service)
			if origin == nil {
				continue
			}
			need := NeedWhy{Service: d.Service, Key: key, Origin: origin}
			if key == "depends_on" {
				need.Condition, need.Restart, need.Optional = d.Condition, d.Restart, !d.Required
			}
			out = append(out, need)
		}
		if len(out) == before { // written where it cannot be looked up again
			out = append(out, NeedWhy{Service: d.Service, Key: d.Key, Condition: d.Condition, Restart: d.Restart, Optional: !d.Required})
		}
	}
	return out
}

func (e explainer) edge(service, key, needed string) *loader.Origin {
	path := loader.Path("services", service, key)
	names := func(text string) bool {
		source, _, _ := parseVolumesFrom(text)
		return source == needed && !strings.HasPrefix(text, types.ContainerPrefix)
	}
	switch key {
	case "depends_on":
		if origin, ok := e.origins.At(loader.Path("services", service, key, needed)); ok {
			return &origin
		}
	case "network_mode", "ipc", "pid":
		if origin, ok := e.origins.At(path); ok && origin.Text == types.ServicePrefix+needed {
			return &origin
		}
		return nil
	}
	if origin, ok := e.origins.Entry(path, names); ok {
		return &origin
	}
	return nil
}

// elsewhere are further places where a key of a service may be written.
var elsewhere = map[string][]string{
	"image":           {"build"},
	"mem_limit":       {"deploy.resources.limits.memory"},
	"mem_reservation": {"deploy.resources.reservations.memory"},
	"cpus":            {"deploy.resources.limits.cpus"},
	"pids_limit":      {"deploy.resources.limits.pids"},
	"restart":         {"deploy.restart_policy.condition", "deploy.restart_policy"},
	"gpus":            {"deploy.resources.reservations.devices"},
}

// written is where the files say what a key has; nil where they do not.
func (e explainer) written(svc types.ServiceConfig, key string) *loader.Origin {
	if rest, ok := strings.CutPrefix(key, "networks."); ok {
		key = "networks." + e.networkKey(rest)
	}
	base := loader.Path("services", svc.Name)
	for _, k := range append([]string{key}, elsewhere[key]...) {
		if origin, ok := e.origins.At(base + "." + k); ok {
			return &origin
		}
	}
	head, rest, nested := strings.Cut(key, ".")
	if !nested {
		return nil
	}
	list := loader.Path("services", svc.Name, head)
	if origin, ok := e.origins.At(loader.Path("services", svc.Name, head, rest)); ok {
		return &origin
	}
	if origin, ok := e.origins.Entry(list, func(text string) bool { return mentions(text, head, rest) }, "target", "source"); ok {
		return &origin
	}
	if head == "environment" {
		if origin, ok := e.origins.EnvFile(svc.Name, rest); ok {
			return &origin
		}
		return nil
	}
	if origin, ok := e.origins.At(list); ok && head != "networks" && head != "labels" {
		return &origin
	}
	return nil
}

// networkKey is the files' name for a network, before what else the key says.
func (e explainer) networkKey(rest string) string {
	name, more, nested := strings.Cut(rest, ".")
	for key, n := range e.p.Model.Networks {
		if n.Name == name {
			name = key
		}
	}
	if nested {
		name += "." + more
	}
	return name
}

// mentions reports whether an entry of a list is about what a key names: the
// variable of LOG=info, the target of ./data:/data:ro, the port of 8080:80.
func mentions(text, head, rest string) bool {
	if name, _, _ := strings.Cut(text, "="); name == rest {
		return true
	}
	parts := strings.Split(text, ":")
	if head == "ports" {
		port, protocol, _ := strings.Cut(rest, "/")
		return parts[len(parts)-1] == rest || parts[len(parts)-1] == port && protocol == "tcp"
	}
	return slices.Contains(parts, rest)
}
