package plain

import (
	"regexp"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"
	"gopkg.in/yaml.v3"
)

// keys are the keys of a service that are decoded here. A key that is not
// among them leaves its service to compose-go.
var keys = map[string]func(*decoder, *types.ServiceConfig, *yaml.Node){
	"image":       func(d *decoder, s *types.ServiceConfig, n *yaml.Node) { s.Image = d.text(n) },
	"hostname":    func(d *decoder, s *types.ServiceConfig, n *yaml.Node) { s.Hostname = d.text(n) },
	"domainname":  func(d *decoder, s *types.ServiceConfig, n *yaml.Node) { s.DomainName = d.text(n) },
	"restart":     func(d *decoder, s *types.ServiceConfig, n *yaml.Node) { s.Restart = d.text(n) },
	"user":        func(d *decoder, s *types.ServiceConfig, n *yaml.Node) { s.User = d.text(n) },
	"working_dir": func(d *decoder, s *types.ServiceConfig, n *yaml.Node) { s.WorkingDir = d.text(n) },
	"stop_signal": func(d *decoder, s *types.ServiceConfig, n *yaml.Node) { s.StopSignal = d.text(n) },
	"platform":    func(d *decoder, s *types.ServiceConfig, n *yaml.Node) { s.Platform = d.text(n) },
	"runtime":     func(d *decoder, s *types.ServiceConfig, n *yaml.Node) { s.Runtime = d.text(n) },
	"userns_mode": func(d *decoder, s *types.ServiceConfig, n *yaml.Node) { s.UserNSMode = d.text(n) },
	"ipc":         func(d *decoder, s *types.ServiceConfig, n *yaml.Node) { s.Ipc = d.text(n) },
	"pid":         func(d *decoder, s *types.ServiceConfig, n *yaml.Node) { s.Pid = d.text(n) },
	"network_mode": func(d *decoder, s *types.ServiceConfig, n *yaml.Node) {
		s.NetworkMode = d.text(n)
		d.unsure = d.unsure || s.NetworkMode == "" // no network then, not even the default one
	},
	"container_name": func(d *decoder, s *types.ServiceConfig, n *yaml.Node) {
		s.ContainerName = d.text(n)
		d.unsure = d.unsure || !containerName.MatchString(s.ContainerName)
	},
	"pull_policy": func(d *decoder, s *types.ServiceConfig, n *yaml.Node) {
		switch s.PullPolicy = d.text(n); s.PullPolicy {
		case types.PullPolicyAlways, types.PullPolicyNever, types.PullPolicyMissing, types.PullPolicyBuild:
		case types.PullPolicyIfNotPresent:
			s.PullPolicy = types.PullPolicyMissing
		default:
			d.unsure = true
		}
	},

	"tty":        func(d *decoder, s *types.ServiceConfig, n *yaml.Node) { s.Tty = d.boolean(n) },
	"stdin_open": func(d *decoder, s *types.ServiceConfig, n *yaml.Node) { s.StdinOpen = d.boolean(n) },
	"privileged": func(d *decoder, s *types.ServiceConfig, n *yaml.Node) { s.Privileged = d.boolean(n) },
	"read_only":  func(d *decoder, s *types.ServiceConfig, n *yaml.Node) { s.ReadOnly = d.boolean(n) },
	"init":       func(d *decoder, s *types.ServiceConfig, n *yaml.Node) { s.Init = new(d.boolean(n)) },

	"scale":             func(d *decoder, s *types.ServiceConfig, n *yaml.Node) { s.Scale = new(d.natural(n)) },
	"mem_limit":         func(d *decoder, s *types.ServiceConfig, n *yaml.Node) { s.MemLimit = d.size(n) },
	"mem_reservation":   func(d *decoder, s *types.ServiceConfig, n *yaml.Node) { s.MemReservation = d.size(n) },
	"memswap_limit":     func(d *decoder, s *types.ServiceConfig, n *yaml.Node) { s.MemSwapLimit = d.size(n) },
	"shm_size":          func(d *decoder, s *types.ServiceConfig, n *yaml.Node) { s.ShmSize = d.size(n) },
	"stop_grace_period": func(d *decoder, s *types.ServiceConfig, n *yaml.Node) { s.StopGracePeriod = d.duration(n) },

	"command":    func(d *decoder, s *types.ServiceConfig, n *yaml.Node) { s.Command = d.command(n) },
	"entrypoint": func(d *decoder, s *types.ServiceConfig, n *yaml.Node) { s.Entrypoint = d.command(n) },

	"cap_add":        func(d *decoder, s *types.ServiceConfig, n *yaml.Node) { s.CapAdd = d.texts(n) },
	"cap_drop":       func(d *decoder, s *types.ServiceConfig, n *yaml.Node) { s.CapDrop = d.texts(n) },
	"security_opt":   func(d *decoder, s *types.ServiceConfig, n *yaml.Node) { s.SecurityOpt = d.texts(n) },
	"profiles":       func(d *decoder, s *types.ServiceConfig, n *yaml.Node) { s.Profiles = d.texts(n) },
	"links":          func(d *decoder, s *types.ServiceConfig, n *yaml.Node) { s.Links = d.texts(n) },
	"external_links": func(d *decoder, s *types.ServiceConfig, n *yaml.Node) { s.ExternalLinks = d.texts(n) },
	"volumes_from":   func(d *decoder, s *types.ServiceConfig, n *yaml.Node) { s.VolumesFrom = d.texts(n) },
	"dns":            func(d *decoder, s *types.ServiceConfig, n *yaml.Node) { s.DNS = d.textOrTexts(n) },
	"dns_search":     func(d *decoder, s *types.ServiceConfig, n *yaml.Node) { s.DNSSearch = d.textOrTexts(n) },
	"tmpfs":          func(d *decoder, s *types.ServiceConfig, n *yaml.Node) { s.Tmpfs = d.textOrTexts(n) },

	"environment": func(d *decoder, s *types.ServiceConfig, n *yaml.Node) { s.Environment = d.environment(n) },
	"labels":      func(d *decoder, s *types.ServiceConfig, n *yaml.Node) { s.Labels = d.labels(n) },
	"sysctls":     func(d *decoder, s *types.ServiceConfig, n *yaml.Node) { s.Sysctls = types.Mapping(d.labels(n)) },
	"extra_hosts": func(d *decoder, s *types.ServiceConfig, n *yaml.Node) { s.ExtraHosts = d.hosts(n) },
	"ulimits":     func(d *decoder, s *types.ServiceConfig, n *yaml.Node) { s.Ulimits = d.ulimits(n) },
	"logging":     func(d *decoder, s *types.ServiceConfig, n *yaml.Node) { s.Logging = d.logging(n) },
	"healthcheck": func(d *decoder, s *types.ServiceConfig, n *yaml.Node) { s.HealthCheck = d.healthcheck(n) },
	"depends_on":  func(d *decoder, s *types.ServiceConfig, n *yaml.Node) { s.DependsOn = d.dependsOn(n) },

	"env_file": func(d *decoder, s *types.ServiceConfig, n *yaml.Node) { s.EnvFiles = d.envFiles(n) },
	"deploy":   func(d *decoder, s *types.ServiceConfig, n *yaml.Node) { s.Deploy = d.deploy(n) },
	"build":    func(d *decoder, s *types.ServiceConfig, n *yaml.Node) { s.Build = d.build(n) },
	"expose":   func(d *decoder, s *types.ServiceConfig, n *yaml.Node) { s.Expose = d.expose(n) },
	"ports":    func(d *decoder, s *types.ServiceConfig, n *yaml.Node) { s.Ports = d.ports(n) },
	"volumes":  func(d *decoder, s *types.ServiceConfig, n *yaml.Node) { s.Volumes = d.volumes(n) },
	"networks": func(d *decoder, s *types.ServiceConfig, n *yaml.Node) { s.Networks = d.networks(n) },
	"secrets":  func(d *decoder, s *types.ServiceConfig, n *yaml.Node) { s.Secrets = d.secrets(n) },
	"configs":  func(d *decoder, s *types.ServiceConfig, n *yaml.Node) { s.Configs = d.configs(n) },
	"extends":  func(d *decoder, _ *types.ServiceConfig, _ *yaml.Node) { d.unsure, d.extends = true, true },
}

