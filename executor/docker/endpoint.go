package docker

import (
	"cmp"
	"crypto/tls"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/containerd/errdefs"
	dockercontext "github.com/docker/cli/cli/context"
	contextdocker "github.com/docker/cli/cli/context/docker"
	"github.com/docker/cli/cli/context/store"
	"github.com/docker/docker/client"
	"github.com/docker/go-connections/tlsconfig"
)

// Options say which engine is meant. Empty fields leave the choice to the
// environment (Env) and the docker command's configuration, in its order:
// Host, Context, DOCKER_HOST, DOCKER_CONTEXT, the current context, the default
// socket.
type Options struct {
	Host, Context, ConfigDir   string
	TLS, TLSVerify             bool
	TLSCACert, TLSCert, TLSKey string
	Env                        func(string) string
}

// endpoint is where an engine is.
type endpoint struct {
	host    string // unix:///var/run/docker.sock, tcp://10.0.0.1:2376, ssh://me@there
	from    string // what named it, for messages; empty: nothing did
	tls     *tls.Config
	version string // of the API, where the user fixed one
	// others are addresses of engines at hand, to be named where nobody chose
	// one and the default does not answer.
	others []string
}

// local reports whether the engine's paths and ports are this machine's. A
// forwarded TCP port looks like this machine and is another one, so that only
// sockets count.
func (p endpoint) local() bool {
	return strings.HasPrefix(p.host, "unix://") || strings.HasPrefix(p.host, "npipe://")
}

func (o Options) env(key string) string {
	if o.Env == nil {
		return ""
	}
	return o.Env(key)
}

// configDir is the folder of the docker command's configuration.
func (o Options) configDir() string {
	if dir := cmp.Or(o.ConfigDir, o.env("DOCKER_CONFIG")); dir != "" {
		return dir
	}
	home := cmp.Or(o.env("HOME"), o.env("USERPROFILE"))
	if home == "" {
		home, _ = os.UserHomeDir() // without one there is no configuration
	}
	return filepath.Join(home, ".docker")
}

// endpoint finds out which engine is meant, in the order of docker/cli's
// command.resolveContextName. current is the context of `docker context use`.
func (o Options) endpoint(config, current string) (endpoint, error) {
	out := endpoint{version: strings.TrimPrefix(o.env("DOCKER_API_VERSION"), "v")}
	if o.Host != "" && o.Context != "" {
		return out, errors.New("--host and --context both name an engine: give one of them")
	}
	name, from := o.Context, "--context"
	switch {
	case o.Host != "":
		return o.hostEndpoint(out, o.Host, "--host", config)
	case name != "":
	case o.env("DOCKER_HOST") != "":
		return o.hostEndpoint(out, o.env("DOCKER_HOST"), "DOCKER_HOST", config)
	case o.env("DOCKER_CONTEXT") != "":
		name, from = o.env("DOCKER_CONTEXT"), "DOCKER_CONTEXT"
	default:
		name, from = current, filepath.Join(config, "config.json")
	}
	if name == "" || name == "default" {
		out.others = o.usualSockets()
		return o.hostEndpoint(out, cmp.Or(o.env("DOCKER_HOST"), client.DefaultDockerHost), "", config)
	}
	return contextEndpoint(out, name, from, config)
}

// hostEndpoint is an address with TLS as the flags and the environment say.
func (o Options) hostEndpoint(out endpoint, host, from, config string) (endpoint, error) {
	out.host, out.from = normalHost(host), from
	if err := checkScheme(out.host); err != nil {
		return out, err
	}
	if out.local() || strings.HasPrefix(out.host, "ssh://") {
		return out, nil
	}
	// As in the docker command, any value means yes, even 0; and DOCKER_TLS
	// switches TLS on without checking who answers.
	verify := o.TLSVerify || o.env("DOCKER_TLS_VERIFY") != ""
	if !verify && !o.TLS && o.env("DOCKER_TLS") == "" {
		return out, nil
	}
	folder := cmp.Or(o.env("DOCKER_CERT_PATH"), config)
	file := func(given, name string) (string, error) {
		if given != "" {
			return given, nil
		}
		path := filepath.Join(folder, name)
		if _, err := os.Stat(path); err != nil && name != "ca.pem" {
			return "", nil // the engine may ask for no certificate of ours
		} else if err != nil && verify {
			return "", fmt.Errorf("%s is to be verified by TLS, and its authority's certificate is missing: %w; set DOCKER_CERT_PATH to the folder of ca.pem, cert.pem and key.pem", out.host, err)
		}
		return path, nil
	}
	ca, err := file(o.TLSCACert, "ca.pem")
	if err != nil {
		return out, err
	}
	cert, _ := file(o.TLSCert, "cert.pem")
	key, _ := file(o.TLSKey, "key.pem")
	if !verify {
		ca = "" // whoever answers is believed
	}
	if out.tls, err = tlsconfig.Client(tlsconfig.Options{CAFile: ca, CertFile: cert, KeyFile: key, InsecureSkipVerify: !verify, ExclusiveRootPools: true}); err != nil {
		return out, fmt.Errorf("TLS for %s: %w", out.host, err)
	}
	return out, nil
}

