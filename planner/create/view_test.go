package create

import (
	"strings"
	"testing"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/mount"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/go-connections/nat"
	"github.com/docker/go-units"
	"github.com/google/go-cmp/cmp"
)

// TestOneConfigurationOneView holds that what means the same to the engine
// has the same digests, in whichever form a tool wrote it.
func TestOneConfigurationOneView(t *testing.T) {
	id := strings.Repeat("0a", 32)
	volumes := func(targets ...string) *container.Config {
		c := &container.Config{Volumes: map[string]struct{}{}}
		for _, v := range targets {
			c.Volumes[v] = struct{}{}
		}
		return c
	}
	none := &container.Config{}
	binds := func(b ...string) *container.HostConfig { return &container.HostConfig{Binds: b} }
	mounts := func(m ...mount.Mount) *container.HostConfig { return &container.HostConfig{Mounts: m} }
	type body struct {
		c *container.Config
		h *container.HostConfig
	}
	for name, same := range map[string][]body{
		"a named volume": {
			{none, binds("data:/data")}, {none, binds("data:/data:rw")}, {volumes("/data"), binds("data:/data/")},
			{none, mounts(mount.Mount{Type: mount.TypeVolume, Source: "data", Target: "/data"})},
			{none, mounts(mount.Mount{Type: mount.TypeVolume, Source: "data", Target: "/data", VolumeOptions: &mount.VolumeOptions{}})},
		},
		"a read-only bind with options": {
			{none, binds("/a:/b:z,ro,rslave")}, {none, binds("/a:/b:ro,rslave,z")},
		},
		"a read-only bind": {
			{none, binds("/a:/b:ro,cached")},
			{none, mounts(mount.Mount{Type: mount.TypeBind, Source: "/a", Target: "/b", ReadOnly: true, Consistency: "delegated",
				BindOptions: &mount.BindOptions{CreateMountpoint: true, Propagation: mount.PropagationRPrivate}})},
		},
		"a volume without a copy": {
			{none, binds("data:/data:nocopy")},
			{none, mounts(mount.Mount{Type: mount.TypeVolume, Source: "data", Target: "/data", VolumeOptions: &mount.VolumeOptions{NoCopy: true}})},
		},
		"an anonymous volume, carried over or not": {
			{volumes("/data"), binds()}, {volumes("/data/"), binds(id + ":/data:rw")}, {none, binds(id + ":/data")},
			{none, mounts(mount.Mount{Type: mount.TypeVolume, Target: "/data", VolumeOptions: &mount.VolumeOptions{}})},
			{none, mounts(mount.Mount{Type: mount.TypeVolume, Source: id, Target: "/data"})},
		},
		"capabilities": {
			{none, &container.HostConfig{CapAdd: []string{"CAP_NET_ADMIN", "sys_time"}}}, {none, &container.HostConfig{CapAdd: []string{"SYS_TIME", "NET_ADMIN"}}},
		},
		"limits in any order": {
			{none, &container.HostConfig{Resources: container.Resources{Ulimits: []*units.Ulimit{{Name: "a", Hard: 1}, {Name: "b", Hard: 2}}}}},
			{none, &container.HostConfig{Resources: container.Resources{Ulimits: []*units.Ulimit{{Name: "b", Hard: 2}, {Name: "a", Hard: 1}}}}},
		},
		"a free port": {
			{none, &container.HostConfig{PortBindings: nat.PortMap{"80/tcp": {{HostPort: "0"}, {HostPort: "8080"}}}}},
			{none, &container.HostConfig{PortBindings: nat.PortMap{"80/tcp": {{HostPort: "8080"}, {}}}}},
		},
		"the default bridge": {
			{none, &container.HostConfig{}}, {none, &container.HostConfig{NetworkMode: "default"}}, {none, &container.HostConfig{NetworkMode: "bridge"}},
		},
		"no restart": {
			{none, &container.HostConfig{}}, {none, &container.HostConfig{RestartPolicy: container.RestartPolicy{Name: "no"}}},
		},
		"volumes of another container": {
			{none, &container.HostConfig{VolumesFrom: []string{"data"}}}, {none, &container.HostConfig{VolumesFrom: []string{"data:rw"}}},
		},
		"a seccomp profile": {
			{none, &container.HostConfig{SecurityOpt: []string{`seccomp={"a":1}`}}}, {none, &container.HostConfig{SecurityOpt: []string{`seccomp={ "a": 1 }`}}},
		},
		"no confinement": {
			{none, &container.HostConfig{Privileged: true}}, {none, &container.HostConfig{Privileged: true, SecurityOpt: []string{"label=disable"}}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			first := viewOf(same[0].c, same[0].h, nil).digests()
			for i, other := range same[1:] {
				if diff := cmp.Diff(first, viewOf(other.c, other.h, nil).digests()); diff != "" {
					t.Errorf("form %d differs from the first:\n%s", i+2, diff)
				}
			}
		})
	}
}

