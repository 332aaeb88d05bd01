package cmd

import (
	"context"
	"os"
	"syscall"
	"time"
)

// sizeChanges has a value at once and then regularly, since Windows sends no
// signal when a terminal is resized; it is closed when ctx ends.
func sizeChanges(ctx context.Context) <-chan struct{} {
	changes := make(chan struct{}, 1)
	changes <- struct{}{}
	go func() {
		defer close(changes)
		ticker := time.NewTicker(250 * time.Millisecond)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				select {
				case changes <- struct{}{}:
				default:
				}
			case <-ctx.Done():
				return
			}
		}
	}()
	return changes
}

// passedOn are the signals that attach and run hand to the container, by name.
var passedOn = map[os.Signal]string{syscall.SIGINT: "SIGINT", syscall.SIGTERM: "SIGTERM"}
