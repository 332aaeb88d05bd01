package create

import (
	"bytes"
	"cmp"
	"encoding/json"
	"path"
	"slices"
	"strings"

	"github.com/docker/docker/api/types/blkiodev"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/go-connections/nat"
)

// view is a container's configuration spread over the file's keys. Equal
// configurations have equal views, whichever tool wrote them in whichever of
// the engine's several forms, and whatever the order of what has none.
type view map[string]any

// viewOf takes a body, or what the engine says of a container, apart.
func viewOf(c *container.Config, h *container.HostConfig, endpoints map[string]*network.EndpointSettings) view {
	v := view{
		"image": c.Image, "hostname": c.Hostname, "domainname": c.Domainname, "user": c.User, "working_dir": c.WorkingDir,
		"tty": c.Tty, "stdin_open": c.OpenStdin, "stop_signal": c.StopSignal, "stop_grace_period": set(c.StopTimeout),
		"restart": restartView(h.RestartPolicy), "logging.driver": h.LogConfig.Type,
		"links": sorted(h.Links), "volumes_from": volumesFromView(h.VolumesFrom), "volume_driver": h.VolumeDriver,
		"ipc": h.IpcMode, "pid": h.PidMode, "uts": h.UTSMode, "userns_mode": h.UsernsMode, "cgroup": h.CgroupnsMode, "isolation": h.Isolation,
		"cap_add": capabilities(h.CapAdd), "cap_drop": capabilities(h.CapDrop), "privileged": h.Privileged, "read_only": h.ReadonlyRootfs,
		"dns": h.DNS, "dns_search": h.DNSSearch, "dns_opt": h.DNSOptions, "extra_hosts": sorted(h.ExtraHosts),
		"group_add": sorted(h.GroupAdd), "security_opt": securityView(h), "storage_opt": h.StorageOpt,
		"shm_size": h.ShmSize, "runtime": h.Runtime, "init": set(h.Init), "oom_score_adj": h.OomScoreAdj,
		"cgroup_parent": h.CgroupParent, "cpu_shares": h.CPUShares, "cpu_period": h.CPUPeriod, "cpu_quota": h.CPUQuota,
		"cpu_rt_period": h.CPURealtimePeriod, "cpu_rt_runtime": h.CPURealtimeRuntime, "cpu_count": h.CPUCount, "cpu_percent": h.CPUPercent,
		"cpuset": h.CpusetCpus, "cpus": h.NanoCPUs, "mem_limit": h.Memory, "mem_reservation": h.MemoryReservation, "memswap_limit": h.MemorySwap,
		"mem_swappiness": h.MemorySwappiness, "oom_kill_disable": h.OomKillDisable, "pids_limit": h.PidsLimit,
		"device_cgroup_rules": h.DeviceCgroupRules,
	}
	// An empty command is not the same as none: it clears the image's.
	if c.Cmd != nil {
		v["command"] = []any{"set", []string(c.Cmd)}
	}
	if c.Entrypoint != nil {
		v["entrypoint"] = []any{"set", []string(c.Entrypoint)}
	}
	v.environment(c.Env)
	for key, value := range c.Labels {
		if !toolLabel(key) {
			v["labels."+key] = []any{"=", value}
		}
	}
	v.healthcheck(c.Healthcheck)
	v.ports(c.ExposedPorts, h.PortBindings)
	v.mounts(c, h)
	v.devices(h)
	v.blkio(h)
	for _, u := range h.Ulimits {
		v["ulimits."+u.Name] = []int64{u.Soft, u.Hard}
	}
	for key, value := range h.LogConfig.Config {
		v["logging.options."+key] = []any{"=", value}
	}
	for key, value := range h.Sysctls {
		v["sysctls."+key] = []any{"=", value}
	}
	for key, value := range h.Annotations {
		v["annotations."+key] = []any{"=", value}
	}
	v.networks(c, h, endpoints)
	return v
}

// set tells a value that is written, be it zero, from none.
func set[T any](p *T) any {
	if p == nil {
		return nil
	}
	return []any{"set", *p}
}

func sorted[S ~[]string](in S) []string {
	out := slices.Clone([]string(in))
	slices.Sort(out)
	return out
}

// toolLabel reports whether a label is a tool's own: Compose's, ours, or what
// Docker Desktop adds to every container.
func toolLabel(key string) bool {
	return strings.HasPrefix(key, "com.docker.compose.") || strings.HasPrefix(key, "recompose.") || strings.HasPrefix(key, "desktop.docker.io/")
}

// environment has no variable that docker-compose 1.29.2 adds to a replaced
// container for old Swarm's scheduler ("affinity:container").
func (v view) environment(env []string) {
	for _, kv := range env {
		key, value, found := strings.Cut(kv, "=")
		switch {
		case strings.HasPrefix(key, "affinity:"):
		case found:
			v["environment."+key] = []any{"=", value}
		default:
			v["environment."+key] = []any{"unset"}
		}
	}
}

func restartView(p container.RestartPolicy) any {
	if p.Name == "" || p.Name == container.RestartPolicyDisabled {
		return nil
	}
	return []any{string(p.Name), p.MaximumRetryCount}
}

// capabilities have the short form of their names.
func capabilities(names []string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = strings.TrimPrefix(strings.ToUpper(n), "CAP_")
	}
	slices.Sort(out)
	return out
}

// volumesFromView leaves the mode out that is the engine's own.
func volumesFromView(sources []string) []string {
	out := make([]string, len(sources))
	for i, s := range sources {
		out[i] = strings.TrimSuffix(s, ":rw")
	}
	return out
}

