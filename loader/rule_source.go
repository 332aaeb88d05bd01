package loader

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"
)

// mountOptions are those of a volume in the short form.
var mountOptions = strings.Fields(`ro rw z Z cached delegated consistent default nocopy copy
	private rprivate shared rshared slave rslave U O exec noexec dev nodev suid nosuid volume-nocopy`)

// bindSources: what is mounted from the host, and how.
func (r *rules) bindSources(s types.ServiceConfig, path string) {
	for i, v := range s.Volumes {
		at := r.entryAt(path+".volumes", i)
		pos, _ := r.positions.At(at)
		text, err := r.substitute(r.textAt(pos))
		if err == nil && !r.declared(at+".target") {
			r.mountOptions(text, at)
		}
		if v.Type != types.VolumeTypeBind || !filepath.IsAbs(v.Source) || windowsPath.MatchString(v.Source) || elsewhere(v.Source) {
			continue
		}
		// Only what belongs to the project: other paths are the host's that will run it.
		if rel, err := filepath.Rel(r.discovery.dir, v.Source); err != nil || strings.HasPrefix(rel, "..") {
			continue
		}
		if _, err := os.Stat(v.Source); os.IsNotExist(err) {
			if r.declared(at + ".source") {
				at += ".source"
			}
			if r.missing[v.Source] {
				continue
			}
			r.missing[v.Source] = true
			severity, then := SeverityWarning, "the engine makes an empty directory"
			switch {
			case v.Bind != nil && !bool(v.Bind.CreateHostPath):
				then = "create_host_path is false, so nothing makes it"
			case !v.ReadOnly && !namesFile(v.Source) && !namesFile(v.Target):
				severity = SeverityInfo // a folder for the container to fill, as most such are
			}
			r.at(severity, "missing-source", at, fmt.Sprintf("%s does not exist; %s", v.Source, then), "")
		}
	}
}

// fileName is a name that files have rather than folders: like nginx.conf,
// Caddyfile or .npmrc, but not conf.d or .ssh.
var fileName = regexp.MustCompile(`.\.[A-Za-z][A-Za-z0-9]+$|[a-z]file$|^\.(?:env|[a-z]+(?:rc|passwd|config))$`)

func namesFile(path string) bool { return fileName.MatchString(filepath.Base(path)) }

// elsewhere tells a path of Windows on a machine that has none of these.
func elsewhere(path string) bool { return filepath.Separator == '/' && strings.Contains(path, `\`) }

func (r *rules) mountOptions(text, at string) {
	parts := strings.Split(text, ":")
	if len(parts) < 3 || strings.Contains(text, `\`) || windowsPath.MatchString(text) {
		return
	}
	for _, option := range strings.Split(parts[len(parts)-1], ",") {
		if option != "" && !isOneOf(option, mountOptions) && !strings.ContainsAny(option, "/=") {
			hint := didYouMean(option, []string{"ro", "rw", "cached", "delegated", "consistent", "nocopy", "private", "shared", "slave"})
			if hint == "" {
				hint = "write ro to mount it read-only"
			}
			r.flag("unknown-mount-option", at, fmt.Sprintf("%q is no option of a mount", option), hint)
		}
	}
}

// stage is a FROM of a Dockerfile that has a name.
var stage = regexp.MustCompile(`(?im)^\s*FROM\s+(?:--\S+\s+)*\S+\s+AS\s+(\S+)`)

// builds: what an image is built from.
func (r *rules) builds(s types.ServiceConfig, path string) {
	b := s.Build
	if b == nil {
		return
	}
	at := path + ".build"
	context := at
	if r.declared(at + ".context") {
		context = at + ".context"
	}
	pos, _ := r.positions.At(context) // a relative path has become a whole one
	if text, err := r.substitute(r.textAt(pos)); err == nil && urlProblem(text) != "" {
		r.flag("invalid-url", context, fmt.Sprintf("%q is no URL: %s", text, urlProblem(text)), "")
		return
	}
	if b.DockerfileInline != "" && b.Target != "" {
		r.stage(b.DockerfileInline, b.Target, at+".target")
	}
	if isRemote(b.Context) || !filepath.IsAbs(b.Context) {
		return
	}
	if info, err := os.Stat(b.Context); os.IsNotExist(err) {
		r.flag("missing-context", context, fmt.Sprintf("the build's context %s does not exist", b.Context), "")
		return
	} else if err != nil || !info.IsDir() {
		return
	}
	if b.DockerfileInline != "" {
		return
	}
	name := b.Dockerfile
	if name == "" {
		name = "Dockerfile"
	}
	if isRemote(name) {
		return
	}
	file := absolute(b.Context, name)
	data, err := readFile(file)
	switch {
	case os.IsNotExist(err):
		where := context
		if r.declared(at + ".dockerfile") {
			where = at + ".dockerfile"
		}
		r.flag("missing-dockerfile", where, fmt.Sprintf("%s does not exist", file), "")
	case err == nil && b.Target != "":
		r.stage(string(data), b.Target, at+".target")
	}
}

func (r *rules) stage(dockerfile, target, at string) {
	var names []string
	for _, m := range stage.FindAllStringSubmatch(dockerfile, -1) {
		if strings.EqualFold(m[1], target) {
			return
		}
		names = append(names, m[1])
	}
	if strings.Trim(target, "0123456789") == "" {
		return // stages have numbers too
	}
	hint := didYouMean(target, names)
	if hint == "" && len(names) > 0 {
		hint = "there are " + quoted(names)
	}
	r.flag("unknown-stage", at, fmt.Sprintf("the Dockerfile has no stage %q", target), hint)
}

// sameImages: two builds that give their images one name, so the later takes it.
func (r *rules) sameImages() {
	first := map[string]types.ServiceConfig{}
	for _, s := range r.sorted {
		if s.Build == nil || s.Image == "" {
			continue
		}
		other, taken := first[s.Image]
		if !taken {
			first[s.Image] = s
			continue
		}
		if b := other.Build; b.Context != s.Build.Context || b.Dockerfile != s.Build.Dockerfile || b.Target != s.Build.Target || b.DockerfileInline != s.Build.DockerfileInline {
			r.flag("duplicate-image", joinPath("services", s.Name, "image"), fmt.Sprintf("service %q builds another image under this name", other.Name), "give each its own name")
		}
	}
}
