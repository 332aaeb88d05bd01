package loader

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// equalLoads holds that a file means the same, mistakes included, whether its
// plain services are decoded here or all goes through compose-go.
func equalLoads(t *testing.T, o Options) {
	t.Helper()
	type result struct {
		Project     *Project
		Diagnostics []Diagnostic
		Err         string
	}
	load := func(whole bool) (r result) {
		o := o
		o.whole = whole
		var err error
		if r.Project, r.Diagnostics, err = Load(context.Background(), o); err != nil {
			r.Err = err.Error()
		}
		return r
	}
	everything := cmp.Exporter(func(reflect.Type) bool { return true })
	places := cmpopts.IgnoreTypes(&Positions{}) // the same trees
	whole := load(true)
	if diff := cmp.Diff(whole, load(false), everything, places); diff != "" {
		t.Errorf("compose-go's (-) and ours (+):\n%s", diff)
	}
	if whole.Project == nil {
		return // the outline may do without what is wrong
	}
	o.Outline = true
	outline, _, err := Load(context.Background(), o)
	if err != nil || outline == nil {
		t.Fatalf("no outline: %v", err)
	}
	if diff := cmp.Diff(outlineOf(whole.Project.Model), outlineOf(outline.Model), everything); diff != "" {
		t.Errorf("the whole (-) and its outline (+):\n%s", diff)
	}
}

// outlineOf is what the outline of a project must have.
func outlineOf(p *types.Project) *types.Project {
	reduce := func(services types.Services) types.Services {
		out := types.Services{}
		for name, s := range services {
			out[name] = types.ServiceConfig{
				Name: s.Name, Profiles: s.Profiles, Links: s.Links, PreStart: s.PreStart, PostStart: s.PostStart, PreStop: s.PreStop,
				ContainerSpec: types.ContainerSpec{
					Image: s.Image, VolumesFrom: s.VolumesFrom, Networks: s.Networks,
					NetworkMode: s.NetworkMode, Ipc: s.Ipc, Pid: s.Pid,
				},
				WorkloadSpec: types.WorkloadSpec{DependsOn: s.DependsOn, Tty: s.Tty},
			}
		}
		return out
	}
	return &types.Project{
		Name: p.Name, WorkingDir: p.WorkingDir, Environment: p.Environment, Profiles: p.Profiles,
		Networks: p.Networks, Volumes: p.Volumes,
		Services: reduce(p.Services), DisabledServices: reduce(p.DisabledServices),
	}
}

