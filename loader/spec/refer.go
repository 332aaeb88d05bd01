package spec

import (
	"strings"

	"recompose/loader/draft"
)

// Reference says that a place names something that is declared elsewhere.
type Reference struct {
	Section string // services, networks, ...; Paths for a file
	Prefix  string // stands before the name: service:
	Tail    bool   // a colon and more may follow the name
}

// Paths is the Section of references to files.
const Paths = "paths"

// reference by the place: a path of keys, * for any; with "key" the name is the
// key itself.
type referring struct {
	path string
	key  bool
	to   Reference
}

var references = []referring{
	{"services.*.depends_on.[]", false, Reference{Section: "services"}},
	{"services.*.depends_on.*", true, Reference{Section: "services"}},
	{"services.*.links.[]", false, Reference{Section: "services", Tail: true}},
	{"services.*.volumes_from.[]", false, Reference{Section: "services", Tail: true}},
	{"services.*.extends", false, Reference{Section: "services"}},
	{"services.*.extends.service", false, Reference{Section: "services"}},
	{"services.*.network_mode", false, Reference{Section: "services", Prefix: "service:"}},
	{"services.*.ipc", false, Reference{Section: "services", Prefix: "service:"}},
	{"services.*.pid", false, Reference{Section: "services", Prefix: "service:"}},
	{"services.*.build.additional_contexts.*", false, Reference{Section: "services", Prefix: "service:"}},
	{"services.*.networks.[]", false, Reference{Section: "networks"}},
	{"services.*.networks.*", true, Reference{Section: "networks"}},
	{"services.*.build.network", false, Reference{Section: "networks"}},
	{"services.*.volumes.[]", false, Reference{Section: "volumes", Tail: true}},
	{"services.*.volumes.[].source", false, Reference{Section: "volumes"}},
	{"services.*.configs.[]", false, Reference{Section: "configs"}},
	{"services.*.configs.[].source", false, Reference{Section: "configs"}},
	{"services.*.secrets.[]", false, Reference{Section: "secrets"}},
	{"services.*.secrets.[].source", false, Reference{Section: "secrets"}},
	{"services.*.build.secrets.[]", false, Reference{Section: "secrets"}},
	{"services.*.build.secrets.[].source", false, Reference{Section: "secrets"}},
	{"services.*.models.[]", false, Reference{Section: "models"}},
	{"services.*.models.*", true, Reference{Section: "models"}},
	{"services.*.extends.file", false, Reference{Section: Paths}},
	{"services.*.env_file", false, Reference{Section: Paths}},
	{"services.*.env_file.[]", false, Reference{Section: Paths}},
	{"services.*.env_file.[].path", false, Reference{Section: Paths}},
	{"services.*.label_file", false, Reference{Section: Paths}},
	{"services.*.label_file.[]", false, Reference{Section: Paths}},
	{"configs.*.file", false, Reference{Section: Paths}},
	{"secrets.*.file", false, Reference{Section: Paths}},
	{"include.[]", false, Reference{Section: Paths}},
	{"include.[].path", false, Reference{Section: Paths}},
	{"include.[].path.[]", false, Reference{Section: Paths}},
	{"include.[].env_file", false, Reference{Section: Paths}},
	{"include.[].env_file.[]", false, Reference{Section: Paths}},
}

// KeyRefers is what the key at the end of a path refers to.
func KeyRefers(path []string) (Reference, bool) { return refers(path, true) }

// ValueRefers is what the value at a path refers to.
func ValueRefers(path []string) (Reference, bool) { return refers(path, false) }

func refers(path []string, key bool) (Reference, bool) {
	if len(path) > 0 && path[0] == "jobs" { // their keys are those of services
		path = append([]string{"services"}, path[1:]...)
	}
	for _, r := range references {
		if r.key == key && fits(strings.Split(r.path, "."), path) {
			return r.to, true
		}
	}
	return Reference{}, false
}

func fits(pattern, path []string) bool {
	if len(pattern) != len(path) {
		return false
	}
	for i, p := range pattern {
		if p != path[i] && (p != "*" || path[i] == draft.Entry) {
			return false
		}
	}
	return true
}

// Name cuts a reference's name out of a value: where it begins, and its length.
// False where the value names nothing that could be declared: a path of the
// host, another container.
func (r Reference) Name(value string) (from, length int, ok bool) {
	rest, ok := strings.CutPrefix(value, r.Prefix)
	if !ok || rest == "" {
		return 0, 0, false
	}
	if r.Tail {
		rest, _, _ = strings.Cut(rest, ":")
	}
	if r.Section != Paths && strings.ContainsAny(rest, "/\\$") {
		return 0, 0, false
	}
	return len(r.Prefix), len(rest), true
}
