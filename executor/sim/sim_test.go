package sim_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/google/go-cmp/cmp"

	"recompose/executor"
	"recompose/executor/sim"
	"recompose/planner"
	"recompose/planner/create"
)

// bench applies actions to an engine that has an image "app".
type bench struct {
	t *testing.T
	*sim.Engine
}

func newBench(t *testing.T) bench {
	e := sim.New()
	e.AddImage(planner.Image{Tags: []string{"app"}, Config: &planner.ImageConfig{Volumes: []string{"/image"}}})
	return bench{t, e}
}

func (b bench) try(p planner.Payload) error {
	return b.tryOn(planner.KindContainer, p)
}

func (b bench) tryOn(kind planner.Kind, p planner.Payload) error {
	return b.Apply(context.Background(), planner.Action{Ref: planner.Ref{Kind: kind}, Payload: p}, func(executor.Progress) {})
}

func (b bench) must(ps ...planner.Payload) {
	b.t.Helper()
	for _, p := range ps {
		if err := b.try(p); err != nil {
			b.t.Fatalf("%T: %v", p, err)
		}
	}
}

// refused checks that the engine says no, in the words and of the kind that
// are wanted.
func (b bench) refused(err error, words string, kind error) {
	b.t.Helper()
	switch {
	case err == nil:
		b.t.Errorf("was allowed, not refused because %q", words)
	case !strings.Contains(err.Error(), words):
		b.t.Errorf("%v: does not say %q", err, words)
	case kind != nil && !errors.Is(err, kind):
		b.t.Errorf("%v: is not %v", err, kind)
	}
}

func (b bench) container(name string) planner.Container {
	b.t.Helper()
	s, err := b.Observe(context.Background(), planner.Query{Foreign: true, AllProjects: true})
	if err != nil {
		b.t.Fatal(err)
	}
	for _, c := range append(s.Foreign, s.Containers...) {
		if c.Name == name {
			return c
		}
	}
	b.t.Fatal("no container", name)
	return planner.Container{}
}

func on(name string) planner.Handle { return planner.Handle{Name: name} }

func spec(name string, change ...func(*create.Spec)) planner.CreateContainer {
	s := create.Spec{Name: name, Image: "app", NetworkMode: "bridge", Service: types.ServiceConfig{Name: name},
		Labels: map[string]string{planner.LabelProject: "p", planner.LabelService: name, planner.LabelNumber: "1"}}
	for _, f := range change {
		f(&s)
	}
	return planner.CreateContainer{Spec: s}
}

func onNetwork(names ...string) func(*create.Spec) {
	return func(s *create.Spec) {
		s.NetworkMode = names[0]
		for _, n := range names {
			s.Networks = append(s.Networks, create.Endpoint{Network: n})
		}
	}
}

func publishing(port string) func(*create.Spec) {
	return func(s *create.Spec) {
		s.Service.Ports = []types.ServicePortConfig{{Target: 80, Published: port, Protocol: "tcp"}}
	}
}

func withVolume(source, target string) func(*create.Spec) {
	return func(s *create.Spec) {
		s.Service.Volumes = append(s.Service.Volumes, types.ServiceVolumeConfig{Type: types.VolumeTypeVolume, Source: source, Target: target})
	}
}

func checked(s *create.Spec) {
	s.Service.HealthCheck = &types.HealthCheckConfig{Test: types.HealthCheckTest{"CMD", "/ok"}}
}

func TestNamesAndIDs(t *testing.T) {
	b := newBench(t)
	b.must(spec("a"), spec("b"))
	b.refused(b.try(spec("a")), "in use", executor.ErrConflict)
	b.refused(b.try(planner.Rename{Container: on("a"), To: "b"}), "in use", executor.ErrConflict)
	b.refused(b.try(planner.Start{Container: on("c")}), "no such container", executor.ErrNotFound)
	id := b.container("a").ID
	b.must(planner.Rename{Container: planner.Handle{ID: id, Name: "a"}, To: id[:12] + "_a"}, spec("a"))
	if got := b.container(id[:12] + "_a").Role; got != planner.RoleAside {
		t.Error("a container that was set aside is", got)
	}
	if b.container("a").ID == id {
		t.Error("two containers have one id")
	}
	b.must(planner.CreateNetwork{Name: "n"})
	b.refused(b.try(planner.CreateNetwork{Name: "n"}), "exists", executor.ErrConflict)
	other := newBench(t)
	other.must(spec("a"))
	if other.container("a").ID != id {
		t.Error("equal calls give other ids")
	}
}

