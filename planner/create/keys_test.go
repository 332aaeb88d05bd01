package create_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/types"

	"recompose/planner/create"
)

// TestKeys holds what each key of a service adds to the body of a container:
// a section of keys.txtar is part of the service `web` of the section "file",
// then what differs from the body without it. A name may end with the API
// version that the engine speaks: "mac_address old@1.41".
func TestKeys(t *testing.T) {
	for _, file := range []string{"keys.txtar", "keys-v1.txtar"} {
		t.Run(file, func(t *testing.T) {
			ar := archive(t, file)
			parts := sections(ar)
			got, plain := map[string]string{}, map[string][]string{}
			for name, part := range parts {
				if name == "file" {
					continue
				}
				given, _, _ := strings.Cut(part, "=>\n")
				_, api, found := strings.Cut(name, "@")
				if !found {
					api = "1.51"
				}
				if plain[api] == nil {
					plain[api] = webFacts(t, parts["file"], "", api)
				}
				with := webFacts(t, parts["file"], given, api)
				got[name] = strings.Join(difference(plain[api], with), "\n")
			}
			golden(t, file, ar, got)
		})
	}
}

// webFacts are the facts of the service web, and the planner's problems.
func webFacts(t *testing.T, file, part, api string) []string {
	t.Helper()
	if !strings.HasPrefix(part, "image:") && !strings.HasPrefix(part, "build:") {
		part = "image: app\n" + part
	}
	var b strings.Builder
	for line := range strings.Lines(file) {
		indent, marked := strings.CutSuffix(strings.TrimRight(line, "\n"), "@web@")
		if !marked {
			b.WriteString(line)
			continue
		}
		for l := range strings.Lines(part) {
			b.WriteString(indent + strings.TrimRight(l, "\n") + "\n")
		}
	}
	f := newFolder(t, map[string]string{"compose.yaml": b.String(), "app.conf": "x", "web.env": "FROM_FILE=yes\n", "labels": "from=file\n", "profile.json": "{ \"defaultAction\": \"SCMP_ACT_ALLOW\" }\n"})
	project, mistakes := f.tryLoad("compose.yaml", "")
	if len(mistakes) > 0 {
		return mistakes
	}
	specs, problems := containers(t, project, api)
	var lines []string
	for _, p := range problems {
		lines = append(lines, "! "+p.Text+": "+p.Hint)
	}
	if len(problems) > 0 {
		return lines
	}
	for _, spec := range specs {
		if spec.Service.Name != "web" {
			continue
		}
		body, err := create.Make(spec, api)
		if err != nil {
			return append(lines, "! "+err.Error())
		}
		lines = append(lines, facts(t, body)...)
	}
	for i := range lines {
		lines[i] = f.hide(lines[i])
	}
	return lines
}

func difference(without, with []string) []string {
	var out []string
	for _, l := range without {
		if len(with) > 0 && with[0][0] == '!' {
			break // nothing is made
		}
		if !slices.Contains(with, l) {
			out = append(out, "- "+l)
		}
	}
	for _, l := range with {
		if !slices.Contains(without, l) {
			out = append(out, l)
		}
	}
	return out
}

