package create

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/docker/docker/api/types/blkiodev"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/strslice"
	"github.com/docker/go-units"
)

// hostConfig is the part of the body that depends on the host, without ports
// and volumes.
func hostConfig(spec Spec) (*container.HostConfig, error) {
	svc := spec.Service
	restart, err := restartPolicy(svc)
	if err != nil {
		return nil, fmt.Errorf("service %s: %w", svc.Name, err)
	}
	if spec.OneOff {
		restart = container.RestartPolicy{}
	}
	h := &container.HostConfig{
		NetworkMode: container.NetworkMode(spec.NetworkMode), Links: spec.Links, RestartPolicy: restart, AutoRemove: spec.AutoRemove,
		IpcMode: container.IpcMode(spec.IpcMode), PidMode: container.PidMode(spec.PidMode), UTSMode: container.UTSMode(svc.Uts),
		UsernsMode: container.UsernsMode(svc.UserNSMode), CgroupnsMode: container.CgroupnsMode(svc.Cgroup), Isolation: container.Isolation(svc.Isolation),
		CapAdd: strslice.StrSlice(svc.CapAdd), CapDrop: strslice.StrSlice(svc.CapDrop), Privileged: svc.Privileged, ReadonlyRootfs: svc.ReadOnly,
		DNS: svc.DNS, DNSSearch: svc.DNSSearch, DNSOptions: svc.DNSOpts, ExtraHosts: extraHosts(svc.ExtraHosts), GroupAdd: svc.GroupAdd,
		SecurityOpt: securityOptions(spec), StorageOpt: svc.StorageOpt, Sysctls: svc.Sysctls, Tmpfs: tmpfs(svc.Tmpfs), ShmSize: int64(svc.ShmSize),
		Runtime: svc.Runtime, Init: svc.Init, OomScoreAdj: int(svc.OomScoreAdj), VolumeDriver: svc.VolumeDriver, VolumesFrom: spec.VolumesFrom,
		LogConfig: logging(svc), Annotations: svc.Annotations, Resources: resources(svc),
	}
	if slices.Contains(svc.SecurityOpt, unconfinedPaths) {
		h.MaskedPaths, h.ReadonlyPaths = []string{}, []string{}
	}
	return h, nil
}

// unconfinedPaths asks for a container whose /proc and /sys nothing hides.
const unconfinedPaths = "systempaths=unconfined"

func logging(svc types.ServiceConfig) container.LogConfig {
	if svc.Logging != nil {
		return container.LogConfig{Type: svc.Logging.Driver, Config: svc.Logging.Options}
	}
	return container.LogConfig{Type: svc.LogDriver, Config: svc.LogOpt}
}

// restartPolicy is deploy.restart_policy, else `restart`, as in v5.
func restartPolicy(svc types.ServiceConfig) (container.RestartPolicy, error) {
	if svc.Deploy != nil && svc.Deploy.RestartPolicy != nil {
		return deployedRestart(*svc.Deploy.RestartPolicy), nil
	}
	name, count, found := strings.Cut(svc.Restart, ":")
	p := container.RestartPolicy{Name: restartMode(name)}
	if found {
		n, err := strconv.Atoi(count)
		if err != nil {
			return p, fmt.Errorf("restart %q: %q is no number of attempts", svc.Restart, count)
		}
		p.MaximumRetryCount = n
	}
	return p, nil
}

// deployedRestart takes "any" for a condition that is not said, as the
// specification has it. The engine counts attempts after failures only, and
// refuses a number of them with any other policy.
func deployedRestart(policy types.RestartPolicy) container.RestartPolicy {
	p := container.RestartPolicy{Name: restartMode(cmp.Or(policy.Condition, "any"))}
	if policy.MaxAttempts != nil && p.Name == container.RestartPolicyOnFailure {
		p.MaximumRetryCount = int(min(*policy.MaxAttempts, math.MaxInt32))
	}
	return p
}

// restartMode takes the words of both keys.
func restartMode(word string) container.RestartPolicyMode {
	switch word {
	case "none":
		return container.RestartPolicyDisabled
	case "any":
		return container.RestartPolicyAlways
	}
	return container.RestartPolicyMode(word)
}

// extraHosts is "host:ip", sorted.
func extraHosts(hosts types.HostsList) []string {
	list := hosts.AsList(":")
	slices.Sort(list)
	return list
}

// securityOptions have the text of seccomp profiles in place of their path,
// and leave out systempaths=unconfined, which is no option for the engine, but
// two empty lists of paths.
func securityOptions(spec Spec) []string {
	svc := spec.Service
	var out []string
	for _, o := range svc.SecurityOpt {
		if profile, ok := spec.Seccomp[o]; ok {
			o = "seccomp=" + profile
		}
		if o != unconfinedPaths {
			out = append(out, o)
		}
	}
	if c := svc.CredentialSpec; c != nil {
		switch {
		case c.File != "":
			out = append(out, "credentialspec=file://"+c.File)
		case c.Registry != "":
			out = append(out, "credentialspec=registry://"+c.Registry)
		case c.Config != "":
			out = append(out, "credentialspec=config://"+c.Config)
		}
	}
	return out
}

// tmpfs maps "path[:options]" to options by path.
func tmpfs(entries types.StringList) map[string]string {
	if len(entries) == 0 {
		return nil
	}
	out := map[string]string{}
	for _, e := range entries {
		path, options, _ := strings.Cut(e, ":")
		out[path] = options
	}
	return out
}

