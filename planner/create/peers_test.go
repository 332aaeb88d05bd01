package create_test

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/network"
	"github.com/rogpeppe/go-internal/txtar"

	"recompose/planner/create"
)

// differs are the known differences between the body that a peer sent and
// ours, by recording and fact, with the reason. Order is none.
var differs = map[string]map[string]string{
	"dc1-v1": {
		"Config.Volumes": "1.29.2 also lists the places of binds and named volumes; the engine takes the bind",
	},
	"dc1-v2":   like1292,
	"dc1-v3":   like1292,
	"dc1-spec": like1292,
	"v5-links": {
		"HostConfig.Links": "the engine ignores links of the default bridge on a user network",
	},
}

// like1292 are the differences in files of the other formats, which follow v5.
var like1292 = map[string]string{
	"Config.AttachStdout":      "v5 attaches",
	"Config.AttachStderr":      "v5 attaches, both",
	"Config.Image":             "built images have - in their names",
	"Config.Volumes":           "v5 has anonymous volumes as mounts; 1.29.2 also lists the places of binds",
	"HostConfig.Binds":         "z alone means rw,z; named volumes without options are all binds",
	"HostConfig.Mounts":        "anonymous volumes, nocopy; and 1.29.2 ignores configs",
	"HostConfig.Links":         "1.29.2 sends links of user networks twice; the engine ignores these",
	"NetworkingConfig.Links":   "1.29.2 sends them with a connect of its own afterwards",
	"NetworkingConfig.Aliases": "v5 has the container's name among them",
}

// TestPeers compares our bodies with those that the peers sent for the same
// file (testdata/peers): v1-format files with docker-compose 1.29.2, others
// with docker compose v5. Each known difference must show somewhere.
func TestPeers(t *testing.T) {
	files, err := filepath.Glob("testdata/peers/*.txtar")
	if err != nil || len(files) < len(differs) {
		t.Fatal("recordings are missing", err)
	}
	seen := map[string]bool{}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txtar")
		t.Run(name, func(t *testing.T) {
			for container, lines := range peerDifferences(t, file) {
				for _, l := range lines {
					key := factKey(l)
					reason := differs[name][key]
					seen[reason] = true
					if reason == "" {
						t.Errorf("%s: %s: %s", container, key, l)
					}
				}
			}
		})
	}
	for name, reasons := range differs {
		for key, reason := range reasons {
			if !seen[reason] {
				t.Errorf("%s: %s does not differ any more: take it off the list (%s)", name, key, reason)
			}
		}
	}
}

// peerDifferences are the facts that only one of the two bodies has, by the
// container's name in the recording.
func peerDifferences(t *testing.T, file string) map[string][]string {
	t.Helper()
	ar, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	f := newFolder(t, sections(ar))
	specs, problems := containers(t, f.load("docker-compose.yml"), "1.41")
	for _, p := range problems {
		t.Errorf("%s: %s", p.Text, p.Hint)
	}
	renames := []string{"$DIR", f.dir}
	for _, part := range ar.Files { // 1.29.2 puts _ where v5 puts -
		if _, ok := specs[part.Name]; !ok && strings.HasPrefix(part.Name, "demo_") {
			renames = append(renames, part.Name, strings.ReplaceAll(part.Name, "_", "-"))
		}
	}
	rename := strings.NewReplacer(renames...)
	out := map[string][]string{}
	for _, part := range ar.Files {
		if strings.Contains(part.Name, ".") {
			continue
		}
		spec, ok := specs[rename.Replace(part.Name)]
		if !ok {
			t.Errorf("%s: we make no such container", part.Name)
			continue
		}
		body, err := create.Make(spec, "1.41")
		if err != nil {
			t.Fatal(err)
		}
		theirs := peerFacts(t, []byte(rename.Replace(string(part.Data))))
		out[part.Name] = difference(unordered(t, theirs), unordered(t, facts(t, body)))
	}
	return out
}

// factKey is what a fact is about, without the names in it.
func factKey(line string) string {
	key, _, _ := strings.Cut(strings.TrimPrefix(line, "- "), " = ")
	key, _, _ = strings.Cut(key, "[")
	if strings.HasPrefix(key, "NetworkingConfig.") {
		return "NetworkingConfig" + key[strings.LastIndex(key, "."):]
	}
	return key
}

// unordered sorts lists whose order means nothing to the engine.
func unordered(t *testing.T, lines []string) []string {
	t.Helper()
	out := make([]string, len(lines))
	for i, l := range lines {
		key, value, _ := strings.Cut(l, " = ")
		var list []json.RawMessage
		if !slices.Contains([]string{"Env", "Ulimits", "ExtraHosts", "Aliases", "Links", "Mounts"}, key[strings.LastIndex(key, ".")+1:]) ||
			json.Unmarshal([]byte(value), &list) != nil {
			out[i] = l
			continue
		}
		items := make([]string, len(list))
		for j, item := range list {
			items[j] = string(item)
		}
		slices.Sort(items)
		out[i] = key + " = [" + strings.Join(slices.Compact(items), ",") + "]"
	}
	return out
}

func peerFacts(t *testing.T, text []byte) []string {
	t.Helper()
	var body struct {
		*container.Config
		HostConfig       *container.HostConfig
		NetworkingConfig *network.NetworkingConfig
	}
	if err := json.Unmarshal(text, &body); err != nil {
		t.Fatal(err)
	}
	return facts(t, create.Body{Config: body.Config, Host: body.HostConfig, Network: body.NetworkingConfig})
}
