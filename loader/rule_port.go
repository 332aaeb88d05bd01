package loader

import (
	"cmp"
	"fmt"
	"strings"
)

// hostPorts: a fixed port of the host goes to one container only. Replicas
// fail at start, so this is a warning: the peers accept it, and the first
// replica works.
func (r *rules) hostPorts() {
	owner := map[string]string{}
	for _, s := range r.services() {
		path := joinPath("services", s.Name, "ports")
		for i, p := range s.Ports {
			if p.Published == "" || strings.Contains(p.Published, "-") || p.Published == "0" {
				continue
			}
			at := func() string {
				if at := joinIndex(path, i); r.declared(at) {
					return at
				}
				return path
			}
			if n := s.GetScale(); n > 1 && p.Mode != "host" {
				r.at(SeverityWarning, "port-scale", at(),
					fmt.Sprintf("%d replicas of service %q cannot share the host's port %s", n, s.Name, p.Published), "publish a range, or only the container's port")
			}
			key := p.HostIP + "|" + p.Published + "/" + cmp.Or(p.Protocol, "tcp")
			if first, ok := owner[key]; ok && first != s.Name {
				r.at(SeverityWarning, "duplicate-port", at(), fmt.Sprintf("the host's port %s is published by service %q already", p.Published, first), "")
			}
			owner[key] = s.Name
		}
	}
}
