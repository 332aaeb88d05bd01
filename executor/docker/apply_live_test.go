package docker

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/google/go-cmp/cmp"

	"recompose/executor"
	"recompose/planner"
	"recompose/planner/create"
)

// liveProject applies actions to the engine of this machine, for a project of
// its own of which nothing is left after the test.
type liveProject struct {
	*Engine
	t           *testing.T
	ctx         context.Context
	name, image string
}

func newLiveProject(t *testing.T) *liveProject {
	t.Helper()
	e, ctx := liveEngine(t)
	image, _, err := buildTalker(t, e, ctx, &types.BuildConfig{Context: talkerFolder(t, map[string]string{"Dockerfile": talkerDockerfile})})
	if err != nil {
		t.Fatal(err)
	}
	p := &liveProject{Engine: e, t: t, ctx: ctx, name: image + "-project", image: image}
	t.Cleanup(p.remove)
	return p
}

func (p *liveProject) remove() {
	p.ctx = context.Background()
	s := p.observe()
	for _, c := range s.Containers {
		p.must(planner.KindContainer, planner.Remove{ID: c.ID, Force: true, Volumes: true})
	}
	for _, n := range s.Networks {
		p.must(planner.KindNetwork, planner.Remove{ID: n.ID})
	}
	for _, v := range s.Volumes {
		p.must(planner.KindVolume, planner.Remove{ID: v.Name})
	}
}

func (p *liveProject) apply(kind planner.Kind, payload planner.Payload) error {
	return p.Apply(p.ctx, planner.Action{Ref: planner.Ref{Kind: kind}, Payload: payload}, nil)
}

func (p *liveProject) must(kind planner.Kind, payload planner.Payload) {
	p.t.Helper()
	if err := p.apply(kind, payload); err != nil {
		p.t.Errorf("%T: %v", payload, err)
	}
}

func (p *liveProject) observe() planner.State {
	p.t.Helper()
	s, err := p.Observe(p.ctx, planner.Query{Projects: []string{p.name}})
	if err != nil {
		p.t.Fatal(err)
	}
	return s
}

func (p *liveProject) labels(service string) map[string]string {
	return map[string]string{planner.LabelProject: p.name, planner.LabelService: service, planner.LabelNumber: "1", planner.LabelOneOff: "False"}
}

// create makes a container of a service; its handle is its name.
func (p *liveProject) create(svc types.ServiceConfig, networks ...create.Endpoint) planner.Handle {
	p.t.Helper()
	spec := create.Spec{Service: svc, Name: p.name + "-" + svc.Name, Image: p.image, Labels: p.labels(svc.Name), NetworkMode: "none", Networks: networks}
	if len(networks) > 0 {
		spec.NetworkMode = networks[0].Network
	}
	p.must(planner.KindContainer, planner.CreateContainer{Spec: spec})
	return planner.Handle{Name: spec.Name}
}

func service(name string, command ...string) types.ServiceConfig {
	s := types.ServiceConfig{Name: name}
	s.Command = command
	return s
}

func probe(command ...string) *types.HealthCheckConfig {
	interval, retries := types.Duration(200*time.Millisecond), uint64(2)
	return &types.HealthCheckConfig{Test: append([]string{"CMD"}, command...), Interval: &interval, Retries: &retries}
}

