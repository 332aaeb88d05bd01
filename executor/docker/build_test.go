package docker

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/docker/docker/api/types/build"
	"github.com/google/go-cmp/cmp"

	"recompose/executor"
	"recompose/executor/docker/session"
	"recompose/planner"
)

func TestChooseBuilder(t *testing.T) {
	docker := func(api string, builder build.BuilderVersion) facts {
		return facts{engine: planner.Engine{OS: "linux", APIVersion: api}, builder: builder}
	}
	env := ""
	e := &Engine{env: func(string) string { return env }}
	secret := []types.ServiceSecretConfig{{Source: "s"}}
	for name, c := range map[string]struct {
		known facts
		p     planner.BuildImage
		env   string
		want  string
	}{
		"20.10":                    {docker("1.41", ""), planner.BuildImage{}, "", "2"},
		"20.10 with its builder":   {docker("1.41", "1"), planner.BuildImage{}, "", "1"},
		"29":                       {docker("1.51", "2"), planner.BuildImage{}, "", "2"},
		"switched off":             {docker("1.51", "2"), planner.BuildImage{}, "0", "1"},
		"switched on":              {docker("1.51", "2"), planner.BuildImage{}, "1", "2"},
		"18.06":                    {docker("1.38", ""), planner.BuildImage{}, "", "1"},
		"podman":                   {facts{podman: true, engine: planner.Engine{OS: "linux", APIVersion: "1.41"}}, planner.BuildImage{}, "", "1"},
		"podman, secrets":          {facts{podman: true, builder: "1"}, planner.BuildImage{Config: &types.BuildConfig{Secrets: secret}}, "", "build.secrets needs BuildKit, and Podman has a builder of its own"},
		"podman, ulimits":          {facts{podman: true}, planner.BuildImage{Config: &types.BuildConfig{Ulimits: map[string]*types.UlimitsConfig{"nproc": {Single: 9}}}}, "", "build.ulimits: Podman does not take it by Docker's API; set default_ulimits in its containers.conf"},
		"windows":                  {facts{engine: planner.Engine{OS: "windows", APIVersion: "1.51"}}, planner.BuildImage{}, "", "1"},
		"memory":                   {docker("1.51", "2"), planner.BuildImage{Options: planner.BuildOptions{Memory: 1}}, "", "1"},
		"network of its own":       {docker("1.51", "2"), planner.BuildImage{Config: &types.BuildConfig{Network: "mine"}}, "", "1"},
		"network host":             {docker("1.51", "2"), planner.BuildImage{Config: &types.BuildConfig{Network: "host"}}, "", "2"},
		"shm_size, old":            {docker("1.41", ""), planner.BuildImage{Config: &types.BuildConfig{ShmSize: 1}}, "", "1"},
		"shm_size, new":            {docker("1.42", "2"), planner.BuildImage{Config: &types.BuildConfig{ShmSize: 1}}, "", "2"},
		"secrets":                  {docker("1.41", ""), planner.BuildImage{Config: &types.BuildConfig{Secrets: secret}}, "", "2"},
		"secrets without BuildKit": {docker("1.51", "2"), planner.BuildImage{Config: &types.BuildConfig{Secrets: secret}}, "0", "build.secrets needs BuildKit, and DOCKER_BUILDKIT is off"},
		"ssh without BuildKit":     {docker("1.41", ""), planner.BuildImage{Config: &types.BuildConfig{SSH: types.SSHConfig{{ID: "default"}}, Isolation: "hyperv"}}, "", "build.ssh needs BuildKit, and it has no build.isolation"},
		"named contexts":           {docker("1.51", "2"), planner.BuildImage{Config: &types.BuildConfig{AdditionalContexts: types.Mapping{"a": "b"}}}, "", "build.additional_contexts: the engine's build API does not take it"},
		"no attestations":          {docker("1.51", "2"), planner.BuildImage{Config: &types.BuildConfig{Provenance: "false", SBOM: "false"}}, "", "2"},
		"attestations":             {docker("1.51", "2"), planner.BuildImage{Config: &types.BuildConfig{Provenance: "mode=max"}}, "", "build.provenance: the engine's build API does not take it"},
	} {
		t.Run(name, func(t *testing.T) {
			env = c.env
			if c.p.Config == nil {
				c.p.Config = &types.BuildConfig{}
			}
			got, err := e.chooseBuilder(c.known, c.p)
			if text := string(got); err == nil && text != c.want || err != nil && err.Error() != c.want {
				t.Errorf("got %q, %v; want %q", got, err, c.want)
			}
		})
	}
}

func TestOfSeveralPlatformsOneIsBuilt(t *testing.T) {
	platform := "none"
	_, e := newStandIn(t, map[string]http.HandlerFunc{"POST /build": func(w http.ResponseWriter, r *http.Request) {
		platform = r.URL.Query().Get("platform")
		_, _ = io.Copy(io.Discard, r.Body)
		answer(http.StatusOK, `{"stream":"ok"}`)(w, r)
	}})
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{"Dockerfile": "FROM scratch"})
	c := &types.BuildConfig{Context: dir, Network: "classic", Platforms: types.StringList{"linux/amd64", "linux/arm64"}}
	for _, service := range []string{"", "linux/arm64"} {
		var said []string
		err := e.build(t.Context(), planner.BuildImage{Service: "web", Image: "x", Platform: service, Config: c}, func(p executor.Progress) { said = append(said, p.Text) })
		if err != nil || platform != service || len(said) != 1 || !strings.Contains(said[0], "linux/amd64, linux/arm64") {
			t.Errorf("%q: built %q, %v, reported %q", service, platform, err, said)
		}
	}
}

