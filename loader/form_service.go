package loader

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/docker/go-units"
	"gopkg.in/yaml.v3"
)

var serviceForms = []form{
	{"services.*.isolation", isolation},
	{"services.*.build.isolation", isolation},
	{"services.*.build.network", notNear("unknown-word", "network %q is none of those that each engine has", "host", "none", "default")},
	{"services.*.network_mode", networkMode},
	{"services.*.runtime", notNear("unknown-word", "the engine has no runtime %q of its own", "runc", "crun", "runsc", "youki", "nvidia", "sysbox-runc")},
	{"services.*.user", user},
	{"services.*.group_add[]", func(v value) {
		if text := v.text(); strings.ContainsAny(text, " \t:") {
			v.flagAs(SeverityWarning, "invalid-form", fmt.Sprintf("%q is no group", text), "write one name or number")
		}
	}},
	{"services.*.extends.file", func(v value) { notEmpty(v, "extends-file", "extends: the file has no name") }},
	{"services.*.develop.watch[].path", func(v value) { notEmpty(v, "schema", "the path to watch is empty") }},
	{"services.*.models.*.endpoint_var", variableName},
	{"services.*.models.*.model_var", variableName},
	{"services.*.annotations", labelNames},
	{"services.*.build.labels", labelNames},
	{"services.*.deploy.labels", labelNames},
	{"services.*.post_start[].command", hookCommand},
	{"services.*.pre_stop[].command", hookCommand},
	{"services.*.configs[].uid", owner},
	{"services.*.configs[].gid", owner},
	{"services.*.secrets[].uid", owner},
	{"services.*.secrets[].gid", owner},
	{"services.*.oom_score_adj", quotedRange(-1000, 1000)},
	{"services.*.cpu_percent", quotedRange(0, 100)},
	{"services.*.cpu_count", quotedRange(0, 1<<31)},
	{"services.*.build.cache_from[]", cacheKind},
	{"services.*.build.additional_contexts.*", additionalContext},
	{"services.*.security_opt[]", securityOption},
	{"services.*.sysctls[]", func(v value) {
		name, _, set := strings.Cut(v.text(), "=")
		sysctl(v, name, set)
	}},
	{"services.*.sysctls", func(v value) {
		for i := 0; v.node.Kind == yaml.MappingNode && i+1 < len(v.node.Content); i += 2 {
			if key := v.node.Content[i]; key.Tag != "!!merge" {
				sysctl(v, key.Value, v.node.Content[i+1].ShortTag() != "!!null")
			}
		}
	}},
	{"services.*.device_cgroup_rules[]", deviceRule},
	{"services.*.devices[]", device},
	{"services.*.profiles[]", profile},
	{"services.*.shm_size", size},
	{"services.*.build.shm_size", size},
	{"services.*.blkio_config.*[].weight", func(v value) {
		if n, err := strconv.Atoi(v.text()); err == nil && n != 0 && (n < 10 || n > 1000) {
			v.flag("out-of-range", fmt.Sprintf("weight is %d; it must be between 10 and 1000", n), "")
		}
	}},
	{"services.*.blkio_config.*[].rate", func(v value) {
		if strings.HasPrefix(v.text(), "-") {
			v.flag("out-of-range", fmt.Sprintf("rate is %s; it must not be negative", v.text()), "")
		}
	}},
	{"services.*.deploy.resources.reservations.devices[].capabilities[]", notNear("unknown-word", "no driver is known to have the capability %q",
		"gpu", "tpu", "nvidia", "amd", "compute", "utility", "graphics", "video", "display", "ngx", "compat32")},
	{"services.*.healthcheck.test", func(v value) {
		if v.node.Kind == yaml.SequenceNode && len(v.node.Content) == 1 && strings.HasPrefix(v.node.Content[0].Value, "CMD") {
			v.flagAs(SeverityWarning, "healthcheck-test", "the healthcheck has no command", "write it behind "+v.node.Content[0].Value)
		}
	}},
	{"services.*.networks.*.interface_name", func(v value) {
		if text := v.text(); len(text) > 15 || strings.ContainsAny(text, "/ \t") {
			v.flag("invalid-name", fmt.Sprintf("%q is no name of a network interface", text), "at most 15 characters, none of them a space or /")
		}
	}},
}

// isolation is of Windows; an engine on Linux has the default only.
func isolation(v value) {
	words := []string{"default", "process", "hyperv"}
	if text := v.text(); text != "" && !isOneOf(strings.ToLower(text), words) {
		v.flagAs(SeverityError, "unknown-word", fmt.Sprintf("isolation: %q is none of %s", text, quoted(words)), didYouMean(text, words))
	}
}

