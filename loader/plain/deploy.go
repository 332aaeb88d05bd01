package plain

import (
	"github.com/compose-spec/compose-go/v2/types"
	"gopkg.in/yaml.v3"
)

func (d *decoder) deploy(n *yaml.Node) *types.DeployConfig {
	c := &types.DeployConfig{}
	for key, n := range d.pairs(n) {
		switch key {
		case "mode":
			c.Mode = d.text(n)
		case "endpoint_mode":
			c.EndpointMode = d.text(n)
		case "replicas":
			c.Replicas = new(d.natural(n))
		case "labels":
			c.Labels = d.labels(n)
		case "resources":
			for key, n := range d.pairs(n) {
				switch key {
				case "limits":
					c.Resources.Limits = d.amounts(n)
				case "reservations":
					c.Resources.Reservations = d.amounts(n)
				default:
					d.unsure = true
				}
			}
		case "restart_policy":
			c.RestartPolicy = d.restartPolicy(n)
		case "placement":
			for key, n := range d.pairs(n) {
				c.Placement.Constraints = d.texts(n)
				d.unsure = d.unsure || key != "constraints"
			}
		default:
			d.unsure = true
		}
	}
	return c
}

func (d *decoder) amounts(n *yaml.Node) *types.Resource {
	r := &types.Resource{}
	for key, n := range d.pairs(n) {
		switch key {
		case "cpus":
			r.NanoCPUs = d.cpus(n)
		case "memory":
			d.check(r.MemoryBytes.DecodeMapstructure(d.text(n)))
		default:
			d.unsure = true
		}
	}
	return r
}

func (d *decoder) cpus(n *yaml.Node) types.NanoCPUs {
	var value any
	switch d.node(n).Tag {
	case "!!int":
		value = d.integer(n)
	case "!!float":
		value = d.float(n)
	default:
		value = d.text(n)
	}
	var cpus types.NanoCPUs
	d.check(cpus.DecodeMapstructure(value))
	return cpus
}

func (d *decoder) restartPolicy(n *yaml.Node) *types.RestartPolicy {
	p := &types.RestartPolicy{}
	for key, n := range d.pairs(n) {
		switch key {
		case "condition":
			p.Condition = d.text(n)
		case "delay":
			p.Delay = d.duration(n)
		case "window":
			p.Window = d.duration(n)
		case "max_attempts":
			p.MaxAttempts = new(uint64(d.natural(n)))
		default:
			d.unsure = true
		}
	}
	return p
}
