package loader

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"gopkg.in/yaml.v3"
)

const (
	// maxInput bounds a file, in bytes: ten times the largest sensible one.
	maxInput = 64 << 20
	// maxNodes bounds what the aliases of a file expand to, in YAML nodes; a
	// service has some thirty.
	maxNodes = 5_000_000
	// maxMarks bounds the commas, colons and lines of a file, each of which may
	// begin a value: a parsed one needs some hundred times its text's memory.
	maxMarks = 3_000_000
	// maxNesting bounds variables within the defaults of others.
	maxNesting = 50
	// maxWork bounds what replacing variables costs: the sum, over the texts of
	// a file, of the squares of their numbers; ten million are some seconds.
	maxWork = 10_000_000
	// maxDepth bounds nesting. No schema needs more than a dozen levels.
	maxDepth = 200
	// maxWord bounds the words of a command that is one string, in bytes: no
	// longer argument can be run (Linux's MAX_ARG_STRLEN), and compose-go needs
	// time that grows with the square of the length.
	maxWord = 128 << 10
)

// source is one file, read and parsed.
type source struct {
	name     string // absolute, or stdinName
	content  []byte
	held     bool            // an editor holds it, and not what the disk has
	extended bool            // only a service's `extends` names it
	bases    map[string]bool // its services that others extend
	docs     []*yaml.Node    // the root value of each document
	lines    []string        // as the parser counts them
	starts   []lineStart     // of the lines, where an editor counts them otherwise; else nil
	ignores  []ignored       // by comments
	moves    map[int]move    // by line, where a repair has moved text; nil: none was made
	slipped  *slip           // behind what the reader refused last, if it is known
	guesses  map[int]int     // the column of each line from which a repair has guessed
	// rewritten: the content is made from docs, and says something else than lines.
	rewritten bool
}

// readSource reads a file, or stdin for stdinName. The diagnostic is for a
// file that is no YAML, or too much of it; the error for one that cannot be
// read.
func readSource(name string, stdin io.Reader) (*source, *Diagnostic, error) {
	var content []byte
	var err error
	if name == stdinName {
		if stdin == nil {
			return nil, nil, errors.New("standard input is not available")
		}
		content, err = bounded(stdin, name)
	} else {
		content, err = readFile(name)
	}
	if errors.Is(err, errNotRegular) {
		return nil, nil, fmt.Errorf("%w; give its content on standard input with `-f -`", err)
	}
	if err != nil {
		return nil, nil, err
	}
	s := &source{name: name, content: content}
	return s, s.parse(), nil
}

// source reads a file, from the editor that holds it or from the disk.
func (l *load) source(name string) (*source, *Diagnostic, error) {
	if l.Open != nil {
		if text, ok := l.Open(name); ok {
			if len(text) > maxInput {
				return nil, nil, tooBig(name, int64(len(text)))
			}
			disk, err := readFile(name)
			s := &source{name: name, content: text, held: err != nil || !bytes.Equal(disk, text)}
			return s, s.parse(), nil
		}
	}
	return readSource(name, l.Stdin)
}

func tooBig(name string, size int64) error {
	return fmt.Errorf("%s is too big: %d bytes, at most %d", name, size, maxInput)
}

var errNotRegular = errors.New("is not a regular file")

// checkInput refuses what would block or never end: directories, devices and
// pipes that have a name in the file system. A pipe of the shell (`-f <(...)`)
// has its writer already.
func checkInput(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	mode := info.Mode()
	switch {
	case mode.IsDir():
		return fmt.Errorf("%s is a directory, not a file", path)
	case mode&os.ModeNamedPipe != 0 && (strings.HasPrefix(path, "/dev/fd/") || strings.HasPrefix(path, "/proc/")):
		return nil
	case !mode.IsRegular():
		return fmt.Errorf("%s %w", path, errNotRegular)
	case info.Size() > maxInput:
		return tooBig(path, info.Size())
	}
	return nil
}

func readFile(path string) ([]byte, error) {
	if err := checkInput(path); err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return bounded(f, path)
}

func bounded(r io.Reader, name string) ([]byte, error) {
	content, err := io.ReadAll(io.LimitReader(r, maxInput+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(content) > maxInput {
		return nil, fmt.Errorf("%s is too big: more than %d bytes", name, maxInput)
	}
	return content, nil
}

// parse fills docs and lines; the diagnostic is for what no reader can parse,
// or is too much.
func (s *source) parse() *Diagnostic {
	if bad := s.decode(); bad != nil {
		return bad
	}
	if marks := countMarks(s.content); marks > maxMarks {
		return &Diagnostic{
			Severity: SeverityError, Rule: "yaml-limit", Position: Position{File: s.name},
			Message: fmt.Sprintf("some %d values, at most %d are read", marks, maxMarks), Hint: "divide the project; `include` puts files together",
		}
	}
	return s.trees()
}

// trees reads the content.
func (s *source) trees() *Diagnostic {
	if err := s.read(); err != nil || disputed(s.content) || goesOn(s.lines) {
		if bad := s.reread(err); bad != nil {
			return bad
		}
	}
	m := measure{sizes: map[*yaml.Node]int{}}
	for _, root := range s.docs {
		if m.size(root, nil); m.bad != nil {
			return &Diagnostic{Severity: SeverityError, Rule: "yaml-limit", Message: m.why, Position: s.position(m.bad)}
		}
	}
	return nil
}

func countMarks(text []byte) int {
	n := 0
	for _, mark := range []string{",", ":", "\n"} {
		n += bytes.Count(text, []byte(mark))
	}
	return n
}

func (s *source) read() error {
	dec := yaml.NewDecoder(bytes.NewReader(s.content))
	for {
		var doc yaml.Node
		err := dec.Decode(&doc)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if len(doc.Content) == 1 {
			s.docs = append(s.docs, doc.Content[0])
		}
	}
}

// splitKeys are the keys whose strings are split into words.
var splitKeys = map[string]bool{"command": true, "entrypoint": true}