// networkMode: what is no word is the name of a network that the engine has.
func networkMode(v value) {
	text, words := v.text(), []string{"bridge", "host", "none", "default"}
	kind, name, shared := strings.Cut(text, ":")
	switch {
	case text == "" || isOneOf(text, words):
	case shared && name == "" && (kind == "container" || kind == "service"):
		v.flagAs(SeverityError, "invalid-namespace", fmt.Sprintf("network_mode: %s names no %s", text, kind), fmt.Sprintf("write %s:NAME", kind))
	case shared && didYouMean(kind, []string{"container", "service"}) != "":
		v.flagAs(SeverityError, "invalid-namespace", fmt.Sprintf("network_mode: %q is not known", text), didYouMean(kind, []string{"container", "service"}))
	case v.positions.has(joinPath("networks", text)):
		v.flagAs(SeverityWarning, "unknown-word", fmt.Sprintf("network_mode: %s is a network of that name on the engine, not the one of the project", text), fmt.Sprintf("write networks: [%s]", text))
	default:
		notNear("unknown-word", "network_mode: %q is the name of a network on the engine", words...)(v)
	}
}

// notEmpty refuses a text that is empty as it is written.
func notEmpty(v value, rule, message string) {
	if v.node.Kind == yaml.ScalarNode && v.node.Value == "" && v.node.ShortTag() == "!!str" {
		v.flagAs(SeverityError, rule, message, "")
	}
}

