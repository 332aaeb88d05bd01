package loader

import (
	"context"
	"io"

	"github.com/compose-spec/compose-go/v2/types"
	"gopkg.in/yaml.v3"
)

// Options are what the command line and the environment say about the files.
type Options struct {
	Files      []string // -f; "-" is Stdin; empty: COMPOSE_FILE, else found by name upwards from WorkingDir
	Name       string   // -p
	Directory  string   // --project-directory
	WorkingDir string   // where the command runs; absolute
	EnvFiles   []string // --env-file
	Profiles   []string // --profile
	// Services are those that the command line names: they are enabled
	// whatever their profile.
	Services      []string
	Env           []string // the process's environment, KEY=VALUE
	Stdin         io.Reader
	Compatibility bool
	Skip          Skip
	// Outline is for commands on containers that are there: only what names
	// the services and orders them need be in the model, mistakes elsewhere
	// need not be found, and env files are not read.
	Outline bool
	// Sandbox refuses to read what lies outside the project's directory.
	Sandbox bool
	// Read is told of each file that the project names, before it is read.
	Read func(file string)
	// Open gives the text of a file that an editor holds and has not saved; it
	// counts in place of what the disk has.
	Open func(file string) (text []byte, ok bool)
	// Check asks for what may be meant too, and for files that are needed later:
	// `validate` wants it, and the word of those who wrote the settings.
	Check   bool
	Presets []string // --preset: sets of rules that are on

	whole bool // compose-go loads everything: what the tests compare with
}

// Load reads the files and makes them a Project. Mistakes come as diagnostics,
// all that can be found at once; where one is an error, the project is nil.
// The error is for what is no mistake in a file: no file found, unreadable.
func Load(ctx context.Context, o Options) (*Project, []Diagnostic, error) {
	if o.Skip.Paths {
		return loadAsWritten(ctx, o)
	}
	l := newLoad(o)
	p, err := l.run(ctx)
	if l.Check {
		l.mend()
	}
	ds := SortDiagnostics(l.found)
	if err != nil || HasErrors(ds) {
		return nil, ds, err
	}
	return p, ds, nil
}

// load is one run of Load; its passes are called in order by run and leave
// what they found here.
type load struct {
	Options
	env       *environment
	discovery discovery
	sources   []*source          // in merge order
	related   []*source          // those that they include or extend
	files     map[string]*source // every file that was read, by name
	format    Format
	positions *Positions
	found     []Diagnostic
	told      told
	keys      map[string]*keys // of the schema, by place
	invalid   []Diagnostic     // against the schema; nil: not looked at yet
	settings  *settings
	filled    map[string]string // texts with their variables replaced
	words     map[string]bool   // of all services; see mentioned
	name      projectName
	drivers   map[string]string // v1: volume_driver by service
	converted struct {          // v1: the files in today's form
		root  *yaml.Node
		place place
	}
	// includedEnv are the env files of included files, by name.
	includedEnv map[string][]string
	dropped     map[string][]int // by list, the entries that were taken out of what compose-go reads
	kept        map[string][]int // by list, the entries that are left; see keptEntries
	overlay     *overlay         // of files that an editor holds; nil: it holds none that are included or extended
	envRead     map[string]bool  // the env files of includes that were checked
	relative    bool             // leave relative paths as they are written
}

func newLoad(o Options) *load {
	return &load{
		Options: o, env: newEnvironment(o), positions: newPositions(), settings: newSettings(o.Presets),
		files: map[string]*source{}, includedEnv: map[string][]string{}, filled: map[string]string{}, keys: map[string]*keys{}, kept: map[string][]int{}, envRead: map[string]bool{},
	}
}

// begin reads the files and decides the format and the name; false: there is
// nothing to go on with.
func (l *load) begin() (bool, error) {
	if err := l.read(); err != nil || len(l.sources) < len(l.discovery.files) {
		return false, err
	}
	l.detect()
	if HasErrors(l.found) && l.format == "" {
		return false, nil
	}
	fromFile := ""
	if l.format == FormatV1 {
		l.env.useClassic()
	} else {
		fromFile = l.fileName()
	}
	var err error
	l.name, err = nameProject(l.Options, l.env, l.discovery.dir, fromFile, l.format)
	if err != nil {
		return false, err
	}
	l.env.vars["COMPOSE_PROJECT_NAME"] = l.name.name
	clear(l.filled) // the name may stand in a text
	return true, nil
}