// outline are the keys that matter for containers which are there: what to
// call them, in which order to take them, what to run in them before the end.
var outline = map[string]bool{
	"image": true, "build": true, "provider": true, "profiles": true, "tty": true,
	"depends_on": true, "links": true, "volumes_from": true, "network_mode": true, "ipc": true, "pid": true, "networks": true,
	"pre_start": true, "post_start": true, "pre_stop": true, "extends": true,
}

// containerName is the schema's pattern, which has no anchors.
var containerName = regexp.MustCompile(`[a-zA-Z0-9][a-zA-Z0-9_.-]+`)

func (d *decoder) service(name string, n *yaml.Node) types.ServiceConfig {
	s := types.ServiceConfig{Name: name}
	for key, n := range d.pairs(n) {
		decode, ok := keys[key]
		if d.env.Outline && !outline[key] {
			continue
		}
		if !ok {
			d.unsure = true
			continue // there may be `extends` below
		}
		decode(d, &s, n)
	}
	if !d.unsure {
		normalize(&s)
	}
	return s
}

// normalize adds what follows from other keys, as compose-go does: the
// dependencies on services that are referred to, and the default network.
func normalize(s *types.ServiceConfig) {
	for _, link := range s.Links {
		if parts := strings.Split(link, ":"); len(parts) == 2 {
			link = parts[0]
		}
		depend(s, link, true)
	}
	for _, mode := range []string{s.NetworkMode, s.Ipc, s.Pid} {
		if target, ok := strings.CutPrefix(mode, types.ServicePrefix); ok {
			depend(s, target, true)
		}
	}
	for _, from := range s.VolumesFrom {
		if !strings.HasPrefix(from, types.ContainerPrefix) {
			target, _, _ := strings.Cut(from, ":")
			depend(s, target, false)
		}
	}
	if s.NetworkMode == "" && s.Networks == nil {
		s.Networks = map[string]*types.ServiceNetworkConfig{"default": nil}
	}
}

func depend(s *types.ServiceConfig, on string, restart bool) {
	if _, ok := s.DependsOn[on]; ok {
		return
	}
	if s.DependsOn == nil {
		s.DependsOn = types.DependsOnConfig{}
	}
	s.DependsOn[on] = types.ServiceDependency{Condition: types.ServiceConditionStarted, Restart: restart, Required: true}
}