// elsewhere are the keys that change no body, with what they do.
var elsewhere = map[string]string{
	"name":               "the service's own name, not a key",
	"profiles":           "the loader: which services are active",
	"develop":            "the command watch",
	"scale":              "the planner: number of replicas",
	"attach":             "the command up: whose output is shown",
	"provider":           "the planner warns: providers are not run",
	"extends":            "the loader resolves it",
	"net":                "the loader: network_mode (v1-format files)",
	"dockerfile":         "the loader: build.dockerfile (v1-format files)",
	"volume_driver":      "v1-format files only: keys-v1.txtar",
	"log_driver":         "the loader: logging.driver (v1-format files)",
	"log_opt":            "the loader: logging.options (v1-format files)",
	"pre_start":          "hooks",
	"post_start":         "hooks",
	"pre_stop":           "hooks",
	"pull_policy":        "the planner: when an image is fetched",
	"pull_refresh_after": "the planner: when an image is fetched",
	"models":             "the loader checks that they are declared; no model runner is spoken to",

	"ports.name":         "for people",
	"ports.app_protocol": "for people",
	"ports.mode":         "Swarm: ingress or host",

	"deploy.mode":            "Swarm; the planner: number of replicas",
	"deploy.replicas":        "the planner: number of replicas",
	"deploy.labels":          "labels of a Swarm service, not of its containers",
	"deploy.update_config":   "the planner: how containers are replaced",
	"deploy.rollback_config": "the planner: how containers are replaced",
	"deploy.placement":       "Swarm",
	"deploy.endpoint_mode":   "Swarm",

	"deploy.resources.limits.devices":                 "reservations only",
	"deploy.resources.limits.generic_resources":       "Swarm",
	"deploy.resources.reservations.cpus":              "Swarm: an engine alone reserves no CPU",
	"deploy.resources.reservations.pids":              "limits only",
	"deploy.resources.reservations.generic_resources": "Swarm",
	"deploy.restart_policy.delay":                     "Swarm: the engine's delay is its own",
	"deploy.restart_policy.window":                    "Swarm",
}

// TestEveryKey holds that no key of the file's service is forgotten: each is
// in keys.txtar, or has a reason not to be. A key that a newer compose-go
// brings fails here.
func TestEveryKey(t *testing.T) {
	var shown []string
	for name := range sections(archive(t, "keys.txtar")) {
		name, _, _ = strings.Cut(name, "@")
		shown = append(shown, strings.Fields(name)[0])
	}
	known := map[string]bool{}
	check := func(prefix string, typ reflect.Type) {
		for _, key := range yamlKeys(typ) {
			key = prefix + key
			known[key] = true
			has := slices.ContainsFunc(shown, func(s string) bool { return s == key || strings.HasPrefix(s, key+".") })
			switch reason := elsewhere[key]; {
			case has && reason != "":
				t.Errorf("%s: both in keys.txtar and in elsewhere", key)
			case !has && reason == "":
				t.Errorf("%s: nothing shows what it does to a container: add a section to keys.txtar", key)
			}
		}
	}
	check("", reflect.TypeFor[types.ServiceConfig]())
	check("networks.", reflect.TypeFor[types.ServiceNetworkConfig]())
	check("healthcheck.", reflect.TypeFor[types.HealthCheckConfig]())
	check("ports.", reflect.TypeFor[types.ServicePortConfig]())
	check("volumes.", reflect.TypeFor[types.ServiceVolumeConfig]())
	check("volumes.bind.", reflect.TypeFor[types.ServiceVolumeBind]())
	check("volumes.volume.", reflect.TypeFor[types.ServiceVolumeVolume]())
	check("volumes.tmpfs.", reflect.TypeFor[types.ServiceVolumeTmpfs]())
	check("volumes.image.", reflect.TypeFor[types.ServiceVolumeImage]())
	check("blkio_config.", reflect.TypeFor[types.BlkioConfig]())
	check("logging.", reflect.TypeFor[types.LoggingConfig]())
	check("gpus.", reflect.TypeFor[types.DeviceRequest]())
	check("deploy.", reflect.TypeFor[types.DeployConfig]())
	check("deploy.resources.limits.", reflect.TypeFor[types.Resource]())
	check("deploy.resources.reservations.", reflect.TypeFor[types.Resource]())
	check("deploy.restart_policy.", reflect.TypeFor[types.RestartPolicy]())
	for key := range elsewhere {
		if !known[key] {
			t.Errorf("%s: in elsewhere, but compose-go has no such key", key)
		}
	}
}

func yamlKeys(typ reflect.Type) []string {
	var keys []string
	for field := range typ.Fields() {
		tag, rest, _ := strings.Cut(field.Tag.Get("yaml"), ",")
		switch {
		case tag == "" && strings.HasPrefix(rest, "inline"):
			keys = append(keys, yamlKeys(field.Type)...)
		case tag != "" && tag != "-" && tag != "#extensions":
			keys = append(keys, tag)
		}
	}
	return keys
}
