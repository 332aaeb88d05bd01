package docker

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/network"

	"recompose/executor"
	"recompose/planner"
	"recompose/planner/create"
)

// createNetwork makes a network. Where another process has made one of the
// same name at the same time, the oldest stays: names are not unique on
// engines before Docker 25.
func (e *Engine) createNetwork(ctx context.Context, p planner.CreateNetwork, report executor.Report) error {
	resp, err := e.api.NetworkCreate(ctx, p.Name, networkOptions(p))
	switch {
	case err != nil && nameTaken(err):
		return e.conflict(ctx, err)
	case err != nil:
		return e.refused(ctx, err, networkWords(said(err)))
	}
	if resp.Warning != "" {
		report(executor.Progress{Text: resp.Warning})
	}
	if !create.OlderThan(e.api.ClientVersion(), "1.44") {
		return nil // names are unique
	}
	list, err := e.api.NetworkList(ctx, network.ListOptions{Filters: filters.NewArgs(filters.Arg("name", p.Name))})
	if err != nil {
		return e.failed(ctx, err)
	}
	same := slices.DeleteFunc(list, func(n network.Summary) bool { return n.Name != p.Name })
	if len(same) < 2 {
		return nil
	}
	oldest := slices.MinFunc(same, func(a, b network.Summary) int {
		return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID))
	})
	if oldest.ID == resp.ID {
		return nil
	}
	if err := e.api.NetworkRemove(ctx, resp.ID); err != nil && !errdefs.IsNotFound(err) {
		return e.failed(ctx, err)
	}
	return &problem{text: fmt.Sprintf("network %s was made by another process at the same time", p.Name), kind: executor.ErrConflict}
}

// networkOptions is the request of docker compose v5 for a network.
func networkOptions(p planner.CreateNetwork) network.CreateOptions {
	c := p.Config
	return network.CreateOptions{
		Driver: c.Driver, Internal: c.Internal, Attachable: c.Attachable, EnableIPv4: c.EnableIPv4, EnableIPv6: c.EnableIPv6,
		Options: c.DriverOpts, Labels: p.Labels, IPAM: ipam(c.Ipam),
	}
}

func ipam(c types.IPAMConfig) *network.IPAM {
	if c.Driver == "" && len(c.Config) == 0 {
		return nil
	}
	out := &network.IPAM{Driver: c.Driver}
	for _, pool := range c.Config {
		if pool != nil {
			out.Config = append(out.Config, network.IPAMConfig{Subnet: pool.Subnet, IPRange: pool.IPRange, Gateway: pool.Gateway, AuxAddress: pool.AuxiliaryAddresses})
		}
	}
	return out
}

// networkConfig is what the engine's list has of a network, in the file's keys.
func networkConfig(n network.Summary) types.NetworkConfig {
	c := types.NetworkConfig{
		Driver: n.Driver, DriverOpts: n.Options, Internal: n.Internal, Attachable: n.Attachable, EnableIPv6: &n.EnableIPv6,
		Ipam: types.IPAMConfig{Driver: n.IPAM.Driver}, Labels: n.Labels,
	}
	for _, p := range n.IPAM.Config {
		c.Ipam.Config = append(c.Ipam.Config, &types.IPAMPool{Subnet: p.Subnet, IPRange: p.IPRange, Gateway: p.Gateway})
	}
	return c
}

// networkWords are the words for an engine's refusal to make a network.
func networkWords(text string) string {
	switch {
	case strings.Contains(text, "Pool overlaps"):
		return "its subnet overlaps with another network's; choose another one in the file, or remove that network (" + text + ")"
	case strings.Contains(text, "non-overlapping"), strings.Contains(text, "fully subnetted"):
		return "the engine has no addresses left for another network; remove unused ones (docker network prune), or give the network a subnet"
	}
	return text
}

func (e *Engine) connect(ctx context.Context, p planner.Connect) error {
	settings := create.EndpointSettings(p.Endpoint)
	if create.OlderThan(e.api.ClientVersion(), "1.44") {
		settings.MacAddress = "" // such an engine has one address per container
	}
	err := e.api.NetworkConnect(ctx, p.Endpoint.Network, p.Container.Addr(), settings)
	return e.failed(ctx, err)
}

// disconnect takes a network or container that is gone for disconnected.
func (e *Engine) disconnect(ctx context.Context, p planner.Disconnect) error {
	err := e.api.NetworkDisconnect(ctx, p.NetworkID, p.Container.Addr(), false)
	if errdefs.IsNotFound(err) || err != nil && strings.Contains(said(err), "is not connected to") {
		return nil
	}
	return e.failed(ctx, err)
}