func (l *load) run(ctx context.Context) (*Project, error) {
	if ok, err := l.begin(); !ok {
		return nil, err
	}
	l.checkText()
	var model *types.Project
	if l.format == FormatV1 {
		model = l.checked(l.loadClassic(ctx))
	} else {
		model = l.loadModern(ctx)
	}
	if model == nil {
		return nil, ctx.Err()
	}
	if HasErrors(l.found) {
		return nil, nil
	}
	model, content := l.resolve(model)
	if model == nil {
		return nil, nil
	}
	seccomp := l.seccompProfiles(model)
	if HasErrors(l.found) {
		return nil, nil
	}
	compatibility, err := l.env.flag("COMPOSE_COMPATIBILITY")
	if err != nil {
		return nil, err
	}
	return &Project{
		Name: l.name.name, NameSource: l.name.source, OtherName: l.name.other,
		Dir: l.discovery.dir, Files: l.discovery.files, EnvFiles: l.env.files, IncludedEnv: l.includedEnv,
		Format: l.format, Compatibility: l.Compatibility || compatibility,
		Model: model, Content: content, Seccomp: seccomp, Positions: l.positions,
	}, nil
}

// read finds and parses the files. The .env file is looked for first where
// the command stands (it may name the files), then beside the first file, as
// docker compose does.
func (l *load) read() (err error) {
	tell := func(pos Position, message, hint string) {
		l.report(SeverityError, "env-file", pos, "", message, hint)
	}
	if err = l.env.read(l.Options, projectDir(l.Options, l.Files), tell); err != nil {
		return err
	}
	if l.discovery, err = discover(l.Options, l.env); err != nil {
		return err
	}
	l.readSettings()
	for _, note := range l.discovery.notes {
		l.add(note)
	}
	if err = l.env.read(l.Options, l.discovery.dir, tell); err != nil {
		return err
	}
	for _, name := range l.discovery.files {
		if err := l.admit(name); err != nil {
			return err
		}
		s, bad, err := l.source(name)
		if err != nil {
			return err
		}
		l.files[name] = s
		if bad != nil {
			found, usable := s.goOn(bad)
			l.found = append(l.found, found...)
			if !usable {
				continue
			}
		}
		l.sources = append(l.sources, s)
		l.readIgnores(s)
	}
	return nil
}

// detect checks that each file is a mapping, and decides the format.
func (l *load) detect() {
	var formats []Format
	for _, s := range l.sources {
		if len(s.docs) == 0 || len(s.docs) == 1 && s.docs[0].ShortTag() == "!!null" {
			l.report(SeverityError, "empty-file", Position{File: s.name}, "", "the file is empty", "a compose file needs a top-level `services:`")
			return
		}
		if l.foreign(s) {
			return
		}
		for _, root := range s.docs[1:] {
			if resolve(root).Kind != yaml.MappingNode {
				l.report(SeverityError, "schema", s.position(root), "", "the file must be a mapping at its top level", "")
				return
			}
		}
		formats = append(formats, detectFormat(resolve(s.docs[0])))
	}
	format, ds := agree(l.sources, formats)
	if len(ds) > 0 {
		l.found = append(l.found, ds...)
		return
	}
	if format == FormatV1 {
		if !l.misspeltServices() {
			l.format = format
		}
		return
	}
	l.format = format
	for _, s := range l.sources {
		for _, root := range s.docs {
			for _, d := range strayServices(s, resolve(root)) {
				l.add(d)
			}
			l.positions.add(root, "", false, s.position)
		}
	}
}

func (l *load) report(sev Severity, rule string, pos Position, path, message, hint string) {
	l.add(Diagnostic{Severity: sev, Rule: rule, Message: message, Position: pos, Path: path, Hint: hint})
}

// add keeps a finding, unless the settings or a comment are against it.
func (l *load) add(d Diagnostic) {
	rule, s := ruleByID(d.Rule), l.files[d.Position.File]
	if s != nil && s.guessed(d.Position) {
		return
	}
	if rule == nil || rule.Firm && d.Severity == SeverityError {
		l.found = append(l.found, d)
		return
	}
	if rule.Check && !l.Check && !(rule.Varies && d.Severity == SeverityError) || s != nil && s.ignoring(d.Rule, d.Position.Line) {
		return
	}
	if severity := l.settings.of(rule, d.Severity); severity != severityOff {
		d.Severity = severity
		l.found = append(l.found, d)
	}
}
