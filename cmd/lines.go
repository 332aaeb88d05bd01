package cmd

import "io"

// oneByte reads no further than asked for, so that what follows a line stays
// for the next reader of the same stream.
type oneByte struct{ r io.Reader }

func (o oneByte) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	return o.r.Read(p[:1])
}
