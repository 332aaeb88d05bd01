package loader

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"

	compose "github.com/compose-spec/compose-go/v2/loader"
)

var (
	notClassic = regexp.MustCompile(`[^a-z0-9]`)
	notModern  = regexp.MustCompile(`[^-_a-z0-9]`)
)

// projectName is the name and where it comes from. fromFile is the top-level
// `name:`, interpolated, or empty.
type projectName struct {
	name, other string
	source      NameSource
}

// nameProject decides the project's name: the flag, COMPOSE_PROJECT_NAME, the
// file, the directory, in this order. An unfit name that was given by the user
// is refused, as docker compose does, except for v1-format files, where
// docker-compose 1.29.2 made it fit.
func nameProject(o Options, env *environment, dir, fromFile string, format Format) (projectName, error) {
	given, source, from := o.Name, NameFromFlag, "-p"
	if given == "" {
		given, source, from = env.vars["COMPOSE_PROJECT_NAME"], NameFromEnv, "COMPOSE_PROJECT_NAME"
	}
	if given != "" {
		fit := modernName(given)
		if format == FormatV1 && fit != "" {
			return projectName{name: fit, source: source}, nil
		}
		if fit != given {
			hint := ""
			if fit != "" {
				hint = fmt.Sprintf(" (%q would do)", fit)
			}
			return projectName{}, fmt.Errorf("%s: invalid project name %q: only lower-case letters, digits, - and _, the first a letter or digit%s", from, given, hint)
		}
		return projectName{name: given, source: source}, nil
	}
	if fromFile != "" && format != FormatV1 {
		if fit := compose.NormalizeProjectName(fromFile); fit != "" {
			return projectName{name: fit, source: NameFromFile}, nil
		}
	}
	base := filepath.Base(dir)
	n := projectName{source: NameFromDir}
	if format == FormatV1 {
		n.name, n.other = classicName(base), modernName(base)
		if n.name == "" {
			n.name = n.other
		}
		if n.name == "" {
			n.name = "default" // 1.29.2: a directory that gives no name
		}
		if n.other == n.name {
			n.other = ""
		}
		return n, nil
	}
	if n.name = compose.NormalizeProjectName(base); n.name == "" && o.Check {
		n.name = "default" // to check the files takes no name of their own
	} else if n.name == "" {
		return n, fmt.Errorf("the directory %s gives no project name: give one with -p or COMPOSE_PROJECT_NAME, or a top-level `name:`", dir)
	}
	return n, nil
}

// classicName is what Compose before 1.21 made of a directory's name.
func classicName(s string) string { return notClassic.ReplaceAllString(strings.ToLower(s), "") }

// modernName is what 1.21 to 1.29.2 made of it; docker compose v5 does the
// same.
func modernName(s string) string {
	return strings.TrimLeft(notModern.ReplaceAllString(strings.ToLower(s), ""), "-_")
}