// A container's whole life.
func TestLiveLife(t *testing.T) {
	p := newLiveProject(t)
	front, back := p.name+"-front", p.name+"-back"
	for _, name := range []string{front, back} {
		p.must(planner.KindNetwork, planner.CreateNetwork{Name: name, Labels: map[string]string{planner.LabelProject: p.name}})
	}
	p.must(planner.KindVolume, planner.CreateVolume{Name: p.name, Labels: map[string]string{planner.LabelProject: p.name}})
	web := service("web", "wait")
	web.HealthCheck = probe("/talker", "cat", "/etc/motto")
	web.Ports = []types.ServicePortConfig{{Target: 80, Protocol: "tcp"}}
	h := p.create(web, create.Endpoint{Network: front})
	p.must("", planner.Connect{Container: h, Endpoint: create.Endpoint{Network: back, Aliases: []string{"other"}}})
	p.must("", planner.CopyIn{Container: h, Files: []create.File{{Kind: "config", Name: "motto", Content: "festina lente", Target: "/etc/motto", UID: "3"}}})
	p.must("", planner.Start{Container: h})
	p.must("", planner.WaitHealthy{Container: h})

	s := p.observe()
	if len(s.Containers) != 1 || len(s.Networks) != 2 || len(s.Volumes) != 1 {
		t.Fatalf("observed %+v", s)
	}
	c := s.Containers[0]
	if c.Status != planner.StatusRunning || c.Health != planner.HealthHealthy || c.Service != "web" || c.Number != 1 || c.Image != p.image {
		t.Errorf("observed %+v", c)
	}
	var networks []string
	for _, n := range c.Networks {
		networks = append(networks, n.Network)
	}
	if d := cmp.Diff([]string{back, front}, networks); d != "" {
		t.Error(d)
	}
	if len(c.Ports) == 0 || c.Ports[0].Private != 80 || c.Ports[0].Host == 0 {
		t.Errorf("ports %+v", c.Ports)
	}
	p.must("", planner.RunHook{Container: h, Hook: types.ServiceHook{Command: []string{"/talker", "cat", "/etc/motto"}}})
	err := p.apply("", planner.RunHook{Container: h, Hook: types.ServiceHook{Command: []string{"/talker", "fail", "4"}}})
	if err == nil || !strings.Contains(err.Error(), "exit code 4") || !strings.Contains(err.Error(), "it failed") {
		t.Errorf("hook: %v", err)
	}
	err = p.apply(planner.KindNetwork, planner.Remove{ID: c.Networks[0].NetworkID})
	if err == nil || !strings.Contains(err.Error(), h.Name) {
		t.Errorf("removing a used network: %v", err)
	}
	p.must("", planner.Disconnect{Container: planner.Handle{ID: c.ID}, NetworkID: c.Networks[0].NetworkID})
	p.must("", planner.Disconnect{Container: planner.Handle{ID: c.ID}, NetworkID: c.Networks[0].NetworkID})
	p.must("", planner.Pause{Container: h})
	if c := p.observe().Containers[0]; c.Status != planner.StatusPaused {
		t.Errorf("status %s", c.Status)
	}
	p.must("", planner.Unpause{Container: h})
	p.must("", planner.Rename{Container: planner.Handle{ID: c.ID}, To: c.ID[:12] + "_" + c.Name})
	if c := p.observe().Containers[0]; c.Role != planner.RoleAside {
		t.Errorf("role %s of %s", c.Role, c.Name)
	}
	second := p.create(web)
	if err := p.apply("", planner.Rename{Container: planner.Handle{ID: c.ID}, To: second.Name}); !errors.Is(err, executor.ErrConflict) {
		t.Errorf("renaming to a name that is taken: %v", err)
	}
	p.must("", planner.Stop{Container: planner.Handle{ID: c.ID}})
	p.must("", planner.Stop{Container: planner.Handle{ID: c.ID}})
	p.must("", planner.Kill{Container: planner.Handle{ID: c.ID}, Signal: "SIGKILL"})
	p.must(planner.KindContainer, planner.Remove{ID: c.ID, Volumes: true})
	p.must(planner.KindContainer, planner.Remove{ID: c.ID, Volumes: true})
	if i := slices.IndexFunc(p.observe().Containers, func(o planner.Container) bool { return o.ID == c.ID }); i >= 0 {
		t.Error("the container is still there")
	}
}

