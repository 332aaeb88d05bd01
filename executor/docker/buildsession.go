package docker

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path"
	"time"

	"github.com/compose-spec/compose-go/v2/types"

	"recompose/executor/docker/session"
	"recompose/planner"
)

// Names that BuildKit gives to what it builds from.
const (
	treeContext    = "context"
	treeDockerfile = "dockerfile"
	clientSession  = "client-session" // in place of a remote context: ask the session
)

// hubRegistry is how BuildKit names Docker Hub.
const hubRegistry = "registry-1.docker.io"

// openSession connects to the engine so that it can ask for what a build
// needs. closing ends it.
func (e *Engine) openSession(ctx context.Context, p planner.BuildImage, source *buildContext) (s *session.Session, closing func(), err error) {
	o := session.Options{Credentials: e.registryLogin, Secret: secrets(p)}
	if len(p.Config.SSH) > 0 {
		if o.Agent, err = e.agents(p.Config.SSH); err != nil {
			return nil, nil, err
		}
	}
	if source.remote == "" {
		key := sha256.Sum256([]byte(source.dir))
		o.SharedKey = hex.EncodeToString(key[:])
		o.Trees = map[string]session.Tree{treeContext: source, treeDockerfile: oneFile{name: path.Base(source.dockerfile), content: source.content}}
	}
	s = session.New(o)
	conn, err := e.api.DialHijack(ctx, "/session", "h2c", s.Header())
	if err != nil {
		return nil, nil, fmt.Errorf("BuildKit session: %w", e.failed(ctx, err))
	}
	serving, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.Serve(serving, conn)
	}()
	return s, func() { cancel(); <-done }, nil
}

// registryLogin gives BuildKit the credentials of a registry. An identity
// token takes the password's place, without a user.
func (e *Engine) registryLogin(host string) (user, secret string, err error) {
	if host == hubRegistry {
		host = hubDomain
	}
	auth, err := e.hostCredentials(host)
	if err != nil || auth.IdentityToken != "" {
		return "", auth.IdentityToken, err
	}
	return auth.Username, auth.Password, nil
}

// maxSecret bounds a secret, in bytes; BuildKit takes no larger ones.
const maxSecret = 500 << 10

// secrets gives the values that build.secrets mounts, when they are asked for.
func secrets(p planner.BuildImage) func(id string) ([]byte, error) {
	return func(id string) ([]byte, error) {
		for _, mount := range p.Config.Secrets {
			if secretID(mount) != id {
				continue
			}
			secret := p.Secrets[mount.Source]
			if secret.File == "" {
				if secret.Environment != "" && secret.Content == "" {
					return nil, fmt.Errorf("build.secrets: %s: the variable %s is not set: %w", id, secret.Environment, fs.ErrNotExist)
				}
				return []byte(secret.Content), nil
			}
			info, err := os.Stat(secret.File)
			if err == nil && info.Size() > maxSecret {
				return nil, fmt.Errorf("build.secrets: %s: %s has more than %d KiB", id, secret.File, maxSecret>>10)
			}
			data, err := os.ReadFile(secret.File)
			if err != nil {
				return nil, fmt.Errorf("build.secrets: %s: %w", id, err)
			}
			return data, nil
		}
		return nil, fmt.Errorf("secret %s is not in build.secrets: %w", id, fs.ErrNotExist)
	}
}

// secretID is the id in `RUN --mount=type=secret,id=`: the target or, without
// one, the secret's own name.
func secretID(s types.ServiceSecretConfig) string {
	if s.Target != "" {
		return s.Target
	}
	return s.Source
}

// agents connects to the SSH agents of build.ssh: the one of the user's session
// or a socket.
func (e *Engine) agents(keys types.SSHConfig) (func(context.Context, string) (net.Conn, error), error) {
	sockets := map[string]string{}
	for _, key := range keys {
		socket := cmp.Or(key.Path, e.env("SSH_AUTH_SOCK"))
		if socket == "" {
			return nil, fmt.Errorf("build.ssh: %s: no SSH agent runs here (SSH_AUTH_SOCK is not set)", key.ID)
		}
		info, err := os.Stat(socket)
		if err != nil {
			return nil, fmt.Errorf("build.ssh: %s: %w", key.ID, err)
		}
		if info.Mode()&fs.ModeSocket == 0 {
			return nil, fmt.Errorf("build.ssh: %s: %s is no socket of an SSH agent; give a key to the agent with ssh-add and leave the path out", key.ID, socket)
		}
		sockets[key.ID] = socket
	}
	return func(ctx context.Context, id string) (net.Conn, error) {
		socket, ok := sockets[cmp.Or(id, "default")]
		if !ok {
			return nil, fmt.Errorf("build.ssh has no %s: %w", id, fs.ErrNotExist)
		}
		var d net.Dialer
		return d.DialContext(ctx, "unix", socket)
	}, nil
}

// oneFile is the folder that BuildKit finds the Dockerfile in.
type oneFile struct {
	name    string
	content []byte
}

// Walk gives the file a time made of its content: BuildKit does not ask again for
// one whose size and time it knows.
func (f oneFile) Walk(_ context.Context, _ []string, visit func(session.Entry) error) error {
	sum := sha256.Sum256(f.content)
	made := time.Unix(0, int64(binary.BigEndian.Uint64(sum[:])>>1))
	return visit(session.Entry{Name: f.name, Mode: 0o644, Size: int64(len(f.content)), ModTime: made})
}

func (f oneFile) Open(string) (io.ReadCloser, error) {
	return io.NopCloser(bytes.NewReader(f.content)), nil
}
