package loader

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

var networkForms = []form{
	{"networks.*", networkParts},
	{"networks.*.labels", labelNames},
	{"networks.*.driver", notNear("unknown-driver", "the engine has no network driver %q of its own",
		"bridge", "host", "none", "null", "overlay", "macvlan", "ipvlan", "nat", "transparent", "l2bridge", "l2tunnel", "ics", "internal", "private", "default")},
	{"networks.*.ipam.driver", notNear("unknown-driver", "the engine has no driver %q of addresses", "default", "null", "windows", "dhcp", "host-local")},
	{"networks.*.driver_opts", func(v value) {
		if v.node.Kind == yaml.MappingNode {
			v.optionsOf(networkOptions, "is no option of a network", false)
		}
	}},
	{"networks.*.driver_opts.*", networkOption},
	{"services.*.networks.*.ipv4_address", func(v value) { family(v, "IPv4", netip.Addr.Is4) }},
	{"services.*.networks.*.ipv6_address", func(v value) { family(v, "IPv6", netip.Addr.Is6) }},
	{"services.*.networks.*.link_local_ips[]", func(v value) {
		if text := v.text(); text != "" {
			if _, err := netip.ParseAddr(text); err != nil {
				v.flagAs(SeverityWarning, "invalid-address", fmt.Sprintf("%q is no IP address", text), "")
			}
		}
	}},
}

// networkOptions are those of the engine's own drivers.
var networkOptions = strings.Fields(`com.docker.network.bridge.name com.docker.network.bridge.enable_ip_masquerade
	com.docker.network.bridge.enable_icc com.docker.network.bridge.host_binding_ipv4 com.docker.network.bridge.default_bridge
	com.docker.network.bridge.gateway_mode_ipv4 com.docker.network.bridge.gateway_mode_ipv6 com.docker.network.bridge.inhibit_ipv4
	com.docker.network.bridge.trusted_host_interfaces com.docker.network.driver.mtu com.docker.network.container_iface_prefix
	com.docker.network.enable_ipv4 com.docker.network.enable_ipv6 com.docker.network.host_ipv4 com.docker.network.host_ipv6
	com.docker.network.driver.overlay.vxlanid_list macvlan_mode ipvlan_mode ipvlan_flag parent encrypted`)

func networkOption(v value) {
	text, name := v.text(), v.name()
	if text == "" {
		return
	}
	switch name {
	case "com.docker.network.driver.mtu":
		if _, err := strconv.ParseUint(text, 10, 31); err != nil {
			v.flagAs(SeverityError, "driver-option", fmt.Sprintf("the MTU %q is no number", text), "")
		}
	case "com.docker.network.bridge.enable_ip_masquerade", "com.docker.network.bridge.enable_icc":
		if _, err := strconv.ParseBool(text); err != nil {
			v.flagAs(SeverityError, "driver-option", fmt.Sprintf("%s must be true or false, not %s", name, text), didYouMean(text, []string{"true", "false"}))
		}
	case "com.docker.network.bridge.name":
		if len(text) > 15 || strings.ContainsAny(text, "/ \t") {
			v.flag("invalid-name", fmt.Sprintf("%q is no name of a network interface", text), "at most 15 characters, none of them a space or /")
		}
	case "macvlan_mode":
		wordOf(SeverityError, "bridge", "private", "vepa", "passthru")(v)
	case "ipvlan_mode":
		wordOf(SeverityError, "l2", "l3", "l3s")(v)
	}
}

// networkParts: keys of a network that somebody else has made, and drivers that
// make no second one.
func networkParts(v value) {
	external(v, "driver", "driver_opts", "ipam", "internal", "attachable", "enable_ipv4", "enable_ipv6", "labels")
	driver := v.below("driver")
	if text := driver.text(); isOneOf(text, []string{"host", "null", "none"}) && !v.given("external") {
		driver.flagAs(SeverityError, "unknown-driver", fmt.Sprintf("the engine makes no second network with the driver %s", text),
			fmt.Sprintf("write network_mode: %s at the service", strings.Replace(text, "null", "none", 1)))
	}
}

// external tells of keys that describe what somebody else has made.
func external(v value, keys ...string) {
	if v.node.Kind != yaml.MappingNode || !truthy(child(v.node, "external")) {
		return
	}
	for _, key := range keys {
		if child(v.node, key) != nil {
			v.flagKey(SeverityWarning, "ignored-key", key, key+" has no effect: what is external is made elsewhere", "remove it, or external")
		}
	}
}

func family(v value, name string, is func(netip.Addr) bool) {
	if address, err := netip.ParseAddr(v.text()); err == nil && !is(address) {
		v.flagAs(SeverityError, "invalid-address", fmt.Sprintf("%s is no %s address", v.text(), name), "")
	}
}
