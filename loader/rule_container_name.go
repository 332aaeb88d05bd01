package loader

import "fmt"

// containerNames: the engine has each name once. Replicas of a service with a
// fixed name are an error, as in docker compose v5; for a v1-format file there
// is nothing that could ask for them.
func (r *rules) containerNames() {
	owner := map[string]string{}
	for _, s := range r.services() {
		if s.ContainerName == "" {
			continue
		}
		path := joinPath("services", s.Name, "container_name")
		if first, ok := owner[s.ContainerName]; ok {
			r.at(SeverityError, "duplicate-container-name", path,
				fmt.Sprintf("container_name %q is used by service %q already", s.ContainerName, first), "")
		} else {
			owner[s.ContainerName] = s.Name
		}
		if n := s.GetScale(); n > 1 {
			r.at(SeverityError, "container-name-scale", path,
				fmt.Sprintf("service %q has a container_name, so it cannot have %d replicas", s.Name, n), "remove container_name, or the number of replicas")
		}
	}
}
