package progress

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/mattn/go-runewidth"

	"recompose/executor"
)

// Calmness: the display is never higher than maxRows, whatever the number of
// services, and is drawn at most every interval.
const (
	maxRows  = 16
	interval = 100 * time.Millisecond
)

const (
	hideCursor = "\x1b[?25l"
	showCursor = "\x1b[?25h"
	clearDown  = "\x1b[0J"
	green      = "\x1b[32m"
	red        = "\x1b[31m"
	blue       = "\x1b[34m"
	reset      = "\x1b[0m"
)

var spinner = []rune("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏")

// tty redraws a block of lines at the bottom of the terminal.
type tty struct {
	mu      sync.Mutex
	o       Options
	m       *model
	drawn   []int // widths of the lines on the screen
	frame   int
	hidden  bool
	last    time.Time
	stop    chan struct{}
	stopped sync.WaitGroup
	closed  bool
}

func newTTY(o Options) *tty {
	t := &tty{o: o, m: newModel(o.Plan), stop: make(chan struct{})}
	t.m.quietFetch = o.QuietFetch
	t.stopped.Go(t.tick)
	return t
}

// tick redraws while something is under way, for the spinner, the seconds and
// a terminal that was resized.
func (t *tty) tick() {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-t.stop:
			return
		case <-ticker.C:
			t.mu.Lock()
			if t.hidden && !t.closed {
				t.frame++
				t.draw(false)
			}
			t.mu.Unlock()
		}
	}
}

func (t *tty) Event(e executor.Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return
	}
	t.m.event(e)
	if now := t.o.Now(); e.Phase != executor.PhaseQueued && now.Sub(t.last) >= interval {
		t.last = now
		t.draw(false)
	}
}

func (t *tty) Above(print func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	fmt.Fprint(t.o.Out, t.erase())
	print()
	if t.hidden && !t.closed {
		t.draw(false)
	}
}

func (t *tty) Close() {
	t.mu.Lock()
	if t.closed {
		t.mu.Unlock()
		return
	}
	t.closed = true
	t.draw(true)
	t.drawn = nil // stays on the screen
	if t.hidden {
		fmt.Fprint(t.o.Out, showCursor)
	}
	t.mu.Unlock()
	close(t.stop)
	t.stopped.Wait()
}

// size is the terminal's, with a sane minimum.
func (t *tty) size() (w, h int) {
	if t.o.Size != nil {
		w, h = t.o.Size()
	}
	if w <= 0 {
		w = 80
	}
	if h <= 0 {
		h = 24
	}
	return max(w, 20), max(h, 4)
}

// erase is what takes the block off the screen. Lines that were drawn on a
// wider terminal take several rows of a narrower one.
func (t *tty) erase() string {
	if len(t.drawn) == 0 {
		return ""
	}
	w, _ := t.size()
	rows := 0
	for _, width := range t.drawn {
		rows += max(1, (width+w-1)/w)
	}
	t.drawn = nil
	return fmt.Sprintf("\x1b[%dA\r%s", rows, clearDown)
}

// draw replaces the block by the model's state, in one write.
func (t *tty) draw(final bool) {
	w, h := t.size()
	limit := min(maxRows, h-2)
	lines := t.lines(w-1, limit, final)
	if len(lines) == 0 {
		return
	}
	var b strings.Builder
	if !t.hidden {
		b.WriteString(hideCursor)
		t.hidden = true
	}
	b.WriteString(t.erase())
	for _, l := range lines {
		t.drawn = append(t.drawn, l.width)
		b.WriteString(l.text)
		b.WriteByte('\n')
	}
	fmt.Fprint(t.o.Out, b.String())
}

// line is text with colours, and its width without them.
type line struct {
	text  string
	width int
}

func (t *tty) lines(width, limit int, final bool) []line {
	done, total := t.m.counts()
	if total == 0 && t.m.kept == 0 || t.m.began.IsZero() {
		return nil
	}
	head := fmt.Sprintf("[+] %s %d/%d", t.m.title, done, total)
	if t.m.kept > 0 {
		head += fmt.Sprintf(", %d unchanged", t.m.kept)
	}
	if t.m.failed > 0 {
		head += fmt.Sprintf(", %d failed", t.m.failed)
	}
	if final && t.m.skipped > 0 {
		head += fmt.Sprintf(", %d steps skipped", t.m.skipped)
	}
	lines := []line{t.cell(head, width, "")}
	rows, more := t.m.visible(limit)
	wide := 0
	for _, r := range rows {
		wide = max(wide, runewidth.StringWidth(r.label))
	}
	wide = min(wide, max(10, width-28))
	for _, r := range rows {
		lines = append(lines, t.row(r, wide, width, final))
	}
	if more > 0 {
		lines = append(lines, t.cell(fmt.Sprintf("   and %d more", more), width, ""))
	}
	return lines
}

func (t *tty) row(r *row, wide, width int, final bool) line {
	mark, color := string(spinner[t.frame%len(spinner)]), blue
	end := t.o.Now()
	switch {
	case r.failed:
		mark, color, end = "✘", red, r.ended
	case r.finished() && !r.skipped:
		mark, color, end = "✔", green, r.ended
	case final:
		mark, color, end = "-", "", r.ended
	}
	name := runewidth.FillRight(runewidth.Truncate(r.label, wide, "…"), wide)
	clock := fmt.Sprintf("%6.1fs", max(0, end.Sub(r.begun)).Seconds())
	text := r.word
	if r.detail != "" {
		text += " " + r.detail
	}
	room := max(0, width-runewidth.StringWidth(" "+mark+" "+name+"  ")-len(clock))
	text = runewidth.FillRight(runewidth.Truncate(text, room, "…"), min(room, max(14, runewidth.StringWidth(text))))
	return t.cell(" "+mark+" "+name+"  "+text+clock, width, color)
}

// cell cuts a line to the screen and colours it.
func (t *tty) cell(text string, width int, color string) line {
	text = runewidth.Truncate(text, width, "…")
	l := line{text: text, width: runewidth.StringWidth(text)}
	if t.o.Color && color != "" {
		l.text = color + text + reset
	}
	return l
}
