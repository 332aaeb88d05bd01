// Command balancer passes requests to the backends of its arguments, each in
// turn. A backend is HOST:PORT; a host with several addresses counts as
// several backends, looked up for every request, so that new replicas join in.
package main

import (
	"flag"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"slices"
	"sync/atomic"
)

func main() {
	listen := flag.String("listen", ":80", "address to serve")
	flag.Parse()
	backends := flag.Args()
	if len(backends) == 0 {
		log.Fatal("usage: balancer [-listen ADDRESS] HOST:PORT...")
	}
	var turn atomic.Uint64
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetXForwarded()
		r.Out.URL.Scheme = "http"
		// Without an address the request fails with the balancer's 502.
		if addresses := resolve(backends); len(addresses) > 0 {
			r.Out.URL.Host = addresses[turn.Add(1)%uint64(len(addresses))]
		}
	}}
	log.Fatal(http.ListenAndServe(*listen, proxy))
}

// resolve lists the backends' addresses in a stable order.
func resolve(backends []string) []string {
	var addresses []string
	for _, b := range backends {
		host, port, err := net.SplitHostPort(b)
		if err != nil {
			log.Fatalf("%s: expected HOST:PORT", b)
		}
		found, err := net.LookupHost(host)
		if err != nil {
			log.Print(err)
			continue
		}
		for _, a := range found {
			addresses = append(addresses, net.JoinHostPort(a, port))
		}
	}
	slices.Sort(addresses)
	return slices.Compact(addresses)
}
