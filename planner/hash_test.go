package planner

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/google/go-cmp/cmp"

	"recompose/loader"
)

// otherHash are the corpus cases whose hash is knowingly not v5's.
var otherHash = map[string]string{
	"spec-docker-compose-pkg-e2e-testdata-testprestarthookrunsonceforscaledservice-compose": "compose-go merges the service's keys into its pre_start hooks since v2.15; v5's does not",
}

// TestComposeHashCorpus compares the hashes of real files with those that
// `docker compose config --hash '*'` of v5 printed. The files are not part of
// this repository; RECOMPOSE_CORPUS names their folder.
func TestComposeHashCorpus(t *testing.T) {
	dir := os.Getenv("RECOMPOSE_CORPUS")
	if dir == "" {
		t.Skip("SKIPPED: RECOMPOSE_CORPUS is not set")
	}
	expected, err := filepath.Glob(filepath.Join(dir, "*", "expected-v5.hash"))
	if err != nil || len(expected) == 0 {
		t.Fatal("no expected-v5.hash found", err)
	}
	t.Setenv("HOME", "/home/corpus") // where `~` leads, in the hashes too
	equal := 0
	for _, file := range expected {
		folder := filepath.Dir(file)
		name := filepath.Base(folder)
		t.Run(name, func(t *testing.T) {
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			diff := cmp.Diff(strings.Fields(string(want)), corpusHashes(t, folder, name))
			switch reason := otherHash[name]; {
			case diff == "" && reason != "":
				t.Errorf("equal now: take it off the list (%s)", reason)
			case diff != "" && reason == "":
				t.Errorf("(-v5 +ours):\n%s", diff)
			case diff == "":
				equal++
			}
		})
	}
	t.Logf("%d of %d cases have v5's hashes", equal, len(expected))
}

// corpusHashes are names and hashes in turn, as if the case lay where v5 read
// it, for its paths are part of the hash.
func corpusHashes(t *testing.T, folder, name string) []string {
	t.Helper()
	var c struct{ Files []string }
	data, err := os.ReadFile(filepath.Join(folder, "case.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &c); err != nil {
		t.Fatal(err)
	}
	o := loader.Options{Name: "corpus", Env: []string{"PATH=/bin", "HOME=/home/corpus", "LANG=C.UTF-8"}}
	for _, f := range c.Files {
		o.Files = append(o.Files, filepath.Join(folder, f))
	}
	o.WorkingDir = filepath.Dir(o.Files[0])
	if env, err := os.ReadFile(filepath.Join(folder, "env")); err == nil {
		o.Env = append(o.Env, strings.Fields(string(env))...)
	}
	p, ds, err := loader.Load(context.Background(), o)
	if p == nil {
		t.Fatalf("load: %v %+v", err, ds)
	}
	var out []string
	for _, service := range p.Model.ServiceNames() {
		form, err := composeForm(p.Model.Services[service])
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, service, sha256Hex([]byte(strings.ReplaceAll(string(form), folder, "/corpus/"+name))))
	}
	return out
}

// TestComposeOrder holds that every key of a service that compose-go writes is
// in the order table, or is newer than what v5 knows.
func TestComposeOrder(t *testing.T) {
	newer := []string{"pull_refresh_after", "umask"}
	var walk func(reflect.Type) []string
	walk = func(typ reflect.Type) (keys []string) {
		for f := range typ.Fields() {
			key, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			switch {
			case f.Anonymous && key == "":
				keys = append(keys, walk(f.Type)...)
			case key != "" && key != "-":
				keys = append(keys, key)
			}
		}
		return keys
	}
	keys := walk(reflect.TypeFor[types.ServiceConfig]())
	for _, key := range keys {
		if slices.Contains(composeOrder, key) == slices.Contains(newer, key) {
			t.Errorf("%s: must be either in composeOrder or among the newer keys", key)
		}
	}
	for _, key := range composeOrder {
		if !slices.Contains(keys, key) {
			t.Errorf("%s: in composeOrder, but compose-go has no such key", key)
		}
	}
}

