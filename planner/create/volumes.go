package create

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/mount"
)

// apiSocket is where use_api_socket puts the engine's socket, on its own side
// and in the container.
const apiSocket = "/var/run/docker.sock"

// volumes sets what is mounted. As in v5, named volumes and bind mounts that
// the engine may create are Binds, everything else Mounts; docker-compose
// 1.29.2 put anonymous volumes into the image-like Volumes.
func volumes(spec Spec, cfg *container.Config, host *container.HostConfig) error {
	inherited := map[string]bool{}
	for _, i := range spec.Inherit {
		inherited[i.Target] = true
		mode := "rw"
		if i.ReadOnly {
			mode = "ro"
		}
		host.Binds = append(host.Binds, i.Volume+":"+i.Target+":"+mode)
	}
	for _, v := range spec.Service.Volumes {
		switch {
		case v.Type == types.VolumeTypeVolume && v.Source == "":
			if inherited[v.Target] {
				continue
			}
			if spec.Classic {
				if cfg.Volumes == nil {
					cfg.Volumes = map[string]struct{}{}
				}
				cfg.Volumes[v.Target] = struct{}{}
				continue
			}
			host.Mounts = append(host.Mounts, volumeMount(spec, v))
		case v.Type == types.VolumeTypeVolume && plainVolume(v):
			host.Binds = append(host.Binds, bindString(volumeName(spec, v.Source), v))
		case v.Type == types.VolumeTypeVolume:
			host.Mounts = append(host.Mounts, volumeMount(spec, v))
		case v.Type == types.VolumeTypeBind && createsPath(v):
			host.Binds = append(host.Binds, bindString(v.Source, v))
		default:
			m, err := otherMount(v)
			if err != nil {
				return fmt.Errorf("service %s: %w", spec.Service.Name, err)
			}
			host.Mounts = append(host.Mounts, m)
		}
	}
	if spec.Service.UseAPISocket {
		host.Binds = append(host.Binds, apiSocket+":"+apiSocket+":rw")
	}
	for _, f := range spec.Files {
		if slices.ContainsFunc(spec.Service.Volumes, func(v types.ServiceVolumeConfig) bool { return v.Target == f.Target }) {
			continue // as in v5, what is mounted there hides it
		}
		host.Mounts = append(host.Mounts, mount.Mount{Type: mount.TypeBind, Source: f.Source, Target: f.Target, ReadOnly: true})
	}
	return nil
}

func volumeName(spec Spec, key string) string {
	if name, ok := spec.Volumes[key]; ok {
		return name
	}
	return key
}

// plainVolume reports whether the volume has no options that Binds cannot
// say.
func plainVolume(v types.ServiceVolumeConfig) bool {
	return v.Volume == nil || len(v.Volume.Labels) == 0 && v.Volume.Subpath == ""
}

// createsPath reports whether the engine shall make the source if it is not
// there: unless create_host_path says no, as in docker compose.
func createsPath(v types.ServiceVolumeConfig) bool {
	return v.Bind == nil || bool(v.Bind.CreateHostPath) && v.Bind.Recursive == ""
}

func bindString(source string, v types.ServiceVolumeConfig) string {
	options := []string{"rw"}
	if v.ReadOnly {
		options[0] = "ro"
	}
	if v.Bind != nil {
		if v.Bind.SELinux != "" {
			options = append(options, v.Bind.SELinux)
		}
		if v.Bind.Propagation != "" {
			options = append(options, v.Bind.Propagation)
		}
	}
	if v.Volume != nil && v.Volume.NoCopy {
		options = append(options, "nocopy")
	}
	return source + ":" + v.Target + ":" + strings.Join(options, ",")
}

func volumeMount(spec Spec, v types.ServiceVolumeConfig) mount.Mount {
	m := mount.Mount{Type: mount.TypeVolume, Target: v.Target, ReadOnly: v.ReadOnly, Consistency: mount.Consistency(v.Consistency), VolumeOptions: &mount.VolumeOptions{}}
	if v.Source != "" {
		m.Source = volumeName(spec, v.Source)
	}
	if v.Volume != nil {
		m.VolumeOptions.NoCopy, m.VolumeOptions.Labels, m.VolumeOptions.Subpath = v.Volume.NoCopy, v.Volume.Labels, v.Volume.Subpath
	}
	return m
}

func otherMount(v types.ServiceVolumeConfig) (mount.Mount, error) {
	m := mount.Mount{Type: mount.Type(v.Type), Source: v.Source, Target: v.Target, ReadOnly: v.ReadOnly, Consistency: mount.Consistency(v.Consistency)}
	switch v.Type {
	case types.VolumeTypeBind:
		if v.Bind != nil {
			m.BindOptions = &mount.BindOptions{Propagation: mount.Propagation(v.Bind.Propagation), CreateMountpoint: bool(v.Bind.CreateHostPath)}
			switch v.Bind.Recursive {
			case "disabled":
				m.BindOptions.NonRecursive = true
			case "writable":
				m.BindOptions.ReadOnlyNonRecursive = true
			case "readonly":
				m.BindOptions.ReadOnlyForceRecursive = true
			}
		}
	case types.VolumeTypeTmpfs:
		m.Source = ""
		if v.Tmpfs != nil {
			m.TmpfsOptions = &mount.TmpfsOptions{SizeBytes: int64(v.Tmpfs.Size), Mode: fs.FileMode(v.Tmpfs.Mode)}
		}
	case types.VolumeTypeImage:
		if v.Image != nil {
			m.ImageOptions = &mount.ImageOptions{Subpath: v.Image.SubPath}
		}
	case types.VolumeTypeNamedPipe, types.VolumeTypeCluster:
	default:
		return m, fmt.Errorf("volume at %s: no such type %q", v.Target, v.Type)
	}
	return m, nil
}
