package create

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/mount"
	"github.com/docker/docker/api/types/network"
)

// fieldsAPI is the version that fields are computed for, whatever the engine
// speaks, so that an upgrade of the engine changes none.
const fieldsAPI = "1.51"

// Fields are digests of a container's configuration by key, in the file's
// words: "image", "environment.LOG", "volumes./data". They leave out what
// differs between replicas, the labels of Compose tools, inherited volumes,
// and the links of user networks, which are only names.
func Fields(spec Spec) map[string]string {
	spec.Inherit, spec.Name = nil, ""
	body, err := Make(spec, fieldsAPI)
	if err != nil {
		// The same error comes again where the body is made to be sent.
		return map[string]string{"invalid": digest(err.Error())}
	}
	view := viewOf(body.Config, body.Host, endpointsOf(body.Network))
	return digests(view)
}

// digests drops what is unset, and digests the rest.
func digests(view map[string]any) map[string]string {
	out := map[string]string{}
	for key, value := range view {
		if d := digest(value); d != emptyDigest {
			out[key] = d
		}
	}
	return out
}

var emptyDigest = digest(nil)

// digest is 12 hex digits over the JSON of a value; all empty values have the
// same.
func digest(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		b = []byte(fmt.Sprintf("%v", v))
	}
	switch string(b) {
	case `""`, "0", "false", "[]", "{}", "null":
		b = []byte("null")
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:6])
}

// viewOf spreads a container's configuration over the file's keys.
func viewOf(c *container.Config, h *container.HostConfig, endpoints map[string]*network.EndpointSettings) map[string]any {
	v := map[string]any{
		"image": c.Image, "hostname": c.Hostname, "domainname": c.Domainname, "user": c.User, "working_dir": c.WorkingDir,
		"tty": c.Tty, "stdin_open": c.OpenStdin, "healthcheck": c.Healthcheck, "stop_signal": c.StopSignal, "stop_grace_period": c.StopTimeout,
		"mac_address": c.MacAddress, //nolint:staticcheck // where old engines keep it
		"ports":       h.PortBindings, "restart": restartView(h.RestartPolicy), "logging": loggingView(h.LogConfig), "links": sorted(h.Links),
		"volumes_from": h.VolumesFrom, "volume_driver": h.VolumeDriver, "ipc": h.IpcMode, "pid": h.PidMode, "uts": h.UTSMode, "userns_mode": h.UsernsMode,
		"cgroup": h.CgroupnsMode, "isolation": h.Isolation, "cap_add": sorted(h.CapAdd), "cap_drop": sorted(h.CapDrop), "privileged": h.Privileged,
		"read_only": h.ReadonlyRootfs, "dns": h.DNS, "dns_search": h.DNSSearch, "dns_opt": h.DNSOptions, "extra_hosts": sorted(h.ExtraHosts),
		"group_add": h.GroupAdd, "security_opt": h.SecurityOpt, "storage_opt": h.StorageOpt, "sysctls": h.Sysctls, "tmpfs": h.Tmpfs,
		"shm_size": h.ShmSize, "runtime": h.Runtime, "init": h.Init, "oom_score_adj": h.OomScoreAdj, "annotations": h.Annotations,
		"cgroup_parent": h.CgroupParent, "cpu_shares": h.CPUShares, "cpu_period": h.CPUPeriod, "cpu_quota": h.CPUQuota,
		"cpu_rt_period": h.CPURealtimePeriod, "cpu_rt_runtime": h.CPURealtimeRuntime, "cpu_count": h.CPUCount, "cpu_percent": h.CPUPercent,
		"cpuset": h.CpusetCpus, "cpus": h.NanoCPUs, "mem_limit": h.Memory, "mem_reservation": h.MemoryReservation, "memswap_limit": h.MemorySwap,
		"mem_swappiness": h.MemorySwappiness, "oom_kill_disable": h.OomKillDisable, "pids_limit": h.PidsLimit,
		"device_cgroup_rules": h.DeviceCgroupRules, "devices": devicesView(h), "gpus": h.DeviceRequests, "ulimits": h.Ulimits,
		"blkio_config": blkioView(h),
	}
	// An empty command is not the same as none: it clears the image's.
	if c.Cmd != nil {
		v["command"] = []any{"set", []string(c.Cmd)}
	}
	if c.Entrypoint != nil {
		v["entrypoint"] = []any{"set", []string(c.Entrypoint)}
	}
	for _, kv := range c.Env {
		key, value, _ := strings.Cut(kv, "=")
		v["environment."+key] = []any{"=", value}
	}
	for key, value := range c.Labels {
		if !toolLabel(key) {
			v["labels."+key] = []any{"=", value}
		}
	}
	for port := range c.ExposedPorts {
		if _, published := h.PortBindings[port]; !published {
			v["expose."+string(port)] = true
		}
	}
	mountsView(v, c, h)
	if len(endpoints) == 0 {
		v["network_mode"] = string(h.NetworkMode)
	}
	for name, e := range endpoints {
		v["networks."+name] = endpointView(e)
	}
	return v
}

// toolLabel reports whether a label is a Compose tool's own.
func toolLabel(key string) bool {
	return strings.HasPrefix(key, "com.docker.compose.") || strings.HasPrefix(key, "recompose.")
}

