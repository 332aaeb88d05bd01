package loader

import (
	"fmt"
	"path"
	"strings"

	"github.com/docker/go-units"
	"gopkg.in/yaml.v3"
)

var mountForms = []form{
	{"services.*.volumes[]", mountParts},
	{"services.*.volumes[].bind.propagation", wordOf(SeverityError, "private", "rprivate", "shared", "rshared", "slave", "rslave")},
	{"services.*.volumes[].volume.subpath", subpath},
	{"services.*.volumes[].image.subpath", subpath},
	{"services.*.volumes[].consistency", wordOf(SeverityWarning, "consistent", "cached", "delegated", "default")},
	{"services.*.tmpfs[]", tmpfsOptions},
	{"services.*.volumes_from[]", volumesFrom},
}

// mountParts: a mount in the long form has the options of its own type.
func mountParts(v value) {
	if v.node.Kind != yaml.MappingNode {
		return
	}
	kind := v.below("type").text()
	if !isOneOf(kind, []string{"bind", "volume", "tmpfs", "image"}) {
		return // the schema knows
	}
	for _, options := range []string{"bind", "volume", "tmpfs", "image"} {
		if options != kind && child(v.node, options) != nil {
			v.flagKey(SeverityWarning, "ignored-key", options, fmt.Sprintf("%s has no effect: the mount is of the type %s", options, kind), "")
		}
	}
	if kind == "tmpfs" && child(v.node, "source") != nil {
		v.flagKey(SeverityWarning, "ignored-key", "source", "source has no effect: a tmpfs begins empty", "")
	}
	switch source := v.below("source"); {
	case kind != "bind" && kind != "image":
	case source.node == nil:
		v.flagAs(SeverityError, "schema", fmt.Sprintf("a mount of the type %s needs a source", kind), "")
	case kind == "bind" && source.empty():
		source.flagAs(SeverityWarning, "invalid-form", "the source is empty, so the project's directory is mounted", "write . if that is meant; else, is a variable not set?")
	}
}

// subpath is below the volume's root.
func subpath(v value) {
	if text := v.text(); text != "" && (isAbsolute(text) || strings.HasPrefix(path.Clean(text)+"/", "../")) {
		v.flagAs(SeverityError, "invalid-form", fmt.Sprintf("%q is no path below the root of the mount", text), "write a relative path without ..")
	}
}

// The words and keys of tmpfs that the engine takes (moby/sys/mount).
var (
	tmpfsWords = strings.Fields(`defaults ro rw suid nosuid dev nodev exec noexec sync async dirsync remount mand nomand atime
		noatime diratime nodiratime bind rbind unbindable runbindable private rprivate shared rshared slave rslave relatime
		norelatime strictatime nostrictatime tmpcopyup notmpcopyup`)
	tmpfsKeys = strings.Fields("size mode uid gid nr_inodes nr_blocks mpol")
)

func tmpfsOptions(v value) {
	target, options, some := strings.Cut(v.text(), ":")
	if target == "" && (some || v.empty()) && v.node.Kind == yaml.ScalarNode {
		v.flag("invalid-target", "the tmpfs has no path", "write one in the container, like /run")
	}
	if !some {
		return
	}
	for _, option := range strings.Split(options, ",") {
		key, text, valued := strings.Cut(option, "=")
		switch {
		case option == "" || !valued && isOneOf(option, tmpfsWords):
		case !isOneOf(key, tmpfsKeys):
			v.flag("unknown-mount-option", fmt.Sprintf("%q is no option of a tmpfs", option), didYouMean(key, append(tmpfsKeys, tmpfsWords...)))
		case key == "size" && !strings.HasSuffix(text, "%"):
			if _, err := units.RAMInBytes(text); err != nil {
				v.flag("unknown-mount-option", fmt.Sprintf("%q is no size", text), "write a number with its unit: k, m or g")
			}
		case key == "mode" && (text == "" || strings.Trim(text, "01234567") != ""), (key == "uid" || key == "gid") && (text == "" || strings.Trim(text, "0123456789") != ""):
			v.flag("unknown-mount-option", fmt.Sprintf("%s: %q is no number", key, text), "")
		}
	}
}

// volumesFrom is SERVICE:MODE or container:NAME:MODE.
func volumesFrom(v value) {
	parts := strings.Split(v.text(), ":")
	if len(parts) > 1 && parts[0] == "container" {
		if parts = parts[1:]; parts[0] == "" {
			v.flagAs(SeverityWarning, "invalid-form", fmt.Sprintf("%q names no container", v.text()), "write container:NAME")
			return
		}
	}
	if len(parts) != 2 {
		return
	}
	for _, option := range strings.Split(parts[1], ",") {
		if option != "" && !isOneOf(option, []string{"ro", "rw", "z", "Z"}) {
			v.flag("unknown-mount-option", fmt.Sprintf("%q is no option of a mount", option), "write ro or rw")
		}
	}
}
