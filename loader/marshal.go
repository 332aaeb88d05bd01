package loader

import (
	"bytes"

	"github.com/compose-spec/compose-go/v2/types"
)

// MarshalJSON writes a model as a compose file in JSON, as `docker compose
// config --format json` does: without networks, volumes, configs and secrets
// that no service uses, and with every $ doubled, so that the text means the
// same when it is read again.
func MarshalJSON(model *types.Project) ([]byte, error) {
	text, err := model.WithoutUnnecessaryResources().MarshalJSON()
	return append(escapeDollars(bytes.TrimRight(text, "\n")), '\n'), err
}

// MarshalYAML writes a model as a compose file in YAML; see MarshalJSON.
func MarshalYAML(model *types.Project) ([]byte, error) {
	text, err := model.WithoutUnnecessaryResources().MarshalYAML()
	return escapeDollars(text), err
}

func escapeDollars(text []byte) []byte { return bytes.ReplaceAll(text, []byte("$"), []byte("$$")) }
