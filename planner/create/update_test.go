package create

import (
	"testing"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/docker/docker/api/types/container"
	"github.com/google/go-cmp/cmp"
)

// TestUpdateRequest: all that can be changed is in the request, and what would
// otherwise stay as it was is said.
func TestUpdateRequest(t *testing.T) {
	attempts := uint64(4)
	for name, c := range map[string]struct {
		svc  types.ServiceConfig
		want container.UpdateConfig
	}{
		"nothing": {types.ServiceConfig{}, container.UpdateConfig{Resources: container.Resources{PidsLimit: new(int64)}, RestartPolicy: container.RestartPolicy{Name: "no"}}},
		"memory": {types.ServiceConfig{Restart: "on-failure:3", ContainerSpec: types.ContainerSpec{MemLimit: 100}},
			container.UpdateConfig{Resources: container.Resources{Memory: 100, MemorySwap: 200, PidsLimit: new(int64)}, RestartPolicy: container.RestartPolicy{Name: "on-failure", MaximumRetryCount: 3}}},
		"deploy": {types.ServiceConfig{Deploy: &types.DeployConfig{
			Resources:     types.Resources{Limits: &types.Resource{NanoCPUs: 0.25, MemoryBytes: 100}, Reservations: &types.Resource{MemoryBytes: 50}},
			RestartPolicy: &types.RestartPolicy{Condition: "on-failure", MaxAttempts: &attempts}}},
			container.UpdateConfig{Resources: container.Resources{Memory: 100, MemorySwap: 200, MemoryReservation: 50, NanoCPUs: 250_000_000, PidsLimit: new(int64)},
				RestartPolicy: container.RestartPolicy{Name: "on-failure", MaximumRetryCount: 4}}},
	} {
		got, err := Update(Spec{Service: c.svc})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		h := &container.HostConfig{Resources: got.Resources, RestartPolicy: got.RestartPolicy}
		if keys := Lacking(got, h); keys != nil {
			t.Errorf("%s: %v are lacking though all is there", name, keys)
		}
	}
}

// TestLive: digests of live values are those of the files' fields, but for a
// limit of swap that the engine made up.
func TestLive(t *testing.T) {
	svc := types.ServiceConfig{ContainerSpec: types.ContainerSpec{MemLimit: 100, PidsLimit: 7, CPUSet: "0"}, Restart: "always"}
	fields := Fields(Spec{Service: svc, NetworkMode: "bridge"})
	u, err := Update(Spec{Service: svc})
	if err != nil {
		t.Fatal(err)
	}
	h := &container.HostConfig{Resources: u.Resources, RestartPolicy: u.RestartPolicy}
	live := Live(h)
	for _, key := range []string{"mem_limit", "pids_limit", "cpuset", "restart"} {
		if live[key] == "" || live[key] != fields[key] {
			t.Errorf("%s: %q live, %q of the file", key, live[key], fields[key])
		}
	}
	if live["memswap_limit"] != "" || live[Given+"memswap_limit"] == "" {
		t.Errorf("the engine's limit of swap is taken for the file's: %v", live)
	}
	h.PidsLimit = new(int64)
	if live := Live(h); live["pids_limit"] != "" || live[Given+"pids_limit"] != Fields(Spec{Service: types.ServiceConfig{ContainerSpec: types.ContainerSpec{PidsLimit: -1}}})["pids_limit"] {
		t.Errorf("no limit of processes is not the file's -1: %v", live)
	}
	h.MemorySwap = 150
	if live := Live(h); live["memswap_limit"] == "" || live[Given+"memswap_limit"] != "" {
		t.Errorf("a limit of swap is taken for the engine's: %v", live)
	}

	// What has other limits now is seen, what never was taken over is not.
	h.Memory, h.CpusetCpus = 300, ""
	merged := WithLive(fields, Live(h))
	if merged["mem_limit"] == fields["mem_limit"] || merged["cpuset"] != fields["cpuset"] || merged["network_mode"] != fields["network_mode"] {
		t.Errorf("merged: %v of %v", merged, fields)
	}
	h.RestartPolicy = container.RestartPolicy{}
	if _, there := WithLive(fields, Live(h))["restart"]; there {
		t.Error("a restart policy that was taken away still counts")
	}
}

// TestDropped: a limit that the engine did not take at first is not tried
// again, one that was taken away in place is.
func TestDropped(t *testing.T) {
	digest := func(svc types.ContainerSpec) map[string]string {
		return Fields(Spec{Service: types.ServiceConfig{ContainerSpec: svc}})
	}
	limited := digest(types.ContainerSpec{MemLimit: 100, MemSwapLimit: 150, PidsLimit: 7})
	for name, c := range map[string]struct {
		key  string
		made map[string]string
		live container.Resources
		want bool
	}{
		"memory dropped":          {"mem_limit", limited, container.Resources{}, true},
		"memory taken":            {"mem_limit", limited, container.Resources{Memory: 50}, false},
		"memory never asked for":  {"mem_limit", nil, container.Resources{}, false},
		"no swap in the kernel":   {"memswap_limit", limited, container.Resources{Memory: 100, MemorySwap: -1}, true},
		"swap by default":         {"memswap_limit", limited, container.Resources{Memory: 100, MemorySwap: 200}, false},
		"swap without limit":      {"memswap_limit", digest(types.ContainerSpec{MemLimit: 100, MemSwapLimit: -1}), container.Resources{Memory: 100, MemorySwap: -1}, false},
		"processes without limit": {"pids_limit", limited, container.Resources{}, false},
	} {
		if got := Dropped(c.key, c.made, Live(&container.HostConfig{Resources: c.live})); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// TestAdoptedLimits: what an engine makes of limits is the file's, also where
// another tool asked for them.
func TestAdoptedLimits(t *testing.T) {
	h := &container.HostConfig{NetworkMode: "bridge", Resources: container.Resources{Memory: 100, MemorySwap: 200, PidsLimit: new(int64)}}
	c := container.InspectResponse{ContainerJSONBase: &container.ContainerJSONBase{ID: "a", HostConfig: h}, Config: &container.Config{}}
	got := FieldsOf(c, Defaults{}, nil)
	if got["memswap_limit"] != "" || got["pids_limit"] != "" || got[Given+"pids_limit"] == "" || got["mem_limit"] == "" {
		t.Errorf("by default: %v", got)
	}
	h.MemorySwap = 150
	if got := FieldsOf(c, Defaults{}, nil); got["memswap_limit"] == "" {
		t.Errorf("a limit of swap that was asked for: %v", got)
	}
}

// TestLacking names what an engine has not taken over.
func TestLacking(t *testing.T) {
	u, err := Update(Spec{Service: types.ServiceConfig{ContainerSpec: types.ContainerSpec{MemLimit: 100, MemReservation: 50, CPUSet: "0"}}})
	if err != nil {
		t.Fatal(err)
	}
	h := &container.HostConfig{Resources: container.Resources{Memory: 100, MemorySwap: -1, CpusetCpus: "0"}}
	if diff := cmp.Diff([]string{"mem_reservation"}, Lacking(u, h)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
