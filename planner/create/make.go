package create

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/docker/api/types/strslice"
	"github.com/docker/go-connections/nat"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// Body is what the engine is sent to create a container.
type Body struct {
	Config   *container.Config
	Host     *container.HostConfig
	Network  *network.NetworkingConfig
	Platform *ocispec.Platform // nil: the engine's own
}

// Make turns a spec into the engine's request, as `docker compose` v5 sends
// it, or for a classic spec as docker-compose 1.29.2 did. It fails on values
// that the engine has no form for. What the API version is too old for is left
// out: Unsupported tells of it before anything is made.
func Make(spec Spec, apiVersion string) (Body, error) {
	svc := spec.Service
	host, err := hostConfig(spec)
	if err != nil {
		return Body{}, err
	}
	exposed, bindings, err := ports(svc)
	if err != nil {
		return Body{}, err
	}
	host.PortBindings = bindings
	cfg := &container.Config{
		Hostname: svc.Hostname, Domainname: svc.DomainName, User: svc.User, WorkingDir: svc.WorkingDir,
		Tty: svc.Tty, OpenStdin: svc.StdinOpen, StdinOnce: spec.AttachStdin && svc.StdinOpen,
		AttachStdin: spec.AttachStdin, AttachStdout: !spec.Classic, AttachStderr: !spec.Classic,
		ExposedPorts: exposed, Env: environment(spec), Cmd: strslice.StrSlice(svc.Command), Entrypoint: strslice.StrSlice(svc.Entrypoint),
		Healthcheck: healthcheck(svc.HealthCheck), Image: spec.Image, Labels: spec.Labels,
		StopSignal: svc.StopSignal, StopTimeout: stopTimeout(svc.StopGracePeriod),
		NetworkDisabled: spec.NetworkMode == "disabled",
	}
	if err := volumes(spec, cfg, host); err != nil {
		return Body{}, err
	}
	if len(spec.Networks) > 0 && svc.MacAddress != "" && spec.Networks[0].MacAddress != "" && spec.Networks[0].MacAddress != svc.MacAddress {
		return Body{}, fmt.Errorf("service %s: mac_address is %s, but on its main network %s it is %s", svc.Name, svc.MacAddress, spec.Networks[0].Key, spec.Networks[0].MacAddress)
	}
	body := Body{Config: cfg, Host: host, Network: networking(spec, cfg, apiVersion)}
	if svc.Platform != "" {
		if body.Platform, err = platform(svc.Platform); err != nil {
			return Body{}, fmt.Errorf("service %s: %w", svc.Name, err)
		}
	}
	return body, nil
}

// environment is sorted. A variable that has no value anywhere stands alone,
// which takes the image's away (Compose Specification, "environment").
func environment(spec Spec) []string {
	env := map[string]string{}
	for k, v := range spec.Env {
		env[k] = k + "=" + v
	}
	for k, v := range spec.Service.Environment {
		env[k] = k
		if v != nil {
			env[k] += "=" + *v
		}
	}
	var out []string
	for _, k := range slices.Sorted(maps.Keys(env)) {
		out = append(out, env[k])
	}
	return out
}

// stopTimeout is in whole seconds, rounded up, so that a short one does not
// become none at all.
func stopTimeout(d *types.Duration) *int {
	if d == nil {
		return nil
	}
	s := int((time.Duration(*d) + time.Second - 1) / time.Second)
	return &s
}

// healthcheck turns the file's check into the engine's.
func healthcheck(h *types.HealthCheckConfig) *container.HealthConfig {
	if h == nil {
		return nil
	}
	if h.Disable {
		return &container.HealthConfig{Test: []string{"NONE"}}
	}
	out := &container.HealthConfig{
		Test: []string(h.Test), Interval: duration(h.Interval), Timeout: duration(h.Timeout),
		StartPeriod: duration(h.StartPeriod), StartInterval: duration(h.StartInterval),
	}
	if h.Retries != nil {
		out.Retries = int(min(*h.Retries, 1<<31-1))
	}
	return out
}

func duration(d *types.Duration) time.Duration {
	if d == nil {
		return 0
	}
	return time.Duration(*d)
}

