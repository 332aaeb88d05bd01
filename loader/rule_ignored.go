package loader

import (
	"fmt"

	"github.com/compose-spec/compose-go/v2/types"
)

// ignoredKeys: what only a cluster honours, and what nothing does.
func (r *rules) ignoredKeys(s types.ServiceConfig, path string) {
	ignored := func(key, why string) { r.flagKey("ignored-key", path+"."+key, key+" has no effect: "+why, "") }
	const cluster = "one engine has nothing to choose from; Swarm does"
	if d := s.Deploy; d != nil {
		if len(d.Placement.Constraints)+len(d.Placement.Preferences) > 0 || d.Placement.MaxReplicas > 0 {
			ignored("deploy.placement", cluster)
		}
		if d.EndpointMode != "" {
			ignored("deploy.endpoint_mode", "containers are reached by their own addresses")
		}
		if v := d.Resources.Reservations; v != nil && v.NanoCPUs != 0 {
			ignored("deploy.resources.reservations.cpus", cluster)
		}
		if d.RestartPolicy != nil && s.Restart != "" {
			ignored("restart", "deploy.restart_policy stands over it")
		}
	}
	if s.CredentialSpec != nil {
		ignored("credential_spec", "it is for containers of Windows on Swarm")
	}
	if len(s.PreStart) > 0 {
		ignored("pre_start", "recompose does not run it")
	}
	if s.Provider != nil {
		ignored("provider", fmt.Sprintf("recompose does not run %s", s.Provider.Type))
	}
	if len(s.Models) > 0 {
		ignored("models", "recompose runs no models")
	}
}