// programVariable is a name that every shell can read.
var programVariable = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`)

func variableName(v value) {
	if text := v.text(); text != "" && !programVariable.MatchString(text) {
		v.flag("variable-name", fmt.Sprintf("%q is no name of a variable", text), "letters, digits and _; the first no digit")
	}
}

func labelNames(v value) {
	for i, n := range v.node.Content {
		name := n.Value
		switch {
		case v.node.Kind == yaml.MappingNode && (i%2 == 1 || n.Tag == "!!merge" || name == ""), n.Kind != yaml.ScalarNode:
			continue
		case v.node.Kind == yaml.SequenceNode:
			name, _, _ = strings.Cut(name, "=")
		}
		if hint, wrong := wrongLabel(name); wrong {
			at := append(trail(nil), v.at...).key(name)
			if v.node.Kind == yaml.SequenceNode {
				at = append(trail(nil), v.at...).index(i)
			}
			v.flagNode(SeverityWarning, "label-name", n, at, fmt.Sprintf("%q is no name of a label", name), hint)
		}
	}
}

func hookCommand(v value) {
	if v.node.Kind != yaml.MappingNode && len(v.node.Content) == 0 && (v.node.Value == "" || v.node.ShortTag() == "!!null") {
		v.flagAs(SeverityError, "invalid-form", "the hook has no command", "write what it runs")
	}
}

// owner is a number: the files are made before the container's own names are
// known.
func owner(v value) {
	if text := v.text(); strings.Trim(text, "0123456789") != "" {
		v.flagAs(SeverityWarning, "invalid-form", fmt.Sprintf("%s: %q is no number", v.name(), text), "")
	}
}

// quotedRange is for numbers that the schema takes as text too, and compose-go
// refuses in words that do not fit.
func quotedRange(least, most int) func(value) {
	return func(v value) {
		if n, err := strconv.Atoi(v.text()); err == nil && v.node.ShortTag() == "!!str" && (n < least || n > most) {
			v.flag("out-of-range", fmt.Sprintf("%s is %d; it must be between %d and %d", v.name(), n, least, most), "")
		}
	}
}

// cacheKind is the type of a cache, or the name of an image.
func cacheKind(v value) {
	for _, part := range strings.Split(v.text(), ",") {
		if kind, ok := strings.CutPrefix(part, "type="); ok {
			words := []string{"registry", "local", "inline", "gha", "s3", "azblob"}
			if hint := didYouMean(kind, words); hint != "" && !isOneOf(kind, words) {
				v.flagAs(SeverityWarning, "unknown-word", fmt.Sprintf("no type of cache %q is known", kind), hint)
			}
		}
	}
}

func additionalContext(v value) {
	if problem := urlProblem(v.text()); problem != "" {
		v.flag("invalid-url", fmt.Sprintf("%q is no URL: %s", v.text(), problem), "")
	}
}

func user(v value) {
	if text := v.text(); strings.ContainsAny(text, " \t") && !strings.Contains(text, `\`) || strings.Count(text, ":") > 1 {
		v.flagAs(SeverityWarning, "invalid-form", fmt.Sprintf("%q is no user", text), "write a name or number, or user:group")
	}
}

// securityOptions are those of Docker's engine; Podman's has more.
var securityOptions = []string{"no-new-privileges", "seccomp", "apparmor", "label", "systempaths", "writable-cgroups", "credentialspec"}

func securityOption(v value) {
	text := v.text()
	end := strings.IndexAny(text, "=:")
	if v.empty() {
		v.flag("security-option", "the option is empty", "leave it out")
	}
	if text == "" || end < 0 && isOneOf(text, []string{"no-new-privileges", "disable"}) {
		return
	}
	if end < 0 {
		end = len(text)
	}
	name, rest := text[:end], strings.TrimLeft(text[end:], "=:")
	switch {
	case !isOneOf(name, securityOptions):
		if hint := didYouMean(name, securityOptions); hint != "" || rest == "" {
			v.flag("security-option", fmt.Sprintf("%q is no security option", text), hint)
		}
	case rest == "":
		v.flag("security-option", fmt.Sprintf("%s has no value", name), "write "+name+"=VALUE")
	case name == "no-new-privileges" || name == "writable-cgroups":
		if _, err := strconv.ParseBool(rest); err != nil {
			v.flag("security-option", fmt.Sprintf("%s is true or false, not %s", name, rest), didYouMean(rest, []string{"true", "false"}))
		}
	case name == "systempaths" && rest != "unconfined":
		v.flag("security-option", "systempaths can only be unconfined", didYouMean(rest, []string{"unconfined"}))
	case name == "label":
		kind, _, _ := strings.Cut(rest, ":")
		if words := []string{"user", "role", "type", "level", "filetype", "disable", "nested"}; !isOneOf(kind, words) {
			v.flag("security-option", fmt.Sprintf("label has no %q", kind), didYouMean(kind, words))
		}
	}
}

// namespaced are the kernel's settings that a container can have of its own
// (runc's libcontainer/configs/validate), and the beginnings of others.
var namespaced = strings.Fields(`kernel.msgmax kernel.msgmnb kernel.msgmni kernel.sem kernel.shmall kernel.shmmax kernel.shmmni
	kernel.shm_rmid_forced kernel.domainname fs.mqueue. net. user.`)

func sysctl(v value, key string, set bool) {
	name := strings.ReplaceAll(key, "/", ".")
	if name == "" {
		return
	}
	for _, known := range namespaced {
		if name == known || strings.HasSuffix(known, ".") && strings.HasPrefix(name, known) {
			if !set {
				v.flagKey(SeverityWarning, "invalid-sysctl", key, fmt.Sprintf("%s has no value", name), "write "+name+"=1")
			}
			return
		}
	}
	hint := didYouMean(name, namespaced)
	if hint == "" {
		hint = "set it on the host"
	}
	v.flagKey(SeverityWarning, "invalid-sysctl", key, fmt.Sprintf("%s is no setting that a container can have of its own", name), hint)
}

// deviceRuleForm is the engine's (daemon/oci_linux.go, deviceCgroupRuleRegex).
var deviceRuleForm = regexp.MustCompile(`^[acb] (?:[0-9]+|\*):(?:[0-9]+|\*) [rwm]{1,3}$`)

func deviceRule(v value) {
	if text := v.text(); text != "" && !deviceRuleForm.MatchString(text) {
		v.flag("invalid-device", fmt.Sprintf("%q is no rule for devices", text), "write type, numbers and permissions, like c 1:3 rwm")
	}
}

// device is a path, or a name of the Container Device Interface.
func device(v value) {
	source, _, mapped := strings.Cut(v.text(), ":")
	switch {
	case source == "" && mapped:
		v.flag("invalid-device", "the device has no path on the host", "write /dev/NAME:/dev/NAME")
	case strings.HasPrefix(source, "dev/"):
		v.flagAs(SeverityWarning, "invalid-device", fmt.Sprintf("%q is no path of a device", source), "write /"+source)
	}
}

// profile: names are given to --profile, and in a list that commas divide.
func profile(v value) {
	if v.node.Kind != yaml.ScalarNode {
		return
	}
	if text := v.text(); strings.ContainsAny(text, ", \t") || strings.HasPrefix(text, "-") {
		v.flagAs(SeverityWarning, "invalid-name", fmt.Sprintf("%q is no name of a profile", text), "letters, digits, `.`, `_` and `-`; the first a letter or digit")
	}
}

func size(v value) {
	text := v.text()
	if rest, negative := strings.CutPrefix(text, "-"); negative {
		if _, err := units.RAMInBytes(rest); err == nil {
			v.flag("out-of-range", fmt.Sprintf("%s is %s; it must not be negative", v.name(), text), "")
		}
	}
}
