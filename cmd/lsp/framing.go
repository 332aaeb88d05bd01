package lsp

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/creachadair/jrpc2/channel"
)

// maxMessage bounds a message, in bytes: the largest file that is read, with
// each of its characters escaped.
const maxMessage = 128 << 20

// framing reads messages in the protocol's frames, whatever they say of their
// content's type: it is UTF-8 in any case.
type framing struct {
	channel.Channel // writes
	in              *bufio.Reader
	refused         error // what ended the reading, if not the client
}

// Recv reads one message. Memory is taken as it comes in, not as it is
// announced.
func (f *framing) Recv() ([]byte, error) {
	size, err := f.header()
	if err != nil {
		if !errors.Is(err, io.EOF) {
			f.refused = fmt.Errorf("the client cannot be understood: %w", err)
		}
		return nil, err
	}
	var message bytes.Buffer
	if _, err := io.CopyN(&message, f.in, size); err != nil {
		return nil, io.ErrUnexpectedEOF
	}
	return message.Bytes(), nil
}

// header gives the length of what follows it.
func (f *framing) header() (int64, error) {
	size := int64(-1)
	for range 32 {
		line, err := f.in.ReadSlice('\n')
		if err != nil {
			return 0, err // a line that is longer than the buffer is none of a header
		}
		name, value, _ := strings.Cut(strings.TrimRight(string(line), "\r\n"), ":")
		switch {
		case name == "" && size >= 0:
			return size, nil
		case name == "":
			return 0, errors.New("a message without Content-Length")
		case strings.EqualFold(strings.TrimSpace(name), "Content-Length"):
			if size, err = strconv.ParseInt(strings.TrimSpace(value), 10, 64); err != nil || size < 0 {
				return 0, fmt.Errorf("Content-Length: %q is no length", strings.TrimSpace(value))
			}
			if size > maxMessage {
				return 0, fmt.Errorf("a message of %d bytes; at most %d are read", size, int64(maxMessage))
			}
		}
	}
	return 0, errors.New("a header without end")
}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }
