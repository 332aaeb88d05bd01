package loader

import (
	"fmt"
	"maps"
	"net/netip"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/distribution/reference"
)

// security: a handful of keys that give a container the host, and a few that
// give others what is in it. The preset `security` turns them on.
func (r *rules) security(s types.ServiceConfig, at string) {
	if s.Privileged {
		r.flag("privileged", at+".privileged", fmt.Sprintf("service %q has all power over the host", s.Name), "give it the devices and capabilities that it needs")
	}
	for i, name := range s.CapAdd {
		short := strings.TrimPrefix(strings.ToUpper(name), "CAP_")
		if isOneOf(short, r.settings.param("dangerous-capability", "names")) {
			r.flag("dangerous-capability", r.entryAt(at+".cap_add", i), fmt.Sprintf("%s is as much as power over the host", short), "")
		}
	}
	for _, n := range []struct{ key, value string }{
		{"network_mode", s.NetworkMode}, {"pid", s.Pid}, {"ipc", s.Ipc}, {"uts", s.Uts}, {"userns_mode", s.UserNSMode}, {"cgroup", s.Cgroup},
	} {
		if n.value == "host" {
			r.flag("host-namespace", at+"."+n.key, fmt.Sprintf("%s: host takes down the wall between service %q and the host", n.key, s.Name), "")
		}
	}
	for i, option := range s.SecurityOpt {
		if strings.HasSuffix(option, "unconfined") || option == "label:disable" || option == "label=disable" {
			r.flag("unconfined", r.entryAt(at+".security_opt", i), fmt.Sprintf("%s turns off what holds a program that was broken into", option), "")
		}
	}
	r.mountedHost(s, at)
	r.literalSecrets(s, at)
	r.imageTag(s, at)
	r.publicPorts(s, at)
}

var sockets = regexp.MustCompile(`(?:^|/)(?:docker|podman|containerd|crio)\.sock$`)

func (r *rules) mountedHost(s types.ServiceConfig, at string) {
	for i, v := range s.Volumes {
		where := r.entryAt(at+".volumes", i)
		if r.declared(where + ".source") {
			where += ".source"
		}
		switch {
		case v.Type != types.VolumeTypeBind:
		case sockets.MatchString(v.Source):
			r.flag("docker-socket", where, fmt.Sprintf("whoever speaks to %s is root on the host", v.Source), "")
		case !v.ReadOnly && isOneOf(path.Clean(v.Source), r.settings.param("sensitive-mount", "paths")):
			r.flag("sensitive-mount", where, fmt.Sprintf("service %q can write the host's %s", s.Name, v.Source), "mount less of it, or read-only")
		}
	}
}

var secretName = regexp.MustCompile(`(?i)(?:^|_)(?:PASSWORD|PASSWD|PASS|PWD|SECRET|TOKEN|API_?KEY|PRIVATE_?KEY|ACCESS_?KEY|SECRET_?KEY|CREDENTIALS?)$`)

// literalSecrets: whoever reads the file knows them. The value is not quoted.
func (r *rules) literalSecrets(s types.ServiceConfig, at string) {
	look := func(list string, values types.MappingWithEquals) {
		for _, name := range slices.Sorted(maps.Keys(values)) {
			value := values[name]
			if value == nil || *value == "" || !secretName.MatchString(name) || isOneOf(name, r.settings.param("literal-password", "allow")) {
				continue
			}
			where := joinKey(list, name)
			if !r.declared(where) {
				where = r.item(list, name)
			}
			pos, exact := r.positions.At(where)
			if text := r.textAt(pos); !exact || strings.Contains(text, "$") || text == "" || where == list {
				continue // from a variable, or an env file
			}
			r.flag("literal-password", where, fmt.Sprintf("%s stands in the file, for all who can read it", name), "take it from a variable (${"+name+"}), an env_file or a secret")
		}
	}
	look(at+".environment", s.Environment)
	if s.Build != nil {
		look(at+".build.args", s.Build.Args)
	}
}

// imageTag: without a tag, it is another image tomorrow.
func (r *rules) imageTag(s types.ServiceConfig, at string) {
	if s.Image == "" || s.Build != nil {
		return
	}
	ref, err := reference.ParseNormalizedNamed(s.Image)
	if err != nil || isOneOf(reference.FamiliarName(ref), r.settings.param("image-tag", "allow")) {
		return
	}
	if _, pinned := ref.(reference.Digested); pinned {
		return
	}
	switch tagged, ok := ref.(reference.Tagged); {
	case !ok:
		r.flag("image-tag", at+".image", fmt.Sprintf("image %s has no tag, so it is the latest at the time", s.Image), "give it the tag of a version")
	case tagged.Tag() == "latest":
		r.flag("image-tag", at+".image", fmt.Sprintf("image %s is another one whenever a new one is pushed", s.Image), "give it the tag of a version")
	}
}

// publicPorts: databases that every network of the host reaches.
func (r *rules) publicPorts(s types.ServiceConfig, at string) {
	ports := r.settings.param("public-database", "ports")
	for i, p := range s.Ports {
		if p.Published == "" || !isOneOf(fmt.Sprint(p.Target), ports) {
			continue
		}
		if ip, err := netip.ParseAddr(p.HostIP); p.HostIP != "" && (err != nil || !ip.IsUnspecified()) {
			continue
		}
		where := r.portEntry(at+".ports", i, p)
		r.flag("public-database", where, fmt.Sprintf("port %d of service %q can be reached from every network of the host, past its firewall", p.Target, s.Name),
			fmt.Sprintf("publish it on 127.0.0.1 (127.0.0.1:%s:%d), or not at all", p.Published, p.Target))
	}
}