func TestInUse(t *testing.T) {
	b := newBench(t)
	b.must(planner.CreateNetwork{Name: "n"}, planner.CreateVolume{Name: "v"}, spec("a", onNetwork("n"), withVolume("v", "/v")), planner.Start{Container: on("a")})
	b.refused(b.tryOn(planner.KindNetwork, planner.Remove{ID: "n"}), "active endpoints", nil)
	b.refused(b.tryOn(planner.KindVolume, planner.Remove{ID: "v"}), "in use by a", nil)
	b.refused(b.try(planner.RemoveImage{Image: "app"}), "used by container a", nil)
	b.refused(b.try(planner.Remove{ID: "a"}), "stop it first", nil)
	b.must(planner.Stop{Container: on("a")})
	b.refused(b.tryOn(planner.KindVolume, planner.Remove{ID: "v"}), "in use by a", nil)
	if err := b.tryOn(planner.KindNetwork, planner.Remove{ID: "n"}); err != nil {
		t.Error("stopped containers hold no network:", err)
	}
	b.must(planner.CreateNetwork{Name: "n"})
	b.refused(b.try(planner.Start{Container: on("a")}), "not found", executor.ErrNotFound)
	b.must(planner.Remove{ID: "a"}, planner.RemoveImage{Image: "app"})
	b.refused(b.try(spec("b")), "no such image", executor.ErrNotFound)
}

func TestNetworks(t *testing.T) {
	b := newBench(t)
	b.must(planner.CreateNetwork{Name: "n"}, planner.CreateNetwork{Name: "m"}, spec("a", onNetwork("n", "m")), spec("b", onNetwork("n")))
	if got := b.container("a").Networks; len(got) != 1 || got[0].NetworkID != "" {
		t.Error("before 1.44 a container is created on its first network, and on none in truth before it starts:", got)
	}
	b.must(planner.Connect{Container: on("a"), Endpoint: create.Endpoint{Network: "m", IPv4: "10.0.0.9"}}, planner.Start{Container: on("a")}, planner.Start{Container: on("b")})
	a, other := b.container("a").Networks, b.container("b").Networks
	if a[0].IP == other[0].IP || a[0].NetworkID != other[0].NetworkID || a[1].IP != "10.0.0.9" {
		t.Error("addresses:", a, other)
	}
	b.refused(b.try(planner.Connect{Container: on("a"), Endpoint: create.Endpoint{Network: "none"}}), "not found", executor.ErrNotFound)
	b.must(planner.Disconnect{Container: on("a"), NetworkID: "m"})
	if got := b.container("a").Networks; len(got) != 1 {
		t.Error("still on", got)
	}
	b.must(spec("c", func(s *create.Spec) { s.NetworkMode = "container:a" }), planner.Stop{Container: on("a")})
	b.refused(b.try(planner.Start{Container: on("c")}), "does not run", nil)
	b.must(spec("d", func(s *create.Spec) { s.Links = []string{"a:alias"} }))
	b.refused(b.try(planner.Start{Container: on("d")}), "cannot link", nil)
}

func TestPorts(t *testing.T) {
	b := newBench(t)
	b.must(spec("a", publishing("8080")), spec("b", publishing("8080")), spec("c", publishing("8080-8081")), spec("d", publishing("8080-8081")), spec("e", publishing("")))
	b.must(planner.Start{Container: on("a")}, planner.Start{Container: on("c")}, planner.Start{Container: on("e")})
	b.refused(b.try(planner.Start{Container: on("b")}), "allocated", nil)
	b.refused(b.try(planner.Start{Container: on("d")}), "allocated", nil)
	if got := b.container("c").Ports; len(got) != 1 || got[0].Host != 8081 {
		t.Error("from the range:", got)
	}
	if got := b.container("e").Ports; len(got) != 1 || got[0].Host == 0 {
		t.Error("any port:", got)
	}
	b.must(planner.Stop{Container: on("a")}, planner.Start{Container: on("b")})
}