func equalText(t *testing.T, text string) {
	t.Helper()
	dir := t.TempDir()
	for name, content := range map[string]string{"compose.yaml": text, "vars.env": "FROM_FILE=1\nNAMED\n", "key": "k"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	equalLoads(t, Options{WorkingDir: dir, Name: "p", Profiles: []string{"dev"},
		Env: []string{"HOME=/home/u", "NAMED=from the environment", "TAG=v1", "N=3", "EMPTY="}})
	if t.Failed() {
		t.Logf("the file:\n%s", text)
	}
}

func TestPlainEqualsCorpus(t *testing.T) {
	for _, o := range realFiles(t) {
		t.Run(filepath.Base(filepath.Dir(o.WorkingDir)), func(t *testing.T) { equalLoads(t, o) })
	}
}

// forms are ways to write the keys of a service: such as are decoded here,
// such as are left to compose-go, and some that are wrong.
var forms = map[string][]string{
	"image":             {"app:1", "${TAG}", "app:${TAG:-x}", `"app:1"`, "''", "1", "~", "$$TAG", "${NONE}", "a: {}", "!!str 1", "|\n      app:1", ">-\n      a\n      b"},
	"hostname":          {"h", "h$N", "5", "true", "yes", "0x1f", "1e3", "2001-01-01", "+18446744073709551615", "\"a\\tb\"", "'it''s'"},
	"user":              {`"1000"`, "1000", "1000:1000", "0777", "\"$N\""},
	"restart":           {"always", `"no"`, "no", "on-failure:3", "unless-stopped", "~"},
	"working_dir":       {"/w", ".", "''"},
	"container_name":    {"c1", "c", "-", "c${N}"},
	"network_mode":      {"host", "none", "bridge", "service:s1", "container:x", "''", "service:none"},
	"ipc":               {"host", "service:s1", "shareable"},
	"pid":               {"host", "service:s1", "~", "''"},
	"pull_policy":       {"always", "if_not_present", "missing", "never", "build", "daily", "wrong"},
	"platform":          {"linux/amd64"},
	"stop_signal":       {"SIGINT", "2"},
	"tty":               {"true", "false", "True", "yes", `"true"`, "$N", "1"},
	"init":              {"true", "false", "off"},
	"privileged":        {"true", "y", "TRUE"},
	"read_only":         {"true", "'false'"},
	"scale":             {"2", "-1", "0", `"3"`, "$N", "1.5"},
	"mem_limit":         {"64m", "1073741824", "1.5g", "-1", "0.5", "1e9", "wrong", "64MB"},
	"memswap_limit":     {"-1", "1g"},
	"shm_size":          {"64m", "100"},
	"stop_grace_period": {"10s", "1m30s", "10", "1d", "wrong", "1m 30s"},
	"command":           {"run it", `["a", "b"]`, `sh -c "echo $$HOME"`, "[]", "''", "~", "[1]", "'unclosed \" quote'", "echo ${TAG}", "\n      - a\n      - b c", "[a, ~]", "echo `date`", "a | b", "a \\\n      b"},
	"entrypoint":        {"/bin/e", `["/bin/e", ""]`, "[[a]]"},
	"cap_add":           {"[NET_ADMIN]", "[A, A]", "[]", "ALL", "[A=1, A=2]", "[1]"},
	"security_opt":      {"['seccomp:unconfined']", "[label=a, label=b]"},
	"profiles":          {"[dev]", "[other]", "[dev, other]", "[]", "dev"},
	"links":             {"[s1]", "['s1:alias']", "['s1:a:b']", "[nothing]", "[s1, s1]"},
	"external_links":    {"[ext]", "['ext:e']"},
	"volumes_from":      {"[s1]", "['s1:ro']", "['container:x']", "['container:x:ro']"},
	"dns":               {"8.8.8.8", "[8.8.8.8, 1.1.1.1]", "['']", "''", "[8.8.8.8, 8.8.8.8]"},
	"tmpfs":             {"/run", "[/run, '/tmp:size=1m']", "[/run, /run]"},
	"environment": {"{A: 1, B: x}", "{A: '1', NAMED: , UNSET: , EMPTY: ~}", "[A=1, B=x=y]", "[NAMED, UNSET, A=]", "[A=1, A=2]", "[A, A=2]", "{A: true, B: 1.10, C: 0x10, D: 1_000}",
		"{A: yes, B: null, C: 1e3, D: -0, E: 007, F: .5}", "{}", "[]", "['A =1']", "[=x]", "{'': x}", "{A: $TAG, B: ${N}}", "{1: x}", "{A: [x]}", "{A.B: x, C-D: y}", "[A=$TAG, 'B=${NONE:-d}']", "~", "['']", "['a b']",
		"{A: 2001-01-01, B: 1:30}", "{A: \"multi\\nline\"}", "\n      A: |\n        l1\n        l2\n      B: >-\n        f1\n        f2", "{A: 12345678901234567890}", "{A: 1., B: 00.5}"},
	"labels":      {"[a=1, b]", "{a: 1, b: }", "{a.b.c: 'x', d: true}", "[a=1, a=2]", "{}", "['traefik.http.routers.a.rule=Host(`x`)']", "[a, a=1]"},
	"sysctls":     {"{net.core.somaxconn: 1024}", "[net.core.somaxconn=1024]", "{a: ''}", "{a: }"},
	"extra_hosts": {"['h:1.2.3.4']", "[h=1.2.3.4]", "{h: 1.2.3.4}", "{h: [1.2.3.4, 5.6.7.8]}", "['h:::1']", "['h:[::1]']", "[h]", "{'a:b': x}", "['h:1.2.3.4', 'h:5.6.7.8']"},
	"ulimits":     {"{nofile: 1024}", "{nofile: {soft: 1, hard: 2}}", "{nofile: {soft: 1}}", "{NOFILE: 1}", "{nofile: '5'}", "{nofile: -1}", "{nofile: {soft: $N, hard: 5}}"},
	"logging":     {"{driver: none}", "{driver: json-file, options: {max-size: 10m, max-file: 3}}", "{options: {a: }}", "{options: {a: true}}", "{options: {a: 1.5}}", "{options: {}}", "{}", "{x-a: 1}"},
	"healthcheck": {"{test: [CMD, 'true'], interval: 10s}", "{test: curl localhost, timeout: 1s, start_period: 5s}", "{disable: true}", "{retries: 3}", "{retries: '3'}", "{test: [wrong, x]}",
		"{test: [NONE]}", "{interval: 10}", "{interval: 1d}", "{interval: 1w}", "{test: []}", "{start_interval: 1s, retries: 0}", "{retries: -1}", "{retries: 1.5}", "{test: ''}", "{interval: 1h30m}", "{test: ['CMD-SHELL', 'a || exit $${X}']}"},
	"depends_on": {"[s1]", "{s1: {condition: service_started}}", "{s1: {condition: service_healthy, required: false}}", "{s1: {condition: service_healthy, restart: true}}", "{s1: {condition: wrong}}", "{s1: {}}", "{s1: }", "[nothing]", "{nothing: {condition: service_started, required: false}}", "[s1, s1]", "s1", "[s2]", "[s1, s2]", "{s1: {condition: '${C:-service_healthy}'}}", "{s1: {condition: service_healthy, required: 'false'}}"},
	"env_file":   {"vars.env", "[vars.env]", "./vars.env", "[vars.env, vars.env]", "missing.env", "[{path: missing.env, required: false}]", "~", "''", "$EMPTY", "~/vars.env", "/nowhere/x.env"},
	"build":      {".", "./sub", "{context: .}", "{context: sub, dockerfile: D, target: t}", "{context: ., args: {A: 1}}", "{context: ., args: [A=1, NAMED]}", "{context: ., args: [UNSET]}", "{dockerfile_inline: FROM scratch}", "https://x/y.git", "{context: github.com/a/b}", "git@x:y", "{}", "~", "/abs/../x", "../up", "{context: '', target: ''}", "~/src", "{args: {A: , B: ''}}", "{context: ., labels: [a]}", "{context: ., cache_from: [a, a]}", "{context: ~/src}", "service:s1", "''"},
	"expose":     {"[80]", "['80', 81]", "['80/udp']", "[80, '80']", "['80-82']", "[80.5]", "80"},
	"ports":      {"['80']", "[80]", "['8080:80']", "['127.0.0.1:8080:80']", "['8080:80/udp']", "['8000-8002:80-82']", "['8000-8002:80']", "[22:22]", "[1:2]", "['80', '80']", "['8080:80', '0.0.0.0:8080:80']", "[{target: 80}]", "[{target: 80, published: 8080}]", "['wrong']", "['[::1]:80:80']", "['::1:80:80']", "['x:1:2']", "['99999:80']", "['${N}000:80']", "[80.5]", "[]", "[3000, 3001]", "['3000-3001', 3001]", "['0:80']", "['127.0.0.1::80']", "['8080:80', '8080:81']", "[{target: 80, published: '8080', protocol: udp, mode: host}]", "[{target: '80'}]", "[{target: 80, host_ip: 127.0.0.1}]", "[{target: 80}, '80']", "[{published: 80}]", "[{target: 80, published: 8080}, '8080:80']", "[{target: 99999}]", "[{target: 80, published: 8000-8010}]", "[{target: 0}]", "[{target: 80, published: '', protocol: ''}]", "['80/TCP']", "['0']", "['0-2']"},
	"volumes":    {"['data:/data']", "['./a:/b:ro']", "[/anon]", "['/h:/c:rw']", "['data:/data/']", "['/a//b/:/c/../d']", "['data:/d:nocopy']", "['data:/d:z']", "['./a:/b:z,ro']", "['./a:/b:rshared']", "['~/x:/y']", "['nothing:/d']", "['C:\\x:/y']", "['c:/x:/y']", "[a:b]", "['/a', '/a']", "['/a', './x:/a/']", "[{type: bind, source: ., target: /x}]", "[{type: volume, source: data, target: /x/, read_only: true}]", "[{type: volume, target: /x}]", "[{type: bind, source: ~/a, target: /x, bind: {create_host_path: false}}]", "[{type: tmpfs, target: /x}]", "[{source: data, target: /x}]", "[{type: bind, target: /x}]", "[{type: volume, source: ./a, target: /x}]", "[{type: bind, source: data, target: /x}]", "[{type: volume, source: data}]", "[{type: volume, source: data, target: /x, volume: {nocopy: true}}]", "['~:/y']", "['~other/x:/y']", "['a:/b:c:d']", "['']", "['/x']", "['/']", "['ab']", "['.:/x']", "['..:/x']", "['$NONE:/x']", "['${NONE:-./d}:/x']", "['./a:/b:cached']", "['\\\\\\\\.\\pipe\\x:/y']", "['data:rel']", "[data:/d, './e:/e']", "[.hidden:/x]", "['./a:']"},
	"networks":   {"[front]", "[front, back]", "{front: }", "{front: {aliases: [a, b]}, back: }", "{front: {ipv4_address: 1.2.3.4}}", "{front: {}}", "[nothing]", "[front, front]", "[]", "{}", "[default]", "{default: {aliases: [x]}}", "{front: {priority: 1}}", "{front: {aliases: [a, a]}}", "~", "{front: {aliases: []}}"},
	"secrets":    {"[key]", "[nothing]", "[{source: key}]", "[key, key]"},
	"configs":    {"[conf]", "[{source: conf, target: /c}]"},
	"deploy": {"{replicas: 2}", "{resources: {limits: {cpus: '0.5', memory: 50M}}}", "{mode: global}", "{labels: [a=b]}", "{replicas: -1}", "{resources: {limits: {cpus: 0.25, memory: 1g}, reservations: {cpus: 1, memory: 20M}}}", "{restart_policy: {condition: on-failure, delay: 5s, max_attempts: 3, window: 120s}}", "{placement: {constraints: [node.role == manager, 'a==b']}}",
		"{resources: {limits: {pids: 5}}}", "{update_config: {parallelism: 2}}", "{}", "~", "{replicas: '2'}", "{resources: {limits: {memory: 100}}}", "{resources: {limits: {cpus: x}}}", "{labels: {a: b}, endpoint_mode: vip}", "{restart_policy: {delay: x}}", "{resources: {limits: {cpus: ''}}}", "{resources: {}}", "{placement: {constraints: [a=b, a=c]}}"},
	"extends": {"{service: s1}", "s1", "{file: other.yaml, service: x}"},
	"x-own":   {"1", "{a: b}"},
	"unknown": {"1"},
	"devices": {"['/dev/x:/dev/y']"},
	"cpus":    {"0.5", "'0.5'"},
	"develop": {"{watch: [{path: ., action: rebuild}]}"},
	"<<":      {"*base", "[*base, *more]", "{image: merged, tty: true}"},
}

var tops = []string{
	"networks:\n  front: {}\n  back:\nvolumes:\n  data: {}\n",
	"networks:\n  front: {driver: bridge, internal: true}\n  back: {external: true}\nvolumes:\n  data: {name: other}\n",
	"networks:\n  front: {external: true, name: f}\n  back: {ipam: {config: [{subnet: 10.0.0.0/8}]}}\nvolumes:\n  data: {external: true, driver: x}\n",
	"networks: {front: {labels: [a=b], attachable: false}, back: {name: ''}}\nvolumes: {data: {driver: local, labels: {a: 1}}}\n",
	"networks:\n  front: ~\n  back: {driver: $NONE}\n  default: {driver: bridge}\nvolumes:\n  data: {driver_opts: {o: bind, device: ./d}}\n",
	"networks: {front: , back: , default: {external: true}}\nvolumes: {data: , Ünï: {}}\nversion: '3'\n",
	"networks:\n  front: {x-a: 1}\n  back: {}\nvolumes:\n  data:\nsecrets:\n  key: {file: ./key}\nconfigs:\n  conf: {content: c}\n",
	"networks:\n  front: {}\n  back: {}\nvolumes: {data: {}}\nsecrets: {key: {}}\nname: named\n",
	"networks: {}\nvolumes: {}\n",
	"",
}

// TestPlainEqualsRandom writes files of random services: mostly of one form
// each that is right, some with what is wrong.
func TestPlainEqualsRandom(t *testing.T) {
	files := 150
	if testing.Short() {
		files = 30
	}
	for i := range files {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			equalText(t, randomFile(rand.New(rand.NewPCG(1, uint64(i)))))
		})
	}
}

