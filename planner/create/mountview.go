package create

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/docker/docker/api/types/mount"
)

const anonymous = "anonymous"

// mountView is a mount's source and the options that the engine would not
// choose by itself. How the source came to be (create_host_path) is over once
// the container exists.
func mountView(source string, options []string) any {
	if source == "" || anonymousName(source) {
		source = anonymous
	}
	var said []string
	for _, o := range options {
		switch o {
		case "", "rw", "rprivate", "default", "consistent", "cached", "delegated":
			// The last three only ever meant something to Docker Desktop of old.
		default:
			said = append(said, o)
		}
	}
	slices.Sort(said)
	return []any{source, slices.Compact(append([]string{}, said...))}
}

// mountOptions are those of a mount in the words of a bind, with words of our
// own for what no bind can say.
func mountOptions(m mount.Mount) []string {
	var out []string
	say := func(word string, holds bool) {
		if holds {
			out = append(out, word)
		}
	}
	say("type="+string(m.Type), m.Type != mount.TypeBind && m.Type != mount.TypeVolume)
	say("ro", m.ReadOnly)
	if o := m.BindOptions; o != nil {
		out = append(out, string(o.Propagation))
		say("recursive=disabled", o.NonRecursive)
		say("recursive=writable", o.ReadOnlyNonRecursive)
		say("recursive=readonly", o.ReadOnlyForceRecursive)
	}
	if o := m.VolumeOptions; o != nil {
		say("nocopy", o.NoCopy)
		say("subpath="+o.Subpath, o.Subpath != "")
		for key, value := range o.Labels {
			out = append(out, "label="+key+"="+value)
		}
		if d := o.DriverConfig; d != nil {
			say("driver="+d.Name, d.Name != "")
			for key, value := range d.Options {
				out = append(out, "driver_opt="+key+"="+value)
			}
		}
	}
	if o := m.TmpfsOptions; o != nil {
		say("size="+strconv.FormatInt(o.SizeBytes, 10), o.SizeBytes != 0)
		say(fmt.Sprintf("mode=%o", o.Mode), o.Mode != 0)
	}
	if o := m.ImageOptions; o != nil {
		say("subpath="+o.Subpath, o.Subpath != "")
	}
	return out
}

// anonymousName reports whether the engine made the volume's name up.
func anonymousName(name string) bool {
	return len(name) == 64 && strings.IndexFunc(name, func(r rune) bool { return !strings.ContainsRune("0123456789abcdef", r) }) < 0
}

// splitBind takes "source:target[:options]" apart; sources and targets may be
// Windows paths.
func splitBind(b string) (source, target, options string) {
	parts := strings.Split(b, ":")
	next := func() string {
		if len(parts) == 0 {
			return ""
		}
		p := parts[0]
		parts = parts[1:]
		if len(p) == 1 && len(parts) > 0 && strings.HasPrefix(parts[0], `\`) {
			p += ":" + parts[0]
			parts = parts[1:]
		}
		return p
	}
	source, target = next(), next()
	return source, target, strings.Join(parts, ":")
}