func TestVolumesOutliveContainers(t *testing.T) {
	b := newBench(t)
	b.must(spec("a", withVolume("", "/anonymous"), withVolume("named", "/named")), planner.Start{Container: on("a")})
	for _, path := range []string{"/anonymous/x", "/named/x", "/image/x", "/own/x"} {
		if err := b.WriteFile("a", path, path); err != nil {
			t.Fatal(err)
		}
	}
	reader := func(s *create.Spec) { s.VolumesFrom = []string{"a:ro"} }
	b.must(spec("b", reader))
	var inherit []create.Inherited
	for _, m := range b.container("a").Mounts {
		if len(m.Name) == 64 {
			inherit = append(inherit, create.Inherited{Volume: m.Name, Target: m.Destination})
		}
	}
	b.must(planner.Remove{ID: "a", Force: true}, spec("c", withVolume("", "/anonymous"), func(s *create.Spec) { s.Inherit = inherit }))
	type file struct{ container, path string }
	for f, want := range map[file]bool{
		{"b", "/anonymous/x"}: true, {"b", "/named/x"}: true, {"b", "/image/x"}: true, {"b", "/own/x"}: false,
		{"c", "/anonymous/x"}: true, {"c", "/named/x"}: false, {"c", "/image/x"}: true,
	} {
		if got, ok := b.ReadFile(f.container, f.path); ok != want || ok && got != f.path {
			t.Errorf("%v: %q %v", f, got, ok)
		}
	}
	for _, m := range b.container("b").Mounts {
		if m.Destination != "/image" && !m.ReadOnly {
			t.Error("volumes_from with ro gave", m)
		}
	}
	// What another container still uses stays, though it is removed with -v.
	b.must(planner.Remove{ID: "c", Volumes: true})
	if _, ok := b.ReadFile("b", "/anonymous/x"); !ok {
		t.Error("a volume that is in use was removed")
	}
	b.must(planner.Remove{ID: "b", Volumes: true})
	for _, i := range inherit {
		b.refused(b.tryOn(planner.KindVolume, planner.Remove{ID: i.Volume}), "no such volume", executor.ErrNotFound)
	}
	if err := b.tryOn(planner.KindVolume, planner.Remove{ID: "named"}); err != nil {
		t.Error("a named volume went with its container:", err)
	}
}

func TestStates(t *testing.T) {
	b := newBench(t)
	b.must(spec("a"))
	status := func(want planner.Status, code int) {
		t.Helper()
		if c := b.container("a"); c.Status != want || c.ExitCode != code {
			t.Errorf("%s with %d, not %s with %d", c.Status, c.ExitCode, want, code)
		}
	}
	status(planner.StatusCreated, 0)
	b.refused(b.try(planner.Pause{Container: on("a")}), "it is created", nil)
	b.refused(b.try(planner.Kill{Container: on("a")}), "does not run", nil)
	b.must(planner.Start{Container: on("a")}, planner.Kill{Container: on("a"), Signal: "HUP"}, planner.Pause{Container: on("a")})
	status(planner.StatusPaused, 0)
	b.refused(b.try(planner.Start{Container: on("a")}), "paused", nil)
	b.must(planner.Unpause{Container: on("a")}, planner.Kill{Container: on("a"), Signal: "SIGTERM"})
	status(planner.StatusExited, 143)
	b.must(planner.Start{Container: on("a")}, planner.Kill{Container: on("a")})
	status(planner.StatusExited, 137)
	b.Behave("a", sim.Behavior{Exits: true, ExitCode: 3, Exec: 4})
	b.must(planner.Start{Container: on("a")})
	status(planner.StatusExited, 3)
	b.refused(b.try(planner.RunHook{Container: on("a")}), "does not run", nil)
}

