package docker

import (
	"errors"

	"google.golang.org/protobuf/encoding/protowire"
)

// trace is BuildKit's message about the progress of a build: the fields that
// are shown of StatusResponse (moby/buildkit api/services/control/control.proto).
type trace struct {
	vertexes []vertex
	statuses []vertexStatus
	logs     []vertexLog
	warnings []vertexWarning
}

// vertex is a step.
type vertex struct {
	digest, name       string
	cached             bool
	started, completed bool
	failure            string
}

// vertexStatus is how far a part of a step is, in bytes.
type vertexStatus struct {
	id, vertex     string
	current, total int64
}

// vertexLog is a piece of a step's output, not always whole lines.
type vertexLog struct {
	vertex string
	data   []byte
}

// vertexWarning is what the Dockerfile's checks found.
type vertexWarning struct{ short string }

var errTrace = errors.New("the engine's BuildKit progress is not readable")

// decodeTrace skips fields that it does not know.
func decodeTrace(data []byte) (trace, error) {
	var t trace
	err := fields(data, func(number protowire.Number, _ uint64, value []byte) error {
		switch number {
		case 1:
			var v vertex
			err := fields(value, v.field)
			t.vertexes = append(t.vertexes, v)
			return err
		case 2:
			var s vertexStatus
			err := fields(value, s.field)
			t.statuses = append(t.statuses, s)
			return err
		case 3:
			var l vertexLog
			err := fields(value, l.field)
			t.logs = append(t.logs, l)
			return err
		case 4:
			var w vertexWarning
			err := fields(value, w.field)
			t.warnings = append(t.warnings, w)
			return err
		}
		return nil
	})
	return t, err
}

func (v *vertex) field(number protowire.Number, n uint64, value []byte) error {
	switch number {
	case 1:
		v.digest = string(value)
	case 3:
		v.name = string(value)
	case 4:
		v.cached = n != 0
	case 5:
		v.started = true
	case 6:
		v.completed = true
	case 7:
		v.failure = string(value)
	}
	return nil
}

func (s *vertexStatus) field(number protowire.Number, n uint64, value []byte) error {
	switch number {
	case 1:
		s.id = string(value)
	case 2:
		s.vertex = string(value)
	case 4:
		s.current = int64(n)
	case 5:
		s.total = int64(n)
	}
	return nil
}

func (l *vertexLog) field(number protowire.Number, _ uint64, value []byte) error {
	switch number {
	case 1:
		l.vertex = string(value)
	case 4:
		l.data = value
	}
	return nil
}

func (w *vertexWarning) field(number protowire.Number, _ uint64, value []byte) error {
	if number == 3 {
		w.short = string(value)
	}
	return nil
}

// fields calls each with every field of a protobuf message: n for numbers,
// value for bytes.
func fields(data []byte, each func(number protowire.Number, n uint64, value []byte) error) error {
	for len(data) > 0 {
		number, kind, size := protowire.ConsumeTag(data)
		if size < 0 {
			return errTrace
		}
		data = data[size:]
		var n uint64
		var value []byte
		switch kind {
		case protowire.VarintType:
			n, size = protowire.ConsumeVarint(data)
		case protowire.BytesType:
			value, size = protowire.ConsumeBytes(data)
		default:
			size = protowire.ConsumeFieldValue(number, kind, data)
		}
		if size < 0 {
			return errTrace
		}
		data = data[size:]
		if err := each(number, n, value); err != nil {
			return err
		}
	}
	return nil
}
