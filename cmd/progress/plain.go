package progress

import (
	"fmt"
	"io"
	"regexp"
	"strings"
	"sync"

	"recompose/executor"
	"recompose/planner"
)

// plain writes a line when a step begins and when it ends, as docker compose
// does where there is no terminal, and the output of builds and hooks.
type plain struct {
	mu         sync.Mutex
	out        io.Writer
	verbose    bool
	quietFetch bool
	last       string // the last progress line; repeats are left out
}

func (p *plain) Event(e executor.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if line := p.line(e); line != "" {
		fmt.Fprintln(p.out, line)
	}
}

func (p *plain) line(e executor.Event) string {
	w := words[e.Op]
	visible := shown(e.Op, e.Ref, p.verbose)
	switch e.Phase {
	case executor.PhaseStarted:
		if visible && e.Op != planner.OpKeep {
			return step(e.Ref, w.doing)
		}
	case executor.PhaseDone:
		if e.Err != nil {
			return step(e.Ref, "Skipped "+errorText(e.Ref, e.Err))
		}
		if visible {
			return step(e.Ref, w.done)
		}
	case executor.PhaseFailed:
		return step(e.Ref, "Error "+errorText(e.Ref, e.Err))
	case executor.PhaseSkipped:
		if p.verbose {
			return step(e.Ref, "Skipped")
		}
	case executor.PhaseProgress:
		return p.progress(e)
	}
	return ""
}

// progress prints what builds and hooks say. The bytes of pulls are no lines.
func (p *plain) progress(e executor.Event) string {
	if e.Op == planner.OpPull || e.Op == planner.OpPush || p.quietFetch && e.Op == planner.OpBuild {
		return ""
	}
	text := clean(strings.TrimRight(e.Progress.Text, "\n"))
	if strings.TrimSpace(text) == "" {
		return ""
	}
	line := " " + e.Ref.Name + " | " + text
	if line == p.last {
		return ""
	}
	p.last = line
	return line
}

func (p *plain) Above(print func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	print()
}

func (p *plain) Close() {}

// step is docker compose's plain line: " Container web-1  Starting".
func step(r planner.Ref, word string) string { return " " + label(r) + "  " + word }

// errorText is the error in one line, without the reference that stands before
// it already.
func errorText(r planner.Ref, err error) string {
	if err == nil {
		return ""
	}
	text, rest, more := strings.Cut(strings.TrimSpace(err.Error()), "\n")
	if more && strings.TrimSpace(rest) != "" {
		text += " …"
	}
	return clean(strings.TrimPrefix(text, r.String()+": "))
}

// escapes are terminal control sequences: colours, cursor movements, titles.
var escapes = regexp.MustCompile("\x1b(\\[[0-9;?]*[ -/]*[@-~]|\\][^\x07\x1b]*(\x07|\x1b\\\\)?|[@-Z\\\\-_])")

// clean takes control characters out: what a build prints must not move the
// cursor of the screen that shows it.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return ' '
		case r < ' ' || r == 0x7f || (r >= 0x80 && r < 0xa0):
			return -1
		}
		return r
	}, escapes.ReplaceAllString(s, ""))
}
