package planner

import (
	"maps"
	"strconv"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"

	"recompose/loader"
	"recompose/planner/create"
)

// Version is recompose's own, as in the labels and in `version`.
const Version = "0.1.0"

// Labels of both peers, by which each finds what the other made.
const (
	LabelProject       = "com.docker.compose.project"
	LabelService       = "com.docker.compose.service"
	LabelNumber        = "com.docker.compose.container-number"
	LabelOneOff        = "com.docker.compose.oneoff"
	LabelSlug          = "com.docker.compose.slug"
	LabelConfigHash    = "com.docker.compose.config-hash"
	LabelImage         = "com.docker.compose.image"
	LabelDependsOn     = "com.docker.compose.depends_on"
	LabelVersion       = "com.docker.compose.version"
	LabelWorkingDir    = "com.docker.compose.project.working_dir"
	LabelConfigFiles   = "com.docker.compose.project.config_files"
	LabelEnvFiles      = "com.docker.compose.project.environment_file"
	LabelNetwork       = "com.docker.compose.network"
	LabelVolume        = "com.docker.compose.volume"
	LabelRecomposeHash = "recompose.hash"
	// LabelFields holds create.EncodeFields: a digest per key, by which a plan
	// names what changed.
	LabelFields = "recompose.fields"
	// LabelKeeper marks a container that only keeps volumes for another one.
	LabelKeeper = "recompose.keeper"
	// LabelInherited names the anonymous volumes that a container has from the
	// one before it. For the engine they have a name, and it never removes them
	// with their container.
	LabelInherited = "recompose.inherited"
	// LabelConfig and LabelPrevious hold records: of the container's own
	// configuration, and of the last one before it under which its service
	// served. LabelRolledBack marks what a rollback has made (rollbackMark).
	LabelConfig     = "recompose.config"
	LabelPrevious   = "recompose.previous"
	LabelRolledBack = "recompose.rolled-back"
	// LabelUpdated names, on a volume without data, the service whose
	// containers were changed in place, so that their labels say it no more.
	LabelUpdated = "recompose.updated"
	// LabelTried names, on a volume that is made only to be removed, the one
	// whose new configuration it tries.
	LabelTried = "recompose.try"
)

// marks are labels by which we know what we have made: no file sets them.
var marks = []string{LabelKeeper, LabelInherited, LabelConfig, LabelPrevious, LabelRolledBack, LabelUpdated, LabelTried}

// fileLabels are the labels that a file gives.
func fileLabels(labels types.Labels) map[string]string {
	l := map[string]string{}
	maps.Copy(l, labels)
	for _, key := range marks {
		delete(l, key)
	}
	return l
}

// containerLabels are the labels of a replica: the file's, the peers', ours.
func containerLabels(p *loader.Project, project string, svc types.ServiceConfig, number int, imageID, configHash string, fields map[string]string) map[string]string {
	l := fileLabels(svc.Labels)
	l[LabelProject] = project
	l[LabelService] = svc.Name
	l[LabelOneOff] = "False"
	l[LabelNumber] = strconv.Itoa(number)
	l[LabelVersion] = Version
	l[LabelConfigHash] = configHash
	l[LabelWorkingDir] = p.Dir
	l[LabelConfigFiles] = strings.Join(p.Files, ",")
	if len(p.EnvFiles) > 0 {
		l[LabelEnvFiles] = strings.Join(p.EnvFiles, ",")
	}
	if imageID != "" {
		l[LabelImage] = imageID
	}
	l[LabelDependsOn] = encodeDependencies(Dependencies(svc))
	l[LabelRecomposeHash] = create.Hash(fields)
	l[LabelFields] = create.EncodeFields(fields)
	return l
}

// ReadLabels is the container with what its name and labels say of it:
// project, service, number, role, one-off, and the fields if they are ours.
func ReadLabels(c Container) Container {
	l := c.Labels
	c.Project, c.Service, c.Slug = l[LabelProject], l[LabelService], l[LabelSlug]
	c.OneOff = strings.EqualFold(l[LabelOneOff], "true")
	c.Number, _ = strconv.Atoi(l[LabelNumber]) // none is number 0
	c.Role = RoleCurrent
	if strings.HasPrefix(c.Name, shortID(c.ID)+"_") || c.keeper() {
		c.Role = RoleAside
	}
	if fields, err := create.DecodeFields(l[LabelFields]); err == nil {
		c.Fields = fields
	}
	return c
}

// networkLabels and volumeLabels are what both peers look for.
func networkLabels(project, key string, cfg types.NetworkConfig, hash string) map[string]string {
	return resourceLabels(cfg.Labels, project, LabelNetwork, key, hash)
}

func volumeLabels(project, key string, cfg types.VolumeConfig, hash string) map[string]string {
	return resourceLabels(cfg.Labels, project, LabelVolume, key, hash)
}

func resourceLabels(own types.Labels, project, kind, key, hash string) map[string]string {
	l := fileLabels(own)
	l[LabelProject] = project
	l[kind] = key
	l[LabelVersion] = Version
	l[LabelConfigHash] = hash
	return l
}

// encodeDependencies is v5's form of the label: "db:service_started:false,...".
func encodeDependencies(deps []Dependency) string {
	parts := make([]string, 0, len(deps))
	for _, d := range deps {
		parts = append(parts, d.Service+":"+d.Condition+":"+strconv.FormatBool(d.Restart))
	}
	return strings.Join(parts, ",")
}

// decodeDependencies reads the label; what it cannot read it leaves out.
func decodeDependencies(label string) []Dependency {
	var deps []Dependency
	for part := range strings.SplitSeq(label, ",") {
		f := strings.Split(part, ":")
		if f[0] == "" {
			continue
		}
		d := Dependency{Service: f[0], Condition: types.ServiceConditionStarted, Required: true, Key: "depends_on"}
		if len(f) > 1 && f[1] != "" {
			d.Condition = f[1]
		}
		d.Restart = len(f) > 2 && f[2] == "true"
		deps = append(deps, d)
	}
	return deps
}
