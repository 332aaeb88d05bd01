package docker

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
)

// maxAnswer bounds an answer that is decoded as a whole, in bytes. A list of
// 10,000 containers is some 20 MB.
const maxAnswer = 128 << 20

// wire stands between the docker client and its connections. It bounds
// answers, and keeps what the client shows only a part of: the headers of the
// ping, and why the last request found no engine.
type wire struct {
	next  http.RoundTripper
	limit int // of an answer, in bytes
	ping  atomic.Pointer[http.Header]
	lost  atomic.Pointer[error]
}

// RoundTrip is one request.
func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := w.next.RoundTrip(r)
	if err != nil {
		w.lost.Store(&err)
		return resp, err
	}
	if strings.HasSuffix(r.URL.Path, "/_ping") {
		w.ping.Store(&resp.Header)
	}
	if strings.HasPrefix(resp.Header.Get("Content-Type"), "application/json") && !streams(r.URL.Path) {
		resp.Body = &bounded{body: resp.Body, left: w.limit, limit: w.limit}
	}
	return resp, nil
}

// streams reports whether the answer has no end that could be known.
func streams(path string) bool {
	for _, end := range []string{"/events", "/build", "/images/create", "/push", "/stats"} {
		if strings.HasSuffix(path, end) {
			return true
		}
	}
	return false
}

type bounded struct {
	body        io.ReadCloser
	left, limit int
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, fmt.Errorf("the engine's answer is longer than %d bytes", b.limit)
	}
	n, err := b.body.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

func (b *bounded) Close() error { return b.body.Close() }
