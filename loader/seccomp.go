package loader

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"
)

// seccompProfiles reads the profiles that security_opt names by their path:
// the engine takes only their text, and both peers read them here.
func (l *load) seccompProfiles(model *types.Project) map[string]string {
	profiles := map[string]string{}
	for name, s := range model.Services {
		for i, option := range s.SecurityOpt {
			file, ok := SeccompFile(option)
			if !ok {
				continue
			}
			text, err := l.readProfile(file)
			if err != nil {
				path := joinIndex(joinPath("services", name)+".security_opt", i)
				pos, exact := l.positions.At(path)
				if !exact {
					pos, _ = l.positions.At(joinPath("services", name) + ".security_opt")
				}
				hint := didYouMean(file, []string{"unconfined", "builtin"})
				if hint == "" {
					hint = "give the path of a JSON file, relative to the project's directory, or unconfined"
				}
				l.report(SeverityError, "seccomp-profile", pos, path, fmt.Sprintf("seccomp profile %s: %v", file, err), hint)
				continue
			}
			profiles[option] = text
		}
	}
	return profiles
}

// SeccompFile is the path in "seccomp=PATH" or "seccomp:PATH".
func SeccompFile(option string) (string, bool) {
	rest, ok := strings.CutPrefix(option, "seccomp")
	if !ok || rest == "" || rest[0] != '=' && rest[0] != ':' {
		return "", false
	}
	file := rest[1:]
	return file, file != "unconfined" && file != "builtin" && !strings.HasPrefix(file, "{")
}

func (l *load) readProfile(file string) (string, error) {
	file = absolute(l.discovery.dir, file)
	if err := l.admit(file); err != nil {
		return "", err
	}
	data, err := readFile(file)
	if err != nil {
		return "", err
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, data); err != nil {
		return "", fmt.Errorf("it is no JSON: %w", err)
	}
	return compact.String(), nil
}
