package plain

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/compose-spec/compose-go/v2/types"
	"gopkg.in/yaml.v3"
)

func (d *decoder) command(n *yaml.Node) types.ShellCommand {
	if !d.isScalar(n) {
		return d.words(n)
	}
	var c types.ShellCommand
	d.check(c.DecodeMapstructure(d.text(n)))
	return c
}

// check leaves what compose-go's own types refuse to compose-go, for the
// wording.
func (d *decoder) check(err error) { d.unsure = d.unsure || err != nil }

func (d *decoder) size(n *yaml.Node) types.UnitBytes {
	var size types.UnitBytes
	if d.node(n).Tag == "!!int" {
		return types.UnitBytes(d.integer(n))
	}
	d.check(size.DecodeMapstructure(d.text(n)))
	return size
}

func (d *decoder) duration(n *yaml.Node) *types.Duration {
	var v types.Duration
	d.check(v.DecodeMapstructure(d.text(n)))
	return &v
}

// environment takes variables without a value from the environment.
func (d *decoder) environment(n *yaml.Node) types.MappingWithEquals {
	out := types.MappingWithEquals{}
	for key, value := range d.variables(n) {
		if value == nil {
			if found, ok := d.env.Lookup(key); ok {
				value = &found
			}
		}
		out[key] = value
	}
	return out
}

// variables is a mapping, or a list of KEY=VALUE and KEY.
func (d *decoder) variables(n *yaml.Node) map[string]*string {
	out := map[string]*string{}
	if !d.isList(n) {
		for key, n := range d.pairs(n) {
			out[key] = d.scalar(n)
			d.unsure = d.unsure || key == ""
		}
		return out
	}
	for _, text := range d.texts(n) {
		key, value, ok := strings.Cut(text, "=")
		if key == "" || strings.IndexFunc(key, unicode.IsSpace) >= 0 {
			d.unsure = true
		}
		if out[key] = nil; ok {
			out[key] = &value
		}
	}
	return out
}

// labels is a mapping, or a list of KEY=VALUE; no value is an empty one.
func (d *decoder) labels(n *yaml.Node) types.Labels {
	out := types.Labels{}
	for key, value := range d.variables(n) {
		if value == nil {
			value = new("")
		}
		out[key] = *value
	}
	return out
}

func (d *decoder) hosts(n *yaml.Node) types.HostsList {
	if d.isList(n) {
		hosts, err := types.NewHostsList(d.texts(n))
		d.check(err)
		return hosts
	}
	given := map[string]any{}
	for host, n := range d.pairs(n) {
		given[host] = d.text(n)
	}
	var hosts types.HostsList
	d.check(hosts.DecodeMapstructure(given))
	return hosts
}

func (d *decoder) ulimits(n *yaml.Node) map[string]*types.UlimitsConfig {
	out := map[string]*types.UlimitsConfig{}
	for name, n := range d.pairs(n) {
		limit := &types.UlimitsConfig{}
		out[name] = limit
		if d.isScalar(n) {
			limit.Single = d.integer(n)
			continue
		}
		given := 0
		for key, n := range d.pairs(n) {
			switch key {
			case "soft":
				limit.Soft = d.integer(n)
			case "hard":
				limit.Hard = d.integer(n)
			default:
				d.unsure = true
			}
			given++
		}
		d.unsure = d.unsure || given != 2 // both are required
	}
	return out
}

func (d *decoder) logging(n *yaml.Node) *types.LoggingConfig {
	l := &types.LoggingConfig{}
	for key, n := range d.pairs(n) {
		switch key {
		case "driver":
			l.Driver = d.text(n)
		case "options":
			l.Options = types.Options{}
			for name, n := range d.pairs(n) {
				value := d.scalar(n)
				if value == nil || d.node(n).Tag == "!!bool" {
					d.unsure = true
					continue
				}
				l.Options[name] = *value
			}
		default:
			d.unsure = true
		}
	}
	return l
}

func (d *decoder) healthcheck(n *yaml.Node) *types.HealthCheckConfig {
	h := &types.HealthCheckConfig{}
	for key, n := range d.pairs(n) {
		switch key {
		case "test":
			if d.isScalar(n) {
				h.Test = types.HealthCheckTest{"CMD-SHELL", d.text(n)}
			} else {
				h.Test = d.words(n)
			}
		case "interval":
			h.Interval = d.duration(n)
		case "timeout":
			h.Timeout = d.duration(n)
		case "start_period":
			h.StartPeriod = d.duration(n)
		case "start_interval":
			h.StartInterval = d.duration(n)
		case "retries":
			h.Retries = new(uint64(d.natural(n)))
		case "disable":
			h.Disable = d.boolean(n)
		default:
			d.unsure = true
		}
	}
	return h
}

func (d *decoder) dependsOn(n *yaml.Node) types.DependsOnConfig {
	out := types.DependsOnConfig{}
	if d.isList(n) {
		for _, name := range d.texts(n) {
			out[name] = types.ServiceDependency{Condition: types.ServiceConditionStarted, Required: true}
		}
		return out
	}
	for name, n := range d.pairs(n) {
		on := types.ServiceDependency{Required: true}
		for key, n := range d.pairs(n) {
			switch key {
			case "condition":
				on.Condition = d.text(n)
			case "required":
				on.Required = d.boolean(n)
			case "restart":
				on.Restart = d.boolean(n)
			default:
				d.unsure = true
			}
		}
		switch on.Condition {
		case types.ServiceConditionStarted, types.ServiceConditionHealthy, types.ServiceConditionCompletedSuccessfully:
		default:
			d.unsure = true
		}
		out[name] = on
		d.unsure = d.unsure || !names.MatchString(name)
	}
	return out
}

func (d *decoder) secrets(n *yaml.Node) []types.ServiceSecretConfig {
	var out []types.ServiceSecretConfig
	for _, name := range d.texts(n) {
		out = append(out, types.ServiceSecretConfig{Source: name, Target: fmt.Sprintf("/run/secrets/%s", name)})
	}
	return out
}

func (d *decoder) configs(n *yaml.Node) []types.ServiceConfigObjConfig {
	var out []types.ServiceConfigObjConfig
	for _, name := range d.texts(n) {
		out = append(out, types.ServiceConfigObjConfig{Source: name})
	}
	return out
}
