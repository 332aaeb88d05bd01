package loader

import (
	"strings"

	"github.com/compose-spec/compose-go/v2/types"
)

// consistent reports whether compose-go's consistency check (checkConsistency
// in its loader/validate.go, not exported) would certainly pass: it can't be
// run on a model that was put together. What the rules find is left to them;
// where this says no, compose-go decides.
func consistent(model *types.Project) bool {
	for _, s := range model.Services {
		if s.NetworkMode != "" && len(s.Networks) > 0 || s.Develop != nil || s.Provider != nil {
			return false
		}
		if s.Image == "" && s.Build == nil {
			return false
		}
		if s.HealthCheck != nil && len(s.HealthCheck.Test) > 0 {
			switch s.HealthCheck.Test[0] {
			case "CMD", "CMD-SHELL", "NONE":
			default:
				return false
			}
		}
		if s.Scale != nil && (*s.Scale < 0 || s.Deploy != nil) || !consistentBuild(s) || !consistentDeploy(s) {
			return false
		}
	}
	for _, s := range model.Secrets {
		if !bool(s.External) && s.File == "" && s.Environment == "" {
			return false
		}
	}
	return len(model.Jobs) == 0
}

func consistentBuild(s types.ServiceConfig) bool {
	if s.Build == nil {
		return true
	}
	for _, c := range s.Build.AdditionalContexts {
		if strings.HasPrefix(c, types.ServicePrefix) {
			return false
		}
	}
	return s.Build.DockerfileInline == "" && len(s.Build.Platforms) == 0
}

// consistentDeploy: limits may stand at two places, and must be equal then.
func consistentDeploy(s types.ServiceConfig) bool {
	if s.Deploy == nil {
		return true
	}
	if s.Deploy.Replicas != nil && *s.Deploy.Replicas < 0 {
		return false
	}
	return s.CPUS == 0 && s.MemLimit == 0 && s.MemReservation == 0 && s.PidsLimit == 0
}
