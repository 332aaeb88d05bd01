package session

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// engine is BuildKit's end of a session.
type engine struct {
	t      *testing.T
	client *http.Client
	served chan struct{} // closed when Serve has returned
}

func connect(t *testing.T, s *Session) *engine {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	theirs, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	ours, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	e := &engine{t: t, served: make(chan struct{})}
	go func() {
		defer close(e.served)
		s.Serve(ctx, ours)
	}()
	var protocols http.Protocols
	protocols.SetUnencryptedHTTP2(true)
	transport := &http.Transport{Protocols: &protocols, DialContext: func(context.Context, string, string) (net.Conn, error) { return theirs, nil }}
	e.client = &http.Client{Transport: transport}
	t.Cleanup(func() {
		cancel()
		<-e.served
		transport.CloseIdleConnections()
		theirs.Close()
	})
	return e
}

func framed(message []byte) []byte {
	return append(binary.BigEndian.AppendUint32([]byte{0}, uint32(len(message))), message...)
}

// call makes a call whose messages are body, with metadata, and returns the
// answer's messages and the gRPC status.
func (e *engine) call(method string, header http.Header, body io.Reader, each func([]byte)) (status string) {
	e.t.Helper()
	r, err := http.NewRequestWithContext(e.t.Context(), http.MethodPost, "http://session"+method, body)
	if err != nil {
		e.t.Fatal(err)
	}
	if header != nil {
		r.Header = header
	}
	r.Header.Set("Content-Type", "application/grpc")
	resp, err := e.client.Do(r)
	if err != nil {
		e.t.Fatal(err)
	}
	defer resp.Body.Close()
	c := &stream{body: resp.Body}
	for {
		message, err := c.receive()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			e.t.Fatal(err)
		}
		each(message)
	}
	return resp.Trailer.Get("Grpc-Status") + " " + resp.Trailer.Get("Grpc-Message")
}

// unary is a call of one message; the answer is "status | fields".
func (e *engine) unary(method string, in []byte) string {
	e.t.Helper()
	var out []string
	status := e.call(method, nil, bytes.NewReader(framed(in)), func(m []byte) {
		all, err := fields(m)
		if err != nil {
			e.t.Fatal(err)
		}
		for _, f := range all {
			if f.bytes != nil {
				out = append(out, fmt.Sprintf("%d=%s", f.number, f.bytes))
			} else {
				out = append(out, fmt.Sprintf("%d=%d", f.number, f.n))
			}
		}
	})
	return strings.TrimSpace(status) + " | " + strings.Join(out, " ")
}

func TestUnaryCalls(t *testing.T) {
	s := New(Options{
		Credentials: func(host string) (string, string, error) {
			if host == "broken" {
				return "", "", errors.New("the helper – failed")
			}
			return "user@" + host, "secret", nil
		},
		Secret: func(id string) ([]byte, error) {
			if id != "token" {
				return nil, fmt.Errorf("no secret %s: %w", id, fs.ErrNotExist)
			}
			return []byte("s3cret"), nil
		},
	})
	e := connect(t, s)
	for _, c := range []struct{ method, in, want string }{
		{methodHealth, "", "0 | 1=1"},
		{methodCredentials, "reg:5000", "0 | 1=user@reg:5000 2=secret"},
		{methodCredentials, "broken", "2 the helper %E2%80%93 failed |"},
		{methodSecret, "token", "0 | 1=s3cret"},
		{methodSecret, "other", "5 no secret other: file does not exist |"},
		{methodCheckAgent, "default", "12 /moby.sshforward.v1.SSH/CheckAgent: not offered |"},
		{methodDiffCopy, "", "12 /moby.filesync.v1.FileSync/DiffCopy: not offered |"},
		{"/some.Service/Call", "", "12 /some.Service/Call: not offered |"},
	} {
		got := e.unary(c.method, appendBytes(nil, 1, []byte(c.in)))
		if strings.TrimSpace(got) != c.want {
			t.Errorf("%s %s: got %q, want %q", c.method, c.in, got, c.want)
		}
	}
}

func TestForwardAgent(t *testing.T) {
	s := New(Options{Agent: func(_ context.Context, id string) (net.Conn, error) {
		if id != "" && id != "work" {
			return nil, fmt.Errorf("no agent %s: %w", id, fs.ErrNotExist)
		}
		ours, theirs := net.Pipe()
		go func() {
			defer theirs.Close()
			buf := make([]byte, 4)
			for {
				if _, err := io.ReadFull(theirs, buf); err != nil {
					return
				}
				if _, err := theirs.Write(bytes.ToUpper(buf)); err != nil {
					return
				}
			}
		}()
		return ours, nil
	}})
	e := connect(t, s)
	if got := e.unary(methodCheckAgent, appendBytes(nil, 1, []byte("work"))); got != "0 | " {
		t.Errorf("check: %s", got)
	}
	if got := e.unary(methodCheckAgent, appendBytes(nil, 1, []byte("home"))); !strings.HasPrefix(got, "5 ") {
		t.Errorf("check of another: %s", got)
	}
	body, requests := io.Pipe()
	go func() {
		_, _ = requests.Write(framed(appendBytes(nil, 1, []byte("sign")))) // seen by the answer
	}()
	var got string
	status := e.call(methodForwardAgent, http.Header{"Buildkit.ssh.id": {"work"}}, body, func(m []byte) {
		got, _ = text(m, 1)
		requests.Close()
	})
	if got != "SIGN" || status != "0 " {
		t.Errorf("got %q, status %s", got, status)
	}
}

func TestServeEndsWithTheConnection(t *testing.T) {
	ours, theirs := net.Pipe()
	done := make(chan struct{})
	go func() {
		New(Options{}).Serve(t.Context(), ours)
		close(done)
	}()
	theirs.Close()
	<-done
}

func TestHeaderNamesWhatIsOffered(t *testing.T) {
	s := New(Options{SharedKey: "k", Secret: func(string) ([]byte, error) { return nil, nil }})
	want := map[string][]string{
		"X-Docker-Expose-Session-Uuid": {s.ID()}, "X-Docker-Expose-Session-Name": {"recompose"}, "X-Docker-Expose-Session-Sharedkey": {"k"},
		"X-Docker-Expose-Session-Grpc-Method": {methodHealth, methodSecret},
	}
	if diff := cmp.Diff(want, s.Header()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if s.ID() == New(Options{}).ID() {
		t.Error("two sessions have one id")
	}
}