// resources are the limits; those of deploy win over the older keys, as in v5.
// cpu_percent is in percent, as in 1.29.2 and for the engine; v5 multiplies it
// by 100, which the engine refuses.
func resources(svc types.ServiceConfig) container.Resources {
	r := container.Resources{
		CgroupParent: svc.CgroupParent, CPUShares: svc.CPUShares, CPUPeriod: svc.CPUPeriod, CPUQuota: svc.CPUQuota,
		CPURealtimePeriod: svc.CPURTPeriod, CPURealtimeRuntime: svc.CPURTRuntime, CPUCount: svc.CPUCount, CPUPercent: int64(svc.CPUPercent),
		CpusetCpus: svc.CPUSet, NanoCPUs: nano(svc.CPUS), Memory: int64(svc.MemLimit), MemoryReservation: int64(svc.MemReservation),
		MemorySwap: int64(svc.MemSwapLimit), DeviceCgroupRules: svc.DeviceCgroupRules, Ulimits: ulimits(svc.Ulimits),
	}
	if svc.MemSwappiness != 0 {
		v := int64(svc.MemSwappiness)
		r.MemorySwappiness = &v
	}
	if svc.OomKillDisable {
		r.OomKillDisable = &svc.OomKillDisable
	}
	if svc.PidsLimit != 0 {
		r.PidsLimit = &svc.PidsLimit
	}
	blkio(&r, svc.BlkioConfig)
	devices(&r, svc)
	if svc.Deploy == nil {
		return r
	}
	if l := svc.Deploy.Resources.Limits; l != nil {
		if l.MemoryBytes != 0 {
			r.Memory = int64(l.MemoryBytes)
		}
		if l.NanoCPUs != 0 {
			r.NanoCPUs = nano(float32(l.NanoCPUs))
		}
		if l.Pids != 0 {
			r.PidsLimit = &l.Pids
		}
	}
	if v := svc.Deploy.Resources.Reservations; v != nil && v.MemoryBytes != 0 {
		r.MemoryReservation = int64(v.MemoryBytes)
	}
	return r
}

// devices are those of the host by path, and requests for what a driver
// provides: reservations of deploy, CDI names, GPUs.
func devices(r *container.Resources, svc types.ServiceConfig) {
	if svc.Deploy != nil && svc.Deploy.Resources.Reservations != nil {
		for _, d := range svc.Deploy.Resources.Reservations.Devices {
			r.DeviceRequests = append(r.DeviceRequests, deviceRequest(d))
		}
	}
	var cdi []string
	for _, d := range svc.Devices {
		if d.Source == d.Target && strings.Contains(d.Source, "=") && !strings.HasPrefix(d.Source, "/") {
			cdi = append(cdi, d.Source) // vendor.com/class=name
			continue
		}
		r.Devices = append(r.Devices, container.DeviceMapping{PathOnHost: d.Source, PathInContainer: d.Target, CgroupPermissions: d.Permissions})
	}
	if len(cdi) > 0 {
		r.DeviceRequests = append(r.DeviceRequests, container.DeviceRequest{Driver: "cdi", DeviceIDs: cdi})
	}
	for _, g := range svc.Gpus {
		g.Capabilities = append(slices.Clone(g.Capabilities), "gpu")
		r.DeviceRequests = append(r.DeviceRequests, deviceRequest(g))
	}
}

// nano is a number of CPUs in units of 10^-9, exact for the file's digits
// although the model keeps a 32-bit float.
func nano(cpus float32) int64 {
	f, err := strconv.ParseFloat(strconv.FormatFloat(float64(cpus), 'f', -1, 32), 64)
	if err != nil {
		return 0
	}
	return int64(math.Round(f * 1e9))
}

func deviceRequest(d types.DeviceRequest) container.DeviceRequest {
	out := container.DeviceRequest{Driver: d.Driver, DeviceIDs: d.IDs, Count: int(d.Count), Options: d.Options}
	if len(d.Capabilities) > 0 {
		out.Capabilities = [][]string{d.Capabilities}
	}
	return out
}

func blkio(r *container.Resources, b *types.BlkioConfig) {
	if b == nil {
		return
	}
	r.BlkioWeight = b.Weight
	for _, w := range b.WeightDevice {
		r.BlkioWeightDevice = append(r.BlkioWeightDevice, &blkiodev.WeightDevice{Path: w.Path, Weight: w.Weight})
	}
	throttle := func(ds []types.ThrottleDevice) (out []*blkiodev.ThrottleDevice) {
		for _, d := range ds {
			out = append(out, &blkiodev.ThrottleDevice{Path: d.Path, Rate: uint64(max(d.Rate, 0))})
		}
		return out
	}
	r.BlkioDeviceReadBps, r.BlkioDeviceReadIOps = throttle(b.DeviceReadBps), throttle(b.DeviceReadIOps)
	r.BlkioDeviceWriteBps, r.BlkioDeviceWriteIOps = throttle(b.DeviceWriteBps), throttle(b.DeviceWriteIOps)
}

func ulimits(limits map[string]*types.UlimitsConfig) []*units.Ulimit {
	var out []*units.Ulimit
	for _, name := range slices.Sorted(maps.Keys(limits)) {
		l := limits[name]
		soft, hard := l.Single, l.Single
		if l.Soft != 0 || l.Hard != 0 {
			soft, hard = l.Soft, l.Hard
		}
		out = append(out, &units.Ulimit{Name: name, Soft: int64(soft), Hard: int64(hard)})
	}
	return out
}
