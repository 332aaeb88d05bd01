package loader

import (
	"fmt"
	"maps"
	"net"
	"net/netip"
	"slices"

	"github.com/compose-spec/compose-go/v2/types"
)

// subnet is one that the files give a network.
type subnet struct {
	network, path string
	prefix        netip.Prefix
}

// addresses: of networks, and of services on them.
func (r *rules) addresses() {
	subnets := r.subnets()
	owner := map[string]string{}
	for _, s := range r.sorted {
		path := joinPath("services", s.Name)
		r.serviceAddresses(s, path)
		for _, name := range slices.Sorted(maps.Keys(s.Networks)) {
			if n := s.Networks[name]; n != nil {
				at := joinKey(path+".networks", name)
				r.staticAddress(s, name, at+".ipv4_address", n.Ipv4Address, subnets, owner)
				r.staticAddress(s, name, at+".ipv6_address", n.Ipv6Address, subnets, owner)
				r.hardware(at+".mac_address", n.MacAddress)
			}
		}
	}
}

func (r *rules) invalidAddress(at, text, want string) {
	r.at(SeverityWarning, "invalid-address", at, fmt.Sprintf("%q is no %s", text, want), "")
}

func (r *rules) hardware(at, text string) {
	if text == "" {
		return
	}
	if mac, err := net.ParseMAC(text); err != nil || len(mac) != 6 {
		r.invalidAddress(at, text, "hardware address, like 02:42:ac:11:65:43")
	}
}

func (r *rules) serviceAddresses(s types.ServiceConfig, path string) {
	for i, text := range s.DNS {
		if _, err := netip.ParseAddr(text); err != nil {
			at := r.entryAt(path+".dns", i)
			if !r.declared(at) {
				at = path + ".dns"
			}
			r.invalidAddress(at, text, "IP address of a name server")
		}
	}
	r.hosts(s.ExtraHosts, path+".extra_hosts")
	if s.Build != nil {
		r.hosts(s.Build.ExtraHosts, path+".build.extra_hosts")
	}
	r.hardware(path+".mac_address", s.MacAddress)
}

// hosts are names, and the addresses that they get.
func (r *rules) hosts(hosts types.HostsList, list string) {
	for _, host := range slices.Sorted(maps.Keys(hosts)) {
		for _, text := range hosts[host] {
			if _, err := netip.ParseAddr(text); err != nil && text != "host-gateway" {
				at := joinKey(list, host)
				if !r.declared(at) {
					e := r.entriesAt(list)
					if at = e.path(e.filled, host+":"+text); at == e.list {
						at = e.path(e.filled, host+"="+text)
					}
				}
				r.invalidAddress(at, text, "IP address, nor host-gateway")
			}
		}
	}
}

// staticAddress must lie in a subnet of its network, and be one container's.
func (r *rules) staticAddress(s types.ServiceConfig, network, at, text string, subnets []subnet, owner map[string]string) {
	if text == "" {
		return
	}
	address, err := netip.ParseAddr(text)
	if err != nil {
		r.invalidAddress(at, text, "IP address")
		return
	}
	if n := s.GetScale(); n > 1 {
		r.flag("address-scale", at, fmt.Sprintf("%d replicas of service %q cannot share the address %s", n, s.Name, text), "")
	}
	key := network + " " + address.String()
	if first, taken := owner[key]; taken {
		r.flag("duplicate-address", at, fmt.Sprintf("the address %s is service %q's already", text, first), "")
	} else {
		owner[key] = s.Name
	}
	if r.reported(at) {
		return // it is of the other family
	}
	n, known := r.model.Networks[network]
	if !known || bool(n.External) || n.Driver != "" && n.Driver != "bridge" {
		return
	}
	own := false
	for _, sub := range subnets {
		if sub.network != network || sub.prefix.Addr().Is4() != address.Is4() {
			continue
		}
		if own = true; sub.prefix.Contains(address) {
			return
		}
	}
	if own {
		r.flag("address-outside", at, fmt.Sprintf("the address %s lies outside the subnets of network %q", text, network), "")
	} else {
		r.flag("address-outside", at, fmt.Sprintf("network %q has no subnet of its own, so the address %s cannot be chosen", network, text), "give it ipam: {config: [{subnet: ...}]}")
	}
}

