package docker

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func frame(stream byte, data string) string {
	header := [8]byte{stream}
	binary.BigEndian.PutUint32(header[4:], uint32(len(data)))
	return string(header[:]) + data
}

// linesOf are the lines of a stream: "out TIME text".
func linesOf(r io.Reader, stamped bool) (lines []string, err error) {
	err = readLines(r, stamped, func(stderr bool, t time.Time, line []byte) {
		name := "out"
		if stderr {
			name = "err"
		}
		stamp := "-"
		if !t.IsZero() {
			stamp = t.UTC().Format("15:04:05")
		}
		lines = append(lines, fmt.Sprintf("%s %s %s", name, stamp, line))
	})
	return lines, err
}

func TestReadLines(t *testing.T) {
	const at = "2026-01-02T03:04:05.000000000Z "
	const later = "2026-01-02T03:04:06.000000000Z "
	for name, c := range map[string]struct {
		in      string
		stamped bool
		want    []string
	}{
		"nothing":              {"", false, nil},
		"two outputs":          {frame(1, "a\n") + frame(2, "b\n"), false, []string{"out - a", "err - b"}},
		"lines across frames":  {frame(1, "a") + frame(2, "x\ny") + frame(1, "b\nc\n") + frame(2, "z\n"), false, []string{"err - x", "out - ab", "out - c", "err - yz"}},
		"no last newline":      {frame(1, "a\nb"), false, []string{"out - a", "out - b"}},
		"empty lines":          {frame(1, "\n\na\n"), false, []string{"out - ", "out - ", "out - a"}},
		"carriage return kept": {frame(1, "a\r\n"), false, []string{"out - a\r"}},
		"empty frame":          {frame(1, "") + frame(1, "a\n"), false, []string{"out - a"}},
		"terminal":             {"a\r\n\r\nb", false, []string{"out - a", "out - ", "out - b"}},
		"terminal, short":      {"$", false, []string{"out - $"}},
		"stamps":               {frame(1, at+"a\n") + frame(2, later+"b\n"), true, []string{"out 03:04:05 a", "err 03:04:06 b"}},
		"a long line's stamps": {frame(1, at+"aa") + frame(1, later+"bb\n") + frame(1, later+"c\n"), true, []string{"out 03:04:05 aabb", "out 03:04:06 c"}},
		"terminal, stamps":     {at + "a\r\n" + later + "b\r\n", true, []string{"out 03:04:05 a", "out 03:04:06 b"}},
		"no stamp there":       {frame(1, "a b\n"), true, []string{"out - a b"}},
		"stamps not asked for": {frame(1, at+"a\n"), false, []string{"out - " + at + "a"}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, r := range []io.Reader{strings.NewReader(c.in), iotest.OneByteReader(strings.NewReader(c.in))} {
				got, err := linesOf(r, c.stamped)
				if err != nil {
					t.Error(err)
				}
				if diff := cmp.Diff(c.want, got); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			}
		})
	}
}

func TestBrokenFramesAreErrors(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"ends in a header":  {frame(1, "a\n") + "\x01\x00\x00", "ends within a frame"},
		"ends in a frame":   {frame(1, "abc")[:10], "ends within a frame"},
		"no header":         {frame(1, "a\n") + "something else", "is broken"},
		"the engine failed": {frame(1, "a\n") + frame(3, "disk full"), "disk full"},
	} {
		t.Run(name, func(t *testing.T) {
			lines, err := linesOf(strings.NewReader(c.in), false)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got error %v, want %q", err, c.want)
			}
			if len(lines) != 1 {
				t.Errorf("what came before: %q", lines)
			}
		})
	}
}

// endless gives the same bytes again and again.
type endless struct {
	data string
	left int
}

func (e *endless) Read(p []byte) (int, error) {
	if e.left <= 0 {
		return 0, io.EOF
	}
	n := copy(p, e.data)
	e.left -= n
	return n, nil
}

// A line without end comes in parts of a bounded size, and loses nothing.
func TestLongLines(t *testing.T) {
	const total = 3*maxLine + 17
	header := [8]byte{1}
	binary.BigEndian.PutUint32(header[4:], total)
	for name, r := range map[string]io.Reader{
		"one frame": io.MultiReader(bytes.NewReader(header[:]), &endless{"x", total}),
		"terminal":  &endless{"xxxxxxxxxxxxxxxxx", total},
	} {
		t.Run(name, func(t *testing.T) {
			var sizes []int
			err := readLines(r, false, func(_ bool, _ time.Time, line []byte) { sizes = append(sizes, len(line)) })
			if err != nil {
				t.Fatal(err)
			}
			var sum int
			for _, n := range sizes {
				sum += n
				if n > maxLine {
					t.Errorf("a line of %d bytes", n)
				}
			}
			if len(sizes) != 4 || sum < total {
				t.Errorf("parts %v", sizes)
			}
		})
	}
}

func TestAFrameMayClaimAnyLength(t *testing.T) {
	header := "\x01\x00\x00\x00\xff\xff\xff\xff"
	_, err := linesOf(strings.NewReader(header+"a\n"), false)
	if err == nil || !strings.Contains(err.Error(), "ends within a frame") {
		t.Errorf("got %v", err)
	}
}

func TestDemultiplex(t *testing.T) {
	var out, errs bytes.Buffer
	in := frame(1, "a") + frame(2, "b") + frame(0, "c") + frame(1, "d\n")
	if err := demultiplex(strings.NewReader(in), &out, &errs); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"acd\n", "b"}, []string{out.String(), errs.String()}); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if err := demultiplex(strings.NewReader(in), nil, nil); err != nil {
		t.Errorf("without writers: %v", err)
	}
}

func FuzzReadLines(f *testing.F) {
	f.Add([]byte(frame(1, "a\n")+frame(2, "b")), true)
	f.Add([]byte("raw\r\ntext"), false)
	f.Fuzz(func(t *testing.T, data []byte, stamped bool) {
		_ = readLines(bytes.NewReader(data), stamped, func(_ bool, _ time.Time, line []byte) {
			if bytes.IndexByte(line, '\n') >= 0 {
				t.Errorf("a newline in %q", line)
			}
		})
	})
}