func restartView(p container.RestartPolicy) any {
	if p.Name == "" || p.Name == container.RestartPolicyDisabled {
		return nil
	}
	return p
}

func loggingView(l container.LogConfig) any {
	if l.Type == "" && len(l.Config) == 0 {
		return nil
	}
	return []any{l.Type, l.Config}
}

func devicesView(h *container.HostConfig) any {
	if len(h.Devices) == 0 {
		return nil
	}
	return h.Devices
}

func blkioView(h *container.HostConfig) any {
	if h.BlkioWeight == 0 && len(h.BlkioWeightDevice)+len(h.BlkioDeviceReadBps)+len(h.BlkioDeviceReadIOps)+len(h.BlkioDeviceWriteBps)+len(h.BlkioDeviceWriteIOps) == 0 {
		return nil
	}
	return []any{h.BlkioWeight, h.BlkioWeightDevice, h.BlkioDeviceReadBps, h.BlkioDeviceReadIOps, h.BlkioDeviceWriteBps, h.BlkioDeviceWriteIOps}
}

// mountsView has one key per place, whichever of the engine's three forms the
// mount has.
func mountsView(v map[string]any, c *container.Config, h *container.HostConfig) {
	for target := range c.Volumes {
		v["volumes."+target] = anonymous
	}
	for _, b := range h.Binds {
		source, target, options := splitBind(b)
		if anonymousName(source) {
			v["volumes."+target] = anonymous
			continue
		}
		v["volumes."+target] = []any{source, options}
	}
	for _, m := range h.Mounts {
		if m.Type == mount.TypeVolume && (m.Source == "" || anonymousName(m.Source)) {
			v["volumes."+m.Target] = anonymous
			continue
		}
		v["volumes."+m.Target] = m
	}
}

const anonymous = "anonymous"

// anonymousName reports whether the engine made the volume's name up.
func anonymousName(name string) bool {
	return len(name) == 64 && strings.IndexFunc(name, func(r rune) bool { return !strings.ContainsRune("0123456789abcdef", r) }) < 0
}

// splitBind takes "source:target[:options]" apart; sources and targets may be
// Windows paths.
func splitBind(b string) (source, target, options string) {
	parts := strings.Split(b, ":")
	join := func() string {
		p := parts[0]
		parts = parts[1:]
		if len(p) == 1 && len(parts) > 0 && strings.HasPrefix(parts[0], `\`) {
			p += ":" + parts[0]
			parts = parts[1:]
		}
		return p
	}
	source = join()
	if len(parts) > 0 {
		target = join()
	}
	options = "rw"
	if len(parts) > 0 {
		options = strings.Join(parts, ":")
	}
	return source, target, options
}

func endpointView(e *network.EndpointSettings) any {
	if e == nil {
		return "plain"
	}
	var ipam any
	if c := e.IPAMConfig; c != nil && (c.IPv4Address != "" || c.IPv6Address != "" || len(c.LinkLocalIPs) > 0) {
		ipam = []any{c.IPv4Address, c.IPv6Address, sorted(c.LinkLocalIPs)}
	}
	var options any
	if len(e.DriverOpts) > 0 {
		options = e.DriverOpts
	}
	return []any{"on", slices.Compact(sorted(e.Aliases)), ipam, e.MacAddress, options, e.GwPriority}
}

func endpointsOf(n *network.NetworkingConfig) map[string]*network.EndpointSettings {
	if n == nil {
		return nil
	}
	return n.EndpointsConfig
}

func sorted[S ~[]string](in S) []string {
	out := slices.Clone([]string(in))
	slices.Sort(out)
	return out
}

// hashVersion changes when equal configurations get other digests, so that a
// newer recompose does not take an older one's container for changed.
const hashVersion = "1"

// Hash is one digest over all fields, with the version of the scheme.
func Hash(fields map[string]string) string {
	sum := sha256.New()
	for _, k := range slices.Sorted(maps.Keys(fields)) {
		fmt.Fprintf(sum, "%s=%s\n", k, fields[k])
	}
	return hashVersion + ":" + hex.EncodeToString(sum.Sum(nil))
}

// EncodeFields makes one label of the fields.
func EncodeFields(fields map[string]string) string {
	b, err := json.Marshal(fields)
	if err != nil { // cannot be: strings only
		return ""
	}
	return hashVersion + ":" + string(b)
}

// DecodeFields reads such a label; one of another version is an error, and the
// container then counts as made by another tool.
func DecodeFields(label string) (map[string]string, error) {
	version, rest, _ := strings.Cut(label, ":")
	if version != hashVersion {
		return nil, fmt.Errorf("fields of version %q, not %s", version, hashVersion)
	}
	out := map[string]string{}
	if err := json.Unmarshal([]byte(rest), &out); err != nil {
		return nil, fmt.Errorf("fields: %w", err)
	}
	return out, nil
}

// Updatable reports whether the engine can change the key of a running
// container in place.
func Updatable(key string) bool {
	switch key {
	case "restart", "mem_limit", "mem_reservation", "memswap_limit", "cpus", "cpu_shares", "cpu_period", "cpu_quota",
		"cpu_rt_period", "cpu_rt_runtime", "cpuset", "pids_limit":
		return true
	}
	return false
}