func randomFile(r *rand.Rand) string {
	names := sortedKeys(forms)
	var b strings.Builder
	b.WriteString("x-base: &base\n  hostname: from-base\n  environment: {FROM: base}\nx-more: &more\n  tty: true\n  <<: *base\n")
	top := tops[r.IntN(len(tops))]
	before := r.IntN(2) == 0
	if before {
		b.WriteString(top)
	}
	b.WriteString("services:\n")
	wild := r.IntN(3) == 0
	for i := range 1 + r.IntN(6) {
		fmt.Fprintf(&b, "  s%d: # a service\n    image: app:1\n", i+1)
		seen := map[string]bool{"image": true}
		for range r.IntN(6) {
			name := names[r.IntN(len(names))]
			if seen[name] || name == "extends" && i == 0 {
				continue // a service that extends itself is a circle
			}
			seen[name] = true
			ways := forms[name]
			way := ways[0]
			if wild {
				way = ways[r.IntN(len(ways))]
			} else if r.IntN(2) == 0 {
				way = ways[r.IntN(min(3, len(ways)))]
			}
			fmt.Fprintf(&b, "    %s: %s\n", name, way)
		}
	}
	if !before {
		b.WriteString(top)
	}
	return b.String()
}

// TestPlainEqualsForms tries each form of each key by itself, and beside a
// service that compose-go loads.
func TestPlainEqualsForms(t *testing.T) {
	for _, name := range sortedKeys(forms) {
		for i, way := range forms[name] {
			t.Run(fmt.Sprintf("%s/%d", name, i), func(t *testing.T) {
				image := "    image: app:1\n"
				if name == "image" || name == "build" {
					image = ""
				}
				base := ""
				if name == "<<" {
					base = "x-base: &base {hostname: h}\nx-more: &more {hostname: m, tty: true}\n"
				}
				file := fmt.Sprintf("%sservices:\n  s1:\n    image: app:1\n  web:\n%s    %s: %s\n", base, image, name, way)
				equalText(t, file+tops[0])
				equalText(t, file+"  other:\n    image: app:1\n    x-own: 1\n"+tops[6])
			})
		}
	}
}

