package docker

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/docker/docker/client"

	"recompose/planner"
)

// defaultInterval is between two probes where a healthcheck says nothing.
const defaultInterval = 30 * time.Second

// runProbes runs a container's healthcheck at its interval until ctx ends, and
// wakes who waits for it. Podman leaves that to timers of systemd, which many
// machines and all containers lack.
func (e *Engine) runProbes(ctx context.Context, container string) {
	for {
		interval := defaultInterval
		c, err := e.api.ContainerInspect(ctx, container)
		if err != nil {
			return // the wait sees it too
		}
		if c.Config != nil && c.Config.Healthcheck != nil && c.Config.Healthcheck.Interval > 0 {
			interval = c.Config.Healthcheck.Interval
		}
		if err := e.probe(ctx, container); err == nil {
			e.events.wake(container, container)
		}
		timer := time.NewTimer(interval)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return
		}
	}
}

// probe runs a container's healthcheck once; inspecting it then tells the
// outcome.
func (e *Engine) probe(ctx context.Context, container string) error {
	u, err := client.ParseHostURL(e.api.DaemonHost())
	if err != nil {
		return err
	}
	where := url.URL{Scheme: "http", Host: u.Host, Path: u.Path + "/v4.0.0/libpod/containers/" + container + "/healthcheck"}
	if e.dial.tls != nil {
		where.Scheme = "https"
	}
	if e.dial.local() {
		where.Host, where.Path = client.DummyHost, "/v4.0.0/libpod/containers/"+container+"/healthcheck"
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, where.String(), nil)
	if err != nil {
		return err
	}
	resp, err := e.api.HTTPClient().Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("probe of %s: %s", container, resp.Status)
	}
	return nil
}

// podmanNames puts right what Podman's lists say differently from Docker's:
// the name of a network in the place of its id, and images with the name of
// the registry that they do not come from.
func podmanNames(s *planner.State) {
	ids := map[string]string{}
	for _, n := range s.Networks {
		ids[n.Name] = n.ID
	}
	for _, list := range [][]planner.Container{s.Containers, s.Foreign} {
		for i := range list {
			if names := familiar([]string{list[i].Image}, true); len(names) == 1 {
				list[i].Image = names[0]
			}
			for j, a := range list[i].Networks {
				if id := ids[a.Network]; id != "" && a.NetworkID == a.Network {
					list[i].Networks[j].NetworkID = id
				}
			}
		}
	}
}
