package cmd

import (
	"fmt"
	"hash/fnv"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/mattn/go-runewidth"
	"github.com/spf13/cobra"

	"recompose/planner"
)

// logStyle are the flags about how lines of output look.
type logStyle struct {
	noColor, noPrefix, timestamps bool
}

func (s *logStyle) add(c *cobra.Command, timestamps, short string) {
	f := c.Flags()
	f.BoolVar(&s.noColor, "no-color", false, "No colours in the prefixes")
	f.BoolVar(&s.noPrefix, "no-log-prefix", false, "No prefix with the container's name")
	f.BoolVarP(&s.timestamps, timestamps, short, false, "Show when a line was written")
}

// logColors are the prefixes' colours, one per service: the bright ones last,
// red left out for it means errors.
var logColors = []string{"36", "33", "32", "35", "34", "96", "93", "92", "95", "94"}

// logPrinter writes lines of many containers, each whole and with the name of
// its container before it. It implements executor.Output.
type logPrinter struct {
	out, err io.Writer
	style    logStyle
	color    bool
	project  string

	mu    sync.Mutex
	width int
	above func(func()) // runs a print beside a live display; nil: none is on
}

// newLogPrinter prints to the app's streams. Containers that are known already
// set the width of the prefixes.
func (a *App) newLogPrinter(project string, style logStyle, known []planner.Container) *logPrinter {
	p := &logPrinter{
		out: a.Out, err: a.Err, style: style, project: project,
		color: !style.noColor && a.global.color && (a.OutTTY || a.global.ansi == "always" || a.getenv("COMPOSE_ANSI") == "always"),
	}
	for _, c := range known {
		p.widen(c.Name)
	}
	return p
}

func (p *logPrinter) widen(name string) string {
	short := shortName(p.project, name)
	p.width = max(p.width, runewidth.StringWidth(short))
	return short
}

// shortName is a container's name without its project: web-1 or, where names
// are joined with _, web_1.
func shortName(project, name string) string {
	for _, separator := range []string{"-", "_"} {
		if rest, ok := strings.CutPrefix(name, project+separator); ok && rest != "" {
			return rest
		}
	}
	return name
}

// Line implements executor.Output.
func (p *logPrinter) Line(from planner.Ref, stderr bool, t time.Time, line []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var b strings.Builder
	if !p.style.noPrefix {
		b.WriteString(p.prefix(from))
	}
	if p.style.timestamps && !t.IsZero() {
		b.WriteString(t.UTC().Format(time.RFC3339Nano) + " ")
	}
	b.Write(line)
	b.WriteByte('\n')
	w := p.out
	if stderr {
		w = p.err
	}
	p.print(w, b.String())
}

// Status writes a line about a container, in the place of its output.
func (p *logPrinter) Status(from planner.Ref, text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.print(p.out, shortName(p.project, from.Name)+" "+text+"\n")
}

func (p *logPrinter) print(w io.Writer, text string) {
	if p.above == nil {
		fmt.Fprint(w, text)
		return
	}
	p.above(func() { fmt.Fprint(w, text) })
}

// beside makes the printer share the screen with a live display.
func (p *logPrinter) beside(above func(func())) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.above = above
}

func (p *logPrinter) prefix(from planner.Ref) string {
	name := runewidth.FillRight(p.widen(from.Name), p.width+1)
	if !p.color {
		return fmt.Sprintf("%s | ", name)
	}
	h := fnv.New32a()
	h.Write([]byte(from.Service))
	return fmt.Sprintf("\x1b[%sm%s | \x1b[0m", logColors[h.Sum32()%uint32(len(logColors))], name)
}

// reserve makes room for a name in the prefixes before its first line.
func (p *logPrinter) reserve(name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.widen(name)
}
