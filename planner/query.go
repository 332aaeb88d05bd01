package planner

import "slices"

// Query says which facts are wanted. The engine answers with a State that has
// at least these. The zero Query asks for nothing.
type Query struct {
	// Projects are the names whose labelled containers, networks and volumes
	// are wanted; AllProjects wants those of every project.
	Projects    []string `json:"projects,omitempty"`
	AllProjects bool     `json:"allProjects,omitempty"`
	// Networks and Volumes are names wanted though they may carry no label.
	Networks []string `json:"networks,omitempty"`
	Volumes  []string `json:"volumes,omitempty"`
	// Images wants the list of all local images; ImageConfigs also what these
	// references hold (one request each).
	Images       bool     `json:"images,omitempty"`
	ImageConfigs []string `json:"imageConfigs,omitempty"`
	// Foreign wants every container of the engine, whoever made it.
	Foreign bool `json:"foreign,omitempty"`
	// Inspect are ids of containers whose Fields are wanted although they have
	// no label of ours (one request each).
	Inspect []string `json:"inspect,omitempty"`
	// Values are ids of containers whose Values are wanted (one request each).
	Values []string `json:"values,omitempty"`
	// Live are ids of containers of which is wanted what no list tells: limits
	// and restart policy, which updates in place may have changed, and whether
	// they failed at their end (one request each).
	Live []string `json:"live,omitempty"`
	// Info wants Engine.CPUs.
	Info bool `json:"info,omitempty"`
	// HostPorts and HostPaths are to be looked at where the engine is local.
	HostPorts []HostPort `json:"hostPorts,omitempty"`
	HostPaths []string   `json:"hostPaths,omitempty"`
}

// Empty reports whether nothing is asked for.
func (q Query) Empty() bool { return q.Minus(Query{}).size() == 0 }

func (q Query) size() int {
	n := len(q.Projects) + len(q.Networks) + len(q.Volumes) + len(q.ImageConfigs) + len(q.Inspect) + len(q.Values) + len(q.Live) + len(q.HostPorts) + len(q.HostPaths)
	for _, b := range []bool{q.AllProjects, q.Images, q.Foreign, q.Info} {
		if b {
			n++
		}
	}
	return n
}

// Plus asks for what either asks for.
func (q Query) Plus(o Query) Query {
	return Query{
		Projects: union(q.Projects, o.Projects), AllProjects: q.AllProjects || o.AllProjects,
		Networks: union(q.Networks, o.Networks), Volumes: union(q.Volumes, o.Volumes),
		Images: q.Images || o.Images, ImageConfigs: union(q.ImageConfigs, o.ImageConfigs),
		Foreign: q.Foreign || o.Foreign, Inspect: union(q.Inspect, o.Inspect), Values: union(q.Values, o.Values), Live: union(q.Live, o.Live), Info: q.Info || o.Info,
		HostPorts: union(q.HostPorts, o.HostPorts), HostPaths: union(q.HostPaths, o.HostPaths),
	}
}

// Minus asks for what q asks for and o does not.
func (q Query) Minus(o Query) Query {
	return Query{
		Projects: without(q.Projects, o.Projects), AllProjects: q.AllProjects && !o.AllProjects,
		Networks: without(q.Networks, o.Networks), Volumes: without(q.Volumes, o.Volumes),
		Images: q.Images && !o.Images, ImageConfigs: without(q.ImageConfigs, o.ImageConfigs),
		Foreign: q.Foreign && !o.Foreign, Inspect: without(q.Inspect, o.Inspect), Values: without(q.Values, o.Values), Live: without(q.Live, o.Live), Info: q.Info && !o.Info,
		HostPorts: without(q.HostPorts, o.HostPorts), HostPaths: without(q.HostPaths, o.HostPaths),
	}
}

func union[T comparable](a, b []T) []T {
	out := slices.Clone(a)
	for _, v := range b {
		if !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}

func without[T comparable](a, b []T) []T {
	var out []T
	for _, v := range a {
		if !slices.Contains(b, v) {
			out = append(out, v)
		}
	}
	return out
}
