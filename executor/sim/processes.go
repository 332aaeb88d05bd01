package sim

import (
	"context"
	"fmt"

	"recompose/executor"
)

// Top shows one process, the container's command.
func (e *Engine) Top(ctx context.Context, ref string) (titles []string, rows [][]string, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	c, err := e.find(ref)
	if err != nil {
		return nil, nil, err
	}
	if !c.Running() {
		return nil, nil, fmt.Errorf("container %s is not running", c.Name)
	}
	return []string{"PID", "CMD"}, [][]string{{"1", c.Command}}, ctx.Err()
}

// Usage is one process and a megabyte for what runs.
func (e *Engine) Usage(ctx context.Context, ref string) (executor.Usage, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	c, err := e.find(ref)
	if err != nil || !c.Running() {
		return executor.Usage{}, err
	}
	return executor.Usage{Memory: 1 << 20, Limit: 1 << 30, Processes: 1}, ctx.Err()
}