// TestPlainEqualsScalars writes scalars that look like numbers, dates, quotes
// and variables where text may stand. A file has one only: a mistake in it
// would send all of it to compose-go.
func TestPlainEqualsScalars(t *testing.T) {
	files := 600
	if testing.Short() {
		files = 100
	}
	ways := []string{
		"command: %s", "hostname: %s", "user: %s", "environment: {A: %s}", "environment:\n      A: %s", "environment:\n      - %s", "labels:\n      a: %s", "labels:\n      - %s",
		"ports:\n      - %s", "volumes:\n      - %s", "mem_limit: %s", "stop_grace_period: %s", "extra_hosts:\n      - %s", "expose:\n      - %s", "cap_add:\n      - %s",
		"logging: {driver: x, options: {a: %s}}", "healthcheck: {retries: %s}", "deploy: {resources: {limits: {cpus: %s}}}", "tty: %s", "build: {context: ., args: {A: %s}}", "env_file: %s", "sysctls:\n      a: %s",
	}
	for i := range files {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			r := rand.New(rand.NewPCG(3, uint64(i)))
			equalText(t, fmt.Sprintf("services:\n  web:\n    image: app:1\n    "+ways[i%len(ways)]+"\n", randomScalar(r)))
		})
	}
}

func randomScalar(r *rand.Rand) string {
	parts := []string{"0", "1", "7", "80", "2001-01-02", "0x", "0o", "0b", "e", "E3", "+", "-", ".", "_", ":", "/", "~", "true", "no", "null", ".inf", ".nan", "<<", "$TAG", "${N}", "$$", "${NONE:-d}", "=", "a", "Z", "data", " ", "é", "\\", "m", "s", "h", "d", "k", "g", "b", "T", ",", "*", "#", " #", "@"}
	var b strings.Builder
	for range 1 + r.IntN(4) {
		b.WriteString(parts[r.IntN(len(parts))])
	}
	switch text := b.String(); r.IntN(5) {
	case 0:
		return "'" + text + "'"
	case 1:
		return strconv.Quote(text)
	default:
		return text
	}
}

