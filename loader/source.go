package loader

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

const (
	// maxInput bounds a file, in bytes: ten times the largest sensible one.
	maxInput = 64 << 20
	// maxNodes bounds what the aliases of a file expand to, in YAML nodes; a
	// service has some thirty.
	maxNodes = 5_000_000
	// maxDepth bounds nesting. No schema needs more than a dozen levels.
	maxDepth = 200
	// maxCommand bounds a command that is one string, in bytes: compose-go
	// needs time that grows with the square of its length to split it.
	maxCommand = 64 << 10
)

// source is one file, read and parsed.
type source struct {
	name    string // absolute, or stdinName
	content []byte
	docs    []*yaml.Node // the root value of each document
	lines   []string
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
	if err != nil {
		return nil, nil, err
	}
	s := &source{name: name, content: content}
	return s, s.parse(), nil
}

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
		return fmt.Errorf("%s is not a regular file; give its content on standard input with `-f -`", path)
	case info.Size() > maxInput:
		return fmt.Errorf("%s is too big: %d bytes, at most %d", path, info.Size(), maxInput)
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

var unknownAnchor = regexp.MustCompile(`^unknown anchor '(.+)' referenced$`)

var yamlLine = regexp.MustCompile(`^(?:yaml: )?(?:line (\d+): )?(.*)$`)

func (s *source) parse() *Diagnostic {
	s.lines = strings.Split(string(s.content), "\n")
	dec := yaml.NewDecoder(bytes.NewReader(s.content))
	for {
		var doc yaml.Node
		err := dec.Decode(&doc)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return s.syntaxError(err)
		}
		if len(doc.Content) == 1 {
			s.docs = append(s.docs, doc.Content[0])
		}
	}
	sizes := map[*yaml.Node]int{}
	for _, root := range s.docs {
		if bad, why := tooMuch(root, sizes, nil); bad != nil {
			return &Diagnostic{Severity: SeverityError, Rule: "yaml-limit", Message: why, Position: s.position(bad)}
		}
	}
	return nil
}

func (s *source) syntaxError(err error) *Diagnostic {
	m := yamlLine.FindStringSubmatch(strings.ReplaceAll(err.Error(), "\n", " "))
	pos := Position{File: s.name}
	hint := ""
	if m[1] != "" {
		pos.Line, _ = strconv.Atoi(m[1])
		pos.Column = 1
		// The scanner reports the line where it gave up, which may be one
		// past the mistake; the first visible character is the best column.
		if pos.Line >= 1 && pos.Line <= len(s.lines) {
			pos.Column = leading(s.lines[pos.Line-1]) + 1
		}
	}
	if a := unknownAnchor.FindStringSubmatch(m[2]); a != nil {
		for i, l := range s.lines {
			if at := strings.Index(l, "*"+a[1]); at >= 0 {
				pos.Line, pos.Column = i+1, utf8.RuneCountInString(l[:at])+1
				pos.EndLine, pos.EndColumn = pos.Line, pos.Column+1+utf8.RuneCountInString(a[1])
				break
			}
		}
	}
	for i, l := range s.lines {
		if n := leading(l); n < len(l) && strings.Contains(l[:n], "\t") {
			hint = fmt.Sprintf("line %d is indented with a tab; YAML allows spaces only", i+1)
			pos.Line, pos.Column = i+1, strings.Index(l, "\t")+1
			break
		}
	}
	return &Diagnostic{Severity: SeverityError, Rule: "yaml-syntax", Message: "invalid YAML: " + m[2], Position: pos, Hint: hint}
}

func leading(line string) int { return len(line) - len(strings.TrimLeft(line, " \t")) }

// splitKeys are the keys whose strings are split into words.
var splitKeys = map[string]bool{"command": true, "entrypoint": true}

// tooMuch finds the node that would expand to more than maxNodes, nests deeper
// than maxDepth or contains itself. sizes remembers what was counted.
func tooMuch(n *yaml.Node, sizes map[*yaml.Node]int, above []*yaml.Node) (bad *yaml.Node, why string) {
	if _, ok := sizes[n]; ok {
		return nil, ""
	}
	for _, a := range above {
		if a == n {
			return n, "this value contains itself through an alias"
		}
	}
	if len(above) > maxDepth {
		return n, fmt.Sprintf("nested deeper than %d levels", maxDepth)
	}
	above = append(above, n)
	size := 1
	children := n.Content
	if n.Kind == yaml.AliasNode {
		children = []*yaml.Node{n.Alias}
	}
	for i, c := range children {
		if c == nil {
			continue
		}
		if len(c.Value) > maxCommand && n.Kind == yaml.MappingNode && i%2 == 1 && splitKeys[children[i-1].Value] {
			return c, fmt.Sprintf("a command of more than %d bytes; write it as a list", maxCommand)
		}
		if bad, why := tooMuch(c, sizes, above); bad != nil {
			return bad, why
		}
		size += sizes[c]
	}
	if size > maxNodes {
		return n, fmt.Sprintf("aliases expand to more than %d values", maxNodes)
	}
	sizes[n] = size
	return nil, ""
}
