package docker

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	contextdocker "github.com/docker/cli/cli/context/docker"
	"github.com/docker/cli/cli/context/store"
	"github.com/docker/docker/client"
)

// dockerConfig is a configuration folder with contexts by name, and one of
// them current.
func dockerConfig(t *testing.T, current string, contexts map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	content, err := json.Marshal(map[string]string{"currentContext": current})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "config.json"), content, 0o600); err != nil {
		t.Fatal(err)
	}
	s := store.New(filepath.Join(dir, "contexts"), store.NewConfig(
		func() any { return &map[string]any{} },
		store.EndpointTypeGetter(contextdocker.DockerEndpoint, func() any { return &contextdocker.EndpointMeta{} })))
	for name, host := range contexts {
		meta := store.Metadata{Name: name, Endpoints: map[string]any{contextdocker.DockerEndpoint: contextdocker.EndpointMeta{Host: host}}}
		if err := s.CreateOrUpdate(meta); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestEndpointOrder(t *testing.T) {
	dir := dockerConfig(t, "prod", map[string]string{"prod": "tcp://prod:2375", "lab": "ssh://lab"})
	env := func(kv map[string]string) func(string) string { return func(k string) string { return kv[k] } }
	all := map[string]string{"DOCKER_HOST": "tcp://env:1", "DOCKER_CONTEXT": "lab"}
	if e, err := New(Options{ConfigDir: dir}); err != nil || e.dial.host != "tcp://prod:2375" {
		t.Errorf("the current context was not used: %v", err)
	}
	for name, c := range map[string]struct {
		o     Options
		want  string
		local bool
	}{
		"flag over all":                 {Options{Host: "tcp://flag:1", Env: env(all)}, "tcp://flag:1", false},
		"context flag over environment": {Options{Context: "prod", Env: env(all)}, "tcp://prod:2375", false},
		"DOCKER_HOST over context":      {Options{Env: env(all)}, "tcp://env:1", false},
		"DOCKER_CONTEXT over current":   {Options{Env: env(map[string]string{"DOCKER_CONTEXT": "lab"})}, "ssh://lab", false},
		"current context":               {Options{}, "tcp://prod:2375", false},
		"default context":               {Options{Context: "default"}, client.DefaultDockerHost, true},
		"default context, DOCKER_HOST":  {Options{Context: "default", Env: env(all)}, "tcp://env:1", false},
		"path alone":                    {Options{Host: "/run/x.sock"}, "unix:///run/x.sock", true},
		"no scheme":                     {Options{Host: "10.0.0.1:2375"}, "tcp://10.0.0.1:2375", false},
		"loopback is not local":         {Options{Host: "tcp://127.0.0.1:2375"}, "tcp://127.0.0.1:2375", false},
	} {
		t.Run(name, func(t *testing.T) {
			c.o.ConfigDir = dir
			got, err := c.o.endpoint(dir, "prod")
			if err != nil {
				t.Fatal(err)
			}
			if got.host != c.want || got.local() != c.local {
				t.Errorf("got %s, local %v; want %s, local %v", got.host, got.local(), c.want, c.local)
			}
		})
	}
}

func TestEndpointErrors(t *testing.T) {
	dir := dockerConfig(t, "", nil)
	broken := t.TempDir()
	if err := os.WriteFile(filepath.Join(broken, "config.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		o    Options
		want string
	}{
		"both":           {Options{Host: "tcp://x", Context: "y"}, "give one of them"},
		"scheme":         {Options{Host: "foo://x"}, "expected unix://"},
		"empty":          {Options{Host: "ssh://"}, "nothing follows"},
		"no context":     {Options{Context: "gone"}, "there is no context gone (from --context)"},
		"no certificate": {Options{Host: "tcp://x:1", TLSVerify: true}, "DOCKER_CERT_PATH"},
		"broken config":  {Options{ConfigDir: broken}, "config.json"},
	} {
		t.Run(name, func(t *testing.T) {
			if c.o.ConfigDir == "" {
				c.o.ConfigDir = dir
			}
			_, err := New(c.o)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want it to say %q", err, c.want)
			}
		})
	}
}