// TestComposeHash holds hashes that docker compose v5.5.0 put on containers.
// At creation it hashes the ids that volumes_from leads to.
func TestComposeHash(t *testing.T) {
	data := "10878e33e6390cec4bc83f022cb2f0b83636d11b969193ad699483054f3b089d"
	networks := map[string]*types.ServiceNetworkConfig{"default": nil}
	service := func(image string) types.ServiceConfig {
		return types.ServiceConfig{Name: image, ContainerSpec: types.ContainerSpec{Image: image, Networks: networks}}
	}
	dataOnly := service("myapp_data")
	dataOnly.Volumes = []types.ServiceVolumeConfig{{Type: "volume", Target: "/data", Volume: &types.ServiceVolumeVolume{}}}
	web := service("web")
	web.Expose, web.VolumesFrom = types.StringOrNumberList{"5000"}, []string{data}
	balancer := service("balancer")
	balancer.Links, balancer.VolumesFrom = []string{"web", "web:appserver"}, []string{data}
	balancer.Ports = []types.ServicePortConfig{{Mode: "ingress", Target: 80, Published: "8080", Protocol: "tcp"}}
	for _, test := range []struct {
		svc  types.ServiceConfig
		want string
	}{
		{dataOnly, "faf68f508eaabcc3e72f5f489fab06eba083ab05794e224e0d151773286092e6"},
		{web, "7dad36f5ae32a4eb4deebd0f4da38f9e195346ef441537bbf3370bd04482ec57"},
		{balancer, "e447ee29eaaf61023964b85bfcf225f5615d37dc4073083e19834495be49276d"},
	} {
		t.Run(test.svc.Name, func(t *testing.T) {
			if got, err := ComposeHash(test.svc); err != nil || got != test.want {
				form, _ := composeForm(test.svc)
				t.Errorf("got %s (%v), want %s\n%s", got, err, test.want, form)
			}
		})
	}
}

// TestComposeHashIgnores holds what changes no container for v5.
func TestComposeHashIgnores(t *testing.T) {
	plain := types.ServiceConfig{Deploy: &types.DeployConfig{}, ContainerSpec: types.ContainerSpec{Image: "a"}}
	two := 2
	other := types.ServiceConfig{
		Scale: &two, Profiles: []string{"p"}, Deploy: &types.DeployConfig{Replicas: &two},
		ContainerSpec: types.ContainerSpec{Image: "a", PullPolicy: "always", CustomLabels: types.Labels{"a": "b"}},
		WorkloadSpec:  types.WorkloadSpec{Build: &types.BuildConfig{Context: "."}, DependsOn: types.DependsOnConfig{"db": {}}},
	}
	a, errA := ComposeHash(plain)
	b, errB := ComposeHash(other)
	if a != b || errA != nil || errB != nil {
		t.Errorf("%s (%v), %s (%v)", a, errA, b, errB)
	}
	if other.Deploy.Replicas != &two || other.Build == nil {
		t.Error("the service was changed")
	}
	other.Image = "b"
	if c, _ := ComposeHash(other); c == a {
		t.Error("another image has the same hash")
	}
}

// TestResourceHashes holds the hashes of networks and volumes, which are v5's:
// what either made is no stranger to the other. The first was put on a network
// by v5.5.0; the others are frozen.
func TestResourceHashes(t *testing.T) {
	yes := true
	for name, test := range map[string]struct {
		hash func() (string, error)
		want string
	}{
		"network": {func() (string, error) { return NetworkHash(types.NetworkConfig{Name: "mywebapp_default"}) }, "1b64cc31924e0810aed6cf556332068d9a1b55ea7e3fcda1ac8f7f2a5e6e08e2"},
		"internal": {func() (string, error) {
			return NetworkHash(types.NetworkConfig{Name: "demo_back", Internal: true, EnableIPv6: &yes})
		}, "d75774da96c647f54e60028095f28be4d6a077dddb28846f59bffe99385d51df"},
		"ipam": {func() (string, error) {
			return NetworkHash(types.NetworkConfig{Name: "demo_back", Ipam: types.IPAMConfig{Config: []*types.IPAMPool{{Subnet: "10.0.0.0/24"}}}})
		}, "6c4ea1cc2300c879d9bffe5c0f8ae108f9056fa762bfee5e88a5ffc00f4fa52a"},
		"volume":       {func() (string, error) { return VolumeHash(types.VolumeConfig{Name: "demo_data"}) }, "504ad458c80a54e9120954e1d0ad581a3e0d7b50499e9f2755876d04a2d3321a"},
		"local volume": {func() (string, error) { return VolumeHash(types.VolumeConfig{Name: "demo_data", Driver: "local"}) }, "504ad458c80a54e9120954e1d0ad581a3e0d7b50499e9f2755876d04a2d3321a"},
		"options": {func() (string, error) {
			return VolumeHash(types.VolumeConfig{Name: "demo_data", DriverOpts: types.Options{"type": "nfs", "o": "addr=10.0.0.1"}})
		}, "b1876028543a3d00cf0a798197c3a633e81333e9048975e17820a6c48a1f8c61"},
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := test.hash(); err != nil || got != test.want {
				t.Errorf("got %s (%v), want %s", got, err, test.want)
			}
		})
	}
}
