package loader

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/types"
	gocmp "github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"
)

// meaning is a service as text, key by key, in the notation that
// docker-compose 1.29.2 prints. Lists whose order means nothing are sorted.
type meaning map[string][]string

// classicDifference is one that is tolerated: apply makes the two sides equal
// where it is found, and tells whether it was.
type classicDifference struct {
	why   string
	apply func(theirs, ours meaning) bool
}

// knownClassic are all tolerated differences from 1.29.2 over the v1-format
// cases. One that is found in no case fails the test.
var knownClassic = map[string]classicDifference{
	"default network": {
		"1.29.2 prints network_mode bridge for a service without `net`, or nothing for an empty one; it and we mean the engine's default, which is the bridge",
		func(theirs, ours meaning) bool {
			if !ours.is("network_mode", "default") || !theirs.is("network_mode", "bridge") && !theirs.is("network_mode", "") {
				return false
			}
			theirs["network_mode"] = ours["network_mode"]
			return true
		},
	},
	"default dockerfile": {
		"we write out the default",
		func(theirs, ours meaning) bool {
			if theirs["build.dockerfile"] != nil || !ours.is("build.dockerfile", "Dockerfile") {
				return false
			}
			delete(ours, "build.dockerfile")
			return true
		},
	},
	"empty value": {
		"an unset variable makes it empty; 1.29.2 prints it so and sends it to the engine, for which empty is absent",
		func(theirs, ours meaning) bool { return theirs.drop(ours, "") },
	},
	"false": {
		"1.29.2 prints a false that was written; it is the default",
		func(theirs, ours meaning) bool { return theirs.drop(ours, "false") },
	},
	"empty volume source": {
		"an unset variable makes it empty; 1.29.2 takes the path `.`, which no engine accepts; ours is the project's directory, which that means",
		func(theirs, ours meaning) bool {
			found := false
			for i, v := range theirs["volumes"] {
				rest, ok := strings.CutPrefix(v, ".:")
				for _, our := range ours["volumes"] {
					if ok && strings.HasPrefix(our, "/") && strings.HasSuffix(our, ":"+rest) {
						theirs["volumes"][i], found = our, true
					}
				}
			}
			theirs.sort()
			return found
		},
	},
	"link to itself by name": {
		"`db:db` is `db`; 1.29.2 prints the short form where a base's links were merged",
		func(theirs, ours meaning) bool {
			found := false
			for i, link := range ours["links"] {
				if name, alias, _ := strings.Cut(link, ":"); alias == name && slices.Contains(theirs["links"], name) {
					ours["links"][i], found = name, true
				}
			}
			ours.sort()
			return found
		},
	},
}

func (m meaning) is(key, value string) bool { return slices.Equal(m[key], []string{value}) }

// drop removes the keys whose only value is the given one and which the other
// side lacks.
func (m meaning) drop(other meaning, value string) bool {
	found := false
	for key := range maps.Clone(m) {
		if m.is(key, value) && other[key] == nil {
			delete(m, key)
			found = true
		}
	}
	return found
}

