package loader

import (
	"bytes"
	"errors"
	"maps"
	"regexp"
	"sort"
	"strconv"
	"strings"

	"github.com/compose-spec/compose-go/v2/dotenv"
	"github.com/compose-spec/compose-go/v2/template"
	"github.com/compose-spec/compose-go/v2/types"
)

// envError is how compose-go words a mistake in an env file.
var envError = regexp.MustCompile(`^(?:failed to read (.*?): )?(?:.*: )?line (\d+): (?s:(.*))$`)

// envLine is the line that an error of compose-go is about, 0 if it names
// none, and what it says.
func envLine(err error) (line int, text string) {
	m := envError.FindStringSubmatch(err.Error())
	if m == nil {
		return 0, err.Error()
	}
	line, _ = strconv.Atoi(m[2])
	return line, m[3]
}

// maxEnvMistakes bounds how often an env file is read again without the lines
// that are wrong.
const maxEnvMistakes = 20

// envText reads the text of an env file into a copy of what is known, and tells
// which lines are wrong: line 0 is for the file as a whole. What cannot be read
// without them gives nil.
func envText(f types.EnvFile, data []byte, known map[string]string, lookup func(vars map[string]string) dotenv.LookupFn, tell func(line int, message, hint string)) map[string]string {
	lines := bytes.Split(bytes.TrimSuffix(data, []byte("\n")), []byte("\n"))
	read := func(lines [][]byte) (map[string]string, error) {
		vars := maps.Clone(known)
		text := append(bytes.Join(lines, []byte("\n")), '\n') // without it, a last name is read as a value
		err := dotenv.ParseWithFormat(bytes.NewReader(text), f.Path, vars, lookup(vars), f.Format)
		return vars, err
	}
	for range maxEnvMistakes {
		vars, err := read(lines)
		if err == nil {
			return vars
		}
		line, message := envLine(err)
		last, hint := line, "write NAME=value, or # before what is no variable"
		if text, how := wrongVariable(err); text != "" {
			message, hint = text, how
			line, last = wrongValue(lines, read)
		} else if line == 0 {
			tell(0, message, "")
			return nil
		} else if value, open := strings.CutPrefix(message, "unterminated quoted value "); open {
			line = openedAt(lines[:min(line, len(lines))], value)
			last, message, hint = line, "the quote that opens here is not closed", ""
		}
		line, last = min(line, len(lines)), min(last, len(lines))
		tell(line, withoutName(message), hint)
		if len(lines[last-1]) == 0 || len(data) > maxRepaired {
			return nil
		}
		for i := line; i <= last; i++ {
			lines[i-1] = nil
		}
	}
	return nil
}

// wrongValue gives the first line and the last, from 1, of a value whose
// variables cannot be replaced: the error names none.
func wrongValue(lines [][]byte, read func([][]byte) (map[string]string, error)) (first, last int) {
	last = 1 + sort.Search(len(lines)-1, func(i int) bool {
		_, err := read(lines[:i+1])
		message, _ := wrongVariable(err)
		return message != "" // else all is well so far, or a quote is open
	})
	for first = last; first > 1 && last-first < maxQuote; first-- {
		if _, err := read(lines[:first-1]); err == nil {
			break
		}
	}
	return first, last
}

// wrongVariable words an error about a variable in a value, without the value;
// empty for other errors.
func wrongVariable(err error) (message, hint string) {
	var missing *template.MissingRequiredError
	var invalid *template.InvalidTemplateError
	switch {
	case errors.As(err, &missing):
		return requiredVariable(missing), ""
	case errors.As(err, &invalid):
		return "a variable in the value is written wrongly", "write ${NAME}; a value with a dollar of its own stands in single quotes"
	}
	return "", ""
}

// withoutName leaves out the text in which the name of a variable was looked
// for: it may be part of a secret.
func withoutName(message string) string {
	if before, _, ok := strings.Cut(message, "in variable name "); ok {
		return before + "in the name of a variable"
	}
	return message
}

// envLines reports what is wrong in an env file that the path names.
func (l *load) envLines(f types.EnvFile, at string, data []byte) {
	outer := func(map[string]string) dotenv.LookupFn { return l.env.vars.Resolve }
	envText(f, data, map[string]string{}, outer, func(line int, message, hint string) {
		pos := Position{File: f.Path, Line: line, Column: 1}
		if line == 0 { // the format, which the compose file says
			pos, _ = l.positions.At(at)
		}
		l.report(SeverityError, "env-file", pos, at, message, hint)
	})
}

// openedAt is the line, from 1, on which a value begins whose quote is closed
// nowhere: that is found at the end only, which may lie after the last line.
func openedAt(lines [][]byte, value string) int {
	value, _, _ = strings.Cut(value, "\n")
	for i := len(lines); i > 1; i-- {
		if bytes.HasSuffix(bytes.TrimSpace(lines[i-1]), []byte(strings.TrimSpace(value))) {
			return i
		}
	}
	return 1
}
