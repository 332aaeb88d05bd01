package create

import (
	"maps"
	"slices"
	"strings"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/network"
)

// Defaults is what an image gives to its containers.
type Defaults struct {
	Env, Cmd, Entrypoint []string
	Labels               map[string]string
	ExposedPorts         []string
	Volumes              []string
	User, WorkingDir     string
	StopSignal           string
	Healthcheck          *container.HealthConfig
}

// Given marks, as the first character of a key, a value that the image or the
// engine gave: it only counts where the file says something of the key.
const Given = "?"

// FieldsOf are the fields of a container that another Compose tool made, from
// what inspecting it says. names resolves container ids to names. What comes
// from the image or is the engine's default has Given before its key.
func FieldsOf(c container.InspectResponse, image Defaults, names map[string]string) map[string]string {
	if c.ContainerJSONBase == nil || c.Config == nil || c.HostConfig == nil {
		return nil
	}
	cfg, host := *c.Config, *c.HostConfig
	given := imageView(image)
	normalize(c, &cfg, &host, names)
	view := viewOf(&cfg, &host, userEndpoints(c))
	out := digests(view)
	for key, value := range digests(given) {
		if out[key] == value {
			delete(out, key)
			out[Given+key] = value
		}
	}
	for key, value := range digests(map[string]any{
		"shm_size": int64(64 << 20), "ipc": "private", "cgroup": "host", "runtime": "runc",
		"logging": loggingView(container.LogConfig{Type: "json-file"}), "oom_kill_disable": new(bool), "memswap_limit": 2 * host.Memory,
	}) {
		if out[key] == value {
			delete(out, key)
			out[Given+key] = value
		}
	}
	for _, key := range []string{"ipc", "cgroup"} { // the engine's settings decide
		if d, ok := out[key]; ok && (host.IpcMode == "shareable" || key == "cgroup") {
			delete(out, key)
			out[Given+key] = d
		}
	}
	return out
}

// imageView is what a container of the image would have by itself.
func imageView(image Defaults) map[string]any {
	cfg := container.Config{Env: image.Env, Cmd: image.Cmd, Entrypoint: image.Entrypoint, Labels: image.Labels, User: image.User,
		WorkingDir: image.WorkingDir, StopSignal: image.StopSignal, Healthcheck: image.Healthcheck, Volumes: map[string]struct{}{}}
	for _, v := range image.Volumes {
		cfg.Volumes[v] = struct{}{}
	}
	view := viewOf(&cfg, &container.HostConfig{}, nil)
	for _, p := range image.ExposedPorts {
		view["expose."+p] = true
	}
	return view
}

// normalize brings what the engine reports into the form that it was sent.
func normalize(c container.InspectResponse, cfg *container.Config, host *container.HostConfig, names map[string]string) {
	if strings.HasPrefix(c.ID, cfg.Hostname) {
		cfg.Hostname = "" // the engine's own choice
	}
	name := strings.TrimPrefix(c.Name, "/")
	links := make([]string, 0, len(host.Links))
	for _, l := range host.Links { // "/target:/name/alias"
		target, alias, _ := strings.Cut(l, ":")
		links = append(links, strings.TrimPrefix(target, "/")+":"+strings.TrimPrefix(alias, "/"+name+"/"))
	}
	host.Links = links
	sources := slices.Clone(host.VolumesFrom)
	for i, v := range sources {
		id, mode, _ := strings.Cut(v, ":")
		if n, ok := names[id]; ok {
			id = n
		}
		if mode != "" {
			id += ":" + mode
		}
		sources[i] = id
	}
	host.VolumesFrom = sources
	host.NetworkMode = container.NetworkMode(named(string(host.NetworkMode), names))
	host.IpcMode = container.IpcMode(named(string(host.IpcMode), names))
	host.PidMode = container.PidMode(named(string(host.PidMode), names))
	if len(host.LogConfig.Config) == 0 {
		host.LogConfig.Config = nil
	}
}

func named(mode string, names map[string]string) string {
	if id, ok := strings.CutPrefix(mode, "container:"); ok && names[id] != "" {
		return "container:" + names[id]
	}
	return mode
}

// userEndpoints are the container's ends on networks that the files can name,
// without the aliases that the engine and the tools add.
func userEndpoints(c container.InspectResponse) map[string]*network.EndpointSettings {
	mode := c.HostConfig.NetworkMode
	if c.NetworkSettings == nil || !mode.IsUserDefined() || mode.IsContainer() {
		return nil
	}
	out := map[string]*network.EndpointSettings{}
	for name, e := range c.NetworkSettings.Networks {
		if e == nil {
			continue
		}
		own := []string{strings.TrimPrefix(c.Name, "/"), c.ID[:min(12, len(c.ID))]}
		out[name] = &network.EndpointSettings{
			Aliases:    slices.DeleteFunc(slices.Clone(e.Aliases), func(a string) bool { return slices.Contains(own, a) }),
			IPAMConfig: e.IPAMConfig, DriverOpts: maps.Clone(e.DriverOpts), GwPriority: e.GwPriority,
		}
	}
	return out
}
