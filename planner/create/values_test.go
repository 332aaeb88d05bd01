package create_test

import (
	"testing"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/google/go-cmp/cmp"

	"recompose/planner/create"
)

// TestValues: what the digests stand for, in the files' units.
func TestValues(t *testing.T) {
	info, interval := "info", types.Duration(30e9)
	svc := types.ServiceConfig{Name: "web", Restart: "on-failure:3"}
	svc.Image, svc.Command, svc.CPUS, svc.MemLimit = "app:1", []string{"sh", "-c", "echo hi"}, 1.5, 64<<20
	svc.Environment = types.MappingWithEquals{"LOG": &info, "EMPTY": new(string), "NONE": nil}
	svc.HealthCheck = &types.HealthCheckConfig{Test: []string{"CMD", "true"}, Interval: &interval}
	svc.Ports = []types.ServicePortConfig{{Target: 80, Published: "8080", Protocol: "tcp"}}
	svc.Volumes = []types.ServiceVolumeConfig{{Type: "volume", Source: "data", Target: "/data", ReadOnly: true}}
	svc.Expose = []string{"9000"}
	spec := create.Spec{
		Service: svc, Name: "demo-web-1", Image: "app:1", NetworkMode: "demo_default", Volumes: map[string]string{"data": "demo_data"},
		Networks: []create.Endpoint{{Key: "default", Network: "demo_default", Aliases: []string{"demo-web-1", "web"}}},
	}
	want := map[string][]string{
		"image": {"app:1"}, "command": {"sh", "-c", "echo hi"}, "cpus": {"1.5"}, "mem_limit": {"64MiB"}, "restart": {"on-failure:3"},
		"environment.LOG": {"info"}, "environment.EMPTY": {""}, "environment.NONE": {"(no value)"}, "healthcheck.test": {"CMD", "true"}, "healthcheck.interval": {"30s"},
		"ports.80/tcp": {"8080"}, "volumes./data": {"demo_data", "ro"}, "networks.demo_default.aliases": {"web"},
	}
	got := create.Values(spec)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error("(-want +got):\n", diff)
	}
	fields := create.Fields(spec)
	for key := range got {
		if fields[key] == "" {
			t.Errorf("%s has a value and no digest", key)
		}
	}
}
