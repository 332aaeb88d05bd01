package loader

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"
)

// namespaces: what a container can share, and what it then cannot have.
func (r *rules) namespaces(s types.ServiceConfig, path string) {
	for _, n := range []struct {
		key, value string
		words      []string
	}{
		{"ipc", s.Ipc, []string{"none", "private", "shareable", "host"}},
		{"pid", s.Pid, []string{"host", "private"}},
		{"uts", s.Uts, []string{"host"}},
		{"userns_mode", s.UserNSMode, []string{"host", "keep-id", "auto", "nomap"}}, // all but the first: Podman's
	} {
		kind, name, shared := strings.Cut(n.value, ":")
		if n.value == "" || isOneOf(n.value, n.words) || shared && (name != "" && (kind == "service" || kind == "container") || n.key == "userns_mode" && isOneOf(kind, n.words)) {
			continue
		}
		hint := didYouMean(n.value, n.words)
		if hint == "" {
			hint = "there are " + quoted(n.words) + ", service:NAME and container:NAME"
		}
		r.flag("invalid-namespace", path+"."+n.key, fmt.Sprintf("%s: %q is not known", n.key, n.value), hint)
	}
	r.hostNamespaces(s, path)
	kind, _, shared := strings.Cut(s.NetworkMode, ":")
	if !shared || kind != "service" && kind != "container" {
		return
	}
	for key, used := range map[string]bool{
		"ports": len(s.Ports) > 0, "hostname": s.Hostname != "", "dns": len(s.DNS) > 0, "extra_hosts": len(s.ExtraHosts) > 0,
		"links": len(s.Links) > 0, "mac_address": s.MacAddress != "", "expose": len(s.Expose) > 0,
	} {
		if used {
			r.flagKey("shared-network", path+"."+key, fmt.Sprintf("%s: a container that uses the network of another (network_mode: %s) has none of its own to set", key, s.NetworkMode),
				"give it to the other")
		}
	}
}

// hostNamespaces: of a namespace of the host, a container cannot set what is
// the host's.
func (r *rules) hostNamespaces(s types.ServiceConfig, path string) {
	if s.Uts == "host" && s.Hostname != "" {
		r.flagKey("conflicting-keys", path+".hostname", "hostname cannot stand beside uts: host, which takes the host's", "leave one of them out")
	}
	if s.NetworkMode == "host" && s.MacAddress != "" {
		r.flagKey("shared-network", path+".mac_address", "mac_address: a container on the host's network has none of its own to set", "remove it")
	}
	for _, name := range slices.Sorted(maps.Keys(s.Sysctls)) {
		of := ""
		switch {
		case s.NetworkMode == "host" && strings.HasPrefix(name, "net."):
			of = "network_mode"
		case s.Ipc == "host" && (strings.HasPrefix(name, "kernel.") && isOneOf(name, namespaced) || strings.HasPrefix(name, "fs.mqueue.")):
			of = "ipc"
		default:
			continue
		}
		list := path + ".sysctls"
		at := joinKey(list, name)
		if !r.declared(at) {
			at = r.item(list, name)
		}
		r.flagKey("invalid-sysctl", at, fmt.Sprintf("%s is the host's with %s: host", name, of), "set it on the host")
	}
}

// portsWithoutUse: nothing is published for a container that is on the host's
// network, or on none that leads out.
func (r *rules) portsWithoutUse(s types.ServiceConfig, path string) {
	if len(s.Ports) == 0 {
		return
	}
	if s.NetworkMode == "host" || s.NetworkMode == "none" {
		r.flagKey("unused-ports", path+".ports", fmt.Sprintf("no port is published with network_mode: %s", s.NetworkMode), "")
		return
	}
	for name := range s.Networks {
		if n := r.model.Networks[name]; !n.Internal || bool(n.External) {
			return
		}
	}
	if len(s.Networks) > 0 {
		r.flagKey("unused-ports", path+".ports", fmt.Sprintf("service %q is on internal networks only, from which no port is published", s.Name), "put it on a network that is not internal")
	}
}

// engineDrivers write logs; others are plugins.
var engineDrivers = strings.Fields("awslogs etwlogs fluentd gcplogs gelf journald json-file local none splunk syslog")

func (r *rules) logDriver(s types.ServiceConfig, path string) {
	if s.Logging == nil || s.Logging.Driver == "" || isOneOf(s.Logging.Driver, engineDrivers) {
		return
	}
	if near := didYouMean(s.Logging.Driver, engineDrivers); near != "" {
		r.flag("unknown-log-driver", path+".logging.driver", fmt.Sprintf("the engine has no log driver %q of its own", s.Logging.Driver), near)
	}
}
