package docker

import (
	"context"
	"errors"
	"io"
	"syscall"

	"github.com/docker/cli/cli/config"
	"github.com/docker/docker/api/types"
	"github.com/moby/term"

	"recompose/executor"
)

// defaultDetachKeys leave a terminal and let its process run on.
const defaultDetachKeys = "ctrl-p,ctrl-q"

// interact copies between our streams and a process until its output ends.
func (e *Engine) interact(ctx context.Context, conn types.HijackedResponse, o executor.ExecOptions) error {
	defer conn.Close()
	defer context.AfterFunc(ctx, conn.Close)()
	detached := make(chan struct{})
	if o.Stdin != nil {
		in := o.Stdin
		if o.TTY {
			in = term.NewEscapeProxy(in, e.detachKeys(o.DetachKeys))
		}
		// It may stay in a read from a terminal when the process has ended:
		// there is no way to take a read back.
		go func() {
			_, err := io.Copy(conn.Conn, in)
			if errors.As(err, &term.EscapeError{}) {
				close(detached)
				conn.Close()
				return
			}
			_ = conn.CloseWrite() // a process that has ended reads no more
		}()
	}
	err := copyOutput(conn.Reader, o)
	select {
	case <-detached:
		return executor.ErrDetached
	default:
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

func copyOutput(r io.Reader, o executor.ExecOptions) error {
	if !o.TTY {
		return demultiplex(r, o.Stdout, o.Stderr)
	}
	out := o.Stdout
	if out == nil {
		out = io.Discard
	}
	_, err := io.Copy(out, r)
	if errors.Is(err, syscall.ECONNRESET) {
		return nil // as in readFrames
	}
	return err
}

// detachKeys are those that were asked for or, where there are none that make
// sense, those of the docker command's configuration.
func (e *Engine) detachKeys(asked string) []byte {
	configured := ""
	if c, err := config.Load(e.config); err == nil {
		configured = c.DetachKeys
	}
	for _, keys := range []string{asked, configured} {
		if bytes, err := term.ToBytes(keys); err == nil && keys != "" {
			return bytes
		}
	}
	bytes, _ := term.ToBytes(defaultDetachKeys) // known to be well-formed
	return bytes
}

// followSize tells the engine each new size of our terminal until ctx ends.
// A size that cannot be set is no reason to end the session.
func followSize(ctx context.Context, sizes <-chan [2]uint, set func(height, width uint) error) {
	for {
		select {
		case <-ctx.Done():
			return
		case size, open := <-sizes:
			if !open {
				return
			}
			_ = set(size[0], size[1])
		}
	}
}
