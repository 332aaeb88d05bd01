package session

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"google.golang.org/protobuf/encoding/protowire"
)

// The calls that are answered.
const (
	methodHealth       = "/grpc.health.v1.Health/Check"
	methodDiffCopy     = "/moby.filesync.v1.FileSync/DiffCopy"
	methodCredentials  = "/moby.filesync.v1.Auth/Credentials"
	methodSecret       = "/moby.buildkit.secrets.v1.Secrets/GetSecret"
	methodCheckAgent   = "/moby.sshforward.v1.SSH/CheckAgent"
	methodForwardAgent = "/moby.sshforward.v1.SSH/ForwardAgent"
)

// Status codes of gRPC.
const (
	codeUnknown       = 2
	codeNotFound      = 5
	codeUnimplemented = 12
)

// maxRequest bounds a message that we take, in bytes: they hold names only.
const maxRequest = 4 << 20

var errUnimplemented = errors.New("not offered")

// ServeHTTP answers one call.
func (s *Session) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/grpc")
	code, text := 0, ""
	if err := s.call(&stream{body: r.Body, w: w, flush: http.NewResponseController(w).Flush}, r); err != nil {
		text = err.Error()
		switch {
		case errors.Is(err, errUnimplemented):
			code = codeUnimplemented
		case errors.Is(err, fs.ErrNotExist):
			code = codeNotFound
		default:
			code = codeUnknown
		}
	}
	w.Header().Set(http.TrailerPrefix+"Grpc-Status", strconv.Itoa(code))
	w.Header().Set(http.TrailerPrefix+"Grpc-Message", escape(text))
}

func (s *Session) call(c *stream, r *http.Request) error {
	o := s.options
	switch {
	case r.URL.Path == methodHealth:
		return c.unary(func([]byte) ([]byte, error) { return appendNumber(nil, 1, 1), nil }) // SERVING
	case r.URL.Path == methodDiffCopy && o.Trees != nil:
		return s.diffCopy(r.Context(), c, metadata(r.Header))
	case r.URL.Path == methodCredentials && o.Credentials != nil:
		return c.unary(s.credentials)
	case r.URL.Path == methodSecret && o.Secret != nil:
		return c.unary(s.secret)
	case r.URL.Path == methodCheckAgent && o.Agent != nil:
		return c.unary(func(in []byte) ([]byte, error) { return nil, s.checkAgent(r.Context(), in) }) //nolint:contextcheck // it is passed
	case r.URL.Path == methodForwardAgent && o.Agent != nil:
		return s.forwardAgent(r.Context(), c, r.Header.Get("buildkit.ssh.id"))
	}
	return fmt.Errorf("%s: %w", r.URL.Path, errUnimplemented)
}

// stream is the messages of one call.
type stream struct {
	body  io.Reader
	mu    sync.Mutex // of w
	w     io.Writer
	flush func() error
}

// receive gives the next message; io.EOF: there are no more.
func (c *stream) receive() ([]byte, error) {
	var header [5]byte
	if _, err := io.ReadFull(c.body, header[:]); err != nil {
		return nil, err
	}
	size := binary.BigEndian.Uint32(header[1:])
	if header[0] != 0 || size > maxRequest {
		return nil, fmt.Errorf("a message of %d bytes (compression %d) is not taken", size, header[0])
	}
	message := make([]byte, size)
	_, err := io.ReadFull(c.body, message)
	return message, err
}

// send may be called from several goroutines.
func (c *stream) send(message []byte) error {
	var header [5]byte
	binary.BigEndian.PutUint32(header[1:], uint32(len(message)))
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, err := c.w.Write(header[:]); err != nil {
		return err
	}
	if _, err := c.w.Write(message); err != nil {
		return err
	}
	return c.flush()
}

// unary is a call of one message and one answer.
func (c *stream) unary(answer func([]byte) ([]byte, error)) error {
	in, err := c.receive()
	if err != nil {
		return err
	}
	out, err := answer(in)
	if err != nil {
		return err
	}
	return c.send(out)
}

// escape is how gRPC writes a text in a header.
func escape(text string) string {
	var b strings.Builder
	for _, c := range []byte(text) {
		if c < ' ' || c > '~' || c == '%' {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// field is a field of a protobuf message: a number or bytes.
type field struct {
	number int
	n      uint64
	bytes  []byte
}

var errMessage = errors.New("a message of the build is not readable")

// fields takes a message apart.
func fields(data []byte) ([]field, error) {
	var out []field
	for len(data) > 0 {
		number, kind, size := protowire.ConsumeTag(data)
		if size < 0 {
			return nil, errMessage
		}
		data = data[size:]
		f := field{number: int(number)}
		switch kind {
		case protowire.VarintType:
			f.n, size = protowire.ConsumeVarint(data)
		case protowire.BytesType:
			f.bytes, size = protowire.ConsumeBytes(data)
		default:
			size = protowire.ConsumeFieldValue(number, kind, data)
		}
		if size < 0 {
			return nil, errMessage
		}
		data = data[size:]
		out = append(out, f)
	}
	return out, nil
}

// text is the string in a message's field.
func text(data []byte, number int) (string, error) {
	all, err := fields(data)
	for _, f := range all {
		if f.number == number {
			return string(f.bytes), err
		}
	}
	return "", err
}

func appendNumber(b []byte, number protowire.Number, n uint64) []byte {
	if n == 0 {
		return b
	}
	return protowire.AppendVarint(protowire.AppendTag(b, number, protowire.VarintType), n)
}

func appendBytes(b []byte, number protowire.Number, value []byte) []byte {
	if len(value) == 0 {
		return b
	}
	return protowire.AppendBytes(protowire.AppendTag(b, number, protowire.BytesType), value)
}
