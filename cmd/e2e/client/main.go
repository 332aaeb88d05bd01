// Command client asks an engine what a client must know to see that a project
// needs nothing, and ends: what a whole process costs at least. The benchmarks
// compare with it.
package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"

	"golang.org/x/sync/errgroup"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: client SOCKET PROJECT")
		os.Exit(2)
	}
	if err := look(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func look(socket, project string) error {
	client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", socket)
	}}}
	get := func(path string) error {
		r, err := client.Get("http://engine" + path)
		if err != nil {
			return err
		}
		defer r.Body.Close()
		if r.StatusCode != http.StatusOK {
			return fmt.Errorf("%s: %s", path, r.Status)
		}
		_, err = io.Copy(io.Discard, r.Body)
		return err
	}
	if err := get("/_ping"); err != nil { // which API?
		return err
	}
	ours := "filters=" + url.QueryEscape(fmt.Sprintf(`{"label":["com.docker.compose.project=%s"]}`, project))
	var all errgroup.Group
	for _, path := range []string{"/containers/json?all=1&" + ours, "/networks?" + ours, "/images/json"} {
		all.Go(func() error { return get("/v1.41" + path) })
	}
	return all.Wait()
}
