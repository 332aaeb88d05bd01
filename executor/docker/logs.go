package docker

import (
	"cmp"
	"context"
	"time"

	"github.com/docker/docker/api/types/container"

	"recompose/executor"
)

// Logs implements executor.Streams. Following ends when the container does.
func (e *Engine) Logs(ctx context.Context, id string, o executor.LogOptions, out executor.Output) error {
	if _, err := e.ready(ctx); err != nil {
		return err
	}
	body, err := e.api.ContainerLogs(ctx, id, container.LogsOptions{
		ShowStdout: true, ShowStderr: true, Follow: o.Follow, Tail: cmp.Or(o.Tail, "all"),
		Since: o.Since, Until: o.Until, Timestamps: o.Timestamps,
	})
	if err != nil {
		return e.failed(ctx, err)
	}
	defer body.Close()
	err = readLines(body, o.Timestamps, func(stderr bool, t time.Time, line []byte) { out.Line(o.Ref, stderr, t, line) })
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}
