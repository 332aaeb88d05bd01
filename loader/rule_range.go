package loader

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/docker/go-units"
)

// leastMemory is what the engine wants for a container, in bytes
// (linuxMinMemory in daemon/daemon_unix.go).
const leastMemory = 6 << 20

// ranges: numbers that the engine refuses.
func (r *rules) ranges(s types.ServiceConfig, path string) {
	within := func(key string, value, least, most int64) {
		if value != 0 && (value < least || value > most) {
			r.flag("out-of-range", path+key, fmt.Sprintf("%s is %d; it must be between %d and %d", key[1:], value, least, most), "")
		}
	}
	within(".oom_score_adj", s.OomScoreAdj, -1000, 1000)
	within(".cpu_period", s.CPUPeriod, 1000, 1_000_000)
	within(".mem_swappiness", int64(s.MemSwappiness), -1, 100)
	if s.CPUQuota != 0 && s.CPUQuota < 1000 && s.CPUQuota != -1 {
		r.flag("out-of-range", path+".cpu_quota", fmt.Sprintf("cpu_quota is %d; it must be at least 1000", s.CPUQuota), "it counts microseconds")
	}
	r.cpus(s, path)
	if s.CPUShares < 0 {
		r.flag("out-of-range", path+".cpu_shares", fmt.Sprintf("cpu_shares is %d; it must not be negative", s.CPUShares), "")
	}
	if s.CPURTPeriod > 0 && s.CPURTRuntime > s.CPURTPeriod {
		r.flag("out-of-range", path+".cpu_rt_runtime", fmt.Sprintf("cpu_rt_runtime is %d, more than cpu_rt_period, %d", s.CPURTRuntime, s.CPURTPeriod), "it is a part of it")
	}
	if s.BlkioConfig != nil && s.BlkioConfig.Weight != 0 {
		within(".blkio_config.weight", int64(s.BlkioConfig.Weight), 10, 1000)
	}
	if s.StopGracePeriod != nil && *s.StopGracePeriod < 0 {
		r.flag("out-of-range", path+".stop_grace_period", fmt.Sprintf("stop_grace_period is %s; it must not be negative", *s.StopGracePeriod), "")
	}
	if h := s.HealthCheck; h != nil {
		for key, d := range map[string]*types.Duration{"interval": h.Interval, "timeout": h.Timeout, "start_period": h.StartPeriod, "start_interval": h.StartInterval} {
			if d != nil && *d != 0 && time.Duration(*d) < time.Millisecond {
				r.flag("out-of-range", path+".healthcheck."+key, fmt.Sprintf("%s is %s; it must be at least 1ms", key, *d), "")
			}
		}
	}
	if s.CPUSet != "" {
		r.cpuSet(s.CPUSet, path+".cpuset")
	}
}

// leastCPUs is a thousandth of a period of a tenth of a second: the kernel
// takes no less.
const leastCPUs = 0.01

// cpus and the older way to say the same: the engine takes one of them.
func (r *rules) cpus(s types.ServiceConfig, path string) {
	cpus, at := float64(s.CPUS), path+".cpus"
	if s.Deploy != nil && s.Deploy.Resources.Limits != nil && s.Deploy.Resources.Limits.NanoCPUs != 0 {
		cpus, at = float64(s.Deploy.Resources.Limits.NanoCPUs), path+".deploy.resources.limits.cpus"
	}
	switch {
	case cpus < 0:
		r.flag("out-of-range", at, fmt.Sprintf("cpus is %.4g; it must not be negative", cpus), "")
	case cpus > 0 && float32(cpus) < leastCPUs:
		r.at(SeverityWarning, "out-of-range", at, fmt.Sprintf("cpus is %.4g; it must be at least %g", cpus, leastCPUs), "")
	case cpus > 0 && (s.CPUPeriod != 0 || s.CPUQuota != 0):
		r.flag("conflicting-keys", at, "cpus cannot stand beside cpu_period and cpu_quota, which say the same", "leave one of them out")
	}
}

var cpuRange = regexp.MustCompile(`^(\d+)(?:-(\d+))?$`)

func (r *rules) cpuSet(text, at string) {
	for _, part := range strings.Split(text, ",") {
		m := cpuRange.FindStringSubmatch(strings.TrimSpace(part))
		if m == nil {
			r.flag("invalid-cpuset", at, fmt.Sprintf("%q is no list of CPUs", text), "write numbers and ranges, like 0-3,5")
			return
		}
		first, _ := strconv.Atoi(m[1])
		if last, err := strconv.Atoi(m[2]); err == nil && last < first {
			r.flag("invalid-cpuset", at, fmt.Sprintf("%q: the range %s goes backwards", text, part), "")
			return
		}
	}
}

// memory: limits that the engine refuses, alone or with one another.
func (r *rules) memory(s types.ServiceConfig, path string) {
	limit, limitAt := int64(s.MemLimit), path+".mem_limit"
	reserved, reservedAt := int64(s.MemReservation), path+".mem_reservation"
	if s.Deploy != nil {
		if l := s.Deploy.Resources.Limits; l != nil && l.MemoryBytes != 0 {
			limit, limitAt = int64(l.MemoryBytes), path+".deploy.resources.limits.memory"
		}
		if v := s.Deploy.Resources.Reservations; v != nil && v.MemoryBytes != 0 {
			reserved, reservedAt = int64(v.MemoryBytes), path+".deploy.resources.reservations.memory"
		}
	}
	size := func(n int64) string { return units.BytesSize(float64(n)) }
	if limit > 0 && limit < leastMemory {
		r.flag("memory-limits", limitAt, fmt.Sprintf("a limit of %s is too small; a container needs 6MiB", size(limit)), "a number without a unit counts bytes")
		return
	}
	if reserved > 0 && reserved < leastMemory {
		r.flag("memory-limits", reservedAt, fmt.Sprintf("%s are too little to reserve; the least is 6MiB", size(reserved)), "a number without a unit counts bytes")
		return
	}
	if limit > 0 && reserved > limit {
		r.flag("memory-limits", reservedAt, fmt.Sprintf("%s are reserved, more than the limit of %s", size(reserved), size(limit)), "")
	}
	if swap := int64(s.MemSwapLimit); swap > 0 && limit > swap {
		r.flag("memory-limits", path+".memswap_limit", fmt.Sprintf("memory and swap together (%s) are less than the memory (%s)", size(swap), size(limit)), "memswap_limit counts both; -1 leaves it without limit")
	} else if swap > 0 && limit == 0 {
		r.flag("memory-limits", path+".memswap_limit", "memswap_limit needs mem_limit", "")
	}
}
