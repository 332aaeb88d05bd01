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

// ports knows the short form.
func (d *decoder) ports(n *yaml.Node) []types.ServicePortConfig {
	var out []types.ServicePortConfig
	type binding struct {
		ip, published, protocol string
		target                  uint32
	}
	seen := map[binding]bool{}
	for _, n := range d.items(n) {
		text := d.textOrInteger(n)
		if d.unsure {
			return nil
		}
		parsed, err := types.ParsePortConfig(text)
		d.check(err)
		for _, p := range parsed {
			if p.HostIP != "" && net.ParseIP(p.HostIP) == nil {
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

// volumes knows the short form of paths that are written as on Linux.
func (d *decoder) volumes(n *yaml.Node) []types.ServiceVolumeConfig {
	var out []types.ServiceVolumeConfig
	seen := map[string]bool{}
	for _, n := range d.items(n) {
		text := d.text(n)
		if d.unsure {
			return nil
		}
		v, err := format.ParseVolume(text)
		d.check(err)
		switch {
		case !strings.HasPrefix(v.Target, "/"):
			d.unsure = true
		case v.Type == types.VolumeTypeBind:
			if !strings.HasPrefix(v.Source, "/") && !strings.HasPrefix(v.Source, ".") || v.Volume != nil {
				d.unsure = true
			}
			v.Source = d.path(v.Source)
		case v.Bind != nil:
			d.unsure = true // bind options on a volume
		}
		v.Target = path.Clean(v.Target)
		d.unsure = d.unsure || seen[v.Target]
		seen[v.Target] = true
		out = append(out, v)
	}
	return out
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