// ports are what the container listens on, and where the host leads to it.
func ports(svc types.ServiceConfig) (nat.PortSet, nat.PortMap, error) {
	exposed, bindings := nat.PortSet{}, nat.PortMap{}
	for _, e := range svc.Expose {
		proto, portRange := nat.SplitProtoPort(e)
		start, end, err := nat.ParsePortRange(portRange)
		if err != nil {
			return nil, nil, fmt.Errorf("service %s: expose %q: %w", svc.Name, e, err)
		}
		for p := start; p <= end; p++ {
			exposed[nat.Port(fmt.Sprintf("%d/%s", p, proto))] = struct{}{}
		}
	}
	for _, p := range svc.Ports {
		port := nat.Port(fmt.Sprintf("%d/%s", p.Target, cmp.Or(p.Protocol, "tcp")))
		exposed[port] = struct{}{}
		bindings[port] = append(bindings[port], nat.PortBinding{HostIP: p.HostIP, HostPort: p.Published})
	}
	if len(exposed) == 0 {
		exposed = nil
	}
	return exposed, bindings, nil
}

// networking is the endpoints that the container is created with. Before API
// 1.44 it takes one, and its address is the container's; since then even the
// address on the default bridge belongs to an endpoint.
func networking(spec Spec, cfg *container.Config, apiVersion string) *network.NetworkingConfig {
	endpoints := slices.Clone(spec.Networks)
	mac := spec.Service.MacAddress
	if len(endpoints) == 0 && mac != "" {
		endpoints = []Endpoint{{Network: spec.NetworkMode}}
	}
	if len(endpoints) > 0 {
		endpoints[0].MacAddress = cmp.Or(endpoints[0].MacAddress, mac)
	}
	if OlderThan(apiVersion, "1.44") && len(endpoints) > 0 {
		cfg.MacAddress, endpoints[0].MacAddress = endpoints[0].MacAddress, "" //nolint:staticcheck // where these versions take it
		endpoints = endpoints[:min(1, len(spec.Networks))]
	}
	if len(endpoints) == 0 {
		return nil
	}
	out := &network.NetworkingConfig{EndpointsConfig: map[string]*network.EndpointSettings{}}
	for _, e := range endpoints {
		out.EndpointsConfig[e.Network] = EndpointSettings(e)
	}
	return out
}

// interfaceOption names the interface of an endpoint (docker compose v5 sends
// interface_name so).
const interfaceOption = "com.docker.network.endpoint.ifname"

// EndpointSettings is one endpoint as the engine takes it, at creation or for
// a later connect.
func EndpointSettings(e Endpoint) *network.EndpointSettings {
	out := &network.EndpointSettings{Aliases: slices.Clone(e.Aliases), Links: slices.Clone(e.Links), MacAddress: e.MacAddress,
		DriverOpts: maps.Clone(e.DriverOpts), GwPriority: e.GwPriority}
	if e.Interface != "" {
		if out.DriverOpts == nil {
			out.DriverOpts = map[string]string{}
		}
		out.DriverOpts[interfaceOption] = e.Interface
	}
	if e.IPv4 != "" || e.IPv6 != "" || len(e.LinkLocal) > 0 {
		out.IPAMConfig = &network.EndpointIPAMConfig{IPv4Address: e.IPv4, IPv6Address: e.IPv6, LinkLocalIPs: e.LinkLocal}
	}
	return out
}

func platform(s string) (*ocispec.Platform, error) {
	parts := strings.Split(s, "/")
	if len(parts) > 3 || slices.Contains(parts, "") {
		return nil, fmt.Errorf("platform %q is not os[/arch[/variant]]", s)
	}
	p := &ocispec.Platform{OS: parts[0]}
	if len(parts) > 1 {
		p.Architecture = parts[1]
	}
	if len(parts) > 2 {
		p.Variant = parts[2]
	}
	return p, nil
}

// OlderThan compares API versions such as "1.41"; one that cannot be read is
// taken for old.
func OlderThan(version, than string) bool {
	a, errA := parseVersion(version)
	b, _ := parseVersion(than)
	return errA != nil || slices.Compare(a, b) < 0
}

func parseVersion(s string) ([]int, error) {
	var out []int
	for part := range strings.SplitSeq(s, ".") {
		n, err := strconv.Atoi(part)
		if err != nil {
			return nil, err
		}
		out = append(out, n)
	}
	return out, nil
}
