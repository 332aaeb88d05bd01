package loader

import (
	"fmt"
	"slices"
	"strconv"

	"recompose/loader/draft"
	"recompose/loader/spec"
)

// kindOf are the sections whose keys are names, with what one of these is called.
var kindOf = map[string]string{
	"services": "service", "networks": "network", "volumes": "volume", "configs": "config", "secrets": "secret", "models": "model",
}

// misplaced says where a key belongs that its place does not have: below a key
// beside it, or further out.
func misplaced(at []string, key string) string {
	switch {
	case len(at) == 0:
		if hasField([]string{"services", "x"}, key) {
			return "it is a key of a service: indent it below the service's name"
		}
		return ""
	case len(at) == 2 && kindOf[at[1]] != "" && kindOf[at[0]] != "":
		return fmt.Sprintf("%s is taken for the name of a %s: write `%[1]s:` without indentation", at[1], kindOf[at[0]])
	case kindOf[at[0]] == "" || len(at) < 2:
		return ""
	}
	var below []string
	for _, f := range spec.Fields(places(at)) {
		inside := append(slices.Clone(at), f.Name)
		if hasField(inside, key) || hasField(append(inside, draft.Entry), key) {
			below = append(below, f.Name)
		}
	}
	switch {
	case len(below) == 1:
		return "it stands under " + below[0]
	case at[len(at)-1] == "logging":
		return "it stands under options, if the driver takes it"
	case at[0] == "volumes" && slices.Contains([]string{"device", "o", "type"}, key):
		return "it stands under driver_opts"
	case len(at) == 4 && at[2] == "networks" && hasField([]string{"networks", at[3]}, key):
		return fmt.Sprintf("it stands under the top-level networks, below %s there", at[3])
	case at[0] == "networks" && hasField([]string{"services", "x", "networks", at[1]}, key):
		return fmt.Sprintf("it stands in the service that uses the network, below %s under networks", at[1])
	}
	for end := len(at) - 1; end >= 2; end-- {
		if !hasField(at[:end], key) {
			continue
		}
		owner := at[end-1]
		if end == 2 {
			owner = "the " + kindOf[at[0]]
		}
		return fmt.Sprintf("it is a key of %s: indent it like %s", owner, at[end])
	}
	return ""
}

func hasField(at []string, key string) bool {
	at = places(at)
	return slices.ContainsFunc(spec.Fields(at), func(f spec.Field) bool { return f.Name == key })
}

// places are the steps to a place, as the schema counts them.
func places(at []string) []string {
	out := slices.Clone(at)
	for i, step := range out {
		if _, err := strconv.Atoi(step); err == nil && i > 1 {
			out[i] = draft.Entry
		}
	}
	return out
}

// outOfName says that a key is taken for a name, since it is indented too little.
func outOfName(at []string) string {
	end := len(at) - 1
	if end < 1 || kindOf[at[end-1]] == "" || end != 1 && (end != 3 || at[0] != "services" || at[2] != "networks") {
		return ""
	}
	if !hasField(append(slices.Clone(at[:end]), "x"), at[end]) {
		return ""
	}
	kind := kindOf[at[end-1]]
	return fmt.Sprintf("it is a key of a %s: indent it below the %s's name", kind, kind)
}

// notMapping says what to write in place of a mapping.
func notMapping(at []string, want []string, value any) string {
	switch {
	case slices.Contains(want, "array") && !slices.Contains(want, "string"):
		return "begin each entry with `- `"
	case slices.Contains(want, "string"):
		return pairInList(at, value)
	}
	return ""
}

func valueAt(value any, at []string) any {
	for _, key := range at {
		switch v := value.(type) {
		case map[string]any:
			value = v[key]
		case []any:
			i, err := strconv.Atoi(key)
			if err != nil || i >= len(v) {
				return nil
			}
			value = v[i]
		default:
			return nil
		}
	}
	return value
}

// glue is the hint to a pair that was meant to be one text.
const glue = "write it without the space behind the colon"

// pairInList says how to write a pair that a list has in place of a text. It
// names no value: one may be a secret.
func pairInList(at []string, pair any) string {
	n := len(at)
	if n < 2 {
		return ""
	}
	if _, err := strconv.Atoi(at[n-1]); err != nil {
		return ""
	}
	entry, ok := pair.(map[string]any)
	switch list := at[n-2]; {
	case list == "depends_on" || list == "networks":
		return "leave all dashes out, and indent what is below a name"
	case !ok || len(entry) != 1:
	case slices.Contains([]string{"environment", "labels", "args", "annotations", "sysctls"}, list):
		for key := range entry {
			return fmt.Sprintf("write %s=VALUE", key)
		}
	case slices.Contains([]string{"volumes", "ports", "devices", "expose", "extra_hosts", "links", "external_links", "volumes_from"}, list):
		return glue
	case slices.Contains([]string{"command", "entrypoint", "test"}, list):
		return "put it in quotes"
	}
	return ""
}
