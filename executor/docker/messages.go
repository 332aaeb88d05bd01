package docker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// maxMessage bounds one message of a stream, in bytes. BuildKit sends a step's
// output in one; real ones stay far below.
const maxMessage = 16 << 20

// message is one of the stream that pulls, pushes and builds answer with.
type message struct {
	ID       string `json:"id"`
	Status   string `json:"status"`
	Stream   string `json:"stream"`
	Progress struct {
		Current int64 `json:"current"`
		Total   int64 `json:"total"`
	} `json:"progressDetail"`
	Aux   json.RawMessage `json:"aux"`
	Error string          `json:"error"`
	Cause struct {
		Message string `json:"message"`
	} `json:"errorDetail"`
}

// failure is what the engine says went wrong.
func (m message) failure() error {
	switch {
	case m.Cause.Message != "":
		return errors.New(m.Cause.Message)
	case m.Error != "":
		return errors.New(m.Error)
	}
	return nil
}

// readMessages calls each for every message until the stream ends or one of
// them says that the work failed.
func readMessages(ctx context.Context, body io.Reader, each func(message) error) error {
	in := &bounded{body: io.NopCloser(body)}
	decoder := json.NewDecoder(in)
	for {
		in.left = maxMessage
		var m message
		err := decoder.Decode(&m)
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil && in.left <= 0:
			return fmt.Errorf("the engine's answer has a message longer than %d MiB", maxMessage>>20)
		case err != nil:
			return fmt.Errorf("the engine's answer: %w", err)
		}
		if err := m.failure(); err != nil {
			return err
		}
		if err := each(m); err != nil {
			return err
		}
	}
}
