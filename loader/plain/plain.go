// Package plain decodes the services that most files are made of straight
// from YAML nodes into compose-go's model: known keys in the forms that need
// no more than reading. It is some thirty times as fast as compose-go, whose
// passes match the path of every value against every pattern.
//
// It must never guess. What it gives equals what compose-go's loader gives
// (interpolated, normalized, paths resolved, env files not yet read); a
// service with anything else in it is left to compose-go, which also words
// all errors.
package plain

import (
	"path/filepath"
	"regexp"
	"strings"

	"github.com/compose-spec/compose-go/v2/paths"
	"github.com/compose-spec/compose-go/v2/types"
	"gopkg.in/yaml.v3"
)

// Env is what a file is read with.
type Env struct {
	Project string // the project's name
	Dir     string // absolute; relative paths start here
	Lookup  func(name string) (string, bool)
	Fill    func(text string) (string, error) // replaces variables
	// Outline leaves aside what says neither how services are called nor how
	// they hang together.
	Outline bool
}

// Document is what was decoded of a file.
type Document struct {
	Services types.Services
	Networks types.Networks // with the implicit one; nil if there are none
	Volumes  types.Volumes  // nil if the file has no such key
	// Left are the names of the services that compose-go must load.
	Left []string
	// Partial is set where the top level has more than Services, Networks
	// and Volumes hold.
	Partial bool
}

// Whole reports whether nothing is left for compose-go.
func (doc *Document) Whole() bool { return !doc.Partial && len(doc.Left) == 0 }

// names is the schema's pattern for services, networks and volumes.
var names = regexp.MustCompile(`^[a-zA-Z0-9._-]+$`)

// Decode reads the root of a file. It gives nil where services cannot be
// loaded one by one: they may be merged with those of another file or service.
func Decode(root *yaml.Node, env Env) *Document {
	d := &decoder{env: env}
	doc := &Document{}
	var services *yaml.Node
	for key, n := range d.pairs(root) {
		switch {
		case key == "services":
			services = n
		case key == "networks":
			doc.Networks = types.Networks{}
			doc.Partial = resources(d, n, doc.Networks, network) || doc.Partial
		case key == "volumes":
			doc.Volumes = types.Volumes{}
			doc.Partial = resources(d, n, doc.Volumes, volume) || doc.Partial
		case key == "version" || key == "name":
			d.text(n)
		case key == "secrets" || key == "configs" || strings.HasPrefix(key, "x-"):
			doc.Partial = doc.Partial || !env.Outline
		default:
			return nil
		}
	}
	if services == nil || d.unsure {
		return nil
	}
	if !doc.services(d, services) || d.unsure {
		return nil
	}
	doc.implicitNetwork(env.Project)
	return doc
}

func (doc *Document) services(d *decoder, n *yaml.Node) (ok bool) {
	doc.Services = types.Services{}
	for name, n := range d.pairs(n) {
		one := &decoder{env: d.env}
		s := one.service(name, n)
		switch {
		case one.extends:
			return false
		case one.unsure || !names.MatchString(name):
			doc.Left = append(doc.Left, name)
		default:
			doc.Services[name] = s
		}
	}
	return true
}

// implicitNetwork adds the network `default` if a service is on it.
func (doc *Document) implicitNetwork(project string) {
	for _, s := range doc.Services {
		if _, ok := s.Networks["default"]; !ok {
			continue
		}
		if doc.Networks == nil {
			doc.Networks = types.Networks{}
		}
		if _, ok := doc.Networks["default"]; !ok {
			doc.Networks["default"] = types.NetworkConfig{Name: project + "_default"}
		}
		return
	}
}

// resources decodes networks or volumes; partial if that can't be done.
func resources[V any](d *decoder, n *yaml.Node, into map[string]V, decode func(*decoder, string, *yaml.Node) V) (partial bool) {
	one := &decoder{env: d.env}
	for name, n := range one.pairs(n) {
		into[name] = decode(one, name, n)
		one.unsure = one.unsure || !names.MatchString(name)
	}
	return one.unsure
}

// resource are the keys that networks and volumes share.
type resource struct {
	name, driver string
	external     bool
	labels       types.Labels
}

func (d *decoder) resource(key string, n *yaml.Node, more map[string]*bool) resource {
	r := resource{name: d.env.Project + "_" + key}
	if d.null(n) {
		return r
	}
	named, others := false, 0
	for k, n := range d.pairs(n) {
		others++
		switch {
		case k == "name":
			r.name, named = d.text(n), true
			others--
		case k == "driver":
			r.driver = d.text(n)
		case k == "external":
			r.external = d.boolean(n)
			others--
		case k == "labels":
			r.labels = d.labels(n)
		case more[k] != nil:
			*more[k] = d.boolean(n)
		default:
			d.unsure = true
		}
	}
	if r.external && others > 0 {
		d.unsure = true // compose-go refuses some of these
	}
	if r.external && !named {
		r.name = key
	}
	return r
}

func network(d *decoder, key string, n *yaml.Node) types.NetworkConfig {
	var internal, attachable bool
	r := d.resource(key, n, map[string]*bool{"internal": &internal, "attachable": &attachable})
	return types.NetworkConfig{
		Name: r.name, Driver: r.driver, External: types.External(r.external),
		Internal: internal, Attachable: attachable, Labels: r.labels,
	}
}

func volume(d *decoder, key string, n *yaml.Node) types.VolumeConfig {
	r := d.resource(key, n, nil)
	return types.VolumeConfig{Name: r.name, Driver: r.driver, External: types.External(r.external), Labels: r.labels}
}

// path makes a path of the host absolute, as compose-go does.
func (d *decoder) path(text string) string {
	d.unsure = d.unsure || text == ""
	if text = paths.ExpandUser(text); filepath.IsAbs(text) {
		return text
	}
	return filepath.Join(d.env.Dir, text)
}
