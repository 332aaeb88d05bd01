package docker

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/docker/docker/api/types/registry"
	"github.com/google/go-cmp/cmp"

	"recompose/executor"
	"recompose/planner"
)

func TestPullReportsLayersOncePerPercent(t *testing.T) {
	var body strings.Builder
	body.WriteString(`{"status":"Pulling from library/web","id":"1"}` + "\n")
	for i := range 10_000 {
		fmt.Fprintf(&body, `{"status":"Downloading","progressDetail":{"current":%d,"total":10000},"id":"layer"}`+"\n", i)
	}
	body.WriteString(`{"status":"Extracting","progressDetail":{"current":1,"total":10},"id":"layer"}{"status":"Extracting","progressDetail":{"current":9,"total":10},"id":"layer"}` + "\n")
	body.WriteString(`{"status":"Pull complete","progressDetail":{},"id":"layer"}` + "\n")
	_, e := newStandIn(t, map[string]http.HandlerFunc{"POST /images/create": func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		if diff := cmp.Diff([]string{"docker.io/library/web", "1", "linux/arm64"}, []string{q.Get("fromImage"), q.Get("tag"), q.Get("platform")}); diff != "" {
			t.Errorf("asked for (-want +got):\n%s", diff)
		}
		answer(http.StatusOK, body.String())(w, r)
	}})
	var got []executor.Progress
	err := e.pull(t.Context(), planner.PullImage{Image: "web:1", Platform: "linux/arm64"}, func(p executor.Progress) { got = append(got, p) })
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 1+100+2 {
		t.Errorf("%d reports", len(got))
	}
	want := []executor.Progress{{ID: "layer", Text: "Extracting"}, {ID: "layer", Text: "Pull complete"}}
	if diff := cmp.Diff(want, got[len(got)-2:]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestPullByDigest(t *testing.T) {
	digest := "sha256:" + strings.Repeat("0", 64)
	_, e := newStandIn(t, map[string]http.HandlerFunc{"POST /images/create": func(w http.ResponseWriter, r *http.Request) {
		if got := r.URL.Query().Get("tag"); got != digest {
			t.Errorf("asked for %s", got)
		}
		answer(http.StatusOK, "")(w, r)
	}})
	if err := e.pull(t.Context(), planner.PullImage{Image: "reg.example/web:1@" + digest}, func(executor.Progress) {}); err != nil {
		t.Error(err)
	}
}

func TestTransferErrors(t *testing.T) {
	_, e := newStandIn(t, nil)
	for _, c := range []struct {
		said, verb string
		loggedIn   bool
		want       string
	}{
		{"Get \"https://reg.example/v2/\": dial tcp: lookup reg.example: no such host", "pull", false, "no registry answers at reg.example"},
		{"Get \"https://reg.example/v2/\": dial tcp 10.0.0.1:443: connect: connection refused", "push", false, "no registry answers at reg.example"},
		{"net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)", "pull", false, "no registry answers at reg.example"},
		{"manifest for web:9 not found: manifest unknown: manifest unknown", "pull", false, "reg.example has no image web:1"},
		{"pull access denied for web, repository does not exist or may require 'docker login'", "pull", false, "try `docker login reg.example`"},
		{"denied: requested access to the resource is denied", "push", true, "reg.example refuses to let this user push web:1"},
		{"no basic auth credentials", "push", false, "try `docker login reg.example`"},
		{"toomanyrequests: You have reached your pull rate limit", "pull", false, "`docker login reg.example` raises the limit"},
		{"no matching manifest for linux/arm64/v8 in the manifest list entries", "pull", false, "not for this platform"},
		{"An image does not exist locally with the tag: web", "push", false, "build it first"},
		{"something else", "pull", false, "something else"},
	} {
		err := e.transferError(t.Context(), errors.New(c.said), "web:1", "reg.example", c.verb, c.loggedIn)
		if !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), c.said[:10]) {
			t.Errorf("%s: got %q, want %q", c.said, err, c.want)
		}
	}
}

