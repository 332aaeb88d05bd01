package docker

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"syscall"
)

// The engine sends stdout and stderr of a container over one connection in
// frames: a header {stream, 0, 0, 0, length as 4 bytes, big endian}, then the
// bytes. A container with a terminal has one stream and no frames.
const (
	frameStdin  = 0 // never seen in practice; the engine's own code takes it as stdout
	frameStdout = 1
	frameStderr = 2
	frameError  = 3 // what went wrong in the engine, as text

	frameHeader = 8
	chunkSize   = 32 << 10
)

// framed tells whether frames follow. The stream itself is asked, not the
// container's configuration: a service may have got or lost its terminal since
// the container was made. It waits for the first byte, and for three more only
// where that one cannot be text.
func framed(r *bufio.Reader) (bool, error) {
	first, err := r.Peek(1)
	if err != nil {
		return false, err
	}
	if first[0] > frameError {
		return false, nil
	}
	start, err := r.Peek(4)
	if errors.Is(err, io.EOF) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return start[1] == 0 && start[2] == 0 && start[3] == 0, nil
}

// readFrames gives the content of frames in chunks of at most chunkSize,
// whatever length a header claims. first is true for a frame's first chunk.
func readFrames(r io.Reader, chunk func(stderr, first bool, data []byte) error) error {
	var header [frameHeader]byte
	buf := make([]byte, chunkSize)
	for {
		if n, err := io.ReadFull(r, header[:]); err != nil {
			// One that closes while input of ours is unread resets: it has said all.
			if errors.Is(err, io.EOF) || n == 0 && errors.Is(err, syscall.ECONNRESET) {
				return nil
			}
			return fmt.Errorf("the engine's stream ends within a frame: %w", err)
		}
		stream, left := header[0], binary.BigEndian.Uint32(header[4:])
		if stream > frameError || header[1] != 0 || header[2] != 0 || header[3] != 0 {
			return fmt.Errorf("the engine's stream is broken: % x is no frame header", header)
		}
		for first := true; left > 0; first = false {
			n, cut := io.ReadFull(r, buf[:min(left, chunkSize)])
			left -= uint32(n)
			if stream == frameError {
				return fmt.Errorf("the engine says: %s", buf[:n])
			}
			if err := chunk(stream == frameStderr, first, buf[:n]); err != nil {
				return err
			}
			if cut != nil {
				return fmt.Errorf("the engine's stream ends within a frame: %w", cut)
			}
		}
	}
}

// demultiplex copies frames to two writers. nil writers discard.
func demultiplex(r io.Reader, stdout, stderr io.Writer) error {
	return readFrames(r, func(isStderr, _ bool, data []byte) error {
		w := stdout
		if isStderr {
			w = stderr
		}
		if w == nil {
			return nil
		}
		_, err := w.Write(data)
		return err
	})
}
