package loader

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/compose-spec/compose-go/v2/dotenv"
	"github.com/compose-spec/compose-go/v2/types"
)

// environment is what variables in the files are replaced from, and which
// .env files it was made of. The process's values stand over those of files.
type environment struct {
	vars    types.Mapping
	classic map[string]string // what 1.29.2 read in the files, where that may be another text
	files   []string          // absolute, in reading order
}

func init() {
	// env_file entries may ask for `format: raw`: the lines of `docker run
	// --env-file`. docker compose registers the same name.
	dotenv.RegisterFormat("raw", parseRaw)
	dotenv.RegisterFormat(classicEnvFormat, parseClassic)
}

// ReadEnvFile reads an env file that no compose file names. Variables in it are
// those of lookup and those that stand before them.
func ReadEnvFile(path string, lookup func(string) (string, bool)) (map[string]string, error) {
	content, err := readFile(path)
	if err != nil {
		return nil, err
	}
	outer := func(map[string]string) dotenv.LookupFn { return lookup }
	vars := envText(types.EnvFile{Path: path}, content, map[string]string{}, outer, func(line int, message, _ string) {
		if err == nil {
			err = fmt.Errorf("%s:%d: %s", path, line, message)
		}
	})
	return vars, err
}

// classicEnvFormat marks the env files of v1-format services.
const classicEnvFormat = "x-recompose-v1"

// bareDollar is a dollar that docker-compose 1.29.2 (python-dotenv) leaves
// alone in an env file: it replaces ${NAME} only.
var bareDollar = regexp.MustCompile(`\$(?:\{|)`)

// parseClassic reads an env file as 1.29.2 did: $NAME and $$ stay as they are.
func parseClassic(r io.Reader, filename string, vars map[string]string, lookup func(string) (string, bool)) error {
	content, err := bounded(r, filename)
	if err != nil {
		return err
	}
	lines := strings.Split(string(content), "\n")
	for i, line := range lines {
		if _, value, _ := strings.Cut(line, "="); strings.HasPrefix(value, "'") {
			continue // nothing is replaced in single quotes anyway
		}
		lines[i] = bareDollar.ReplaceAllStringFunc(line, func(dollar string) string {
			if dollar == "$" {
				return "$$"
			}
			return dollar
		})
	}
	return dotenv.ParseWithFormat(strings.NewReader(strings.Join(lines, "\n")), filename, vars, lookup, "")
}

// newEnvironment holds the process's variables. PWD is set as a shell would,
// since files refer to it and not every caller has a shell.
func newEnvironment(o Options) *environment {
	e := &environment{vars: types.NewMapping(o.Env), classic: map[string]string{}}
	if _, ok := e.vars["PWD"]; !ok && o.WorkingDir != "" {
		e.vars["PWD"] = o.WorkingDir
	}
	return e
}

// read adds the .env files: those of the flag, else of COMPOSE_ENV_FILES, else
// the one in dir. Called a second time for another dir, it adds that one's,
// which stands below what is known; files that were named are read once.
// What is wrong in them is told; the rest counts.
func (e *environment) read(o Options, dir string, tell func(pos Position, message, hint string)) error {
	named := o.EnvFiles
	if len(named) == 0 {
		named = splitList(e.vars["COMPOSE_ENV_FILES"], ",")
	}
	if len(named) == 0 {
		if off, err := e.flag("COMPOSE_DISABLE_ENV_FILE"); err != nil || off {
			return err
		}
		def := filepath.Join(dir, ".env")
		info, err := os.Stat(def)
		if err != nil || info.IsDir() {
			// The default file is a convenience: its absence is no mistake.
			return nil
		}
		if o.Sandbox && outside(dir, def) {
			return fmt.Errorf("%s %w", def, errSandbox)
		}
		named = []string{def}
	}
	var files []string
	for _, f := range named {
		f = absolute(o.WorkingDir, f)
		if !slices.Contains(e.files, f) {
			files = append(files, f)
		}
	}
	var texts [][]byte
	found := map[string]string{}
	for _, f := range files {
		data, err := readFile(f)
		if err != nil {
			return fmt.Errorf("env file: %w", err)
		}
		if line, why := tooManyVariables(data); why != "" {
			tell(Position{File: f, Line: line, Column: 1}, why, "")
			data = nil
		}
		vars := envText(types.EnvFile{Path: f}, data, found, e.over, func(line int, message, hint string) {
			tell(Position{File: f, Line: max(line, 1), Column: 1}, message, hint)
		})
		if vars != nil {
			found = vars
		}
		texts = append(texts, data)
	}
	classic := e.readClassic(files, texts)
	for k, v := range found {
		if _, set := e.vars[k]; set {
			continue
		}
		e.vars[k] = v
		if was, ok := classic[k]; ok {
			e.classic[k] = was
		}
	}
	e.files = append(e.files, files...)
	return nil
}

