package e2e

import (
	"flag"
	"fmt"
	"maps"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// wideClassic uses most keys of the 2015 format.
const wideClassic = `
-- docker-compose.yml --
data:
  image: $IMAGE
  command: exit 0
  volumes: [/data]
db:
  image: $IMAGE
  hostname: dbhost
  domainname: example.test
  environment: [A=1, "B=two words", FROM_HERE]
  env_file: db.env
  labels: {com.example.tier: back}
  expose: ["5432"]
  mem_limit: 64m
  memswap_limit: 128m
  cpu_shares: 512
  cap_add: [SYS_NICE]
  cap_drop: [NET_RAW]
  dns: [10.0.0.53]
  dns_search: example.test
  extra_hosts: ["other:10.1.1.1"]
  read_only: true
  restart: on-failure:2
  stdin_open: true
  tty: true
  user: "0:0"
  working_dir: /
  log_driver: json-file
  log_opt: {max-size: 1m}
  security_opt: ["no-new-privileges"]
  ulimits: {nproc: 100, nofile: {soft: 200, hard: 300}}
  devices: ["/dev/null:/dev/nothing"]
  volumes: ["./files:/files:ro", "named:/named", /anon]
  stop_signal: SIGINT
web:
  image: $IMAGE
  links: [db, "db:database"]
  external_links: ["$NAME-outside:out"]
  volumes_from: [data, "db:ro"]
  ports: ["127.0.0.1::80"]
  entrypoint: /app
  command: ["serve"]
side:
  image: $IMAGE
  command: [wait]
  net: "container:web"
  pid: host
  ipc: host
-- db.env --
# comment
C=three
-- files/a --
text
`

// knownDifferences are places where our containers differ from those that
// docker-compose 1.29.2 makes of the same file: a pattern of the place, and
// why. One that no longer shows fails the test.
var knownDifferences = []struct{ place, why string }{
	{`\.Config\.Labels\.recompose\..*`, "ours, to tell what changed"},
	{`\.Config\.Labels\.com\.docker\.compose\.version`, "each tool's own"},
	{`\.Config\.Labels\.com\.docker\.compose\.config-hash`, "each tool's own recipe; a container of the other's is compared field by field"},
	{`\.Config\.Labels\.com\.docker\.compose\.depends_on`, "today's label, read by down without the file"},
	{`\.Config\.Labels\.com\.docker\.compose\.image`, "today's label"},
	{`\.Config\.Labels\.com\.docker\.compose\.project\.config_files`, "absolute, as docker compose v5 has it: ls shows it from anywhere"},
	{`\.HostConfig\.Cap(Add|Drop)`, "the engine's client library writes SYS_NICE as CAP_SYS_NICE"},
}

// TestSameAsPeer makes the same files' containers with docker-compose 1.29.2
// and with ours, under one project name, and compares all that the engine
// says of them.
func TestSameAsPeer(t *testing.T) {
	peer, err := exec.LookPath("docker-compose")
	if err != nil {
		t.Skip("SKIPPED: docker-compose is not installed")
	}
	if version := try(peer, "version", "--short"); !strings.HasPrefix(version, "1.") {
		t.Skipf("SKIPPED: docker-compose is %q, not 1.x", version)
	}
	seen := map[string]bool{}
	for name, files := range map[string]string{"workflow": classicFiles, "wide": wideClassic} {
		t.Run(name, func(t *testing.T) {
			p := newProject(t, files)
			p.env = []string{"FROM_HERE=here"}
			outside := p.name + "-outside"
			docker(t, "run", "-d", "--name", outside, image, "wait")
			t.Cleanup(func() { try("docker", "rm", "-f", outside); try("docker", "volume", "rm", "named") })
			theirs := func(args ...string) {
				t.Helper()
				c := exec.Command(peer, append([]string{"-p", p.name}, args...)...)
				c.Dir, c.Env = p.dir, append(c.Environ(), p.env...)
				if out, err := c.CombinedOutput(); err != nil {
					t.Fatalf("docker-compose %v: %v\n%s", args, err, out)
				}
			}
			up := []string{"up", "-d"}
			if name == "workflow" {
				up = append(up, "--scale", "web=2")
			}
			theirs("up", "-d", "data") // both replicas would race to make it
			theirs("up", "-d", "web")  // the alias leads to the one made first
			theirs(up...)
			want := p.everything()
			before := p.ids()
			p.run("up", "-d")
			if diff := cmp.Diff(before, p.ids()); diff != "" {
				t.Errorf("up replaced what docker-compose made (-before +after):\n%s\n%s", diff, p.run("plan", "up", "--force-recreate").out)
			}
			p.clean()
			p.run(up...)
			got := p.everything()
			for _, place := range slices.Sorted(maps.Keys(merged(want, got))) {
				if want[place] == got[place] {
					continue
				}
				if i := known(place); i >= 0 {
					seen[knownDifferences[i].place] = true
					continue
				}
				t.Errorf("%s:\n  docker-compose %s\n  recompose      %s", place, want[place], got[place])
			}
			// The other way round: what we made is theirs, too.
			mine := p.ids()
			theirs("ps")
			theirs("stop")
			theirs("start")
			if diff := cmp.Diff(mine, p.ids()); diff != "" {
				t.Error(diff)
			}
		})
	}
	for _, k := range knownDifferences {
		if !seen[k.place] && !t.Failed() && flag.Lookup("test.run").Value.String() == "" {
			t.Errorf("the difference %s (%s) no longer shows: take it off the list", k.place, k.why)
		}
	}
}

func merged(a, b map[string]string) map[string]string {
	out := maps.Clone(a)
	maps.Copy(out, b)
	return out
}

func known(place string) int {
	return slices.IndexFunc(knownDifferences, func(k struct{ place, why string }) bool {
		return regexp.MustCompile(k.place + "$").MatchString(place)
	})
}

// volatile are places whose values differ between any two containers.
var volatile = regexp.MustCompile(`^\.(Id|Created|State\.(StartedAt|FinishedAt|Pid)|ResolvConfPath|HostnamePath|HostsPath|LogPath|GraphDriver\..*|NetworkSettings\.(SandboxID|SandboxKey|EndpointID)|NetworkSettings\.Networks\.\w+\.(EndpointID|NetworkID))$`)

var (
	hexID   = regexp.MustCompile(`\b[0-9a-f]{64}\b`)
	shortID = regexp.MustCompile(`^[0-9a-f]{12}$`)
	address = regexp.MustCompile(`\b172\.\d+\.\d+\.\d+\b|\b(?:[0-9a-f]{2}:){5}[0-9a-f]{2}\b`)
	port    = regexp.MustCompile(`^(3|4|5|6)\d{4}$`)
)

// everything is what the engine says of the project's containers, by place,
// with /etc/hosts and the environment of those that run.
func (p *project) everything() map[string]string {
	p.t.Helper()
	ids := p.ids()
	byID := map[string]string{}
	for name, id := range ids {
		byID[id] = name
	}
	out := map[string]string{}
	for name := range ids {
		p.flatten(out, name, "", inspectAll(p.t, name), byID)
		if inspect(p.t, name, "{{.State.Running}}") != "true" {
			continue
		}
		out[name+" /etc/hosts"] = strings.Join(sortedLines(shortHost.ReplaceAllString(stable(docker(p.t, "exec", name, "/app", "cat", "/etc/hosts"), byID), " ID")), "\n")
		out[name+" environment"] = stable(docker(p.t, "exec", name, "/app", "env"), byID)
	}
	return out
}

// shortHost is a container's id as a host name.
var shortHost = regexp.MustCompile(`[ \t][0-9a-f]{12}\b`)

func stable(s string, byID map[string]string) string {
	s = hexID.ReplaceAllStringFunc(s, func(id string) string {
		if name, ok := byID[id]; ok {
			return name
		}
		return "ID"
	})
	s = address.ReplaceAllString(s, "ADDRESS")
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		key, value, ok := strings.Cut(l, "=")
		if ok && key == "HOSTNAME" && shortID.MatchString(value) {
			lines[i] = "HOSTNAME=ID"
		}
	}
	return strings.Join(lines, "\n")
}

