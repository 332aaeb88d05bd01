package loader

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"os"
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
	if l.Skip.EnvFiles {
		return model, content
	}
	l.envFiles(model, content)
	if HasErrors(l.found) {
		return nil, nil
	}
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

// envFiles checks that the files exist and takes their digests.
func (l *load) envFiles(model *types.Project, content map[string]string) {
	for name, s := range model.Services {
		base := joinPath("services", name)
		for i, f := range s.EnvFiles {
			l.fileDigest(content, "env_file", f.Path, []string{joinIndex(base+".env_file", i), base + ".env_file"}, bool(f.Required))
		}
		for i, f := range s.LabelFiles {
			l.fileDigest(content, "label_file", f, []string{joinIndex(base+".label_file", i), base + ".label_file"}, true)
		}
	}
}

func (l *load) fileDigest(content map[string]string, kind, file string, paths []string, required bool) {
	data, err := readFile(file)
	if err == nil {
		content[ContentKey(kind, file)] = digest(data)
		return
	}
	if os.IsNotExist(err) && !required {
		return
	}
	path := paths[0]
	if _, exact := l.positions.At(path); !exact {
		path = paths[1]
	}
	pos, _ := l.positions.At(path)
	message := err.Error()
	if os.IsNotExist(err) {
		message = fmt.Sprintf("%s %s does not exist", kind, file)
	}
	l.report(SeverityError, "env-file", pos, path, message, "")
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
		if data, err := readFile(f.File); err == nil {
			content[key] = digest(data)
		}
	}
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
