package docker

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"path"
	"regexp"
	"strings"
	"syscall"
	"unicode"
	"unicode/utf8"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/client"

	"recompose/executor"
)

// problem is an engine's error in words for people. kind is one of the
// executor's errors, or nil.
type problem struct {
	text        string
	kind, cause error
}

func (p *problem) Error() string { return p.text }

func (p *problem) Unwrap() (errs []error) {
	for _, err := range []error{p.kind, p.cause} {
		if err != nil {
			errs = append(errs, err)
		}
	}
	return errs
}

// failed is the error of a request. It tells an engine that is gone from one
// that refuses.
func (e *Engine) failed(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case client.IsErrConnectionFailed(err):
		return e.unreachable(ctx, err)
	case errdefs.IsNotFound(err):
		return &problem{text: said(err), kind: executor.ErrNotFound, cause: err}
	}
	return &problem{text: said(err), cause: err}
}

// refused is failed with words of our own for what the engine says.
func (e *Engine) refused(ctx context.Context, err error, text string) error {
	err = e.failed(ctx, err)
	if p, ok := errors.AsType[*problem](err); ok {
		p.text = text
	}
	return err
}

// maxSaid bounds an engine's message, in bytes.
const maxSaid = 4 << 10

// said is an engine's message without the client's preface.
func said(err error) string {
	text := err.Error()
	for _, preface := range []string{"Error response from daemon: ", "Error: "} {
		text = strings.TrimPrefix(text, preface)
	}
	return tail(printable(text), maxSaid)
}

// printable leaves out what would move a terminal's cursor or worse.
func printable(text string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r == utf8.RuneError || unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, text))
}

// unreachable says why no engine answers, and what to try.
func (e *Engine) unreachable(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if cause := e.wire.lost.Load(); cause != nil {
		err = *cause
	}
	why, hint := e.dial.explain(err)
	text := fmt.Sprintf("%v at %s: %s", executor.ErrUnreachable, e.dial, why)
	if hint != "" {
		text += "; " + hint
	}
	return &problem{text: text, kind: executor.ErrUnreachable, cause: err}
}

const elsewhere = "name another engine with --host, --context or DOCKER_HOST"

// explain tells a failed connection in words, with what to try.
func (p endpoint) explain(err error) (why, hint string) {
	text := said(err)
	has := func(part string) bool { return strings.Contains(text, part) }
	var unknownAuthority x509.UnknownAuthorityError
	var hostname x509.HostnameError
	var alert tls.AlertError
	var dns *net.DNSError
	switch {
	case errors.Is(err, fs.ErrPermission) || has("permission denied"):
		return "permission denied", "run it as root, or join the group that owns the socket (usually: sudo usermod -aG docker $USER, and log in again)"
	case has("HTTP request to an HTTPS server"):
		return "it wants TLS", "set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH, or give --tlsverify"
	case has("server gave HTTP response to HTTPS client"):
		return "it does not speak TLS", "unset DOCKER_TLS_VERIFY and DOCKER_TLS, or leave out --tls and --tlsverify"
	case errors.As(err, &unknownAuthority) || has("certificate signed by unknown authority"):
		return "its certificate is signed by an authority that is not trusted", "check the ca.pem in DOCKER_CERT_PATH"
	case errors.As(err, &hostname):
		return hostname.Error(), "use the name that its certificate is for"
	case errors.As(err, &alert) || has("remote error: tls") || has("bad certificate"):
		return "it does not take our certificate", "check cert.pem and key.pem in DOCKER_CERT_PATH"
	case errors.As(err, &dns):
		return fmt.Sprintf("no such host %s", dns.Name), elsewhere
	case strings.HasPrefix(p.host, "ssh://"):
		if _, said, ok := strings.Cut(text, "stderr="); ok {
			text = strings.TrimSpace(said)
		}
		return tail(text, 300), "try: ssh " + strings.TrimPrefix(p.host, "ssh://") + " docker version"
	case p.local():
		hint = "start the engine (sudo systemctl start docker), or " + elsewhere
		if len(p.others) > 0 {
			hint = "start the engine, or use the one at hand: DOCKER_HOST=" + p.others[0]
		}
		if errors.Is(err, fs.ErrNotExist) {
			return "there is no such socket", hint
		}
		return "nothing listens on the socket", hint
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused", "check that the engine listens there, or " + elsewhere
	}
	return cmp.Or(tail(text, 300), "no answer"), elsewhere
}

// tail is the end of a text, at most n bytes of it.
func tail(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return "…" + strings.ToValidUTF8(s[len(s)-n:], "")
}

var (
	portAllocated = regexp.MustCompile(`Bind for (\S+) failed: port is already allocated`)
	portInUse     = regexp.MustCompile(`(?:listen (?:tcp|udp|sctp)[46]? |failed to bind host port (?:for )?)(\[[^\]\s]*\]:\d+|[^:\s]*:\d+|:::\d+)\S*: (?:bind: )?address already in use`)
	noExecutable  = regexp.MustCompile(`exec: "([^"]*)": (?:executable file not found|stat [^:]*: no such file)`)
	noExecPerm    = regexp.MustCompile(`exec: "([^"]*)": permission denied`)
	noSource      = regexp.MustCompile(`bind source path does not exist: (\S+)`)
	notDirectory  = regexp.MustCompile(`not a directory: unknown: Are you trying to mount a directory onto a file`)
	noRuntime     = regexp.MustCompile(`[Uu]nknown (?:or invalid )?runtime(?: name|s specified)?:? (\S+)`)
)

// startWords are the words for an engine's refusal to create or start a
// container.
func startWords(text string) string {
	if m := portAllocated.FindStringSubmatch(text); m != nil {
		return fmt.Sprintf("port %s of the host is published by another container", m[1])
	}
	if m := portInUse.FindStringSubmatch(text); m != nil {
		return fmt.Sprintf("port %s of the host is in use by another program", m[1])
	}
	if m := noExecutable.FindStringSubmatch(text); m != nil && path.Base(m[1]) == "docker-init" {
		return initWords(m[1])
	} else if m != nil {
		return fmt.Sprintf("the image has no command %q; check command and entrypoint", m[1])
	}
	if m := noExecPerm.FindStringSubmatch(text); m != nil {
		return fmt.Sprintf("%q is not executable in the image", m[1])
	}
	if m := noSource.FindStringSubmatch(text); m != nil {
		return fmt.Sprintf("%s, to be mounted, is not there on the engine's machine", m[1])
	}
	if notDirectory.MatchString(text) {
		return "a directory is mounted over a file, or a file over a directory: " + text
	}
	if m := noRuntime.FindStringSubmatch(text); m != nil {
		return fmt.Sprintf("the engine has no runtime %s", m[1])
	}
	return text
}

// createWords are the same for a refusal to create: no engine looks for the
// image's command then, but Podman for the program that init: true needs.
func createWords(text string) string {
	if m := noExecutable.FindStringSubmatch(text); m != nil {
		return initWords(m[1])
	}
	return startWords(text)
}

func initWords(program string) string {
	return fmt.Sprintf("the engine's machine has no %s, which init: true needs; install it there, or take init: true out", program)
}

// hideValues takes the values of variables out of a message.
func hideValues(text string, env []string) string {
	for _, kv := range env {
		if key, value, ok := strings.Cut(kv, "="); ok && value != "" {
			text = strings.ReplaceAll(text, kv, key+"=(hidden)")
		}
	}
	return text
}
