package docker

import (
	"context"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/docker/docker/api/types/events"
	"github.com/docker/docker/api/types/filters"

	"recompose/executor"
	"recompose/planner"
)

// Watch implements executor.Streams.
func (e *Engine) Watch(ctx context.Context, project string, span executor.Span, f func(executor.ContainerEvent)) error {
	if _, err := e.ready(ctx); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	messages, errs := e.api.Events(ctx, events.ListOptions{Since: span.Since, Until: span.Until, Filters: filters.NewArgs(
		filters.Arg("type", string(events.ContainerEventType)), filters.Arg("label", planner.LabelProject+"="+project))})
	for {
		select {
		case m := <-messages:
			f(decodeEvent(m))
		case err := <-errs:
			if ctx.Err() != nil || span.Until != "" && errors.Is(err, io.EOF) {
				return nil
			}
			return e.failed(ctx, err)
		}
	}
}

// eventFacts are the attributes of an event that the engine itself adds to the
// container's labels.
var eventFacts = map[string]bool{
	"name": true, "image": true, "exitCode": true, "signal": true, "execID": true, "execDuration": true, "oldName": true,
}

// decodeEvent reads an event of a container. The health that an event names
// after a colon goes to Health; the command of exec events stays with them.
func decodeEvent(m events.Message) executor.ContainerEvent {
	a := m.Actor.Attributes
	out := executor.ContainerEvent{
		Time: time.Unix(0, m.TimeNano), Action: string(m.Action), ID: m.Actor.ID, Name: a["name"],
		Service: a[planner.LabelService], OneOff: strings.EqualFold(a[planner.LabelOneOff], "true"), Labels: map[string]string{}, Facts: map[string]string{},
	}
	if m.TimeNano == 0 {
		out.Time = time.Unix(m.Time, 0)
	}
	if action, health, ok := strings.Cut(out.Action, ": "); ok && action == string(events.ActionHealthStatus) {
		out.Action, out.Health = action, planner.Health(health)
	}
	out.Number, _ = strconv.Atoi(a[planner.LabelNumber]) // 0: it has none
	out.ExitCode, _ = strconv.Atoi(a["exitCode"])        // events without one have 0
	for k, v := range a {
		if eventFacts[k] {
			out.Facts[k] = v
		} else {
			out.Labels[k] = v
		}
	}
	return out
}
