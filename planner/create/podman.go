package create

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/go-connections/nat"
)

// What Podman gives to a container where nobody asks for anything else.
const (
	podmanPids    = 2048
	podmanPeriod  = 100_000 // µs
	podmanStop    = 10      // s
	podmanTimeout = 30 * time.Second
	podmanRetries = 3
	podmanNetwork = "podman" // its default bridge
	podmanPidsAsk = "io.podman.annotations.pids-limit"
)

// FromPodman brings what Podman says of a container into Docker's words, and
// adds to what the image gives what Podman gives by itself.
func FromPodman(c container.InspectResponse, image Defaults) (container.InspectResponse, Defaults) {
	if c.ContainerJSONBase == nil || c.Config == nil || c.HostConfig == nil {
		return c, image
	}
	base, cfg, host := *c.ContainerJSONBase, *c.Config, *c.HostConfig
	image = podmanDefaults(image, &cfg)
	if len(cfg.Entrypoint) == 0 {
		cfg.Entrypoint = nil
	}
	cfg.StopSignal, image.StopSignal = signalName(cfg.StopSignal), signalName(image.StopSignal)
	PodmanLimits(&host)
	if p := host.PidsLimit; p != nil && *p == podmanPids && host.Annotations[podmanPidsAsk] == "" {
		host.PidsLimit = nil
	}
	if host.PidMode == "private" {
		host.PidMode = ""
	}
	if host.UTSMode == "private" {
		host.UTSMode = ""
	}
	if host.NetworkMode == "bridge" && c.NetworkSettings != nil && c.NetworkSettings.Networks[podmanNetwork] == nil {
		for _, name := range slices.Sorted(maps.Keys(c.NetworkSettings.Networks)) {
			host.NetworkMode = container.NetworkMode(name)
			break
		}
	}
	host.Annotations = maps.Clone(host.Annotations)
	maps.DeleteFunc(host.Annotations, func(key, _ string) bool {
		return strings.HasPrefix(key, "io.podman.") || strings.HasPrefix(key, "io.container.") || strings.HasPrefix(key, "org.systemd.property.") || key == "org.opencontainers.image.stopSignal"
	})
	host.Ulimits = slices.Clone(host.Ulimits)
	for i, u := range host.Ulimits {
		limit := *u
		limit.Name = strings.ToLower(strings.TrimPrefix(u.Name, "RLIMIT_"))
		host.Ulimits[i] = &limit
	}
	image.Ulimits = host.Ulimits // which of them somebody asked for, it does not tell
	host.Binds = slices.Clone(host.Binds)
	for i, b := range host.Binds {
		source, target, options := splitBind(b)
		host.Binds[i] = source + ":" + target + ":" + withoutItsOwn(options)
	}
	host.Tmpfs = maps.Clone(host.Tmpfs)
	for target, options := range host.Tmpfs {
		host.Tmpfs[target] = withoutItsOwn(options)
	}
	bindings := nat.PortMap{}
	for port, list := range host.PortBindings {
		for _, b := range list {
			if b.HostIP == "0.0.0.0" {
				b.HostIP = ""
			}
			bindings[port] = append(bindings[port], b)
		}
	}
	host.PortBindings = bindings
	base.HostConfig, c.Config, c.ContainerJSONBase = &host, &cfg, &base
	return c, image
}

// PodmanLimits lets a CPU limit stand where it was asked for: Podman tells
// cpus, cpu_quota and cpu_period, whichever it was given.
func PodmanLimits(h *container.HostConfig) {
	if h.NanoCPUs > 0 && h.CPUPeriod == podmanPeriod {
		h.CPUQuota, h.CPUPeriod = 0, 0
		return
	}
	h.NanoCPUs = 0
}

// PodmanUpdate is the update in a form that Podman reads: it knows no cpus
// there, and where nobody asks for a pids_limit its own stays.
func PodmanUpdate(u container.UpdateConfig) container.UpdateConfig {
	if u.NanoCPUs > 0 {
		u.CPUPeriod, u.CPUQuota, u.NanoCPUs = podmanPeriod, u.NanoCPUs*podmanPeriod/1e9, 0
	}
	if u.PidsLimit != nil && *u.PidsLimit == 0 {
		u.PidsLimit = nil
	}
	return u
}

func podmanDefaults(image Defaults, cfg *container.Config) Defaults {
	stop := podmanStop
	image.StopTimeout, image.Vague = &stop, true
	image.Env = slices.Clone(image.Env)
	for _, kv := range cfg.Env {
		switch name, value, _ := strings.Cut(kv, "="); {
		case slices.ContainsFunc(image.Env, func(e string) bool { return strings.HasPrefix(e, name+"=") }):
		case name == "container", name == "HOSTNAME", name == "HOME", name == "TERM", name == "PATH" && strings.HasSuffix(value, ":/usr/bin:/sbin:/bin"):
			image.Env = append(image.Env, kv)
		}
	}
	if image.WorkingDir == "" {
		image.WorkingDir = "/"
	}
	if image.StopSignal == "" {
		image.StopSignal = "SIGTERM"
	}
	h := container.HealthConfig{}
	if image.Healthcheck != nil {
		h = *image.Healthcheck
	}
	for _, d := range []*time.Duration{&h.Interval, &h.Timeout} {
		if *d == 0 {
			*d = podmanTimeout
		}
	}
	if h.Retries == 0 {
		h.Retries = podmanRetries
	}
	image.Healthcheck = &h
	return image
}

// withoutItsOwn are mount options without those that Podman adds to every mount.
func withoutItsOwn(options string) string {
	return strings.Join(slices.DeleteFunc(strings.Split(options, ","), func(o string) bool {
		return slices.Contains([]string{"rprivate", "nosuid", "nodev", "rbind", "tmpcopyup"}, o)
	}), ",")
}

// signalName is the name of a signal that Podman tells by its number.
func signalName(signal string) string {
	names := map[string]string{"1": "SIGHUP", "2": "SIGINT", "3": "SIGQUIT", "6": "SIGABRT", "9": "SIGKILL",
		"10": "SIGUSR1", "12": "SIGUSR2", "15": "SIGTERM", "28": "SIGWINCH", "37": "SIGRTMIN+3"}
	if name, ok := names[signal]; ok {
		return name
	}
	return signal
}