// TestCorpusClassic compares what v1-format files become with the meaning of
// what docker-compose 1.29.2 prints for them.
func TestCorpusClassic(t *testing.T) {
	count := map[string]int{}
	for _, c := range corpus(t) {
		if !c.classic || c.kind != "v1" {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			// It was run without a shell, so $PWD was unset there; ours sets it.
			c.options.Env = append(c.options.Env, "PWD=")
			p, ds, err := Load(context.Background(), c.options)
			if p == nil {
				t.Fatalf("refused: %v %v", err, errorsOf(ds))
			}
			text, err := os.ReadFile(filepath.Join(c.dir, "expected-v1.yml"))
			if err != nil {
				t.Fatal(err)
			}
			var doc yaml.Node
			if err := yaml.Unmarshal([]byte(strings.ReplaceAll(string(text), "${CASE_DIR}", c.dir)), &doc); err != nil {
				t.Fatal(err)
			}
			services := child(doc.Content[0], "services")
			theirs, ours := map[string]meaning{}, map[string]meaning{}
			for i := 0; i+1 < len(services.Content); i += 2 {
				name := services.Content[i].Value
				theirs[name] = printedMeaning(t, services.Content[i+1])
				if s, ok := p.Model.Services[name]; ok {
					ours[name] = modelMeaning(p, s)
				}
				for what, known := range knownClassic {
					if known.apply(theirs[name], ours[name]) {
						count["services with the known difference "+what]++
					}
				}
			}
			if len(p.Model.Services) != len(theirs) {
				t.Errorf("%d services, 1.29.2 has %d", len(p.Model.Services), len(theirs))
			}
			if diff := gocmp.Diff(theirs, ours); diff != "" {
				t.Errorf("(-1.29.2 +ours)\n%s", diff)
				return
			}
			count["equal cases"]++
			count["equal services"] += len(theirs)
		})
	}
	for what, known := range knownClassic {
		if count["services with the known difference "+what] == 0 {
			t.Errorf("the difference is gone, so it is no known one: %s (%s)", what, known.why)
		}
	}
	printCounts(t, count)
}

// printedMeaning reads a service that 1.29.2 printed.
func printedMeaning(t *testing.T, n *yaml.Node) meaning {
	t.Helper()
	m := meaning{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, v := n.Content[i].Value, n.Content[i+1]
		switch key {
		case "build", "logging":
			for j := 0; j+1 < len(v.Content); j += 2 {
				m.add(key+"."+v.Content[j].Value, printedLines(v.Content[j+1])...)
			}
		case "ulimits":
			for j := 0; j+1 < len(v.Content); j += 2 {
				soft, hard := v.Content[j+1], v.Content[j+1]
				if soft.Kind == yaml.MappingNode {
					soft, hard = child(soft, "soft"), child(hard, "hard")
				}
				m.add(key, v.Content[j].Value+"="+soft.Value+":"+hard.Value)
			}
		case "command", "entrypoint":
			if v.Kind == yaml.ScalarNode {
				words, err := splitWords(strings.ReplaceAll(v.Value, "$$", "$"))
				if err != nil {
					t.Fatal(err)
				}
				m.add(key, words...)
				break
			}
			m.add(key, printedLines(v)...)
		default:
			m.add(key, printedLines(v)...)
		}
	}
	m.sort()
	return m
}

// printedLines is a scalar, a list, or a mapping as KEY=VALUE; KEY alone where
// the value is null.
func printedLines(n *yaml.Node) (out []string) {
	switch n.Kind {
	case yaml.ScalarNode:
		out = []string{n.Value}
	case yaml.SequenceNode:
		for _, item := range n.Content {
			out = append(out, item.Value)
		}
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			line := n.Content[i].Value
			if v := n.Content[i+1]; v.ShortTag() != "!!null" {
				line += "=" + v.Value
			}
			out = append(out, line)
		}
	}
	for i := range out {
		out[i] = strings.ReplaceAll(out[i], "$$", "$") // as printed, it is escaped
	}
	return out
}