// subnets checks those that the files give, and which of them overlap.
func (r *rules) subnets() []subnet {
	var all []subnet
	for _, name := range slices.Sorted(maps.Keys(r.model.Networks)) {
		n, families := r.model.Networks[name], map[bool]netip.Prefix{}
		bridge := n.Driver == "" || n.Driver == "bridge"
		for i, pool := range n.Ipam.Config {
			if pool == nil {
				continue
			}
			path := r.entryAt(joinPath("networks", name, "ipam", "config"), i)
			if pool.Subnet == "" {
				if bridge {
					r.poolAlone(pool, path)
				}
				continue
			}
			prefix, err := netip.ParsePrefix(pool.Subnet)
			if err != nil {
				r.at(SeverityWarning, "invalid-address", path+".subnet", fmt.Sprintf("%q is no subnet", pool.Subnet), "write an address and the length of its prefix, like 172.28.0.0/16")
				continue
			}
			if prefix.Addr() != prefix.Masked().Addr() {
				r.at(SeverityWarning, "invalid-address", path+".subnet", fmt.Sprintf("%s is an address within the subnet; newer engines refuse it", prefix), "write "+prefix.Masked().String())
			}
			r.pool(pool, path, prefix, name, bridge)
			if first, several := families[prefix.Addr().Is4()]; several && bridge {
				r.flag("several-subnets", path+".subnet", fmt.Sprintf("a bridge network takes one subnet of a family; network %q has %s already", name, first), "make another network of it")
			}
			families[prefix.Addr().Is4()] = prefix
			if i := slices.IndexFunc(all, func(other subnet) bool { return other.network != name && other.prefix.Overlaps(prefix) }); i >= 0 {
				r.flag("overlapping-subnets", path+".subnet", fmt.Sprintf("the subnet %s overlaps with %s of network %q", prefix, all[i].prefix, all[i].network), "")
			}
			all = append(all, subnet{name, path, prefix.Masked()})
		}
	}
	return all
}

// poolAlone: the engine refuses a pool without its subnet.
func (r *rules) poolAlone(pool *types.IPAMPool, path string) {
	for _, given := range []struct{ key, name, text string }{{"gateway", "the gateway ", pool.Gateway}, {"ip_range", "the range ", pool.IPRange}} {
		if given.text != "" {
			r.flag("address-outside", path+"."+given.key, given.name+given.text+" has no subnet to lie in", "give the subnet too")
		}
	}
	for _, host := range slices.Sorted(maps.Keys(pool.AuxiliaryAddresses)) {
		r.flag("address-outside", joinKey(path+".aux_addresses", host), fmt.Sprintf("the address %s has no subnet to lie in", pool.AuxiliaryAddresses[host]), "give the subnet too")
	}
}

// pool checks what lies in a subnet.
func (r *rules) pool(pool *types.IPAMPool, path string, prefix netip.Prefix, network string, bridge bool) {
	gateway, ok := r.inside(path+".gateway", "gateway", pool.Gateway, prefix, network)
	if ok && bridge && gateway.Is4() && prefix.Bits() < 31 && (gateway == prefix.Masked().Addr() || gateway == broadcast(prefix)) {
		r.at(SeverityWarning, "invalid-address", path+".gateway", fmt.Sprintf("%s stands for the whole subnet %s, so it cannot be the gateway's", gateway, prefix), "")
	}
	if rest, err := netip.ParsePrefix(pool.IPRange); pool.IPRange != "" && (err != nil || !prefix.Contains(rest.Addr()) || rest.Bits() < prefix.Bits()) {
		r.flag("address-outside", path+".ip_range", fmt.Sprintf("%q is no part of the subnet %s", pool.IPRange, prefix), "")
	}
	for _, host := range slices.Sorted(maps.Keys(pool.AuxiliaryAddresses)) {
		r.inside(joinKey(path+".aux_addresses", host), "address", pool.AuxiliaryAddresses[host], prefix, network)
	}
}

// inside reads an address of a subnet; false if it is wrong or not given.
func (r *rules) inside(at, what, text string, prefix netip.Prefix, network string) (netip.Addr, bool) {
	if text == "" {
		return netip.Addr{}, false
	}
	switch address, err := netip.ParseAddr(text); {
	case err != nil:
		r.invalidAddress(at, text, "IP address")
	case !prefix.Contains(address):
		r.flag("address-outside", at, fmt.Sprintf("the %s %s lies outside the subnet %s of network %q", what, text, prefix, network), "")
	default:
		return address, true
	}
	return netip.Addr{}, false
}

// broadcast is the last address of a subnet of IPv4.
func broadcast(p netip.Prefix) netip.Addr {
	last := p.Masked().Addr().As4()
	for bit := p.Bits(); bit < 32; bit++ {
		last[bit/8] |= 0x80 >> (bit % 8)
	}
	return netip.AddrFrom4(last)
}

// aliases: a name on a network that two services answer to, by turns.
func (r *rules) aliases() {
	on := map[string][]types.ServiceConfig{} // by network
	for _, s := range r.sorted {
		for name := range s.Networks {
			on[name] = append(on[name], s)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r.model.Networks)) {
		owner := map[string]string{}
		for _, s := range on[name] {
			owner[s.Name] = s.Name
		}
		for _, s := range on[name] {
			n := s.Networks[name]
			if n == nil {
				continue
			}
			for i, alias := range n.Aliases {
				if first, taken := owner[alias]; taken && first != s.Name {
					r.flag("duplicate-alias", r.entryAt(joinKey(joinPath("services", s.Name, "networks"), name)+".aliases", i),
						fmt.Sprintf("service %q answers to %q on network %q too, so each gets a part of the requests", first, alias, name), "")
				} else {
					owner[alias] = s.Name
				}
			}
		}
	}
}
