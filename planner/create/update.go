package create

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/docker/docker/api/types/container"
)

// updatable are the keys that the engine can change of a container that runs.
var updatable = []string{
	"restart", "mem_limit", "mem_reservation", "memswap_limit", "cpus", "cpu_shares", "cpu_period", "cpu_quota",
	"cpu_rt_period", "cpu_rt_runtime", "cpuset", "pids_limit",
}

// Updatable reports whether the engine can change the key of a running
// container in place.
func Updatable(key string) bool { return slices.Contains(updatable, key) }

// LimitsDiffer reports whether fields differ in an updatable key.
func LimitsDiffer(a, b map[string]string) bool {
	return slices.ContainsFunc(updatable, func(key string) bool { return a[key] != b[key] })
}

// Update is what brings a container's limits and restart policy to what the
// spec asks for. What it leaves unset, the engine leaves as it is.
func Update(spec Spec) (container.UpdateConfig, error) {
	policy, err := restartPolicy(spec.Service)
	if err != nil {
		return container.UpdateConfig{}, fmt.Errorf("service %s: %w", spec.Service.Name, err)
	}
	if policy.Name == "" {
		policy.Name = container.RestartPolicyDisabled
	}
	all := resources(spec.Service)
	r := container.Resources{
		Memory: all.Memory, MemorySwap: all.MemorySwap, MemoryReservation: all.MemoryReservation,
		NanoCPUs: all.NanoCPUs, CPUShares: all.CPUShares, CPUPeriod: all.CPUPeriod, CPUQuota: all.CPUQuota,
		CPURealtimePeriod: all.CPURealtimePeriod, CPURealtimeRuntime: all.CPURealtimeRuntime,
		CpusetCpus: all.CpusetCpus, PidsLimit: all.PidsLimit,
	}
	if r.MemorySwap == 0 {
		r.MemorySwap = defaultSwap(r.Memory) // else that of the old limit would stay
	}
	if r.PidsLimit == nil {
		r.PidsLimit = new(int64) // none
	}
	return container.UpdateConfig{Resources: r, RestartPolicy: policy}, nil
}

// defaultSwap is the memswap_limit that engines give to a container that only
// has a mem_limit.
func defaultSwap(memory int64) int64 { return 2 * memory }

var unlimited = digest(int64(-1))

// unlimitedPids are the digests of the ways to have no pids_limit.
var unlimitedPids = []string{unlimited, emptyDigest}

// Live are the digests of the updatable keys of a container that is there.
// A memswap_limit that the engine gave has Given before its key, and so has
// the -1 that Docker keeps as 0.
func Live(h *container.HostConfig) map[string]string {
	if h == nil {
		return nil
	}
	out := limits(h).digests()
	if d, ok := out["memswap_limit"]; ok && (h.MemorySwap == defaultSwap(h.Memory) || h.MemorySwap == -1) {
		delete(out, "memswap_limit")
		out[Given+"memswap_limit"] = d
	}
	if slices.Contains(unlimitedPids, digest(h.PidsLimit)) {
		delete(out, "pids_limit")
		out[Given+"pids_limit"] = unlimited
	}
	return out
}

// Swapless reports whether a container has no limit of swap, which engines also
// give where the kernel does not know such a limit.
func Swapless(live map[string]string) bool { return live[Given+"memswap_limit"] == unlimited }

// LiveValues are what stands behind Live, for people.
func LiveValues(h *container.HostConfig) map[string][]string { return limits(h).values() }

// Lacking are the keys of an update that the engine has not taken over,
// sorted: engines drop, with no more than a warning, what their kernel lacks.
func Lacking(u container.UpdateConfig, h *container.HostConfig) []string {
	want, have := limits(&container.HostConfig{Resources: u.Resources, RestartPolicy: u.RestartPolicy}).digests(), limits(h).digests()
	if u.MemorySwap == defaultSwap(u.Memory) {
		delete(want, "memswap_limit") // nobody asked for it
	}
	if slices.Contains(unlimitedPids, digest(u.PidsLimit)) && slices.Contains(unlimitedPids, digest(h.PidsLimit)) {
		delete(want, "pids_limit")
	}
	var keys []string
	for _, key := range slices.Sorted(maps.Keys(want)) {
		if want[key] != have[key] {
			keys = append(keys, key)
		}
	}
	return keys
}

// limits is the part of a container's view that can be changed in place.
func limits(h *container.HostConfig) view {
	v := viewOf(&container.Config{}, h, nil)
	maps.DeleteFunc(v, func(key string, _ any) bool { return !Updatable(key) })
	return v
}

// WithLive are fields with what a container has now in the place of what the
// updatable ones say. A limit that the engine dropped when it made the
// container counts as there.
func WithLive(fields, live map[string]string) map[string]string {
	out := maps.Clone(live)
	for key, digest := range fields {
		_, has := live[key]
		_, given := live[Given+key]
		switch {
		case !Updatable(strings.TrimPrefix(key, Given)):
			out[key] = digest
		case key == "memswap_limit" && digest == unlimited && Swapless(live): // it was asked for
			out[key] = digest
		case !has && !given && key != "restart":
			out[key] = digest
		}
	}
	return out
}

// Dropped reports whether the engine seems to have dropped the key's limit, for
// want of the kernel's support, of a container that was made with these fields:
// then it drops it again.
func Dropped(key string, made, live map[string]string) bool {
	if live == nil || live[key] != "" || made[key] == "" || made[key] == unlimited {
		return false
	}
	switch given := live[Given+key]; key {
	case "restart", "pids_limit":
		return false // rather taken away in place
	case "memswap_limit":
		return given == "" || given == unlimited
	}
	return true
}
