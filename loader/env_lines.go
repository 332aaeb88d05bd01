package loader

import (
	"bytes"
	"maps"
	"regexp"
	"strconv"
	"strings"

	"github.com/compose-spec/compose-go/v2/dotenv"
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
	for range maxEnvMistakes {
		vars := maps.Clone(known)
		err := dotenv.ParseWithFormat(bytes.NewReader(bytes.Join(lines, []byte("\n"))), f.Path, vars, lookup(vars), f.Format)
		if err == nil {
			return vars
		}
		line, message := envLine(err)
		if line == 0 {
			tell(0, message, "")
			return nil
		}
		message = withoutValue(message)
		hint := "write NAME=value, or # before what is no variable"
		line = min(line, len(lines))
		if value, open := strings.CutPrefix(message, "unterminated quoted value "); open {
			line, message, hint = openedAt(lines[:line], value), "the quote that opens here is not closed", ""
		}
		tell(line, message, hint)
		if len(lines[line-1]) == 0 || len(data) > maxRepaired {
			return nil
		}
		lines[line-1] = nil
	}
	return nil
}

// withoutValue leaves the value out of a line that a message quotes as the name
// of a variable: it may be a secret.
func withoutValue(message string) string {
	const quoting = "in variable name "
	before, quoted, ok := strings.Cut(message, quoting)
	if !ok {
		return message
	}
	name, err := strconv.Unquote(quoted)
	if err != nil {
		return before + "in the name of a variable"
	}
	name, _, _ = strings.Cut(name, "=")
	return before + quoting + strconv.Quote(name)
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
