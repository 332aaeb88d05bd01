package loader

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"

	"github.com/compose-spec/compose-go/v2/types"
)

// resolve enables the services that were asked for, reads env files and label
// files into the services, and takes the digests of what files hold.
func (l *load) resolve(model *types.Project) (*types.Project, map[string]string) {
	var enable []string
	for _, name := range l.Services {
		if _, ok := model.DisabledServices[name]; ok && !slices.Contains(enable, name) {
			enable = append(enable, name)
		}
	}
	var err error
	if len(enable) > 0 {
		if model, err = model.WithServicesEnabled(enable...); err != nil {
			l.report(SeverityError, "compose", Position{File: l.sources[0].name}, "", err.Error(), "")
			return nil, nil
		}
	}
	content := map[string]string{}
	if l.Skip.EnvFiles || l.Outline {
		return model, content
	}
	envFiles(model, content)
	if err := readFiles(model); err != nil {
		path := l.pathOf(err.Error())
		pos, ok := l.positions.At(path)
		if !ok {
			pos = Position{File: l.sources[0].name}
		}
		l.report(SeverityError, "env-file", pos, path, err.Error(), "")
		return nil, nil
	}
	for name, c := range model.Configs {
		l.digest(content, ContentKey("config", name), types.FileObjectConfig(c))
	}
	for name, s := range model.Secrets {
		l.digest(content, ContentKey("secret", name), types.FileObjectConfig(s))
	}
	return model, content
}

// readFiles reads env files and label files into the services. compose-go
// copies every service twice for that; here it gets those that have such
// files. The others only take variables without a value from the environment.
func readFiles(model *types.Project) error {
	some := &types.Project{Environment: model.Environment, Services: types.Services{}}
	for name, s := range model.Services {
		if len(s.EnvFiles)+len(s.LabelFiles)+len(s.PreStart) > 0 {
			some.Services[name] = s
			continue
		}
		if s.Environment == nil {
			s.Environment = types.MappingWithEquals{}
		}
		s.Environment.Resolve(model.Environment.Resolve)
		s.EnvFiles = nil
		model.Services[name] = s
	}
	some, err := some.WithServicesEnvironmentResolved(true)
	if err == nil {
		some, err = some.WithServicesLabelsResolved(false)
	}
	if err != nil {
		return err
	}
	maps.Copy(model.Services, some.Services)
	return nil
}

// envFiles takes the digests of the files that the services read; the rules
// have found those that are missing.
func envFiles(model *types.Project, content map[string]string) {
	take := func(kind, file string) {
		if data, err := readFile(file); err == nil {
			content[ContentKey(kind, file)] = digest(data)
		}
	}
	for _, s := range model.Services {
		for _, f := range s.EnvFiles {
			take("env_file", f.Path)
		}
		for _, f := range s.LabelFiles {
			take("label_file", f)
		}
	}
}

// digest of a config or secret that is given in the file, by a variable or by
// a file. A file that is missing is the planner's business: it may appear
// before it is needed.
func (l *load) digest(content map[string]string, key string, f types.FileObjectConfig) {
	switch {
	case bool(f.External):
	case f.Content != "":
		content[key] = digest([]byte(f.Content))
	case f.Environment != "":
		if value, ok := l.env.vars[f.Environment]; ok {
			content[key] = digest([]byte(value))
		}
	case f.File != "":
		if l.Sandbox && outside(l.discovery.dir, f.File) {
			return // no service uses it
		}
		if data, err := readFile(f.File); err == nil {
			content[key] = digest(data)
		}
	}
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
