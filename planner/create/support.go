package create

import (
	"fmt"

	"github.com/compose-spec/compose-go/v2/types"
)

// Lack is a key of a service that the engine cannot fulfil.
type Lack struct {
	Key  string // "healthcheck.start_interval"
	Hint string // what would help
	// Mild: the container works without it, and docker compose starts it so.
	Mild bool
}

// releases are the Docker versions that brought an API version.
var releases = map[string]string{
	"1.25": "1.13", "1.28": "17.04", "1.29": "17.05", "1.40": "19.03", "1.41": "20.10", "1.43": "24.0",
	"1.44": "25.0", "1.45": "26.0", "1.48": "28.0", "1.49": "28.1",
}

// Unsupported are the keys of a spec that an engine of this API version would
// ignore without a word, by the version history of the Engine API. An empty
// version is not known, and anything goes.
func Unsupported(spec Spec, apiVersion string) []Lack {
	if apiVersion == "" {
		return nil
	}
	var lacks []Lack
	need := func(version, key string, used bool) {
		if used && OlderThan(apiVersion, version) {
			lacks = append(lacks, Lack{Key: key, Hint: fmt.Sprintf("it needs API %s (Docker %s); this engine speaks %s", version, releases[version], apiVersion), Mild: key == "annotations"})
		}
	}
	svc := spec.Service
	need("1.25", "init", svc.Init != nil)
	need("1.25", "stop_grace_period", svc.StopGracePeriod != nil)
	need("1.28", "device_cgroup_rules", len(svc.DeviceCgroupRules) > 0)
	need("1.40", "gpus", len(svc.Gpus) > 0)
	need("1.40", "deploy.resources.reservations.devices", svc.Deploy != nil && svc.Deploy.Resources.Reservations != nil && len(svc.Deploy.Resources.Reservations.Devices) > 0)
	need("1.41", "cgroup", svc.Cgroup != "")
	need("1.41", "platform", svc.Platform != "")
	need("1.43", "annotations", len(svc.Annotations) > 0)
	if h := svc.HealthCheck; h != nil {
		need("1.29", "healthcheck.start_period", h.StartPeriod != nil)
		need("1.44", "healthcheck.start_interval", h.StartInterval != nil)
	}
	for i, e := range spec.Networks {
		need("1.44", "networks."+e.Key+".mac_address", i > 0 && e.MacAddress != "")
		need("1.48", "networks."+e.Key+".gw_priority", e.GwPriority != 0)
		need("1.49", "networks."+e.Key+".interface_name", e.Interface != "")
	}
	for i, v := range svc.Volumes {
		key := fmt.Sprintf("volumes[%d]", i)
		need("1.48", key+".type", v.Type == types.VolumeTypeImage)
		need("1.45", key+".volume.subpath", v.Volume != nil && v.Volume.Subpath != "")
		if v.Bind != nil {
			need("1.40", key+".bind.recursive", v.Bind.Recursive == "disabled")
			need("1.44", key+".bind.recursive", v.Bind.Recursive == "writable" || v.Bind.Recursive == "readonly")
		}
	}
	if svc.Umask != nil {
		lacks = append(lacks, Lack{Key: "umask", Hint: "set it in the command or the image: the engine's API takes none"})
	}
	if svc.UseAPISocket && spec.Windows {
		lacks = append(lacks, Lack{Key: "use_api_socket", Hint: "an engine that runs Windows containers has no such socket"})
	}
	return lacks
}
