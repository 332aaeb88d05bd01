package create_test

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/network"
	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"recompose/planner"
	"recompose/planner/create"
)

// recording is a file of testdata/adopt: a compose file, and what another
// Compose tool made of it on a real engine.
type recording struct {
	folder
	containers []container.InspectResponse
	images     map[string]struct {
		ID     string `json:"Id"`
		Config struct {
			Env, Cmd, Entrypoint []string
			Labels               map[string]string
			ExposedPorts         map[string]struct{}
			Volumes              map[string]struct{}
			User, WorkingDir     string
			StopSignal           string
			Healthcheck          *container.HealthConfig
		}
	}
}

func readRecording(t *testing.T, file string) recording {
	t.Helper()
	ar, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	parts := sections(ar)
	r := recording{folder: newFolder(t, parts)}
	for name, into := range map[string]any{"containers.json": &r.containers, "images.json": &r.images} {
		if err := json.Unmarshal([]byte(strings.ReplaceAll(parts[name], "$DIR", r.dir)), into); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	return r
}

// state is what an engine with these containers answers, all running.
func (r recording) state() planner.State {
	s := planner.State{Engine: engine("1.41"), Answered: planner.Query{Foreign: true, Info: true}}
	names := map[string]string{}
	for _, c := range r.containers {
		names[c.ID] = strings.TrimPrefix(c.Name, "/")
	}
	for name, img := range r.images {
		s.Images = append(s.Images, planner.Image{ID: img.ID, Tags: []string{name + ":latest"}, Config: &planner.ImageConfig{}})
	}
	for _, c := range r.containers {
		o := planner.ReadLabels(planner.Container{
			ID: c.ID, Name: names[c.ID], Image: c.Config.Image, ImageID: c.Image, Status: planner.StatusRunning, Labels: c.Config.Labels,
		})
		defaults := r.defaults(c.Config.Image)
		if c.HostConfig.Annotations["io.container.manager"] == "libpod" {
			c, defaults = create.FromPodman(c, defaults)
		}
		o.Fields, o.Adopted = create.FieldsOf(c, defaults, names), true
		for name := range c.NetworkSettings.Networks {
			o.Networks = append(o.Networks, planner.Attachment{Network: name, NetworkID: name})
			if key, ok := strings.CutPrefix(name, "demo_"); ok && !slices.ContainsFunc(s.Networks, func(n planner.Network) bool { return n.ID == name }) {
				s.Networks = append(s.Networks, planner.Network{ID: name, Name: name, Driver: "bridge", Project: "demo", Key: key})
			}
		}
		s.Containers = append(s.Containers, o)
	}
	return s
}

func (r recording) defaults(image string) create.Defaults {
	c := r.images[image].Config
	d := create.Defaults{Env: c.Env, Cmd: c.Cmd, Entrypoint: c.Entrypoint, Labels: c.Labels, User: c.User, WorkingDir: c.WorkingDir,
		StopSignal: c.StopSignal, Healthcheck: c.Healthcheck}
	for p := range c.ExposedPorts {
		d.ExposedPorts = append(d.ExposedPorts, p)
	}
	for v := range c.Volumes {
		d.Volumes = append(d.Volumes, v)
	}
	return d
}

// fates are what `up` does with each container: "keep", or "create" and the
// keys that differ.
func fates(plan planner.Plan) map[string]string {
	out := map[string]string{}
	for _, p := range plan.Problems {
		out[p.Text] = p.Hint
	}
	for _, a := range plan.Actions {
		if a.Ref.Kind != planner.KindContainer || a.Op != planner.OpKeep && a.Op != planner.OpCreateContainer {
			continue
		}
		words := []string{string(a.Op), a.Reason.Text}
		for _, c := range a.Reason.Changes {
			words = append(words, c.Key)
		}
		out[a.Ref.Name] = strings.Join(words, " ")
	}
	return out
}

// notAdopted are the containers that `up` replaces though their files are
// unchanged, because the tool that made them did not do what the files say.
var notAdopted = map[string]map[string]string{
	// docker-compose 1.29.2 warns that it ignores configs.
	"dc1-v3": {"demo_web_1": "create its configuration differs volumes./app"},
}

// TestAdopt holds that what docker-compose 1.29.2 and docker compose v5 made
// of a file stays when `up` takes the same file over.
func TestAdopt(t *testing.T) {
	files, err := filepath.Glob("testdata/adopt/*.txtar")
	if err != nil || len(files) < 6 {
		t.Fatal("recordings are missing", err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txtar")
		t.Run(name, func(t *testing.T) {
			r := readRecording(t, file)
			plan := planner.Make(r.load("docker-compose.yml"), r.state(), planner.Target{Goal: planner.GoalUp, Replicas: map[string]int{}})
			want := map[string]string{}
			for _, c := range r.containers {
				n := strings.TrimPrefix(c.Name, "/")
				want[n] = "keep up to date"
				if fate, ok := notAdopted[name][n]; ok {
					want[n] = fate
				}
			}
			if diff := cmp.Diff(want, fates(plan)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if notAdopted[name] == nil && !plan.Needs.Empty() {
				t.Errorf("the plan wants to know more: %+v", plan.Needs)
			}
		})
	}
}

// TestAdoptNoticesChanges holds that each change of the file is seen on an
// adopted container, under its key.
func TestAdoptNoticesChanges(t *testing.T) {
	for _, test := range []struct{ recording, from, to, keys string }{
		{"dc1-v1", `A: "1"`, `A: "2"`, "environment.A"},
		{"dc1-v1", `OVERRIDDEN: mine`, `OVERRIDDEN: image`, "environment.OVERRIDDEN"},
		{"dc1-v1", `8081:8080`, `8082:8080`, "ports.8080/tcp"},
		{"dc1-v1", `"plain:other"`, `"plain:another"`, "links"},
		{"dc1-v1", `"plain:ro"`, `"plain:rw"`, "volumes_from"},
		{"dc1-v1", `./here:/here:ro`, `./here:/here`, "volumes./here"},
		{"dc1-v1", `, "/anonymous"`, ``, "volumes./anonymous"},
		{"dc1-v1", `user: "1000"`, `user: "0"`, "user"},
		{"dc1-v1", `hostname: web01`, `hostname: web02`, "hostname"},
		{"dc1-v1", `max-size: 1m`, `max-size: 2m`, "logging.options.max-size"},
		{"dc1-v1", `42:ac:11:65:43`, `42:ac:11:65:44`, "mac_address"},
		{"dc1-v1", `restart: on-failure:5`, `restart: always`, "restart"},
		{"dc1-podman", `mem_limit: 64m`, `mem_limit: 65m`, "mem_limit"},
		{"dc1-podman", `cpus: 0.5`, `cpus: 0.6`, "cpus"},
		{"dc1-podman", `pids_limit: 100`, `pids_limit: 101`, "pids_limit"},
		{"dc1-podman", `{A: b}`, `{A: c}`, "environment.A"},
		{"dc1-podman", `8081:80`, `8082:80`, "ports.80/tcp"},
		{"dc1-podman", `/here:ro`, `/here`, "volumes./here"},
		{"dc1-podman", `tmpfs: /t`, `tmpfs: "/t:size=1m"`, "tmpfs./t"},
		{"dc1-podman", `nofile: 1024`, `nofile: 1025`, "ulimits.nofile"},
		{"dc1-podman", `interval: 5s`, `interval: 6s`, "healthcheck.interval"},
		{"dc1-v2", `web.local`, `web.other`, "networks.demo_back.aliases"},
		{"dc1-v2", `10.213.5.10`, `10.213.5.11`, "networks.demo_back.ipv4_address"},
		{"dc1-v2", `/here:z`, `/here:Z`, "volumes./here"},
		{"dc1-v2", `init: true`, `init: false`, "init"},
		{"dc1-v2", `stop_grace_period: 3s`, `stop_grace_period: 4s`, "stop_grace_period"},
		{"dc1-v2", `somaxconn: 1024`, `somaxconn: 1025`, "sysctls.net.core.somaxconn"},
		{"dc1-v2", `retries: 2`, `retries: 3`, "healthcheck.retries"},
		{"dc1-v2", `, NOWHERE]`, `]`, "environment.NOWHERE"},
	} {
		t.Run(test.keys, func(t *testing.T) {
			r := readRecording(t, filepath.Join("testdata/adopt", test.recording+".txtar"))
			r.change(test.from, test.to)
			plan := planner.Make(r.load("docker-compose.yml"), r.state(), planner.Target{Goal: planner.GoalUp, Replicas: map[string]int{}})
			var keys []string
			for _, a := range plan.Actions {
				if a.Ref.Service == "web" && a.Op == planner.OpCreateContainer {
					for _, c := range a.Reason.Changes {
						keys = append(keys, c.Key)
					}
				}
			}
			if diff := cmp.Diff([]string{test.keys}, keys); diff != "" {
				t.Errorf("changed keys (-want +got):\n%s", diff)
			}
		})
	}
}

// TestAdoptOnNewerEngines holds that what engines since API 1.44 tell in
// another way makes no difference.
func TestAdoptOnNewerEngines(t *testing.T) {
	for _, name := range []string{"dc1-v1", "dc1-v2", "v5-links", "v5-rich"} {
		t.Run(name, func(t *testing.T) {
			r := readRecording(t, filepath.Join("testdata/adopt", name+".txtar"))
			for _, c := range r.containers {
				if c.HostConfig.NetworkMode == "default" {
					c.HostConfig.NetworkMode = "bridge"
				}
				mac := c.Config.MacAddress //nolint:staticcheck // moved to the endpoint
				c.Config.MacAddress = ""   //nolint:staticcheck // the same
				for network, e := range c.NetworkSettings.Networks {
					e.Aliases = slices.DeleteFunc(e.Aliases, func(a string) bool { return a == c.ID[:12] })
					if e.MacAddress == "" && network == string(c.HostConfig.NetworkMode) {
						e.MacAddress = mac
					}
				}
				c.Config.Labels["desktop.docker.io/binds/0/Source"] = "/here"
			}
			s := r.state()
			s.Engine = engine("1.51")
			for container, fate := range fates(planner.Make(r.load("docker-compose.yml"), s, planner.Target{Goal: planner.GoalUp, Replicas: map[string]int{}})) {
				if fate != "keep up to date" {
					t.Errorf("%s: %s", container, fate)
				}
			}
		})
	}
}

// TestFieldsOfNothing holds that an answer that lacks parts is no field.
func TestFieldsOfNothing(t *testing.T) {
	for _, c := range []container.InspectResponse{{}, {ContainerJSONBase: &container.ContainerJSONBase{}}, {Config: &container.Config{}}} {
		if fields := create.FieldsOf(c, create.Defaults{}, nil); fields != nil {
			t.Errorf("%v", fields)
		}
	}
	whole := container.InspectResponse{ContainerJSONBase: &container.ContainerJSONBase{HostConfig: &container.HostConfig{}}, Config: &container.Config{Image: "a"}}
	if fields := create.FieldsOf(whole, create.Defaults{}, nil); fields["image"] == "" || fields["network_mode"] == "" {
		t.Errorf("%v", fields)
	}
}

// labelsDiffer are the labels of a peer that ours knowingly do not equal.
var labelsDiffer = map[string]string{
	planner.LabelVersion:     "each has its own",
	planner.LabelConfigHash:  "1.29.2 has another scheme; v5 hashes the ids that references lead to",
	planner.LabelConfigFiles: "1.29.2 has them as they were given",
	planner.LabelDependsOn:   "in v5, the order is that of a Go map",
	planner.LabelImage:       "compared below",
}

// TestLabels holds that our containers carry what the peers' do, for each
// finds its containers by these.
func TestLabels(t *testing.T) {
	differed := map[string]bool{planner.LabelImage: true}
	for _, name := range []string{"dc1-v1", "v5-links"} {
		r := readRecording(t, filepath.Join("testdata/adopt", name+".txtar"))
		s := r.state()
		s.Containers = nil
		plan := planner.Make(r.load("docker-compose.yml"), s, planner.Target{Goal: planner.GoalUp, Replicas: map[string]int{}})
		ours := map[string]map[string]string{}
		for _, a := range plan.Actions {
			if c, ok := a.Payload.(planner.CreateContainer); ok {
				ours[c.Spec.Name] = c.Spec.Labels
			}
		}
		for _, c := range r.containers {
			labels := ours[strings.TrimPrefix(c.Name, "/")]
			if labels[planner.LabelImage] != c.Image {
				t.Errorf("%s: %s is %q, not %q", c.Name, planner.LabelImage, labels[planner.LabelImage], c.Image)
			}
			for key, value := range c.Config.Labels {
				if !strings.HasPrefix(key, "com.docker.compose.") || labels[key] == value {
					continue
				}
				differed[key] = true
				if labelsDiffer[key] == "" || labels[key] == "" {
					t.Errorf("%s: %s is %q, theirs %q", c.Name, key, labels[key], value)
				}
			}
		}
	}
	for key, reason := range labelsDiffer {
		if !differed[key] {
			t.Errorf("%s does not differ any more: take it off the list (%s)", key, reason)
		}
	}
}

// TestAdoptedAliases: the engine adds the short id and then the hostname to
// the aliases; a hostname that stands before was asked for.
func TestAdoptedAliases(t *testing.T) {
	of := func(aliases ...string) string {
		c := container.InspectResponse{
			ContainerJSONBase: &container.ContainerJSONBase{ID: "0123456789abcdef", Name: "/shop_web_1", HostConfig: &container.HostConfig{NetworkMode: "shop_default"}},
			Config:            &container.Config{Hostname: "here"},
			NetworkSettings:   &container.NetworkSettings{Networks: map[string]*network.EndpointSettings{"shop_default": {Aliases: aliases}}},
		}
		return create.FieldsOf(c, create.Defaults{}, nil)["networks.shop_default.aliases"]
	}
	asked := of("web", "0123456789ab")
	if got := of("web", "0123456789ab", "here"); got != asked {
		t.Errorf("the engine's own aliases count: %s, want %s", got, asked)
	}
	if got := of("web", "here", "0123456789ab"); got == asked {
		t.Error("an alias that was asked for does not count")
	}
}
