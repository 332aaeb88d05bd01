package planner

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"
)

// networkChanges says how what the engine has of a network differs from the
// file's, in the file's keys. The hash decides whether anything does. What only
// the engine has may be its own choice (a subnet, or options that its
// configuration gives to all networks): it is told where nothing else differs.
func networkChanges(found, cfg types.NetworkConfig, showValues bool) []Change {
	had, wants := networkSettings(found), networkSettings(cfg)
	had["ipam.config"], wants["ipam.config"] = pools(found.Ipam.Config, cfg.Ipam.Config), pools(cfg.Ipam.Config, nil)
	changes := settingChanges(had, wants, showValues)
	for _, key := range []string{"ipam.config", "driver_opts."} {
		chosen := func(c Change) bool { return c.How == Removed && strings.HasPrefix(c.Key, key) }
		if rest := slices.DeleteFunc(slices.Clone(changes), chosen); len(rest) > 0 {
			changes = rest
		}
	}
	return changes
}

func settingChanges(had, wants map[string]string, showValues bool) []Change {
	keys := maps.Clone(had)
	maps.Copy(keys, wants)
	var changes []Change
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		before, after := had[key], wants[key]
		if before == after {
			continue
		}
		c := Change{Key: key, How: Changed}
		switch {
		case before == "":
			c.How = Added
		case after == "":
			c.How = Removed
		}
		if !showValues {
			before, after = redactOption(before), redactOption(after)
		}
		c.Old, c.New, c.Masked = shown(key, words(before), words(after), showValues)
		changes = append(changes, c)
	}
	return changes
}

// networkSettings are the network's keys as one text each, without its pools
// of addresses and the labels of Compose tools.
func networkSettings(n types.NetworkConfig) map[string]string {
	out := map[string]string{"driver": cmp.Or(n.Driver, "bridge")}
	for key, on := range map[string]bool{"internal": n.Internal, "attachable": n.Attachable, "enable_ipv6": n.EnableIPv6 != nil && *n.EnableIPv6} {
		if on {
			out[key] = "true"
		}
	}
	if d := n.Ipam.Driver; d != "" && d != "default" {
		out["ipam.driver"] = d
	}
	for key, value := range n.DriverOpts {
		out["driver_opts."+key] = value
	}
	for key, value := range n.Labels {
		if !strings.HasPrefix(key, "com.docker.compose.") && !strings.HasPrefix(key, "recompose.") {
			out["labels."+key] = value
		}
	}
	return out
}

// pools are pools of addresses as one text: of the keys, those that like has at
// the same place (none: all).
func pools(ps, like []*types.IPAMPool) string {
	var all []string
	for i, p := range ps {
		asked := p
		if len(like) > 0 {
			asked = &types.IPAMPool{Subnet: "any"}
			if i < len(like) && like[i] != nil {
				asked = like[i]
			}
		}
		if p == nil || asked == nil {
			continue
		}
		var parts []string
		for _, part := range [][3]string{{"", p.Subnet, asked.Subnet}, {"ip_range=", p.IPRange, asked.IPRange}, {"gateway=", p.Gateway, asked.Gateway}} {
			if part[1] != "" && part[2] != "" {
				parts = append(parts, part[0]+part[1])
			}
		}
		all = append(all, strings.Join(parts, ","))
	}
	return strings.Join(all, " ")
}
