package planner

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"

	"recompose/loader"
)

// ProjectName is the name that the project goes by on this engine: the
// target's where there are no files, else the files'; where only the newer
// of a v1-format project's two names is in use, that one goes on.
func ProjectName(p *loader.Project, s State, t Target) string {
	if p == nil {
		return t.ProjectName
	}
	if p.OtherName == "" {
		return p.Name
	}
	other := false
	for _, c := range s.Containers {
		switch c.Project {
		case p.Name:
			return p.Name
		case p.OtherName:
			other = true
		}
	}
	if other {
		return p.OtherName
	}
	return p.Name
}

// separator stands between the parts of a name: `_` up to docker-compose
// 1.29.2 and with --compatibility, `-` since.
func separator(p *loader.Project) string {
	if p != nil && (p.Classic() || p.Compatibility) {
		return "_"
	}
	return "-"
}

// containerName is the name of a service's replica that has no name yet.
func containerName(p *loader.Project, project string, svc types.ServiceConfig, number int) string {
	if svc.ContainerName != "" {
		return svc.ContainerName
	}
	return strings.Join([]string{project, svc.Name, strconv.Itoa(number)}, separator(p))
}

// oneOffName is the name of a container made by `run`.
func oneOffName(p *loader.Project, project, service, slug string) string {
	return strings.Join([]string{project, service, "run", slug}, separator(p))
}

// isReplicaName reports whether a container has a name that this or another
// generation of Compose gives to the replica.
func isReplicaName(name, project, service string, number int) bool {
	return name == fmt.Sprintf("%s_%s_%d", project, service, number) ||
		name == fmt.Sprintf("%s-%s-%d", project, service, number)
}

// imageName is what the service's containers are created from: the file's
// reference, or the name that its build gets.
func imageName(p *loader.Project, project string, svc types.ServiceConfig) string {
	if svc.Image != "" {
		return svc.Image
	}
	return project + separator(p) + svc.Name
}

// asideName is the name that a container gets while its successor takes over;
// docker-compose 1.29.2 uses the same.
func asideName(c Container) string {
	return shortID(c.ID) + "_" + strings.TrimPrefix(c.Name, shortID(c.ID)+"_")
}

// nameBehindAside is the name that a set-aside or temporary container name
// was made from.
func nameBehindAside(name string) string {
	if len(name) > 13 && name[12] == '_' && isHex(name[:12]) {
		return name[13:]
	}
	return name
}

func isHex(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return !strings.ContainsRune("0123456789abcdef", r) }) < 0
}

func shortID(id string) string {
	id = strings.TrimPrefix(id, "sha256:")
	if len(id) > 12 {
		return id[:12]
	}
	return id
}

// displayName is what people call a replica: its service and number.
func displayName(service string, number int) string { return fmt.Sprintf("%s %d", service, number) }
