package docker

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/docker/docker/api/types/image"
	"github.com/google/go-cmp/cmp"

	"recompose/executor"
	"recompose/planner"
)

// testRegistry is a private registry on the loopback, which engines use without
// TLS. It keeps blobs and manifests in memory and asks for a password.
type testRegistry struct {
	host           string
	user, password string

	mu        sync.Mutex
	blobs     map[string][]byte // by digest
	manifests map[string][]byte // by repository and tag or digest
	uploads   map[string][]byte
}

func newRegistry(t *testing.T) *testRegistry {
	t.Helper()
	r := &testRegistry{user: "someone", password: "pass", blobs: map[string][]byte{}, manifests: map[string][]byte{}, uploads: map[string][]byte{}}
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	r.host = strings.TrimPrefix(server.URL, "http://")
	return r
}

// login writes the docker command's configuration for it into a folder.
func (r *testRegistry) login(t *testing.T, dir string) {
	t.Helper()
	auth := base64.StdEncoding.EncodeToString([]byte(r.user + ":" + r.password))
	config := fmt.Sprintf(`{"auths":{%q:{"auth":%q}}}`, r.host, auth)
	if err := os.WriteFile(filepath.Join(dir, "config.json"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
}

func digestOf(b []byte) string { return fmt.Sprintf("sha256:%x", sha256.Sum256(b)) }

func (r *testRegistry) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if user, password, _ := q.BasicAuth(); user != r.user || password != r.password {
		w.Header().Set("Www-Authenticate", `Basic realm="test"`)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = w.Write([]byte(`{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}`))
		return
	}
	w.Header().Set("Docker-Distribution-Api-Version", "registry/2.0")
	parts := strings.Split(strings.TrimPrefix(q.URL.Path, "/v2/"), "/")
	if q.URL.Path == "/v2/" || len(parts) < 3 {
		return
	}
	name, last := parts[0], parts[len(parts)-1]
	body, _ := io.ReadAll(q.Body)
	switch kind := parts[1]; {
	case kind == "manifests" && q.Method == http.MethodPut:
		r.manifests[name+":"+last], r.manifests[name+":"+digestOf(body)] = body, body
		w.Header().Set("Docker-Content-Digest", digestOf(body))
		w.WriteHeader(http.StatusCreated)
	case kind == "manifests":
		r.give(w, r.manifests[name+":"+last], "MANIFEST_UNKNOWN")
	case parts[2] == "uploads" && q.Method == http.MethodPost:
		id := fmt.Sprint(len(r.uploads) + 1)
		r.uploads[id] = nil
		w.Header().Set("Location", "/v2/"+name+"/blobs/uploads/"+id)
		w.WriteHeader(http.StatusAccepted)
	case parts[2] == "uploads" && q.Method == http.MethodPatch:
		r.uploads[last] = append(r.uploads[last], body...)
		w.Header().Set("Location", q.URL.Path)
		w.Header().Set("Range", fmt.Sprintf("0-%d", len(r.uploads[last])-1))
		w.WriteHeader(http.StatusAccepted)
	case parts[2] == "uploads":
		all := append(r.uploads[last], body...)
		r.blobs[digestOf(all)] = all
		w.Header().Set("Docker-Content-Digest", digestOf(all))
		w.WriteHeader(http.StatusCreated)
	default:
		r.give(w, r.blobs[last], "BLOB_UNKNOWN")
	}
}

func (r *testRegistry) give(w http.ResponseWriter, content []byte, missing string) {
	if content == nil {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusNotFound)
		_, _ = fmt.Fprintf(w, `{"errors":[{"code":%q,"message":"unknown"}]}`, missing)
		return
	}
	var manifest struct{ MediaType string }
	if json.Unmarshal(content, &manifest) == nil && manifest.MediaType != "" {
		w.Header().Set("Content-Type", manifest.MediaType)
	}
	w.Header().Set("Docker-Content-Digest", digestOf(content))
	w.Header().Set("Content-Length", fmt.Sprint(len(content)))
	_, _ = w.Write(content)
}

