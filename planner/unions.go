package planner

// unions leads from a group to the one that it was joined to.
type unions map[string]string

// join makes one of two groups.
func (u unions) join(a, b string) {
	if a, b = u.of(a), u.of(b); a != b && a != "" && b != "" {
		u[max(a, b)] = min(a, b)
	}
}

// of is the group that stands for all that were joined to it.
func (u unions) of(group string) string {
	for to, joined := u[group]; joined; to, joined = u[group] {
		group = to
	}
	return group
}
