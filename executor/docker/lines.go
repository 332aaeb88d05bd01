package docker

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"time"
)

// maxLine bounds what is kept of a line that does not end, in bytes; a longer
// one is given in parts.
const maxLine = 1 << 20

// lineBuffer makes lines of chunks.
type lineBuffer struct {
	buf  []byte
	time time.Time // of the line's first chunk
	emit func(t time.Time, line []byte)
}

// write takes a chunk that was written at t.
func (b *lineBuffer) write(t time.Time, data []byte) {
	for len(data) > 0 {
		if len(b.buf) == 0 {
			b.time = t
		}
		end := bytes.IndexByte(data, '\n')
		part := data
		if end >= 0 {
			part = data[:end]
		}
		for len(b.buf)+len(part) > maxLine {
			n := maxLine - len(b.buf)
			b.buf = append(b.buf, part[:n]...)
			part = part[n:]
			b.flush()
			b.time = t
		}
		if end < 0 {
			b.buf = append(b.buf, part...)
			return
		}
		if len(b.buf) == 0 {
			b.emit(b.time, part)
		} else {
			b.buf = append(b.buf, part...)
			b.flush()
		}
		data = data[end+1:]
	}
}

// flush gives what there is of a last line.
func (b *lineBuffer) flush() {
	if len(b.buf) > 0 {
		b.emit(b.time, b.buf)
		b.buf = b.buf[:0]
	}
}

// readLines gives a container's output line by line, whether it comes in
// frames or raw. With stamped, the engine has written a time before each chunk.
func readLines(r io.Reader, stamped bool, line func(stderr bool, t time.Time, line []byte)) error {
	br := bufio.NewReaderSize(r, chunkSize)
	inFrames, err := framed(br)
	if errors.Is(err, io.EOF) {
		return nil
	}
	if err != nil {
		return err
	}
	if !inFrames {
		return readRawLines(br, stamped, func(t time.Time, l []byte) { line(false, t, l) })
	}
	var buffers [2]lineBuffer
	for i := range buffers {
		buffers[i].emit = func(t time.Time, l []byte) { line(i == 1, t, l) }
		defer buffers[i].flush()
	}
	var at time.Time
	return readFrames(br, func(stderr, first bool, data []byte) error {
		// The engine keeps long lines in several pieces and stamps each: only
		// the first stamp of a line is one, the others would stand within it.
		if stamped && first {
			at, data = cutTime(data)
		}
		i := 0
		if stderr {
			i = 1
		}
		buffers[i].write(at, data)
		return nil
	})
}

// readRawLines reads what a terminal shows: its lines end in \r\n.
func readRawLines(r io.Reader, stamped bool, line func(t time.Time, line []byte)) error {
	b := lineBuffer{emit: func(_ time.Time, l []byte) {
		var at time.Time
		if stamped {
			at, l = cutTime(l)
		}
		line(at, bytes.TrimSuffix(l, []byte("\r")))
	}}
	defer b.flush()
	buf := make([]byte, chunkSize)
	for {
		n, err := r.Read(buf)
		b.write(time.Time{}, buf[:n])
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// cutTime takes the engine's time stamp off. What has none is left as it is.
func cutTime(data []byte) (time.Time, []byte) {
	const longest = len("2006-01-02T15:04:05.000000000+07:00 ")
	stamp, rest, ok := bytes.Cut(data, []byte(" "))
	if !ok || len(stamp) > longest {
		return time.Time{}, data
	}
	t, err := time.Parse(time.RFC3339Nano, string(stamp))
	if err != nil {
		return time.Time{}, data
	}
	return t, rest
}