func TestPullFailures(t *testing.T) {
	for name, handler := range map[string]http.HandlerFunc{
		"refused":    refusal(http.StatusNotFound, "pull access denied for web, repository does not exist or may require 'docker login'"),
		"on the way": answer(http.StatusOK, `{"status":"Downloading","id":"a"}`+"\n"+`{"errorDetail":{"message":"denied: gone"},"error":"denied: gone"}`),
		"cut":        answer(http.StatusOK, `{"status":"Down`),
	} {
		t.Run(name, func(t *testing.T) {
			_, e := newStandIn(t, map[string]http.HandlerFunc{"POST /images/create": handler})
			if err := e.pull(t.Context(), planner.PullImage{Image: "web"}, func(executor.Progress) {}); err == nil {
				t.Error("no error")
			}
		})
	}
}

func TestAPullEndsWithItsContext(t *testing.T) {
	_, e := newStandIn(t, map[string]http.HandlerFunc{"POST /images/create": func(w http.ResponseWriter, r *http.Request) {
		answer(http.StatusOK, `{"status":"Downloading","id":"a"}`+"\n")(w, r)
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	err := e.pull(ctx, planner.PullImage{Image: "web"}, func(executor.Progress) { cancel() })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestCredentials(t *testing.T) {
	_, e := newStandIn(t, nil)
	bin := t.TempDir()
	helper := "#!/bin/sh\nread host\n[ $host = broken.example ] && { echo the vault is locked; exit 1; }\necho '{\"Username\":\"helped\",\"Secret\":\"s\"}'\n"
	config := `{"auths":{"https://index.docker.io/v1/":{"auth":"aHViOnB3"},"reg.example":{"identitytoken":"t","auth":"dXNlcjo="}},
		"credHelpers":{"helped.example":"testing","broken.example":"testing"}}`
	for path, text := range map[string]string{filepath.Join(bin, "docker-credential-testing"): helper, filepath.Join(e.config, "config.json"): config} {
		if err := os.WriteFile(path, []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	for ref, want := range map[string]registry.AuthConfig{
		"web:1":                {Username: "hub", Password: "pw", ServerAddress: "https://index.docker.io/v1/"},
		"me/web":               {Username: "hub", Password: "pw", ServerAddress: "https://index.docker.io/v1/"},
		"helped.example/web":   {Username: "helped", Password: "s", ServerAddress: "helped.example"},
		"reg.example/a/web:1":  {Username: "user", IdentityToken: "t", ServerAddress: "reg.example"},
		"other.example:50/web": {},
	} {
		got, _, err := e.credentials(ref)
		if err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", ref, diff)
		}
	}
	if _, _, err := e.credentials("broken.example/web"); err == nil || !strings.Contains(err.Error(), "broken.example") || !strings.Contains(err.Error(), "the vault is locked") {
		t.Errorf("a helper that fails: %v", err)
	}
	if _, _, err := e.credentials("Not A Name"); err == nil || !strings.Contains(err.Error(), "Not A Name") {
		t.Errorf("no image name: %v", err)
	}
	user, secret, err := e.registryLogin("registry-1.docker.io")
	if diff := cmp.Diff([]any{"hub", "pw", nil}, []any{user, secret, err}); diff != "" {
		t.Errorf("for BuildKit (-want +got):\n%s", diff)
	}
	if user, secret, _ = e.registryLogin("reg.example"); user != "" || secret != "t" {
		t.Errorf("an identity token: %q %q", user, secret)
	}
}

func TestTheRegistryIsGivenTheCredentials(t *testing.T) {
	var header string
	_, e := newStandIn(t, map[string]http.HandlerFunc{"POST /images/{rest...}": func(w http.ResponseWriter, r *http.Request) {
		header = r.Header.Get(registry.AuthHeader)
		answer(http.StatusOK, `{"status":"Pushed","id":"a"}`)(w, r)
	}})
	if err := os.WriteFile(filepath.Join(e.config, "config.json"), []byte(`{"auths":{"reg.example":{"auth":"dTpw"}}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	var said []string
	if err := e.push(t.Context(), planner.PushImage{Image: "reg.example/web:1"}, func(p executor.Progress) { said = append(said, p.Text) }); err != nil {
		t.Fatal(err)
	}
	auth, err := registry.DecodeAuthConfig(header)
	if err != nil || auth.Username != "u" || auth.Password != "p" || !slices.Contains(said, "Pushed") {
		t.Errorf("%v, %+v, reported %q", err, auth, said)
	}
}
