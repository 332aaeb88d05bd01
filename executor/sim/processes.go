package sim

import (
	"context"
	"fmt"
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
