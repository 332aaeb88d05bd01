package loader

import (
	"fmt"
	"strings"

	"gopkg.in/yaml.v3"
)

var volumeForms = []form{
	{"volumes.*", volumeParts},
	{"volumes.*.labels", labelNames},
	{"volumes.*.driver", notNear("unknown-driver", "the engine has no volume driver %q of its own", "local", "nfs", "rclone", "vieux/sshfs")},
	{"volumes.*.name", func(v value) {
		if text := v.text(); text != "" && !containerNameForm.MatchString(text) {
			v.flagAs(SeverityWarning, "invalid-name", fmt.Sprintf("%q is no name of a volume", text), "letters, digits, `.`, `_` and `-`, at least two; the first a letter or digit")
		}
	}},
}

// fileForms: configs and secrets.
var fileForms = []form{
	{"secrets.*.environment", variableName},
	{"configs.*.environment", variableName},
	{"secrets.*.labels", labelNames},
	{"configs.*.labels", labelNames},
	{"secrets.*", func(v value) {
		external(v, "file", "environment", "driver", "driver_opts", "labels")
		if child(v.node, "driver") != nil && !v.given("external") && !v.given("file") && !v.given("environment") {
			v.flagKey(SeverityError, "schema", "driver", "a driver of secrets is Swarm's: the secret needs file or environment", "")
		}
	}},
	{"configs.*", func(v value) { external(v, "file", "environment", "content", "labels") }},
}

// localOptions are those of the engine's own driver of volumes, which wants
// what they need (volume/local/local_unix.go).
var localOptions = []string{"type", "o", "device", "size"}

func volumeParts(v value) {
	if v.node.Kind != yaml.MappingNode || v.given("external") {
		return
	}
	driver, options := v.below("driver").text(), v.below("driver_opts")
	if driver != "" && driver != "local" || options.node == nil || options.node.Kind != yaml.MappingNode {
		return
	}
	if len(mergedInto(options.node)) == 0 {
		options.optionsOf(localOptions, "is no option of the volume driver local", true)
	}
	var missing []string
	for _, key := range []string{"type", "device"} {
		if !options.given(key) && (options.given("o") || options.given("type") || options.given("device")) {
			missing = append(missing, key)
		}
	}
	if len(missing) > 0 {
		options.flagAs(SeverityWarning, "driver-option", fmt.Sprintf("the volume driver local needs %s too", strings.Join(missing, " and ")), "")
	}
}
