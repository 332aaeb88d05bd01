package docker

import (
	"context"
	"errors"

	"recompose/executor"
	"recompose/planner"
)

func (e *Engine) pull(context.Context, planner.PullImage, executor.Report) error {
	return errors.New("pull is not part of this version")
}
