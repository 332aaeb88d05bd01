package docker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/docker/docker/api/types/container"

	"recompose/executor"
)

// Top implements executor.Processes.
func (e *Engine) Top(ctx context.Context, id string) (titles []string, rows [][]string, err error) {
	if _, err := e.ready(ctx); err != nil {
		return nil, nil, err
	}
	top, err := e.api.ContainerTop(ctx, id, nil)
	return top.Titles, top.Processes, e.failed(ctx, err)
}

// Usage implements executor.Processes.
func (e *Engine) Usage(ctx context.Context, id string) (executor.Usage, error) {
	if _, err := e.ready(ctx); err != nil {
		return executor.Usage{}, err
	}
	answer, err := e.api.ContainerStats(ctx, id, false)
	if err != nil {
		return executor.Usage{}, e.failed(ctx, err)
	}
	defer answer.Body.Close()
	var s container.StatsResponse
	err = json.NewDecoder(io.LimitReader(answer.Body, maxMessage)).Decode(&s)
	switch {
	case ctx.Err() != nil:
		return executor.Usage{}, ctx.Err()
	case errors.Is(err, io.EOF): // it ended meanwhile
		return executor.Usage{}, nil
	case err != nil:
		return executor.Usage{}, fmt.Errorf("the engine's answer: %w", err)
	}
	return usage(s), nil
}

// usage has the numbers that the docker command shows on Linux.
func usage(s container.StatsResponse) executor.Usage {
	u := executor.Usage{Limit: s.MemoryStats.Limit, Memory: s.MemoryStats.Usage, Processes: s.PidsStats.Current}
	// What the kernel could take back at any time is not counted: cgroup v1 and v2.
	for _, name := range []string{"total_inactive_file", "inactive_file"} {
		if cache, ok := s.MemoryStats.Stats[name]; ok && cache < u.Memory {
			u.Memory -= cache
			break
		}
	}
	used := float64(s.CPUStats.CPUUsage.TotalUsage) - float64(s.PreCPUStats.CPUUsage.TotalUsage)
	all := float64(s.CPUStats.SystemUsage) - float64(s.PreCPUStats.SystemUsage)
	cpus := float64(s.CPUStats.OnlineCPUs)
	if cpus == 0 {
		cpus = float64(len(s.CPUStats.CPUUsage.PercpuUsage))
	}
	if used > 0 && all > 0 {
		u.CPU = used / all * cpus * 100
	}
	for _, n := range s.Networks {
		u.Received += n.RxBytes
		u.Sent += n.TxBytes
	}
	for _, io := range s.BlkioStats.IoServiceBytesRecursive {
		switch strings.ToLower(io.Op) {
		case "read":
			u.BytesRead += io.Value
		case "write":
			u.BytesWrite += io.Value
		}
	}
	return u
}
