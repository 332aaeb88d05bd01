package cmd

import (
	"context"
	"os"
	"sync"
)

// interrupts turns Ctrl-C and SIGTERM into an orderly end: the first closes
// first, the second cancels the context.
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
	i.wait.Go(func() { i.watch(a.Signals) })
	return ctx, i
}

func (i *interrupts) watch(signals <-chan os.Signal) {
	for n := 0; ; n++ {
		select {
		case <-i.stop:
			return
		case <-signals:
			if n > 0 {
				i.cancel()
				return
			}
			close(i.first)
			if i.onFirst != nil {
				i.onFirst()
			}
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
