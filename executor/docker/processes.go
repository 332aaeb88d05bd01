package docker

import "context"

// Top implements executor.Processes.
func (e *Engine) Top(ctx context.Context, id string) (titles []string, rows [][]string, err error) {
	if _, err := e.ready(ctx); err != nil {
		return nil, nil, err
	}
	top, err := e.api.ContainerTop(ctx, id, nil)
	return top.Titles, top.Processes, e.failed(ctx, err)
}
