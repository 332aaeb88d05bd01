package loader

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Names that are looked for, in order of preference: docker compose's
// (compose-go/cli).
var (
	defaultNames  = []string{"compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"}
	overrideNames = []string{"compose.override.yml", "compose.override.yaml", "docker-compose.override.yml", "docker-compose.override.yaml"}
)

// stdinName is the file name that stands for standard input.
const stdinName = "-"

// ErrNoFile says that no compose file was named and none was found.
var ErrNoFile = errors.New("no compose file found")

// discovery is which files make the project, and where it lies.
type discovery struct {
	files []string // absolute, or stdinName
	dir   string   // the project's directory, absolute
	notes []Diagnostic
}

// discover finds the files: those of the flag, else of COMPOSE_FILE, else by
// name, in the project's directory and then upwards.
func discover(o Options, env *environment) (discovery, error) {
	names := o.Files
	if len(names) == 0 {
		if list := env.vars["COMPOSE_FILE"]; list != "" {
			sep := env.vars["COMPOSE_PATH_SEPARATOR"]
			if sep == "" {
				sep = string(os.PathListSeparator)
			}
			names = splitList(list, sep)
		}
	}
	var d discovery
	if len(names) == 0 {
		start := o.WorkingDir
		if o.Directory != "" {
			start = absolute(o.WorkingDir, o.Directory)
		}
		found, err := d.search(start)
		if err != nil {
			return d, err
		}
		names = found
	}
	for _, n := range names {
		if n == stdinName {
			d.files = append(d.files, n)
			continue
		}
		path := absolute(o.WorkingDir, n)
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			inside := existing(path, defaultNames)
			if len(inside) == 0 {
				return d, fmt.Errorf("%s: %w in this directory", path, ErrNoFile)
			}
			path = inside[0]
		}
		d.files = append(d.files, path)
	}
	d.dir = projectDir(o, d.files)
	return d, nil
}

// search goes from dir upwards to the first directory with a compose file, and
// takes the override file beside it.
func (d *discovery) search(dir string) ([]string, error) {
	start := dir
	for {
		if found := existing(dir, defaultNames); len(found) > 0 {
			d.several(found)
			files := found[:1]
			if over := existing(dir, overrideNames); len(over) > 0 {
				d.several(over)
				files = append(files[:1:1], over[0])
			}
			return files, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return nil, fmt.Errorf("%w in %s or above it (looked for %s)", ErrNoFile, start, strings.Join(defaultNames, ", "))
		}
		dir = parent
	}
}

func (d *discovery) several(found []string) {
	if len(found) < 2 {
		return
	}
	var others []string
	for _, f := range found[1:] {
		others = append(others, filepath.Base(f))
	}
	d.notes = append(d.notes, Diagnostic{
		Severity: SeverityWarning, Rule: "several-files",
		Message:  fmt.Sprintf("%s is used; %s beside it is not read", filepath.Base(found[0]), strings.Join(others, ", ")),
		Position: Position{File: found[0]},
		Hint:     "name the file with -f, or remove the other",
	})
}

// DefaultFiles are the file that commands without -f find in a directory, and
// the override file that they lay over it; empty where there is none.
func DefaultFiles(dir string) (main, override string) {
	if found := existing(dir, defaultNames); len(found) > 0 {
		main = found[0]
	}
	if found := existing(dir, overrideNames); len(found) > 0 {
		override = found[0]
	}
	return main, override
}

// existing gives those of names that exist in dir, in the order of names.
func existing(dir string, names []string) []string {
	var out []string
	for _, n := range names {
		path := filepath.Join(dir, n)
		if info, err := os.Stat(path); err == nil && !info.IsDir() {
			out = append(out, path)
		}
	}
	return out
}

// projectDir is where relative paths start: --project-directory, else the
// directory of the first file that is one, else the working directory.
func projectDir(o Options, files []string) string {
	if o.Directory != "" {
		return absolute(o.WorkingDir, o.Directory)
	}
	for _, f := range files {
		if f != stdinName {
			f = absolute(o.WorkingDir, f)
			if info, err := os.Stat(f); err == nil && info.IsDir() {
				return f
			}
			return filepath.Dir(f)
		}
	}
	return o.WorkingDir
}