func (p *project) flatten(out map[string]string, name, path string, v any, byID map[string]string) {
	if volatile.MatchString(path) {
		return
	}
	switch v := v.(type) {
	case nil: // as good as empty
	case map[string]any:
		for k, e := range v {
			p.flatten(out, name, path+"."+k, e, byID)
		}
	case []any:
		// Order matters in commands only.
		ordered := strings.HasSuffix(path, ".Cmd") || strings.HasSuffix(path, ".Entrypoint") || strings.HasSuffix(path, ".Args")
		items := make([]string, 0, len(v))
		for _, e := range v {
			one := map[string]string{}
			p.flatten(one, "", "", e, byID)
			keys := slices.Sorted(maps.Keys(one))
			var text []string
			for _, k := range keys {
				text = append(text, k+"="+one[k])
			}
			items = append(items, strings.Join(text, " "))
		}
		if !ordered {
			slices.Sort(items)
		}
		if len(items) > 0 {
			out[name+path] = strings.Join(items, "\n")
		}
	case string:
		s := stable(v, byID)
		if shortID.MatchString(s) && strings.HasSuffix(path, "Hostname") {
			s = "ID"
		}
		if port.MatchString(s) {
			s = "PORT"
		}
		out[name+path] = strings.ReplaceAll(s, filepath.Dir(p.dir), "DIR")
	default:
		out[name+path] = fmt.Sprint(v)
	}
}
