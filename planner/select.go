package planner

import (
	"cmp"
	"slices"
)

// Selection says which observed containers a command is about.
type Selection struct {
	Project  string // empty: any
	Services []string
	Index    int  // of the replica; 0: all
	Stopped  bool // those that do not run, too
	OneOffs  bool // those made by run, too
	Orphans  bool // of services outside Known, too
	Known    []string
	Statuses []Status // any of these; empty: all
}

// Select picks containers, by service and number. Containers that were set
// aside do not count.
func Select(s State, sel Selection) []Container {
	var out []Container
	for _, c := range s.Containers {
		switch {
		case sel.Project != "" && c.Project != sel.Project,
			len(sel.Services) > 0 && !slices.Contains(sel.Services, c.Service),
			sel.Index != 0 && c.Number != sel.Index,
			!sel.Stopped && !c.Running(),
			!sel.OneOffs && c.OneOff,
			c.Role == RoleAside,
			!sel.Orphans && len(sel.Known) > 0 && !slices.Contains(sel.Known, c.Service),
			len(sel.Statuses) > 0 && !slices.Contains(sel.Statuses, c.Status):
			continue
		}
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b Container) int {
		return cmp.Or(cmp.Compare(a.Service, b.Service), cmp.Compare(a.Number, b.Number), cmp.Compare(a.Name, b.Name))
	})
	return out
}