// securityView has systempaths=unconfined as the file says it; the engine is
// sent empty lists of paths for it. What the engine adds by itself where the
// container is not confined by SELinux anyway says nothing, and neither do
// the blanks of a seccomp profile.
func securityView(h *container.HostConfig) []string {
	out := []string{}
	for _, o := range h.SecurityOpt {
		if o == "label=disable" && (h.Privileged || h.PidMode.IsHost() || h.IpcMode.IsHost()) {
			continue
		}
		var compact bytes.Buffer
		if profile, ok := strings.CutPrefix(o, "seccomp="); ok && json.Compact(&compact, []byte(profile)) == nil {
			o = "seccomp=" + compact.String()
		}
		out = append(out, o)
	}
	if h.MaskedPaths != nil && len(h.MaskedPaths) == 0 {
		out = append(out, unconfinedPaths)
	}
	slices.Sort(out)
	return out
}

// healthcheck goes by key, for what the file leaves out the image gives.
func (v view) healthcheck(h *container.HealthConfig) {
	if h == nil {
		return
	}
	v["healthcheck.test"], v["healthcheck.interval"], v["healthcheck.timeout"] = h.Test, h.Interval, h.Timeout
	v["healthcheck.start_period"], v["healthcheck.start_interval"], v["healthcheck.retries"] = h.StartPeriod, h.StartInterval, h.Retries
}

// ports are the bindings, and the ports that are exposed only.
func (v view) ports(exposed nat.PortSet, bindings nat.PortMap) {
	for port, list := range bindings {
		ends := make([]string, len(list))
		for i, b := range list {
			host := b.HostPort
			if host == "0" {
				host = "" // both are: one that is free
			}
			ends[i] = b.HostIP + ":" + host
		}
		slices.Sort(ends)
		v["ports."+string(port)] = ends
	}
	for port := range exposed {
		if _, published := bindings[port]; !published {
			v["expose."+string(port)] = true
		}
	}
}

func (v view) devices(h *container.HostConfig) {
	for _, d := range h.Devices {
		v["devices."+d.PathInContainer] = []string{d.PathOnHost, cmp.Or(d.CgroupPermissions, "rwm")}
	}
	if len(h.DeviceRequests) == 0 {
		return
	}
	requests := make([]any, len(h.DeviceRequests))
	for i, r := range h.DeviceRequests {
		options := make([]string, 0, len(r.Options))
		for key, value := range r.Options {
			options = append(options, key+"="+value)
		}
		slices.Sort(options)
		requests[i] = []any{r.Driver, r.Count, append([]string{}, r.DeviceIDs...), append([][]string{}, r.Capabilities...), options}
	}
	v["gpus"] = requests
}

func (v view) blkio(h *container.HostConfig) {
	v["blkio_config.weight"] = h.BlkioWeight
	weights := make([]any, len(h.BlkioWeightDevice))
	for i, w := range h.BlkioWeightDevice {
		weights[i] = []any{w.Path, w.Weight}
	}
	v["blkio_config.weight_device"] = weights
	for key, list := range map[string][]*blkiodev.ThrottleDevice{
		"device_read_bps": h.BlkioDeviceReadBps, "device_read_iops": h.BlkioDeviceReadIOps,
		"device_write_bps": h.BlkioDeviceWriteBps, "device_write_iops": h.BlkioDeviceWriteIOps,
	} {
		rates := make([]any, len(list))
		for i, d := range list {
			rates[i] = []any{d.Path, d.Rate}
		}
		v["blkio_config."+key] = rates
	}
}

// networks are the ends on user networks, else the mode. The default bridge
// has two names ("bridge" is what engines since 26 make of "default").
func (v view) networks(c *container.Config, h *container.HostConfig, endpoints map[string]*network.EndpointSettings) {
	v["mac_address"] = c.MacAddress //nolint:staticcheck // where engines before API 1.44 keep it
	mode := string(h.NetworkMode)
	if e := endpoints[mode]; e != nil && e.MacAddress != "" {
		v["mac_address"] = e.MacAddress
	}
	switch {
	case mode == "" || mode == "default":
		v["network_mode"] = "bridge"
		return
	case c.NetworkDisabled || mode == "bridge" || mode == "host" || mode == "none" || strings.HasPrefix(mode, "container:"):
		v["network_mode"] = mode
		return
	}
	for name, e := range endpoints {
		key := "networks." + name
		v[key] = "on"
		if e == nil {
			continue
		}
		v[key+".aliases"], v[key+".driver_opts"], v[key+".gw_priority"] = slices.Compact(sorted(e.Aliases)), e.DriverOpts, e.GwPriority
		if ipam := e.IPAMConfig; ipam != nil {
			v[key+".ipv4_address"], v[key+".ipv6_address"], v[key+".link_local_ips"] = ipam.IPv4Address, ipam.IPv6Address, sorted(ipam.LinkLocalIPs)
		}
		if name != mode {
			v[key+".mac_address"] = e.MacAddress
		}
	}
}

// mounts have one key per place, whichever of the engine's three forms the
// mount has: image-like volumes, binds and mounts.
func (v view) mounts(c *container.Config, h *container.HostConfig) {
	for target := range c.Volumes {
		v["volumes."+path.Clean(target)] = []any{anonymous, []string{}}
	}
	for target, options := range h.Tmpfs {
		v["tmpfs."+path.Clean(target)] = []any{"=", options}
	}
	for _, b := range h.Binds {
		source, target, options := splitBind(b)
		v["volumes."+path.Clean(target)] = mountView(source, strings.Split(options, ","))
	}
	for _, m := range h.Mounts {
		v["volumes."+path.Clean(m.Target)] = mountView(m.Source, mountOptions(m))
	}
}
