// Package host looks at this machine for facts that a container engine does
// not know: ports that a process holds, and paths that are not there.
//
// It looks only at what it is asked for, changes nothing, and must never be
// used for an engine on another machine.
package host

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"strconv"
	"sync"
	"syscall"

	"recompose/planner"
)

// most bounds the looks at one time: a file server that hangs holds up to this
// many of them, and no more.
const most = 32

// Look says which of the ports are busy and which of the paths are missing, in
// the order of the questions. What cannot be told (a port that this user may
// not take, a folder that may not be read) counts as free and as there: the
// engine may be allowed more than we are. Once ctx ends, what is not known yet
// is left out.
func Look(ctx context.Context, ports []planner.HostPort, paths []string) planner.Host {
	busy := each(ctx, ports, portBusy)
	missing := each(ctx, paths, func(_ context.Context, path string) bool { return pathMissing(path) })
	return planner.Host{BusyPorts: <-busy, MissingPaths: <-missing}
}

// each sends those of the questions that f affirms, in their order, once all
// are answered or ctx ends.
func each[T any](ctx context.Context, questions []T, f func(context.Context, T) bool) <-chan []T {
	var mu sync.Mutex
	var wg sync.WaitGroup
	yes := make([]bool, len(questions))
	slots := make(chan struct{}, most)
	out := make(chan []T, 1)
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		defer wg.Wait()
		for i, q := range questions {
			select {
			case <-ctx.Done():
				return
			case slots <- struct{}{}:
			}
			wg.Go(func() {
				defer func() { <-slots }()
				if answer := f(ctx, q); answer {
					mu.Lock()
					defer mu.Unlock()
					yes[i] = true
				}
			})
		}
	}()
	go func() {
		select {
		case <-finished:
		case <-ctx.Done(): // a stat that hangs cannot be ended, only left
		}
		mu.Lock()
		defer mu.Unlock()
		var chosen []T
		for i, q := range questions {
			if yes[i] {
				chosen = append(chosen, q)
			}
		}
		out <- chosen
	}()
	return out
}

// portBusy reports whether listening there fails because somebody else does.
func portBusy(ctx context.Context, p planner.HostPort) bool {
	address := net.JoinHostPort(p.IP, strconv.Itoa(p.Port))
	var listener net.ListenConfig
	switch p.Protocol {
	case "", "tcp":
		l, err := listener.Listen(ctx, "tcp", address)
		if err == nil {
			err = l.Close()
		}
		return errors.Is(err, syscall.EADDRINUSE)
	case "udp":
		l, err := listener.ListenPacket(ctx, "udp", address)
		if err == nil {
			err = l.Close()
		}
		return errors.Is(err, syscall.EADDRINUSE)
	}
	return false // Go does not speak sctp; the engine will say
}

func pathMissing(path string) bool {
	_, err := os.Stat(path)
	return errors.Is(err, fs.ErrNotExist)
}
