package docker

import (
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode"

	"recompose/executor"
)

// shownOutput is how many of a step's last lines go into an error.
const shownOutput = 20

// step is one instruction of a Dockerfile while it runs.
type step struct {
	name   string // as the builder prints it: "[2/3] RUN make"
	output lineBuffer
	last   []string // the last lines of its output
}

// newStep reports its lines as they come.
func newStep(id, name string, report executor.Report) *step {
	s := &step{name: name}
	s.output.emit = func(_ time.Time, line []byte) {
		text := plainText(string(line))
		if len(s.last) == shownOutput {
			s.last = s.last[1:]
		}
		s.last = append(s.last, tail(text, keptOutput))
		report(executor.Progress{ID: id, Text: text})
	}
	return s
}

// escapes are terminal control sequences, as the classic builder writes around
// what goes to stderr.
var escapes = regexp.MustCompile("\x1b\\[[0-9;?]*[ -/]*[@-~]")

// plainText is a line as a terminal would show it in the end.
func plainText(line string) string {
	line = strings.TrimRight(escapes.ReplaceAllString(line, ""), "\r")
	line = strings.ToValidUTF8(line[strings.LastIndexByte(line, '\r')+1:], "")
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\t' {
			return -1
		}
		return r
	}, line)
}

// stepError is a build that failed at one of its steps.
type stepError struct {
	step   string
	output []string
	cause  error
}

// stepExit is how the builders tell that a step's command failed: all of them
// repeat the command, which the step's name has.
var stepExit = regexp.MustCompile(`(?s)^(?:The command '.*' returned a non-zero code:|executor failed running .*: exit code:|process ".*" did not complete successfully: exit code:) (\d+)$`)

// failedStep is the error of a step; a nil step is a build that failed before
// its first.
func failedStep(s *step, cause error) error {
	if s == nil {
		return cause
	}
	s.output.flush()
	if m := stepExit.FindStringSubmatch(cause.Error()); m != nil {
		cause = &wordedError{text: "exit code " + m[1], cause: cause}
	}
	return &stepError{step: s.name, output: s.last, cause: cause}
}

// Error has the step first: displays of one line show no more.
func (e *stepError) Error() string {
	text := fmt.Sprintf("%s: %v", e.step, e.cause)
	if len(e.output) > 0 {
		text += "\nlast output:\n  " + strings.Join(e.output, "\n  ")
	}
	return text
}

func (e *stepError) Unwrap() error { return e.cause }

// wordedError has better words for its cause.
type wordedError struct {
	text  string
	cause error
}

func (e *wordedError) Error() string { return e.text }
func (e *wordedError) Unwrap() error { return e.cause }