// FuzzPlainEquals changes files at will; what both ways make of them must
// stay equal.
func FuzzPlainEquals(f *testing.F) {
	for i := range 20 {
		f.Add(randomFile(rand.New(rand.NewPCG(2, uint64(i)))))
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 4096 || strings.Contains(text, "include") {
			t.Skip("too much for one try, or another file")
		}
		equalText(t, text)
	})
}

// TestOutline: what a command on containers that are there has no use for is
// neither read nor checked.
func TestOutline(t *testing.T) {
	dir := t.TempDir()
	text := "services:\n  web:\n    image: app:1\n    env_file: missing.env\n    ports: ['wrong']\n    unknown: 1\n    depends_on: [db]\n  db: {image: db}\n  off: {image: db, profiles: [other]}\nsecrets: {key: {}}\n"
	if err := os.WriteFile(filepath.Join(dir, "compose.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	o := Options{WorkingDir: dir, Name: "p"}
	if p, ds, err := Load(context.Background(), o); p != nil || err != nil || !HasErrors(ds) {
		t.Fatalf("loaded as a whole: %v %v", ds, err)
	}
	o.Outline = true
	p, ds, err := Load(context.Background(), o)
	if err != nil || p == nil || len(ds) > 0 {
		t.Fatalf("%v %v", ds, err)
	}
	got := []any{p.Name, p.Model.ServiceNames(), p.Model.DisabledServiceNames(), p.Model.Services["web"].GetDependencies()}
	if diff := cmp.Diff([]any{"p", []string{"db", "web"}, []string{"off"}, []string{"db"}}, got); diff != "" {
		t.Error(diff)
	}
}

// TestPlainEqualsClassic tries the forms in a file of the v1 format.
func TestPlainEqualsClassic(t *testing.T) {
	for _, name := range sortedKeys(forms) {
		for i, way := range forms[name] {
			if name == "<<" {
				continue // its anchors would be services
			}
			t.Run(fmt.Sprintf("%s/%d", name, i), func(t *testing.T) {
				equalText(t, fmt.Sprintf("s1:\n  image: app:1\nweb:\n  image: app:1\n  tty: true\n  %s: %s\n", name, strings.ReplaceAll(way, "\n  ", "\n")))
			})
		}
	}
}

func TestPlainEqualsTops(t *testing.T) {
	for i, top := range tops {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			equalText(t, "services:\n  s1:\n    image: app:1\n  s2:\n    image: app:1\n    networks: [front, back]\n    volumes: ['data:/d']\n"+top)
		})
	}
}

// TestPlainEqualsParts has more services than compose-go gets at once; only
// one of them is on the default network.
func TestPlainEqualsParts(t *testing.T) {
	var b strings.Builder
	b.WriteString("services:\n")
	for i := range 2*leftAtOnce + 50 {
		fmt.Fprintf(&b, "  s%d:\n    image: app:1\n    x-own: %d\n", i, i)
		switch {
		case i == leftAtOnce+7:
		case i%100 == 3:
			b.WriteString("    profiles: [other]\n    network_mode: none\n")
		default:
			b.WriteString("    networks: [front]\n")
		}
	}
	equalText(t, b.String()+"  last: {image: app:1, networks: [front]}\n"+tops[6])
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