// over looks in the environment, then in what a file has set so far.
func (e *environment) over(vars map[string]string) dotenv.LookupFn {
	return func(name string) (string, bool) {
		if v, ok := e.vars[name]; ok {
			return v, true
		}
		v, ok := vars[name]
		return v, ok
	}
}

// readClassic reads .env files as 1.29.2 did; nil where no dollar makes that
// another reading.
func (e *environment) readClassic(files []string, texts [][]byte) map[string]string {
	if !slices.ContainsFunc(texts, func(text []byte) bool { return bytes.IndexByte(text, '$') >= 0 }) {
		return nil
	}
	values := map[string]string{}
	for i, text := range texts {
		if err := parseClassic(bytes.NewReader(text), files[i], values, e.over(values)); err != nil {
			return nil // it has been read in the other way, or told
		}
	}
	return values
}

// useClassic gives variables the values that a project of the v1 format had.
func (e *environment) useClassic() { maps.Copy(e.vars, e.classic) }

// flag reads a variable that is true or false; absent or empty is false.
func (e *environment) flag(name string) (bool, error) {
	v := e.vars[name]
	if v == "" {
		return false, nil
	}
	b, err := strconv.ParseBool(v)
	if err != nil {
		return false, fmt.Errorf("%s=%q: expected true or false", name, v)
	}
	return b, nil
}

// profiles are those of the flag, else of COMPOSE_PROFILES.
func (e *environment) profiles(o Options) []string {
	if len(o.Profiles) > 0 {
		return o.Profiles
	}
	return splitList(e.vars["COMPOSE_PROFILES"], ",")
}

// parseRaw reads KEY=VALUE lines as they stand: no quotes, no variables. A KEY
// alone takes its value from the environment, and is left out where that has
// none, as `docker run --env-file` does.
func parseRaw(r io.Reader, filename string, vars map[string]string, lookup func(string) (string, bool)) error {
	s := bufio.NewScanner(r)
	s.Buffer(nil, maxInput)
	for n := 1; s.Scan(); n++ {
		line := strings.TrimLeftFunc(strings.TrimPrefix(s.Text(), "\ufeff"), unicode.IsSpace)
		if line == "" || line[0] == '#' {
			continue
		}
		key, value, ok := strings.Cut(line, "=")
		if key == "" || strings.ContainsFunc(key, unicode.IsSpace) {
			return fmt.Errorf("%s: line %d: the name of a variable cannot be empty or hold a space", filename, n)
		}
		if ok {
			vars[key] = value
		} else if v, set := lookup(key); set {
			vars[key] = v
		}
	}
	if err := s.Err(); errors.Is(err, bufio.ErrTooLong) {
		return fmt.Errorf("%s: a line is longer than %d bytes", filename, maxInput)
	} else if err != nil {
		return fmt.Errorf("%s: %w", filename, err)
	}
	return nil
}

func splitList(s, sep string) []string {
	var out []string
	for _, part := range strings.Split(s, sep) {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}

func absolute(dir, path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(dir, path)
}