// What a build asks the classic builder for.
func TestBuildRequest(t *testing.T) {
	var query map[string]string
	s, e := newStandIn(t, map[string]http.HandlerFunc{"POST /build": func(w http.ResponseWriter, r *http.Request) {
		query = map[string]string{}
		for key, values := range r.URL.Query() {
			query[key] = strings.Join(values, " ")
		}
		_, _ = io.Copy(io.Discard, r.Body)
		answer(http.StatusOK, `{"stream":"Successfully built"}`)(w, r)
	}})
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{"web.Dockerfile": "FROM scratch"})
	one, two := "1", "2"
	err := e.build(t.Context(), planner.BuildImage{
		Service: "web", Image: "shop-web", Tags: []string{"shop-web", "reg/web:1"}, Labels: map[string]string{"ours": "yes"}, Platform: "linux/arm64",
		Options: planner.BuildOptions{Args: types.MappingWithEquals{"A": &two, "C": nil}, NoCache: true, Memory: 1 << 20},
		Config: &types.BuildConfig{
			Context: dir, Dockerfile: "web.Dockerfile", Target: "prod", Args: types.MappingWithEquals{"A": &one, "B": &one}, Labels: types.Labels{"mine": "yes"},
			CacheFrom: types.StringList{"reg/web:cache", "type=registry,ref=reg/web:other"}, Network: "build-net", Pull: true, ShmSize: 64 << 20,
			ExtraHosts: types.HostsList{"db": {"10.0.0.1"}}, Ulimits: map[string]*types.UlimitsConfig{"nofile": {Soft: 1, Hard: 2}, "nproc": {Single: 3}},
		},
	}, func(executor.Progress) {})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"version": "1", "t": "shop-web reg/web:1", "dockerfile": "web.Dockerfile", "target": "prod", "platform": "linux/arm64",
		"buildargs": `{"A":"2","B":"1","C":null}`, "labels": `{"mine":"yes","ours":"yes"}`, "cachefrom": `["reg/web:cache","reg/web:other"]`,
		"networkmode": "build-net", "pull": "1", "nocache": "1", "forcerm": "1", "memory": "1048576", "shmsize": "67108864", "extrahosts": "db:10.0.0.1",
		"ulimits": `[{"Name":"nofile","Hard":2,"Soft":1},{"Name":"nproc","Hard":3,"Soft":3}]`,
	}
	if diff := cmp.Diff(want, query); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"POST /build"}, s.asked()); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

func TestARemoteContextIsLeftToTheEngine(t *testing.T) {
	for _, builder := range []string{"1", "2"} {
		var got []string
		_, e := newStandIn(t, map[string]http.HandlerFunc{
			"/_ping": func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Builder-Version", builder)
				pong(w, "Docker/28.0.0 (linux)", "1.48")
			},
			"POST /session": refusal(http.StatusNotFound, "no sessions here"),
			"POST /build": func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				got = []string{r.URL.Query().Get("remote"), r.URL.Query().Get("dockerfile"), string(body)}
				answer(http.StatusOK, `{"stream":"ok"}`)(w, r)
			},
		})
		url := "https://example.org/x.git#main:web"
		err := e.build(t.Context(), planner.BuildImage{Service: "web", Image: "x", Config: &types.BuildConfig{Context: url, Dockerfile: "a/Dockerfile"}}, func(executor.Progress) {})
		if builder == "2" {
			if err == nil || !strings.Contains(err.Error(), "BuildKit session") {
				t.Errorf("an engine without sessions: %v", err)
			}
			continue
		}
		if err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff([]string{url, "a/Dockerfile", ""}, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

func TestBuildErrors(t *testing.T) {
	said := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			b, _ := json.Marshal(map[string]string{"error": text})
			answer(http.StatusOK, string(b))(w, r)
		}
	}
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{"Dockerfile": "FROM scratch"})
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		config  types.BuildConfig
		want    string
	}{
		"refused at once": {refusal(http.StatusBadRequest, "dockerfile parse error"), types.BuildConfig{Context: dir}, "service web: dockerfile parse error"},
		"before a step":   {said("unknown instruction: FORM"), types.BuildConfig{Context: dir}, "service web: unknown instruction: FORM"},
		"cache_from":      {nil, types.BuildConfig{Context: dir, CacheFrom: types.StringList{"type=gha"}}, `service web: build.cache_from: "type=gha"`},
		"no Dockerfile":   {nil, types.BuildConfig{Context: t.TempDir()}, "service web: build.dockerfile: there is no "},
	} {
		t.Run(name, func(t *testing.T) {
			routes := map[string]http.HandlerFunc{}
			if c.handler != nil {
				routes["POST /build"] = c.handler
			}
			_, e := newStandIn(t, routes)
			c.config.Network = "classic" // so that the classic builder is used
			err := e.build(t.Context(), planner.BuildImage{Service: "web", Image: "x", Config: &c.config}, func(executor.Progress) {})
			if err == nil || !strings.HasPrefix(err.Error(), c.want) || errors.Is(err, executor.ErrUnreachable) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

// TestAChangedDockerfileIsSentAgain: BuildKit takes a file of a known size and
// time for the one that it has.
func TestAChangedDockerfileIsSentAgain(t *testing.T) {
	times := map[string]time.Time{}
	for _, content := range []string{"FROM app:1\n", "FROM app:2\n"} {
		for range 2 {
			err := oneFile{name: "Dockerfile", content: []byte(content)}.Walk(t.Context(), nil, func(e session.Entry) error {
				if before, ok := times[content]; ok && !before.Equal(e.ModTime) {
					t.Errorf("%q has the times %v and %v", content, before, e.ModTime)
				}
				times[content] = e.ModTime
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	if times["FROM app:1\n"].Equal(times["FROM app:2\n"]) {
		t.Error("two files of one size have one time")
	}
}