func TestLivePushPullAndBuildFromAPrivateRegistry(t *testing.T) {
	e, ctx := liveEngine(t)
	reg := newRegistry(t)
	ref := reg.host + "/" + testName(t) + ":1"
	name, _, err := buildTalker(t, e, ctx, &types.BuildConfig{Context: talkerFolder(t, map[string]string{"Dockerfile": talkerDockerfile}), Tags: []string{ref}})
	if err != nil {
		t.Fatal(err)
	}
	var steps []string
	report := func(p executor.Progress) { steps = append(steps, p.Text) }
	push := func() error { return e.push(ctx, planner.PushImage{Image: ref}, report) }
	if err := push(); err == nil || !strings.Contains(err.Error(), "docker login "+reg.host) {
		t.Errorf("push without a login: %v", err)
	}
	reg.login(t, e.config)
	if err := push(); err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(steps, "Pushed") {
		t.Errorf("push reported %q", steps)
	}
	pinned, err := e.Pin(ctx, ref)
	reg.mu.Lock()
	want := ref + "@" + digestOf(reg.manifests[testName(t)+":1"])
	reg.mu.Unlock()
	if err != nil || pinned != want {
		t.Errorf("pinned as %q, want %q: %v", pinned, want, err)
	}
	remove := func() {
		for _, tag := range []string{ref, name} {
			_, _ = e.api.ImageRemove(ctx, tag, image.RemoveOptions{Force: true}) // may be gone already
		}
	}
	remove()
	steps = nil
	if err := e.pull(ctx, planner.PullImage{Image: ref}, report); err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(steps, func(s string) bool {
		// The last is all that the containerd image store says of layers that it still has.
		return strings.Contains(s, "Pull complete") || strings.Contains(s, "Already exists") || strings.Contains(s, "Downloaded newer image")
	}) {
		t.Errorf("pull reported %q", steps)
	}
	if got := runTalker(t, e, ctx, ref, "long", "3"); got != "xxx\nend\n" {
		t.Errorf("the pulled image says %q", got)
	}
	remove()
	for _, network := range []string{"", classicNetwork} {
		dir := t.TempDir()
		writeFiles(t, dir, map[string]string{"Dockerfile": "FROM " + ref + "\nLABEL built=on\n"})
		if _, _, err := buildTalker(t, e, ctx, &types.BuildConfig{Context: dir, Network: network, Pull: true}); err != nil {
			t.Errorf("network %q: %v", network, err)
		}
	}
	if err := e.pull(ctx, planner.PullImage{Image: reg.host + "/nothing:1"}, report); err == nil || !strings.Contains(err.Error(), "has no image "+reg.host+"/nothing:1") {
		t.Errorf("pull of what is not there: %v", err)
	}
}

func TestLivePullWithoutARegistry(t *testing.T) {
	e, ctx := liveEngine(t)
	err := e.pull(ctx, planner.PullImage{Image: "127.0.0.1:1/nothing:1"}, func(executor.Progress) {})
	if err == nil || !strings.Contains(err.Error(), "no registry answers at 127.0.0.1:1") {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	cancel()
	if err := e.pull(ctx, planner.PullImage{Image: "127.0.0.1:1/nothing:1"}, func(executor.Progress) {}); !errors.Is(err, context.Canceled) {
		t.Errorf("a canceled one: %v", err)
	}
}

func TestLiveBuildSecretsAndAgents(t *testing.T) {
	e, ctx := liveEngine(t)
	dir := talkerFolder(t, map[string]string{"token": "from a file", "Dockerfile": `FROM scratch
COPY talker /talker
RUN --mount=type=secret,id=file,target=/f ["/talker", "cat", "/f"]
RUN --mount=type=secret,id=text,target=/t ["/talker", "cat", "/t"]
RUN --mount=type=secret,id=other ["/talker", "say", "optional", "secret"]
`})
	c := &types.BuildConfig{Context: dir, NoCache: true, Secrets: []types.ServiceSecretConfig{{Source: "a", Target: "file"}, {Source: "text"}}}
	var said []string
	build := func() error {
		return e.build(ctx, planner.BuildImage{Service: "web", Image: testName(t), Config: c, Secrets: types.Secrets{
			"a": {File: filepath.Join(dir, "token")}, "text": {Content: "from the model"},
		}}, func(p executor.Progress) { said = append(said, p.Text) })
	}
	t.Cleanup(func() { _, _ = e.api.ImageRemove(context.Background(), testName(t), image.RemoveOptions{Force: true}) }) // fails if the build did
	if err := build(); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"from a file", "from the model", "optional"} {
		if !slices.Contains(said, want) {
			t.Errorf("no %q in %q", want, said)
		}
	}
	if err := os.Remove(filepath.Join(dir, "token")); err != nil {
		t.Fatal(err)
	}
	if err := build(); err == nil || !strings.Contains(err.Error(), "build.secrets: file: open "+filepath.Join(dir, "token")) {
		t.Errorf("a secret's file that is not there: %v", err)
	}
	c.Secrets, c.SSH = nil, types.SSHConfig{{ID: "default", Path: filepath.Join(dir, "talker")}}
	if err := build(); err == nil || !strings.Contains(err.Error(), "ssh-add") {
		t.Errorf("a key file: %v", err)
	}
}

func TestLiveBuildSendsOnlyWhatIsCopied(t *testing.T) {
	e, ctx := liveEngine(t)
	dir := talkerFolder(t, map[string]string{"Dockerfile": "FROM scratch\nCOPY a/b.txt /b.txt\nCOPY talker /talker\nENTRYPOINT [\"/talker\"]\n", "a/b.txt": "first", "a/c.txt": "c"})
	c := &types.BuildConfig{Context: dir}
	for _, content := range []string{"first", "changed"} {
		writeFiles(t, dir, map[string]string{"a/b.txt": content})
		name, _, err := buildTalker(t, e, ctx, c)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(content, runTalker(t, e, ctx, name, "cat", "/b.txt")); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}