// What an engine refuses is told in our words: they depend on the engine's.
func TestLiveRefusals(t *testing.T) {
	p := newLiveProject(t)
	network := create.Endpoint{Network: p.name}
	p.must(planner.KindNetwork, planner.CreateNetwork{Name: p.name, Labels: map[string]string{planner.LabelProject: p.name}})
	if err := p.apply(planner.KindNetwork, planner.CreateNetwork{Name: p.name}); !errors.Is(err, executor.ErrConflict) {
		t.Errorf("network name: %v", err)
	}
	expect := func(what, want string, err error) {
		t.Helper()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want it to say %q", what, err, want)
		}
	}
	start := func(h planner.Handle) error { return p.apply("", planner.Start{Container: h}) }

	gone := service("gone")
	err := p.apply("", planner.CreateContainer{Spec: create.Spec{Service: gone, Name: p.name + "-gone", Image: p.image + "-gone"}})
	if !errors.Is(err, executor.ErrNotFound) {
		t.Errorf("image: %v", err)
	}
	expect("image", "service gone: the engine has no image "+p.image+"-gone", err)

	absent := service("absent")
	absent.Entrypoint = []string{"/absent"}
	expect("command", `no command "/absent"`, start(p.create(absent, network)))

	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	_, port, _ := net.SplitHostPort(taken.Addr().String())
	busy := service("busy", "wait")
	busy.Ports = []types.ServicePortConfig{{Target: 80, HostIP: "127.0.0.1", Published: port, Protocol: "tcp"}}
	expect("busy port", "in use by another program", start(p.create(busy, network)))

	first := service("first", "wait")
	first.Ports = []types.ServicePortConfig{{Target: 80, HostIP: "127.0.0.1", Protocol: "tcp"}}
	h := p.create(first, network)
	p.must("", planner.Start{Container: h})
	for _, c := range p.observe().Containers {
		if c.Name == h.Name {
			port = strconv.Itoa(c.Ports[0].Host)
		}
	}
	second := service("second", "wait")
	second.Ports = []types.ServicePortConfig{{Target: 80, HostIP: "127.0.0.1", Published: port, Protocol: "tcp"}}
	expect("published port", "published by another container", start(p.create(second, network)))

	mounting := service("mounting", "wait")
	mounting.Volumes = []types.ServiceVolumeConfig{{Type: types.VolumeTypeBind, Source: "/absent/folder", Target: "/x", Bind: &types.ServiceVolumeBind{}}}
	spec := create.Spec{Service: mounting, Name: p.name + "-mounting", Image: p.image, Labels: p.labels("mounting"), NetworkMode: "none"}
	expect("mount", "/absent/folder, to be mounted, is not there", p.apply("", planner.CreateContainer{Spec: spec}))

	again := create.Spec{Service: first, Name: h.Name, Image: p.image}
	if err := p.apply("", planner.CreateContainer{Spec: again}); !errors.Is(err, executor.ErrConflict) {
		t.Errorf("name: %v", err)
	}
}

// Waits end with the container's state, and say what it said last.
func TestLiveWaits(t *testing.T) {
	p := newLiveProject(t)
	sick := service("sick", "wait")
	sick.HealthCheck = probe("/talker", "fail", "7")
	brief := service("brief", "say", "a last word", "")
	brief.HealthCheck = probe("/talker", "cat", "/none")
	for _, c := range []struct {
		svc     types.ServiceConfig
		payload func(planner.Handle) planner.Payload
		want    []string // in the error; none: no error
	}{
		{service("failing", "fail", "9"), func(h planner.Handle) planner.Payload { return planner.WaitCompleted{Container: h} }, []string{"exited with code 9", "it failed"}},
		{service("done", "say", "x", "y"), func(h planner.Handle) planner.Payload { return planner.WaitCompleted{Container: h} }, nil},
		{sick, func(h planner.Handle) planner.Payload { return planner.WaitHealthy{Container: h} }, []string{"is unhealthy", "exit code 7", "it failed"}},
		{brief, func(h planner.Handle) planner.Payload { return planner.WaitHealthy{Container: h} }, []string{"exited with code 0", "a last word"}},
		{service("plain", "wait"), func(h planner.Handle) planner.Payload { return planner.WaitHealthy{Container: h, OrRunning: true} }, nil},
	} {
		h := p.create(c.svc)
		p.must("", planner.Start{Container: h})
		err := p.apply("", c.payload(h))
		if len(c.want) == 0 && err != nil {
			t.Errorf("%s: %v", c.svc.Name, err)
		}
		for _, want := range c.want {
			if !errors.Is(err, executor.ErrUnhealthy) || !strings.Contains(fmt.Sprint(err), want) {
				t.Errorf("%s: got %v, want it to say %q", c.svc.Name, err, want)
			}
		}
	}
}

// An engine behind ssh is reached as the docker command reaches it; a program
// in the place of ssh runs the far side here.
func TestLiveSSH(t *testing.T) {
	liveEngine(t)
	far, err := exec.LookPath("docker")
	if err != nil {
		t.Skip("needs the docker command on the far side")
	}
	bin := t.TempDir()
	if err := os.WriteFile(filepath.Join(bin, "ssh"), []byte("#!/bin/sh\nexec "+far+" system dial-stdio\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	e, err := New(Options{Host: "ssh://me@there", ConfigDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	s, err := e.Observe(t.Context(), planner.Query{Info: true, Foreign: true})
	if err != nil || s.Engine.CPUs == 0 || s.Engine.Local || s.Engine.Version == "" {
		t.Errorf("engine %+v, error %v", s.Engine, err)
	}
}
