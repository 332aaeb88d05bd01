package loader

import (
	"fmt"
	"path"
	"regexp"
	"strconv"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"
)

var windowsPath = regexp.MustCompile(`^(?:[a-zA-Z]:[\\/]|\\\\)`)

func isAbsolute(p string) bool { return path.IsAbs(p) || windowsPath.MatchString(p) }

// targets: paths in the container, which have nothing to be relative to.
func (r *rules) targets(s types.ServiceConfig, at string) {
	check := func(where, target string) {
		switch {
		case target == "":
		case !isAbsolute(target):
			r.flag("invalid-target", where, fmt.Sprintf("%q is a path in the container, so it must begin with /", target), "")
		case path.Clean(target) == "/":
			r.flag("invalid-target", where, "nothing can be mounted at / in the container", "")
		}
	}
	for i, v := range s.Volumes {
		where := r.entryAt(at+".volumes", i)
		if r.declared(where + ".target") {
			where += ".target"
		}
		if _, named := r.model.Volumes[v.Target[:min(1, len(v.Target))]]; named && v.Source == "" && windowsPath.MatchString(v.Target) {
			r.flag("invalid-target", where, fmt.Sprintf("%q is read as a path on a drive of Windows, not as the volume %s", v.Target, v.Target[:1]), "give the volume a longer name")
			continue
		}
		check(where, v.Target)
	}
	for i, t := range s.Tmpfs {
		target, _, _ := strings.Cut(t, ":")
		where := r.entryAt(at+".tmpfs", i)
		if !r.declared(where) {
			where = at + ".tmpfs"
		}
		check(where, target)
	}
	if d := s.WorkingDir; d != "" && !isAbsolute(d) {
		r.flag("invalid-target", at+".working_dir", fmt.Sprintf("working_dir %q must begin with /", d), "")
	}
}

// devices: how a container may use one.
func (r *rules) devices(s types.ServiceConfig, at string) {
	for i, d := range s.Devices {
		if strings.Trim(d.Permissions, "rwm") != "" {
			r.flag("invalid-device", r.entryAt(at+".devices", i), fmt.Sprintf("%q are no permissions of a device", d.Permissions), "write r, w and m: read, write, make")
		}
	}
}

// exposed: ports of the container, alone or as a range.
func (r *rules) exposed(s types.ServiceConfig, at string) {
	for i, text := range s.Expose {
		if text == "" {
			continue // of an unset variable, which is told
		}
		ports, protocol, _ := strings.Cut(text, "/")
		first, last, ranged := strings.Cut(ports, "-")
		a, err := strconv.ParseUint(first, 10, 16)
		b := a
		if err == nil && ranged {
			b, err = strconv.ParseUint(last, 10, 16)
		}
		if err == nil && a > 0 && a <= b && isOneOf(strings.ToLower(protocol), []string{"", "tcp", "udp", "sctp"}) {
			continue
		}
		hint := "write a port, a range like 8000-8010, or 53/udp"
		if strings.Contains(text, ":") {
			hint = "it has no port of the host; that stands under ports"
		}
		r.flag("invalid-expose", r.entryAt(at+".expose", i), fmt.Sprintf("expose: %q is no port", text), hint)
	}
}
