package planner

import (
	"testing"

	"github.com/compose-spec/compose-go/v2/types"
)

func TestNetworkChanges(t *testing.T) {
	on := true
	subnet := func(subnet, gateway string) types.IPAMConfig {
		return types.IPAMConfig{Config: []*types.IPAMPool{{Subnet: subnet, Gateway: gateway}}}
	}
	for name, test := range map[string]struct {
		found, file types.NetworkConfig
		want        string
	}{
		"the engine's own choices": {
			types.NetworkConfig{Driver: "bridge", Ipam: subnet("172.20.0.0/16", "172.20.0.1"), Labels: types.Labels{LabelProject: "demo", "a": "b"}},
			types.NetworkConfig{Internal: true, Labels: types.Labels{"a": "b"}}, "internal: (added) true"},
		"another subnet": {
			types.NetworkConfig{Driver: "bridge", Ipam: subnet("10.1.0.0/24", "10.1.0.1")},
			types.NetworkConfig{Ipam: subnet("10.2.0.0/24", "")}, "ipam.config: 10.1.0.0/24 -> 10.2.0.0/24"},
		"a subnet no more": {
			types.NetworkConfig{Driver: "bridge", Ipam: subnet("10.1.0.0/24", "10.1.0.1")},
			types.NetworkConfig{}, "ipam.config: (removed) 10.1.0.0/24,gateway=10.1.0.1"},
		"options of all networks of the engine": {
			types.NetworkConfig{Driver: "bridge", DriverOpts: types.Options{"com.docker.network.driver.mtu": "1400", "a": "b"}, Ipam: subnet("172.20.0.0/16", "172.20.0.1")},
			types.NetworkConfig{DriverOpts: types.Options{"a": "c"}}, "driver_opts.a: b -> c"},
		"an option no more": {
			types.NetworkConfig{Driver: "bridge", DriverOpts: types.Options{"a": "b"}, Ipam: subnet("172.20.0.0/16", "172.20.0.1")},
			types.NetworkConfig{}, "driver_opts.a: (removed) b"},
		"labels, options and a driver": {
			types.NetworkConfig{Driver: "macvlan", DriverOpts: types.Options{"parent": "eth0"}, Labels: types.Labels{"gone": "1", "api_token": "x"}},
			types.NetworkConfig{EnableIPv6: &on, Labels: types.Labels{"api_token": "y"}},
			"driver: macvlan -> bridge, enable_ipv6: (added) true, labels.api_token: (changed), labels.gone: (removed) 1"},
	} {
		if got := listChanges(networkChanges(test.found, test.file, false)); got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
}
