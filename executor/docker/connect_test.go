package docker

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"recompose/executor"
	"recompose/planner"
)

// tlsEngine is an engine that speaks TLS, and a folder with its authority's
// certificate.
func tlsEngine(t *testing.T) (host, certs string) {
	t.Helper()
	s := &standIn{ServeMux: http.NewServeMux()}
	s.HandleFunc("/_ping", func(w http.ResponseWriter, _ *http.Request) { pong(w, "Docker/20.10.24 (linux)", "1.41") })
	s.HandleFunc("GET /info", answer(200, map[string]int{"NCPU": 5}))
	server := httptest.NewUnstartedServer(s)
	server.Config.ErrorLog = nil
	server.StartTLS()
	t.Cleanup(server.Close)
	certs = t.TempDir()
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(filepath.Join(certs, "ca.pem"), ca, 0o600); err != nil {
		t.Fatal(err)
	}
	return strings.Replace(server.URL, "https", "tcp", 1), certs
}

func TestTLS(t *testing.T) {
	host, certs := tlsEngine(t)
	_, otherCerts := tlsEngine(t)
	stranger := filepath.Join(otherCerts, "ca.pem")
	const notOurs = "-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n"
	if err := os.WriteFile(stranger, []byte(notOurs), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		o    Options
		env  map[string]string
		want string // what the error says; empty: it works
	}{
		"verified by environment": {Options{Host: host}, map[string]string{"DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": certs}, ""},
		"verified by flags":       {Options{Host: host, TLSVerify: true, TLSCACert: filepath.Join(certs, "ca.pem")}, nil, ""},
		"believed":                {Options{Host: host, TLS: true}, nil, ""},
		"believed by environment": {Options{Host: host}, map[string]string{"DOCKER_TLS": "1"}, ""},
		"without TLS":             {Options{Host: host}, nil, "it wants TLS"},
		"broken authority":        {Options{Host: host, TLSVerify: true, TLSCACert: stranger}, nil, "TLS for"},
	} {
		t.Run(name, func(t *testing.T) {
			c.o.ConfigDir, c.o.Env = t.TempDir(), func(k string) string { return c.env[k] }
			e, err := New(c.o)
			if err == nil {
				defer e.Close()
				var s planner.State
				if s, err = e.Observe(t.Context(), planner.Query{Info: true}); err == nil && (s.Engine.CPUs != 5 || s.Engine.Local) {
					t.Errorf("engine %+v", s.Engine)
				}
			}
			switch {
			case c.want == "" && err != nil:
				t.Errorf("got %v, want none", err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("got %v, want it to say %q", err, c.want)
			}
		})
	}
}

// The system's authorities do not vouch for the engine.
func TestTLSStranger(t *testing.T) {
	host, _ := tlsEngine(t)
	e, err := New(Options{Host: host, TLSVerify: true, ConfigDir: t.TempDir(), TLSCACert: selfSigned(t)})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	_, err = e.Observe(t.Context(), planner.Query{Info: true})
	if !errors.Is(err, executor.ErrUnreachable) || !strings.Contains(err.Error(), "authority that is not trusted") {
		t.Errorf("got %v", err)
	}
}

// An answer without an end is cut off.
func TestBoundedAnswer(t *testing.T) {
	_, e := newStandIn(t, map[string]http.HandlerFunc{"GET /containers/json": func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `[{"Id":"`)
		for r.Context().Err() == nil {
			if _, err := io.WriteString(w, strings.Repeat("x", 1<<16)); err != nil {
				return
			}
		}
	}})
	e.wire.limit = 1 << 20
	_, err := e.Observe(t.Context(), planner.Query{Foreign: true})
	if err == nil || !strings.Contains(err.Error(), "longer than 1048576 bytes") {
		t.Errorf("got %v", err)
	}
}

// The docker command's configuration may ask for headers with each request.
func TestHeadersOfConfiguration(t *testing.T) {
	var got string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r.Header.Get("X-Meta")
		pong(w, "Docker/20.10.24 (linux)", "1.41")
		answer(200, "{}")(w, r)
	}))
	defer server.Close()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "config.json"), []byte(`{"HttpHeaders":{"X-Meta":"yes"}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	e, err := New(Options{Host: strings.Replace(server.URL, "http", "tcp", 1), ConfigDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if _, err := e.Observe(t.Context(), planner.Query{Info: true}); err != nil || got != "yes" {
		t.Errorf("header %q, error %v", got, err)
	}
}

func TestMessagesArePrintable(t *testing.T) {
	err := said(errors.New("Error response from daemon: \x1b[2Jbad\r\n\x00" + strings.Repeat("y", 2*maxSaid)))
	if strings.ContainsAny(err, "\x1b\r\x00") || len(err) > maxSaid+len("…") {
		t.Errorf("%d bytes: %.40q", len(err), err)
	}
}

// selfSigned is the file of an authority that has signed nothing but itself.
func selfSigned(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), IsCA: true, BasicConstraintsValid: true, NotAfter: time.Now().Add(time.Hour)}
	raw, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