func TestWaits(t *testing.T) {
	b := newBench(t)
	b.must(spec("plain"), spec("checked", checked), spec("job"))
	b.refused(b.try(planner.WaitHealthy{Container: on("plain")}), "created", executor.ErrUnhealthy)
	b.must(planner.Start{Container: on("plain")}, planner.Start{Container: on("checked")}, planner.Start{Container: on("job")})
	b.must(planner.WaitHealthy{Container: on("checked")}, planner.WaitHealthy{Container: on("plain"), OrRunning: true}, planner.WaitCompleted{Container: on("job")})
	b.must(planner.WaitHealthy{Container: on("job"), OrCompleted: true})
	b.refused(b.try(planner.WaitHealthy{Container: on("plain")}), "no healthcheck", executor.ErrUnhealthy)
	b.Behave("checked", sim.Behavior{Health: planner.HealthUnhealthy})
	b.must(planner.Stop{Container: on("checked")}, planner.Start{Container: on("checked")})
	b.refused(b.try(planner.WaitHealthy{Container: on("checked")}), "unhealthy", executor.ErrUnhealthy)
	b.Behave("checked", sim.Behavior{Health: planner.HealthStarting, Hangs: true})
	b.must(planner.Stop{Container: on("checked")}, planner.Start{Container: on("checked")})
	b.refused(b.try(planner.WaitHealthy{Container: on("checked"), Timeout: 60}), "in time", nil)
	b.refused(b.try(planner.WaitCompleted{Container: on("checked"), Timeout: 60}), "in time", nil)
	b.Behave("job", sim.Behavior{ExitCode: 5})
	b.must(planner.Start{Container: on("job")})
	b.refused(b.try(planner.WaitCompleted{Container: on("job")}), "exited with 5", nil)

	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() {
		ended <- b.Apply(ctx, planner.Action{Payload: planner.WaitHealthy{Container: on("checked")}}, nil)
	}()
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Error("a wait without limit ends with its context, not with", err)
	}
}

func TestImages(t *testing.T) {
	b := newBench(t)
	b.refused(b.try(planner.PullImage{Image: "web:1"}), "denied", executor.ErrNotFound)
	b.Offer(planner.Image{Tags: []string{"web:1"}})
	b.must(planner.PullImage{Image: "web:1"})
	id := func(ref string) string {
		s, err := b.Observe(context.Background(), planner.Query{Images: true})
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range s.Images {
			if slices.Contains(i.Tags, ref) {
				return i.ID
			}
		}
		return ""
	}
	pulled := id("web:1")
	b.must(planner.PullImage{Image: "web:1"})
	if pulled == "" || id("web:1") != pulled {
		t.Error("the same image was pulled as another one")
	}
	build := planner.BuildImage{Service: "web", Image: "web:1", Config: &types.BuildConfig{Context: "."}}
	b.must(build)
	built := id("web:1")
	b.must(build)
	if built == pulled || id("web:1") != built {
		t.Error("builds of the same give", built, id("web:1"))
	}
	b.Edit("web")
	b.must(build)
	if id("web:1") == built {
		t.Error("an edit changes nothing")
	}
	b.must(planner.PushImage{Image: "web:1"})
	b.refused(b.try(planner.PushImage{Image: "none"}), "no such image", executor.ErrNotFound)
}

func TestWatch(t *testing.T) {
	b := newBench(t)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var got []string
	ended := make(chan error)
	go func() {
		ended <- b.Watch(ctx, "p", executor.Span{}, func(e executor.ContainerEvent) {
			if got = append(got, e.Action+" "+e.Service); e.Action == "destroy" {
				cancel()
			}
		})
	}()
	<-b.Watched()
	b.must(spec("a"), planner.Start{Container: on("a")}, planner.Remove{ID: "a", Force: true})
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if diff := cmp.Diff([]string{"create a", "start a", "die a", "destroy a"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestStreams(t *testing.T) {
	b := newBench(t)
	b.Behave("a", sim.Behavior{Output: []string{"one", "two"}, ExitCode: 6, Exec: 7})
	b.must(spec("a"))
	var out strings.Builder
	code, err := b.AttachAndStart(context.Background(), "a", executor.ExecOptions{Stdout: &out})
	if err != nil || code != 6 || out.String() != "one\ntwo\n" {
		t.Error(code, err, out.String())
	}
	var l lines
	if err := b.Logs(context.Background(), "a", executor.LogOptions{Follow: true}, &l); err != nil || len(l) != 2 {
		t.Error(l, err)
	}
	if _, err := b.Exec(context.Background(), "a", executor.ExecOptions{}); err == nil {
		t.Error("a command ran in a container that has ended")
	}
	b.must(planner.Start{Container: on("a")})
	if code, err := b.Exec(context.Background(), "a", executor.ExecOptions{}); err != nil || code != 7 {
		t.Error(code, err)
	}
	l = nil
	b.SetOutput(&l)
	b.must(planner.Stop{Container: on("a")}, planner.Attach{Container: on("a")}, planner.Start{Container: on("a")})
	if len(l) != 2 {
		t.Error("attached, but wrote", l)
	}
}

type lines []string

func (l *lines) Line(_ planner.Ref, _ bool, _ time.Time, line []byte) { *l = append(*l, string(line)) }
