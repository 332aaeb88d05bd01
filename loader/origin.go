package loader

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/dotenv"
	"github.com/compose-spec/compose-go/v2/template"
	"gopkg.in/yaml.v3"
)

// Origin says where a value comes from.
type Origin struct {
	Position Position `json:"position"` // of the value as it is written
	Text     string   `json:"-"`        // what is written there; may hold secrets
	// Variables are those in the text, by name.
	Variables []VariableOrigin `json:"variables,omitempty"`
}

// VariableOrigin says where a variable got its value.
type VariableOrigin struct {
	Name string `json:"name"`
	From Source `json:"from"`
	// Position is the line of an env file.
	Position *Position `json:"position,omitempty"`
}

// Source is a kind of place that variables come from.
type Source string

const (
	FromProcess Source = "environment" // of the process
	FromEnvFile Source = "env file"    // .env and --env-file
	FromDefault Source = "default"     // that the file itself gives, as in ${X:-1}
	FromNowhere Source = "not set"
	FromProject Source = "project name"
)

// Origins finds where the values of a project come from. It reads the files
// again, each when it is first asked for; what has changed since Load has no
// origin.
type Origins struct {
	project *Project
	env     []string // of the process, KEY=VALUE
	texts   map[string]map[[2]int]string
	vars    map[string]envFile
}

// envFile is what an env file sets, and the last line that sets each name.
type envFile struct {
	values map[string]string
	lines  map[string]int
}

// NewOrigins takes the environment that the project was loaded with.
func NewOrigins(p *Project, env []string) *Origins {
	return &Origins{project: p, env: env, texts: map[string]map[[2]int]string{}, vars: map[string]envFile{}}
}

// At is the origin of what is written at the very path.
func (o *Origins) At(path string) (Origin, bool) {
	pos, exact := o.project.Positions.At(path)
	if !exact {
		return Origin{}, false
	}
	text := o.text(pos)
	return Origin{Position: pos, Text: text, Variables: o.variables(text, pos.File)}, true
}

// Entry is the last entry of the list at a path whose text, or whose value
// under one of the given keys, matches: later ones count.
func (o *Origins) Entry(list string, matches func(text string) bool, keys ...string) (found Origin, ok bool) {
	for i := 0; ; i++ {
		at := joinIndex(list, i)
		entry, exact := o.At(at)
		if !exact {
			return found, ok
		}
		if entry.Text != "" && matches(entry.Text) {
			found, ok = entry, true
		}
		for _, key := range keys {
			if part, exact := o.At(joinKey(at, key)); exact && matches(part.Text) {
				found, ok = part, true
			}
		}
	}
}

// EnvFile is the line of a service's env files that gives a variable.
func (o *Origins) EnvFile(service, variable string) (Origin, bool) {
	list := joinPath("services", service, "env_file")
	var named []Origin
	if one, ok := o.At(list); ok && one.Text != "" {
		named = append(named, one)
	}
	for i := 0; ; i++ {
		entry, ok := o.At(joinIndex(list, i))
		if !ok {
			break
		}
		if entry.Text == "" {
			entry, _ = o.At(joinKey(joinIndex(list, i), "path"))
		}
		named = append(named, entry)
	}
	for _, entry := range slices.Backward(named) { // later ones win
		for _, dir := range []string{o.project.Dir, filepath.Dir(entry.Position.File)} {
			file := absolute(dir, entry.Text)
			if _, read := o.project.Content[ContentKey("env_file", file)]; !read {
				continue
			}
			if line := o.envFile(file).lines[variable]; line > 0 {
				return Origin{Position: Position{File: file, Line: line, Column: 1}}, true
			}
		}
	}
	return Origin{}, false
}

// text is the scalar that is written at a place; "" if there is none.
func (o *Origins) text(pos Position) string {
	scalars, ok := o.texts[pos.File]
	if !ok {
		scalars = map[[2]int]string{}
		o.texts[pos.File] = scalars
		if s, bad, err := readSource(pos.File, nil); err == nil && bad == nil {
			left := maxNodes
			for _, root := range s.docs {
				s.scalars(root, scalars, &left)
			}
		}
	}
	return scalars[[2]int{pos.Line, pos.Column}]
}

func (s *source) scalars(n *yaml.Node, into map[[2]int]string, left *int) {
	if *left--; *left < 0 {
		return
	}
	if n.Kind == yaml.ScalarNode {
		pos := s.position(n)
		into[[2]int{pos.Line, pos.Column}] = n.Value
	}
	for _, c := range n.Content {
		s.scalars(c, into, left)
	}
}

func (o *Origins) variables(text, in string) []VariableOrigin {
	if !strings.Contains(text, "$") {
		return nil
	}
	var out []VariableOrigin
	for name, v := range template.ExtractVariables(map[string]any{"": text}, nil) {
		out = append(out, o.variable(name, in, v.DefaultValue != ""))
	}
	slices.SortFunc(out, func(a, b VariableOrigin) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// Variable says where a variable got its value.
func (o *Origins) Variable(name string) VariableOrigin { return o.variable(name, "", false) }

// variable says where a variable got its value in a file.
func (o *Origins) variable(name, in string, hasDefault bool) VariableOrigin {
	v := VariableOrigin{Name: name, From: FromNowhere}
	if slices.ContainsFunc(o.env, func(kv string) bool { return strings.HasPrefix(kv, name+"=") }) {
		v.From = FromProcess
		return v
	}
	value := o.project.Model.Environment[name]
	for _, file := range o.project.EnvFiles {
		f := o.envFile(file)
		if line := f.lines[name]; line > 0 && (v.Position == nil || f.values[name] == value) {
			v.From, v.Position = FromEnvFile, &Position{File: file, Line: line, Column: 1}
		}
	}
	for _, file := range o.project.IncludedEnv[in] {
		if line := o.envFile(file).lines[name]; line > 0 && v.Position == nil {
			v.From, v.Position = FromEnvFile, &Position{File: file, Line: line, Column: 1}
		}
	}
	switch {
	case v.From == FromEnvFile:
	case name == "COMPOSE_PROJECT_NAME":
		v.From = FromProject
	case hasDefault:
		v.From = FromDefault
	}
	return v
}

// assignment begins a line of an env file.
var assignment = regexp.MustCompile(`^\s*(?:export\s+)?([^\s=:#]+)\s*(?:[=:]|$)`)

func (o *Origins) envFile(name string) envFile {
	if f, ok := o.vars[name]; ok {
		return f
	}
	f := envFile{lines: map[string]int{}}
	o.vars[name] = f
	content, err := readFile(name)
	if err != nil {
		return f
	}
	for i, line := range Lines(content) {
		if m := assignment.FindStringSubmatch(line); m != nil {
			f.lines[m[1]] = i + 1
		}
	}
	// What it cannot read, Load has reported.
	f.values, _ = dotenv.GetEnvFromFile(o.project.Model.Environment, []string{name})
	o.vars[name] = f
	return f
}

// Path joins keys to a path as Positions takes it.
func Path(keys ...string) string { return joinPath(keys...) }
