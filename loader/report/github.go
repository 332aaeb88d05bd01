package report

import (
	"fmt"
	"io"
	"strings"

	"recompose/loader"
)

// GitHub writes workflow commands, one line each, that GitHub turns into
// annotations of the changed files. Errors come first, since GitHub shows only
// the first few of a step.
func GitHub(w io.Writer, ds []loader.Diagnostic) error {
	for _, severity := range []loader.Severity{loader.SeverityError, loader.SeverityWarning, loader.SeverityInfo} {
		for _, d := range ds {
			if d.Severity != severity {
				continue
			}
			if _, err := fmt.Fprintln(w, annotation(d)); err != nil {
				return err
			}
		}
	}
	return nil
}

func annotation(d loader.Diagnostic) string {
	level := map[loader.Severity]string{loader.SeverityError: "error", loader.SeverityWarning: "warning", loader.SeverityInfo: "notice"}[d.Severity]
	var props []string
	add := func(key, value string) { props = append(props, key+"="+property.Replace(value)) }
	if d.Position.File != "" {
		add("file", d.Position.File)
	}
	for _, n := range []struct {
		key   string
		value int
	}{{"line", d.Position.Line}, {"endLine", d.Position.EndLine}, {"col", d.Position.Column}, {"endColumn", d.Position.EndColumn}} {
		if n.value > 0 {
			add(n.key, fmt.Sprint(n.value))
		}
	}
	if d.Rule != "" {
		add("title", d.Rule)
	}
	message := harmless(d.Message)
	if d.Hint != "" {
		message += "\n" + harmless(d.Hint)
	}
	if len(props) == 0 {
		return "::" + level + "::" + data.Replace(message)
	}
	return "::" + level + " " + strings.Join(props, ",") + "::" + data.Replace(message)
}

// harmless drops what could change the log that people read; newlines are
// escaped.
func harmless(s string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && unsafeRune(r) {
			return -1
		}
		return r
	}, s)
}

// The two alphabets of GitHub's workflow commands: what follows the last `::`,
// and the values of the properties before it.
var (
	data     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	property = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)
