package cmd

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"recompose/executor"
	"recompose/planner"
)

type eventsOptions struct {
	services []string
	json     bool
	span     executor.Span
}

func (a *App) newEventsCmd() *cobra.Command {
	o := &eventsOptions{}
	c := &cobra.Command{
		Use:     "events [OPTIONS] [SERVICE...]",
		Short:   "Show what happens to the containers",
		Long:    "Show what happens to the containers from now on, or what has happened since a time, until Ctrl-C or a time that is given.",
		Example: "  recompose events --json\n  recompose events --since 1h --until 10m web",
		RunE: func(c *cobra.Command, args []string) error {
			o.services = args
			return a.runEvents(c.Context(), o)
		},
	}
	c.Flags().BoolVar(&o.json, "json", false, "An object a line")
	c.Flags().StringVar(&o.span.Since, "since", "", "From `TIME` on: 2026-01-02T15:04:05Z, or 42m ago")
	c.Flags().StringVar(&o.span.Until, "until", "", "Up to `TIME`")
	return c
}

func (a *App) runEvents(ctx context.Context, o *eventsOptions) error {
	v, err := a.look(ctx, o.services, planner.Query{})
	if err != nil {
		return err
	}
	streams, err := a.streams()
	if err != nil {
		return err
	}
	ctx, done := a.cancelable(ctx)
	defer done()
	var failed error
	err = streams.Watch(ctx, v.name, o.span, func(e executor.ContainerEvent) {
		if len(o.services) > 0 && !slices.Contains(o.services, e.Service) || failed != nil {
			return
		}
		if _, failed = fmt.Fprintln(a.Out, eventText(e, o.json)); failed != nil {
			done() // nobody reads any more
		}
	})
	if ctx.Err() != nil {
		return failed
	}
	return err
}

// eventText has the forms of docker compose's events.
func eventText(e executor.ContainerEvent, asJSON bool) string {
	attributes := map[string]string{"name": e.Name}
	maps.Copy(attributes, e.Facts)
	action := e.Action
	if action == "health_status" && e.Health != planner.HealthNone {
		action += ": " + string(e.Health)
	}
	for k, v := range e.Labels {
		if !strings.HasPrefix(k, "com.docker.compose.") && !strings.HasPrefix(k, "recompose.") {
			attributes[k] = v
		}
	}
	if asJSON {
		b, _ := json.Marshal(map[string]any{
			"time": e.Time.Format(time.RFC3339Nano), "type": "container", "service": e.Service, "id": e.ID,
			"action": action, "attributes": attributes,
		})
		return string(b)
	}
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(attributes)) {
		parts = append(parts, k+"="+attributes[k])
	}
	return fmt.Sprintf("%s container %s %s (%s)", e.Time.Format("2006-01-02 15:04:05.000000"), action, e.ID, strings.Join(parts, ", "))
}