// TestViewTellsApart holds that what differs for the engine has other digests.
func TestViewTellsApart(t *testing.T) {
	yes, no, zero := true, false, 0
	bodies := []struct {
		c container.Config
		h container.HostConfig
	}{
		{}, {h: container.HostConfig{Init: &yes}}, {h: container.HostConfig{Init: &no}}, {c: container.Config{StopTimeout: &zero}},
		{c: container.Config{Cmd: []string{}}}, {c: container.Config{Entrypoint: []string{}}},
		{c: container.Config{Env: []string{"A"}}}, {c: container.Config{Env: []string{"A="}}}, {c: container.Config{Labels: map[string]string{"A": ""}}},
		{h: container.HostConfig{Binds: []string{"/a:/b"}}}, {h: container.HostConfig{Binds: []string{"/a:/b:ro"}}}, {h: container.HostConfig{Binds: []string{"/a:/b:z"}}},
		{h: container.HostConfig{Binds: []string{"a:/b"}}}, {c: container.Config{Volumes: map[string]struct{}{"/b": {}}}},
		{h: container.HostConfig{Mounts: []mount.Mount{{Type: mount.TypeTmpfs, Target: "/b"}}}},
		{h: container.HostConfig{Mounts: []mount.Mount{{Type: mount.TypeTmpfs, Target: "/b", TmpfsOptions: &mount.TmpfsOptions{SizeBytes: 1}}}}},
		{h: container.HostConfig{Mounts: []mount.Mount{{Type: mount.TypeImage, Source: "a", Target: "/b"}}}},
		{h: container.HostConfig{MaskedPaths: []string{}}}, {h: container.HostConfig{Tmpfs: map[string]string{"/b": ""}}},
		{h: container.HostConfig{VolumesFrom: []string{"a"}}}, {h: container.HostConfig{VolumesFrom: []string{"a:ro"}}},
		{h: container.HostConfig{NetworkMode: "host"}}, {h: container.HostConfig{NetworkMode: "none"}},
		{c: container.Config{ExposedPorts: nat.PortSet{"80/tcp": {}}}}, {h: container.HostConfig{PortBindings: nat.PortMap{"80/tcp": {{}}}}},
	}
	seen := map[string]int{}
	for i, b := range bodies {
		hash := Hash(viewOf(&b.c, &b.h, nil).digests())
		if j, ok := seen[hash]; ok {
			t.Errorf("bodies %d and %d look the same", j, i)
		}
		seen[hash] = i
	}
}

// TestEndpointView holds that the main network's address is the container's,
// as engines before API 1.44 have it.
func TestEndpointView(t *testing.T) {
	host := &container.HostConfig{NetworkMode: "front"}
	old := viewOf(&container.Config{MacAddress: "02:42:ac:11:65:43"}, host, map[string]*network.EndpointSettings{"front": {}}) //nolint:staticcheck // the old place
	now := viewOf(&container.Config{}, host, map[string]*network.EndpointSettings{"front": {MacAddress: "02:42:ac:11:65:43"}})
	if diff := cmp.Diff(old.digests(), now.digests()); diff != "" {
		t.Error(diff)
	}
}

func TestSplitBind(t *testing.T) {
	for bind, want := range map[string][3]string{
		"data:/data":              {"data", "/data", ""},
		"/a:/b:ro,z":              {"/a", "/b", "ro,z"},
		`C:\data:D:\target:ro`:    {`C:\data`, `D:\target`, "ro"},
		`data:C:\target`:          {"data", `C:\target`, ""},
		`\\.\pipe\a:\\.\pipe\a`:   {`\\.\pipe\a`, `\\.\pipe\a`, ""},
		"/only":                   {"/only", "", ""},
		"c:/in/a/one-letter/name": {"c", "/in/a/one-letter/name", ""},
	} {
		source, target, options := splitBind(bind)
		if got := [3]string{source, target, options}; got != want {
			t.Errorf("%s: %q, want %q", bind, got, want)
		}
	}
}

func TestOlderThan(t *testing.T) {
	for _, test := range []struct {
		version, than string
		want          bool
	}{
		{"1.41", "1.44", true}, {"1.44", "1.44", false}, {"1.100", "1.44", false}, {"2.0", "1.44", false}, {"1", "1.44", true}, {"", "1.44", true}, {"x", "1.44", true},
	} {
		if got := OlderThan(test.version, test.than); got != test.want {
			t.Errorf("%q older than %q: %v", test.version, test.than, got)
		}
	}
}