// modelMeaning writes a service of the model in 1.29.2's notation.
func modelMeaning(p *Project, s types.ServiceConfig) meaning {
	m := meaning{}
	one := func(key, value string) {
		if value != "" {
			m.add(key, value)
		}
	}
	for key, value := range map[string]string{
		"image": s.Image, "restart": s.Restart, "container_name": s.ContainerName, "hostname": s.Hostname,
		"domainname": s.DomainName, "pid": s.Pid, "ipc": s.Ipc, "user": s.User, "working_dir": s.WorkingDir,
		"stop_signal": s.StopSignal, "network_mode": s.NetworkMode, "volume_driver": s.VolumeDriver,
	} {
		one(key, value)
	}
	for key, on := range map[string]bool{"tty": s.Tty, "stdin_open": s.StdinOpen, "privileged": s.Privileged, "read_only": s.ReadOnly} {
		if on {
			m.add(key, "true")
		}
	}
	for key, list := range map[string][]string{
		"command": s.Command, "entrypoint": s.Entrypoint, "links": s.Links, "external_links": s.ExternalLinks,
		"expose": s.Expose, "dns": s.DNS, "dns_search": s.DNSSearch, "cap_add": s.CapAdd, "cap_drop": s.CapDrop,
		"security_opt": s.SecurityOpt,
	} {
		m.add(key, list...)
	}
	if s.Build != nil {
		one("build.context", s.Build.Context)
		one("build.dockerfile", s.Build.Dockerfile)
	}
	if s.Logging != nil {
		one("logging.driver", s.Logging.Driver)
		for k, v := range s.Logging.Options {
			m.add("logging.options", k+"="+v)
		}
	}
	for k, v := range s.Environment {
		if v == nil {
			m.add("environment", k)
		} else {
			m.add("environment", k+"="+*v)
		}
	}
	for k, v := range s.Labels {
		m.add("labels", k+"="+v)
	}
	for host, ips := range s.ExtraHosts {
		for _, ip := range ips {
			m.add("extra_hosts", host+":"+ip)
		}
	}
	for name, u := range s.Ulimits {
		m.add("ulimits", fmt.Sprintf("%s=%d:%d", name, cmp.Or(u.Soft, u.Single), cmp.Or(u.Hard, u.Single)))
	}
	for _, v := range s.VolumesFrom {
		m.add("volumes_from", classicVolumesFrom(p, v))
	}
	for _, v := range s.Volumes {
		m.add("volumes", classicVolume(v))
	}
	for _, port := range s.Ports {
		m.add("ports", classicPort(port))
	}
	m.sort()
	return m
}

func classicVolume(v types.ServiceVolumeConfig) string {
	if v.Source == "" {
		return v.Target
	}
	mode := "rw"
	switch {
	case v.ReadOnly:
		mode = "ro"
	case v.Bind != nil && v.Bind.Propagation != "":
		mode = v.Bind.Propagation
	}
	return v.Source + ":" + v.Target + ":" + mode
}

func classicVolumesFrom(p *Project, entry string) string {
	if !strings.HasPrefix(entry, "container:") {
		entry = "service:" + entry
	}
	if strings.Count(entry, ":") == 1 {
		entry += ":rw"
	}
	return entry
}

func classicPort(port types.ServicePortConfig) string {
	text := fmt.Sprintf("%d/%s", port.Target, port.Protocol)
	switch {
	case port.HostIP != "":
		return port.HostIP + ":" + port.Published + ":" + text
	case port.Published != "":
		return port.Published + ":" + text
	}
	return text
}

func (m meaning) add(key string, values ...string) {
	if len(values) > 0 {
		m[key] = append(m[key], values...)
	}
}

// sort orders what has no order.
func (m meaning) sort() {
	for key, values := range m {
		switch key {
		case "command", "entrypoint", "dns", "dns_search":
		default:
			slices.Sort(values)
		}
	}
}

// splitWords splits a command as a POSIX shell does (Python's shlex, which
// docker-compose 1.29.2 uses), without expanding anything.
func splitWords(text string) (words []string, err error) {
	var word strings.Builder
	quote, started := rune(0), false
	runes := []rune(text)
	for i := 0; i < len(runes); i++ {
		r := runes[i]
		switch {
		case r == '\\' && quote != '\'' && i+1 < len(runes):
			if next := runes[i+1]; quote == '"' && next != '"' && next != '\\' {
				word.WriteRune(r)
			}
			i++
			word.WriteRune(runes[i])
			started = true
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case r == '"' || r == '\'':
			quote, started = r, true
		case strings.ContainsRune(" \t\r\n", r):
			if started {
				words = append(words, word.String())
			}
			word.Reset()
			started = false
		default:
			word.WriteRune(r)
			started = true
		}
	}
	if quote != 0 {
		return nil, fmt.Errorf("unclosed quote in %q", text)
	}
	if started {
		words = append(words, word.String())
	}
	return words, nil
}
