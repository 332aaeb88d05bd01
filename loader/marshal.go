package loader

import (
	"bytes"
	"maps"
	"regexp"

	"github.com/compose-spec/compose-go/v2/types"
)

// MarshalJSON writes a model as a compose file in JSON, as `docker compose
// config --format json` does: without networks, volumes, configs and secrets
// that no service uses, and with every $ doubled, so that the text means the
// same when it is read again.
func MarshalJSON(model *types.Project) ([]byte, error) {
	text, err := printed(model).MarshalJSON()
	return append(escapeDollars(bytes.TrimRight(text, "\n")), '\n'), err
}

// MarshalYAML writes a model as a compose file in YAML; see MarshalJSON.
func MarshalYAML(model *types.Project) ([]byte, error) {
	text, err := printed(model).MarshalYAML()
	return escapeDollars(text), err
}

func escapeDollars(text []byte) []byte { return bytes.ReplaceAll(text, []byte("$"), []byte("$$")) }

// printed is a model without what no file can say. A v1-format volume is
// declared under its name, so that whoever reads the file creates it.
func printed(model *types.Project) *types.Project {
	model = model.WithoutUnnecessaryResources()
	for name, s := range model.Services {
		s.VolumeDriver = ""
		for i := range s.EnvFiles {
			if s.EnvFiles[i].Format == classicEnvFormat {
				s.EnvFiles[i].Format = ""
			}
		}
		for i, mount := range s.Volumes {
			if v, ok := model.Volumes[mount.Source]; ok && v.Extensions[ImplicitVolume] != nil {
				s.Volumes[i].Source = volumeKey(mount.Source)
			}
		}
		model.Services[name] = s
	}
	for name, v := range model.Volumes {
		if v.Extensions[ImplicitVolume] == nil {
			continue
		}
		v.External = false
		v.Extensions = maps.Clone(v.Extensions)
		delete(v.Extensions, ImplicitVolume)
		delete(model.Volumes, name)
		model.Volumes[volumeKey(name)] = v
	}
	return model
}

var notInKey = regexp.MustCompile(`[^a-zA-Z0-9._-]`)

// volumeKey makes a key of a v1-format volume's name, which may be any text.
func volumeKey(name string) string { return notInKey.ReplaceAllString(name, "_") }
