package plain

import (
	"fmt"
	"net"
	"path"
	"strings"

	"github.com/compose-spec/compose-go/v2/format"
	"github.com/compose-spec/compose-go/v2/types"
	"gopkg.in/yaml.v3"
)

func (d *decoder) envFiles(n *yaml.Node) []types.EnvFile {
	var out []types.EnvFile
	for _, file := range d.textOrTexts(n) {
		out = append(out, types.EnvFile{Path: d.path(file), Required: true})
	}
	return out
}

// build knows a context in a folder, and the keys that nearly all builds
// make do with.
func (d *decoder) build(n *yaml.Node) *types.BuildConfig {
	b := &types.BuildConfig{Context: ".", Dockerfile: "Dockerfile"}
	if d.isScalar(n) {
		b.Context = d.text(n)
	} else {
		for key, n := range d.pairs(n) {
			switch key {
			case "context":
				b.Context = d.text(n)
			case "dockerfile":
				b.Dockerfile = d.text(n)
			case "target":
				b.Target = d.text(n)
			case "cache_from":
				b.CacheFrom = d.words(n)
			case "args":
				b.Args = d.environment(n)
				for _, value := range b.Args {
					d.unsure = d.unsure || value == nil
				}
			default:
				d.unsure = true
			}
		}
	}
	if strings.ContainsAny(b.Context, ":@") || strings.HasPrefix(b.Context, "github.com/") {
		d.unsure = true // a repository, an archive, another service
	}
	b.Context = d.path(b.Context)
	return b
}

func (d *decoder) expose(n *yaml.Node) types.StringOrNumberList {
	var out types.StringOrNumberList
	seen := map[string]bool{}
	for _, n := range d.items(n) {
		port := d.textOrInteger(n)
		d.unsure = d.unsure || seen[port]
		seen[port] = true
		out = append(out, port)
	}
	return out
}

func (d *decoder) textOrInteger(n *yaml.Node) string {
	if d.node(n).Tag == "!!int" {
		return fmt.Sprint(d.integer(n))
	}
	return d.text(n)
}

func (d *decoder) ports(n *yaml.Node) []types.ServicePortConfig {
	var out []types.ServicePortConfig
	type binding struct {
		ip, published, protocol string
		target                  uint32
	}
	seen := map[binding]bool{}
	for _, n := range d.items(n) {
		parsed := d.port(n)
		for _, p := range parsed {
			if p.Target == 0 || p.HostIP != "" && net.ParseIP(p.HostIP) == nil {
				d.unsure = true
			}
			key := binding{ip: p.HostIP, published: p.Published, protocol: p.Protocol, target: p.Target}
			if key.ip == "" {
				key.ip = "0.0.0.0"
			}
			d.unsure = d.unsure || seen[key] // compose-go keeps one of them
			seen[key] = true
		}
		out = append(out, parsed...)
	}
	return out
}

func (d *decoder) port(n *yaml.Node) []types.ServicePortConfig {
	if d.isScalar(n) {
		text := d.textOrInteger(n)
		if d.unsure {
			return nil
		}
		parsed, err := types.ParsePortConfig(text)
		d.check(err)
		return parsed
	}
	p := types.ServicePortConfig{Protocol: "tcp", Mode: "ingress"}
	for key, n := range d.pairs(n) {
		switch key {
		case "target":
			p.Target = uint32(d.natural(n))
		case "published":
			p.Published = d.textOrInteger(n)
		case "protocol":
			p.Protocol = d.text(n)
		case "mode":
			p.Mode = d.text(n)
		default:
			d.unsure = true
		}
	}
	d.unsure = d.unsure || p.Target > 65535
	return []types.ServicePortConfig{p}
}

// volumes knows paths that are written as on Linux.
func (d *decoder) volumes(n *yaml.Node) []types.ServiceVolumeConfig {
	var out []types.ServiceVolumeConfig
	seen := map[string]bool{}
	for _, n := range d.items(n) {
		v := d.volume(n)
		if v.Type == types.VolumeTypeBind {
			if v.Source == "" || !strings.Contains("./~", v.Source[:1]) {
				d.unsure = true
			}
			if !path.IsAbs(v.Source) {
				v.Source = d.path(v.Source)
			}
		}
		if d.unsure = d.unsure || !path.IsAbs(v.Target); d.unsure {
			return nil
		}
		v.Target = path.Clean(v.Target)
		d.unsure = seen[v.Target]
		seen[v.Target] = true
		out = append(out, v)
	}
	return out
}

func (d *decoder) volume(n *yaml.Node) types.ServiceVolumeConfig {
	if d.isScalar(n) {
		v, err := format.ParseVolume(d.text(n))
		d.check(err)
		if v.Type == types.VolumeTypeBind && v.Volume != nil || v.Type == types.VolumeTypeVolume && v.Bind != nil {
			d.unsure = true // options of the other type
		}
		return v
	}
	var v types.ServiceVolumeConfig
	for key, n := range d.pairs(n) {
		switch key {
		case "type":
			v.Type = d.text(n)
		case "source":
			v.Source = d.text(n)
		case "target":
			v.Target = d.text(n)
		case "read_only":
			v.ReadOnly = d.boolean(n)
		default:
			d.unsure = true
		}
	}
	d.unsure = d.unsure || v.Type != types.VolumeTypeBind && v.Type != types.VolumeTypeVolume
	return v
}

func (d *decoder) networks(n *yaml.Node) map[string]*types.ServiceNetworkConfig {
	out := map[string]*types.ServiceNetworkConfig{}
	if d.isList(n) {
		for _, name := range d.texts(n) {
			out[name] = nil
		}
		return out
	}
	for name, n := range d.pairs(n) {
		d.unsure = d.unsure || !names.MatchString(name)
		if out[name] = nil; d.isScalar(n) && d.null(n) {
			continue
		}
		c := &types.ServiceNetworkConfig{}
		for key, n := range d.pairs(n) {
			switch key {
			case "aliases":
				c.Aliases = d.texts(n)
			case "ipv4_address":
				c.Ipv4Address = d.text(n)
			default:
				d.unsure = true
			}
		}
		out[name] = c
	}
	return out
}
