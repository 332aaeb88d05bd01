package cmd

import (
	"encoding/json"
	"io"
	"path/filepath"
	"strings"
)

// The docker command finds its plugins by name (docker-recompose,
// docker-compose) and asks each for this document.
const pluginMetadataCommand = "docker-cli-plugin-metadata"

func writePluginMetadata(w io.Writer) error {
	return json.NewEncoder(w).Encode(struct {
		SchemaVersion    string
		Vendor           string
		Version          string
		ShortDescription string
	}{"0.1.0", "recompose", Version, "Run Compose files of every generation"})
}

// dockerFlags are the docker command's own flags that take a value.
var dockerFlags = map[string]bool{
	"--config": true, "--context": true, "-c": true, "--host": true, "-H": true, "--log-level": true, "-l": true,
	"--tlscacert": true, "--tlscert": true, "--tlskey": true,
}

// pluginArgs takes the arguments of a plugin's process apart: docker passes
// its whole command line, the plugin's name in the middle
// (`docker --context x recompose up`, `docker help recompose up`). What stands
// before the name are flags that we have too. Started in another way, the
// arguments are ours as they are. They are never nil, for which cobra would take
// the process's own.
func pluginArgs(args []string) (program string, rest []string) {
	if len(args) == 0 {
		return "recompose", []string{}
	}
	base := strings.TrimSuffix(filepath.Base(args[0]), ".exe")
	name, isPlugin := strings.CutPrefix(base, "docker-")
	if !isPlugin {
		return "recompose", args[1:]
	}
	rest = args[1:]
	before := []string{}
	for i := 0; i < len(rest); i++ {
		arg := rest[i]
		switch {
		case arg == name:
			return "docker " + name, append(before, rest[i+1:]...)
		case arg == "help" && i+1 < len(rest) && rest[i+1] == name, arg == "__complete", arg == "__completeNoDesc":
			before = append(before, arg)
		case dockerFlags[arg] && i+1 < len(rest):
			before = append(before, arg, rest[i+1])
			i++
		case strings.HasPrefix(arg, "-"):
			before = append(before, arg)
		default:
			return base, rest
		}
	}
	return base, rest
}
