package cmd

import (
	"context"
	"os"
	"os/signal"
	"sync"
	"syscall"
)

// interrupts turns Ctrl-C, SIGTERM and a closed terminal into an orderly end: the
// first closes first, the second Ctrl-C or SIGTERM cancels the context.
type interrupts struct {
	first   chan struct{}
	cancel  context.CancelFunc
	stop    chan struct{}
	wait    sync.WaitGroup
	onFirst func() // said at the first one; may be nil
}

// guard watches the signals until release is called.
func (a *App) guard(ctx context.Context, onFirst func()) (context.Context, *interrupts) {
	ctx, cancel := context.WithCancel(ctx)
	i := &interrupts{first: make(chan struct{}), cancel: cancel, stop: make(chan struct{}), onFirst: onFirst}
	gone, unwatch := terminalGone()
	i.wait.Go(func() {
		defer unwatch()
		i.watch(a.Signals, gone)
	})
	return ctx, i
}

// terminalGone tells when the terminal is closed, and keeps the program from
// dying of it, or of a closed pipe, in the middle of a change. nohup stays in
// force.
func terminalGone() (<-chan os.Signal, func()) {
	gone, pipe := make(chan os.Signal, 1), make(chan os.Signal, 1)
	if !signal.Ignored(syscall.SIGHUP) {
		signal.Notify(gone, syscall.SIGHUP)
	}
	signal.Notify(pipe, syscall.SIGPIPE)
	return gone, func() { signal.Stop(gone); signal.Stop(pipe) }
}

func (i *interrupts) watch(signals, gone <-chan os.Signal) {
	for n := 0; ; n++ {
		select {
		case <-i.stop:
			return
		case <-gone:
			gone = nil // the shell may say it again
			if n > 0 {
				continue
			}
		case <-signals:
			if n > 0 {
				i.cancel()
				return
			}
		}
		close(i.first)
		if i.onFirst != nil {
			i.onFirst()
		}
	}
}

// release ends the watching, and says whether there was an interrupt.
func (i *interrupts) release() bool {
	close(i.stop)
	i.wait.Wait()
	i.cancel()
	return i.interrupted()
}

func (i *interrupts) interrupted() bool {
	select {
	case <-i.first:
		return true
	default:
		return false
	}
}

// cancelable is for commands that only read: the first interrupt ends them.
func (a *App) cancelable(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		select {
		case <-a.Signals:
			cancel()
		case <-done:
		case <-ctx.Done():
		}
	}()
	return ctx, func() { close(done); cancel() }
}
