package planner

import (
	"cmp"
	"fmt"
	"path"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"

	"recompose/planner/create"
)

// boundFiles are the configs and secrets that the engine can mount from this
// machine.
func (m *maker) boundFiles(svc types.ServiceConfig) []create.File {
	return m.files(svc, true)
}

// copiedFiles are those that must be written into the container: content that
// is in no file, an engine that does not see our files, or an owner and mode
// that a bind mount cannot give.
func (m *maker) copiedFiles(svc types.ServiceConfig) []create.File {
	return m.files(svc, false)
}

func (m *maker) files(svc types.ServiceConfig, bound bool) []create.File {
	var out []create.File
	add := func(kind string, ref types.FileReferenceConfig, obj types.FileObjectConfig, ok bool, dir string) {
		if !ok {
			return // the loader reports it
		}
		if bool(obj.External) {
			m.problem("external-"+kind, svc.Name, fmt.Sprintf("service %s: the %s %q is external, and only Swarm keeps such", svc.Name, kind, ref.Source),
				"give it a file:, content: or environment:")
			return
		}
		f := create.File{Kind: kind, Name: ref.Source, UID: ref.UID, GID: ref.GID, Target: fileTarget(ref, dir)}
		if ref.Mode != nil {
			mode := uint32(*ref.Mode)
			f.Mode = &mode
		}
		switch {
		case obj.File != "":
			f.Source = obj.File
		case obj.Environment != "":
			value, set := m.p.Model.Environment[obj.Environment]
			if !set {
				m.problem("content-variable", svc.Name, fmt.Sprintf("service %s: the %s %q is made of the variable %s, which is not set", svc.Name, kind, ref.Source, obj.Environment),
					"set it in the environment or in the .env file")
			}
			f.Content = value
		default:
			f.Content = obj.Content
		}
		owned := f.UID != "" || f.GID != "" || f.Mode != nil
		if (f.Source != "" && m.s.Engine.Local && !owned) == bound {
			out = append(out, f)
		}
	}
	for _, ref := range svc.Configs {
		obj, ok := m.p.Model.Configs[ref.Source]
		add("config", types.FileReferenceConfig(ref), types.FileObjectConfig(obj), ok, "/")
	}
	for _, ref := range svc.Secrets {
		obj, ok := m.p.Model.Secrets[ref.Source]
		add("secret", types.FileReferenceConfig(ref), types.FileObjectConfig(obj), ok, "/run/secrets")
	}
	return out
}

// fileTarget is where the container finds the file (Compose Specification,
// "configs" and "secrets" of a service).
func fileTarget(ref types.FileReferenceConfig, dir string) string {
	target := cmp.Or(ref.Target, ref.Source)
	if strings.HasPrefix(target, "/") || (len(target) > 1 && target[1] == ':') {
		return target
	}
	return path.Join(dir, target)
}

// checkCopied looks for files that the container would not see, or that cannot be
// written into it: beneath a tmpfs, and in a read-only root.
func (m *maker) checkCopied(svc types.ServiceConfig) {
	for _, f := range m.copiedFiles(svc) {
		what := fmt.Sprintf("service %s: the %s %s at %s", svc.Name, f.Kind, f.Name, f.Target)
		kind, at := mountOver(svc, f.Target)
		switch {
		case svc.ReadOnly && (kind == "" || kind == types.VolumeTypeTmpfs):
			m.problem("content-read-only", svc.Name, what+" cannot be copied into a container that is read_only",
				"put a volume there, or mount it as a file (without uid, gid and mode, on an engine of this machine)")
		case kind == types.VolumeTypeTmpfs:
			m.warning(fmt.Sprintf("%s is copied in and not seen, for a tmpfs is mounted over it at %s", what, at))
		}
	}
}

// mountOver is the kind and place of the innermost mount that a path of the
// container lies in; empty where it lies in none.
func mountOver(svc types.ServiceConfig, target string) (kind, at string) {
	over := func(k, place string) {
		place = path.Clean(place)
		if len(place) > len(at) && (place == target || place == "/" || strings.HasPrefix(target, place+"/")) {
			kind, at = k, place
		}
	}
	for _, entry := range svc.Tmpfs {
		place, _, _ := strings.Cut(entry, ":")
		over(types.VolumeTypeTmpfs, place)
	}
	for _, v := range svc.Volumes {
		over(v.Type, v.Target)
	}
	return kind, at
}
