package create

import (
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/network"
)

// Defaults is what an image and the engine give to containers.
type Defaults struct {
	Env, Cmd, Entrypoint []string
	Labels               map[string]string
	ExposedPorts         []string
	Volumes              []string
	User, WorkingDir     string
	StopSignal           string
	StopTimeout          *int // seconds
	Healthcheck          *container.HealthConfig
	Ulimits              []*container.Ulimit
	// Vague: the engine tells what it chose in the place of what it was asked
	// for (a port for any port), and of some keys nothing.
	Vague bool
}

// Given marks, as the first character of a key, a value that the image or the
// engine gave: it only counts where the file says something of the key.
const Given = "?"

// Or marks, as the first character of a key, other values that may have been
// asked for, one digest after the other.
const Or = "|"

// vague is the key of fields that come from a vague engine.
const vague = "~"

// Marked reports whether a key of fields is none of the file's.
func Marked(key string) bool {
	return key == vague || strings.HasPrefix(key, Given) || strings.HasPrefix(key, Or)
}

// engineDecides are the keys that the engine fills in by its own settings,
// which differ from engine to engine and are not in what it says of itself.
var engineDecides = []string{
	"ipc", "cgroup", "shm_size", "runtime", "isolation", "logging.driver", "mem_swappiness",
}

// Unseen reports whether inspecting a container does not tell the key's value:
// what files hold that were copied in, the platform that was asked for, and
// the image by name, for docker-compose 1.29.2 gave built images other names.
// There the image's id decides. Of a vague engine's containers, the options of
// the log and the capabilities that it gives anyway are not told either.
func Unseen(fields map[string]string, key string) bool {
	if fields[vague] != "" && (key == "cap_add" || key == "cap_drop" || strings.HasPrefix(key, "logging.options.")) {
		return true
	}
	return key == "image" || key == "platform" || strings.HasSuffix(key, ".content")
}

// FieldsOf are the fields of a container that another Compose tool made, from
// what inspecting it says. names resolves container ids to names. What comes
// from the image or is the engine's default has Given before its key.
func FieldsOf(c container.InspectResponse, image Defaults, names map[string]string) map[string]string {
	if c.ContainerJSONBase == nil || c.Config == nil || c.HostConfig == nil {
		return nil
	}
	cfg, host := *c.Config, *c.HostConfig
	normalize(c, &cfg, &host, names)
	out := viewOf(&cfg, &host, ends(c)).digests()
	give := func(keys ...string) {
		for _, key := range keys {
			if d, ok := out[key]; ok {
				delete(out, key)
				out[Given+key] = d
			}
		}
	}
	give(engineDecides...)
	out = WithLive(out, Live(&host))
	for key, value := range imageView(image).digests() {
		if out[key] == value {
			give(key)
		}
	}
	if host.NetworkMode == "host" || host.NetworkMode.IsContainer() {
		give("hostname", "domainname") // those of what it shares the network with
	}
	if cfg.MacAddress == "" { //nolint:staticcheck // set where one was asked for, on engines before API 1.52
		give("mac_address")
	}
	for key := range maps.Clone(out) {
		switch {
		case strings.HasPrefix(key, "networks.") && strings.HasSuffix(key, ".mac_address"): // the engine gives each end one
			give(key)
		case strings.HasPrefix(key, "logging.options."): // it adds its own settings to those of the container
			give(key)
		}
	}
	if image.Vague {
		out[vague] = vague
		for port := range host.PortBindings {
			out[Or+"ports."+string(port)] = digest([]string{":"})
		}
		for _, b := range host.Binds { // SELinux's labels are not told
			source, target, options := splitBind(b)
			private, public := strings.Split(options+",Z", ","), strings.Split(options+",z", ",")
			out[Or+"volumes."+path.Clean(target)] = digest(mountView(source, private)) + digest(mountView(source, public))
		}
	}
	return out
}

