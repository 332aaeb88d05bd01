package cmd

import (
	"context"
	"os"

	"golang.org/x/term"
)

// rawTerminal hands the terminal's keys to the process in the container, until
// restore is called.
func (a *App) rawTerminal() (restore func(), err error) {
	f, ok := a.In.(*os.File)
	if !ok {
		return func() {}, nil
	}
	state, err := term.MakeRaw(int(f.Fd()))
	if err != nil {
		return nil, err
	}
	return func() { _ = term.Restore(int(f.Fd()), state) }, nil // the program ends next
}

// watchSize gives the terminal's size now and after each change.
func (a *App) watchSize(ctx context.Context) <-chan [2]uint {
	if a.Size == nil {
		return nil
	}
	sizes := make(chan [2]uint, 1)
	go func() {
		defer close(sizes)
		last := [2]uint{}
		for range sizeChanges(ctx) {
			w, h := a.Size()
			now := [2]uint{uint(max(h, 0)), uint(max(w, 0))}
			if now == last || now[0] == 0 || now[1] == 0 {
				continue
			}
			last = now
			select {
			case sizes <- now:
			case <-ctx.Done():
				return
			}
		}
	}()
	return sizes
}
