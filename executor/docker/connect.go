package docker

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/docker/cli/cli/connhelper"
	dockercontext "github.com/docker/cli/cli/context"
	"github.com/docker/docker/client"
	"github.com/docker/go-connections/tlsconfig"
)

const (
	// idleConnections are kept for later requests: as many as starts, stops
	// and waits run at once, so that none of them dials anew.
	idleConnections = 512
	dialTimeout     = 30 * time.Second
)

// client makes the client of the engine at p, which sends the given headers
// with each request.
func (p endpoint) client(headers map[string]string) (*client.Client, *wire, error) {
	dialer := &net.Dialer{Timeout: dialTimeout, KeepAlive: dialTimeout}
	transport := &http.Transport{
		MaxIdleConnsPerHost: idleConnections, IdleConnTimeout: 30 * time.Second,
		TLSClientConfig: p.tls, DialContext: dialer.DialContext,
	}
	httpClient := &http.Client{Transport: transport, CheckRedirect: client.CheckRedirect}
	options := []client.Opt{
		client.WithHTTPClient(httpClient), client.WithAPIVersionNegotiation(), client.WithHTTPHeaders(headers), client.WithUserAgent("recompose"),
	}
	helper, err := connhelper.GetConnectionHelper(p.host)
	switch {
	case err != nil:
		return nil, nil, fmt.Errorf("engine address %s: %w", p, err)
	case helper != nil: // ssh
		options = append(options, client.WithHost(helper.Host), client.WithDialContext(helper.Dialer))
	default:
		options = append(options, client.WithHost(p.host))
	}
	if p.version != "" {
		options = append(options, client.WithVersion(p.version))
	}
	c, err := client.NewClientWithOpts(options...)
	if err != nil {
		return nil, nil, fmt.Errorf("engine address %s: %w", p, err)
	}
	w := &wire{next: transport, limit: maxAnswer}
	httpClient.Transport = w
	return c, w, nil
}

// String is the address, and what named it.
func (p endpoint) String() string {
	if p.from == "" {
		return p.host
	}
	return p.host + " (from " + p.from + ")"
}

// contextTLS is what a context keeps for TLS; data may be nil.
func contextTLS(data *dockercontext.TLSData, skipVerify bool) (*tls.Config, error) {
	out := tlsconfig.ClientDefault()
	out.InsecureSkipVerify = skipVerify
	if data == nil {
		return out, nil
	}
	if data.CA != nil {
		out.RootCAs = x509.NewCertPool()
		if !out.RootCAs.AppendCertsFromPEM(data.CA) {
			return nil, errors.New("its ca.pem holds no certificate")
		}
	}
	if data.Cert != nil && data.Key != nil {
		pair, err := tls.X509KeyPair(data.Cert, data.Key)
		if err != nil {
			return nil, fmt.Errorf("its cert.pem and key.pem: %w", err)
		}
		out.Certificates = []tls.Certificate{pair}
	}
	return out, nil
}