// imageView is what a container of the image would have by itself.
func imageView(image Defaults) view {
	cfg := container.Config{Env: image.Env, Cmd: image.Cmd, Entrypoint: image.Entrypoint, Labels: image.Labels, User: image.User,
		WorkingDir: image.WorkingDir, StopSignal: image.StopSignal, StopTimeout: image.StopTimeout, Healthcheck: image.Healthcheck, Volumes: map[string]struct{}{}}
	for _, v := range image.Volumes {
		cfg.Volumes[v] = struct{}{}
	}
	v := viewOf(&cfg, &container.HostConfig{Resources: container.Resources{Ulimits: image.Ulimits}}, nil)
	delete(v, "network_mode")
	for _, p := range image.ExposedPorts {
		v["expose."+p] = true
	}
	return v
}

// normalize brings what the engine reports into the form that it was sent.
func normalize(c container.InspectResponse, cfg *container.Config, host *container.HostConfig, names map[string]string) {
	if strings.HasPrefix(c.ID, cfg.Hostname) {
		cfg.Hostname = "" // the engine's own choice
	}
	links := make([]string, 0, len(host.Links))
	for _, l := range host.Links { // "/target:/name/alias"
		target, alias, _ := strings.Cut(l, ":")
		links = append(links, strings.TrimPrefix(target, "/")+":"+alias[strings.LastIndex(alias, "/")+1:])
	}
	host.Links = firstReplicas(links)
	sources := slices.Clone(host.VolumesFrom)
	for i, v := range sources {
		id, mode, found := strings.Cut(v, ":")
		if n, ok := names[id]; ok {
			id = n
		}
		if found {
			id += ":" + mode
		}
		sources[i] = id
	}
	host.VolumesFrom = sources
	host.NetworkMode = container.NetworkMode(named(string(host.NetworkMode), names))
	host.IpcMode = container.IpcMode(named(string(host.IpcMode), names))
	host.PidMode = container.PidMode(named(string(host.PidMode), names))
}

func named(mode string, names map[string]string) string {
	if id, ok := strings.CutPrefix(mode, "container:"); ok && names[id] != "" {
		return "container:" + names[id]
	}
	return mode
}

// ends are the container's ends on networks, without the aliases that the
// engine and the tools add.
func ends(c container.InspectResponse) map[string]*network.EndpointSettings {
	if c.NetworkSettings == nil {
		return nil
	}
	out := map[string]*network.EndpointSettings{}
	for name, e := range c.NetworkSettings.Networks {
		if e != nil {
			id := c.ID[:min(12, len(c.ID))]
			own := []string{strings.TrimPrefix(c.Name, "/"), id}
			// The engine adds the id and then the hostname, unless asked for.
			if i, host := slices.Index(e.Aliases, id), c.Config.Hostname; i >= 0 && slices.Index(e.Aliases, host) > i {
				own = append(own, host)
			}
			out[name] = withoutAliases(e, own...)
		}
	}
	return out
}

// numbered is the name of a replica: what all of a service have, and its
// number.
var numbered = regexp.MustCompile(`^(.*[_-])([0-9]+)$`)

// firstReplicas lets an alias that could lead to any replica of a service lead
// to the first: docker-compose 1.29.2 took whichever the engine listed last.
// Links are "target:alias".
func firstReplicas(links []string) []string {
	first := map[string]string{} // replica with the lowest number, by what its name begins with
	number := func(target string) int {
		n, _ := strconv.Atoi(numbered.FindStringSubmatch(target)[2])
		return n
	}
	for _, l := range links {
		target, _, _ := strings.Cut(l, ":")
		if m := numbered.FindStringSubmatch(target); m != nil && (first[m[1]] == "" || number(target) < number(first[m[1]])) {
			first[m[1]] = target
		}
	}
	out := slices.Clone(links)
	for i, l := range links {
		target, alias, _ := strings.Cut(l, ":")
		m := numbered.FindStringSubmatch(target)
		if m == nil || strings.HasSuffix(target, alias) && numbered.MatchString(alias) {
			continue // its own name, whole or without the project
		}
		out[i] = first[m[1]] + ":" + alias
	}
	return out
}