// normalHost completes the short forms that the docker command takes.
func normalHost(host string) string {
	host = strings.TrimSpace(host)
	switch {
	case host == "unix://" || host == "npipe://":
		return client.DefaultDockerHost
	case host == "tcp://":
		return "tcp://127.0.0.1:2375"
	case strings.HasPrefix(host, "/"):
		return "unix://" + host
	case !strings.Contains(host, "://"):
		return "tcp://" + host
	case strings.HasPrefix(host, "http://"), strings.HasPrefix(host, "https://"):
		return "tcp://" + host[strings.Index(host, "://")+3:]
	}
	return host
}

// checkScheme refuses what would be dialled as something else.
func checkScheme(host string) error {
	switch scheme, rest, _ := strings.Cut(host, "://"); {
	case rest == "":
		return fmt.Errorf("engine address %q: nothing follows the scheme", host)
	case scheme != "unix" && scheme != "npipe" && scheme != "tcp" && scheme != "ssh":
		return fmt.Errorf("engine address %q: expected unix://, npipe://, tcp:// or ssh://", host)
	}
	return nil
}

// usualSockets are those of rootless engines and of Podman that exist.
func (o Options) usualSockets() []string {
	paths := []string{"/run/podman/podman.sock"}
	if dir := o.env("XDG_RUNTIME_DIR"); dir != "" {
		paths = append([]string{dir + "/docker.sock", dir + "/podman/podman.sock"}, paths...)
	}
	if home := o.env("HOME"); home != "" {
		paths = append(paths, home+"/.docker/run/docker.sock", home+"/.docker/desktop/docker.sock", home+"/.colima/default/docker.sock")
	}
	var out []string
	for _, path := range paths {
		if info, err := os.Stat(path); err == nil && info.Mode()&os.ModeSocket != 0 {
			out = append(out, "unix://"+path)
		}
	}
	return out
}

// contextEndpoint reads a context of the docker command.
func contextEndpoint(out endpoint, name, from, config string) (endpoint, error) {
	contexts := store.New(filepath.Join(config, "contexts"), store.NewConfig(
		func() any { return &map[string]any{} },
		store.EndpointTypeGetter(contextdocker.DockerEndpoint, func() any { return &contextdocker.EndpointMeta{} })))
	fail := func(err error) (endpoint, error) {
		return out, fmt.Errorf("context %s (from %s): %w; see `docker context ls`", name, from, err)
	}
	meta, err := contexts.GetMetadata(name)
	if errdefs.IsNotFound(err) {
		return out, fmt.Errorf("there is no context %s (from %s); see `docker context ls`", name, from)
	}
	if err != nil {
		return fail(err)
	}
	where, err := contextdocker.EndpointFromContext(meta)
	if err != nil {
		return fail(err)
	}
	out.host, out.from = normalHost(cmp.Or(where.Host, client.DefaultDockerHost)), "context "+name
	if err := checkScheme(out.host); err != nil {
		return fail(err)
	}
	if out.local() || strings.HasPrefix(out.host, "ssh://") {
		return out, nil
	}
	data, err := dockercontext.LoadTLSData(contexts, name, contextdocker.DockerEndpoint)
	if err != nil {
		return fail(err)
	}
	if data == nil && !where.SkipTLSVerify {
		return out, nil
	}
	if out.tls, err = contextTLS(data, where.SkipTLSVerify); err != nil {
		return fail(err)
	}
	return out, nil
}
