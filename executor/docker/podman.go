package docker

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
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
	resp, err := e.libpod(ctx, "/containers/"+container+"/healthcheck", nil)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("probe of %s: %s", container, resp.Status)
	}
	return nil
}

// libpod asks Podman by its own API.
func (e *Engine) libpod(ctx context.Context, path string, query url.Values) (*http.Response, error) {
	u, err := client.ParseHostURL(e.api.DaemonHost())
	if err != nil {
		return nil, err
	}
	where := url.URL{Scheme: "http", Host: u.Host, Path: u.Path, RawQuery: query.Encode()}
	if e.dial.tls != nil {
		where.Scheme = "https"
	}
	if e.dial.local() {
		where.Host, where.Path = client.DummyHost, ""
	}
	where.Path += "/v4.0.0/libpod" + path
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, where.String(), nil)
	if err != nil {
		return nil, err
	}
	return e.api.HTTPClient().Do(r)
}

// podmanHealth adds the health that Podman leaves out of the list that it
// gives by Docker's API. What its own list does not tell stays unknown.
func (e *Engine) podmanHealth(ctx context.Context, s *planner.State) error {
	if !slices.ContainsFunc(s.Containers, func(c planner.Container) bool { return c.Status == planner.StatusRunning }) {
		return nil
	}
	resp, err := e.libpod(ctx, "/containers/json", url.Values{"filters": {`{"label":["` + planner.LabelProject + `"]}`}})
	if err != nil {
		return e.failed(ctx, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil
	}
	var list []struct{ ID, Status string }
	if err := json.NewDecoder(resp.Body).Decode(&list); err != nil {
		return fmt.Errorf("podman's list of containers: %w", err)
	}
	for _, entry := range list {
		health := readHealth("(" + entry.Status + ")")
		i := slices.IndexFunc(s.Containers, func(c planner.Container) bool { return c.ID == entry.ID })
		if i < 0 || health == planner.HealthNone || s.Containers[i].Health != planner.HealthNone {
			continue
		}
		s.Containers[i].Health = health
		s.Containers[i].StatusText += " (" + entry.Status + ")"
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
