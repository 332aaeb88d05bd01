package sim

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"recompose/executor"
	"recompose/planner"
	"recompose/planner/create"
)

// createVolume is content with a volume that exists, as the engine is.
func (e *Engine) createVolume(p planner.CreateVolume) error {
	if e.volume(p.Name) != nil {
		return nil
	}
	e.volumes = append(e.volumes, &volume{files: map[string]string{}, Volume: planner.Volume{
		Name: p.Name, Driver: cmp.Or(p.Config.Driver, "local"), Options: maps.Clone(p.Config.DriverOpts), Labels: maps.Clone(p.Labels),
		Project: p.Labels[planner.LabelProject], Key: p.Labels[planner.LabelVolume], Hash: p.Labels[planner.LabelConfigHash], Created: e.now(),
	}})
	return nil
}

func (e *Engine) volume(name string) *volume {
	for _, v := range e.volumes {
		if v.Name == name {
			return v
		}
	}
	return nil
}

// users are the containers that mount a volume, stopped ones too.
func (e *Engine) users(name string) []string {
	var users []string
	for _, c := range e.containers {
		if slices.ContainsFunc(c.Mounts, func(m planner.Mount) bool { return m.Type == "volume" && m.Name == name }) {
			users = append(users, c.Name)
		}
	}
	return users
}

func (e *Engine) removeVolume(name string) error {
	if e.volume(name) == nil {
		return fmt.Errorf("no such volume: %s: %w", name, executor.ErrNotFound)
	}
	if users := e.users(name); len(users) > 0 {
		return fmt.Errorf("volume %s is in use by %s", name, strings.Join(users, ", "))
	}
	e.volumes = slices.DeleteFunc(e.volumes, func(v *volume) bool { return v.Name == name })
	return nil
}

// mount mounts what the create body asks for, then what volumes_from brings,
// then the image's own volumes: a place that is taken stays as it is.
func (e *Engine) mount(c *container, body create.Body, image *planner.Image) error {
	add := func(m planner.Mount) {
		if slices.ContainsFunc(c.Mounts, func(has planner.Mount) bool { return has.Destination == m.Destination }) {
			return
		}
		if m.Type == "volume" {
			if m.Name == "" {
				m.Name = e.newID("volume", c.ID+m.Destination)
			}
			if e.volume(m.Name) == nil {
				e.volumes = append(e.volumes, &volume{Volume: planner.Volume{Name: m.Name}, files: map[string]string{}})
			}
		}
		c.Mounts = append(c.Mounts, m)
	}
	for _, b := range body.Host.Binds {
		parts := strings.SplitN(b, ":", 3)
		m := planner.Mount{Type: "volume", Name: parts[0], Destination: parts[1], ReadOnly: strings.HasPrefix(parts[2], "ro")}
		if strings.HasPrefix(parts[0], "/") {
			m.Type, m.Source, m.Name = "bind", parts[0], ""
		}
		add(m)
	}
	for _, b := range body.Host.Mounts {
		m := planner.Mount{Type: string(b.Type), Destination: b.Target, ReadOnly: b.ReadOnly}
		if m.Type == "volume" {
			m.Name = b.Source
		} else {
			m.Source = b.Source
		}
		add(m)
	}
	for target := range body.Host.Tmpfs {
		add(planner.Mount{Type: "tmpfs", Destination: target})
	}
	for _, entry := range body.Host.VolumesFrom {
		name, mode, _ := strings.Cut(entry, ":")
		source, err := e.find(name)
		if err != nil {
			return err
		}
		for _, m := range source.Mounts {
			m.ReadOnly = m.ReadOnly || mode == "ro"
			add(m)
		}
	}
	for _, target := range append(slices.Sorted(maps.Keys(body.Config.Volumes)), image.Config.Volumes...) {
		add(planner.Mount{Type: "volume", Destination: target})
	}
	slices.SortFunc(c.Mounts, func(a, b planner.Mount) int { return strings.Compare(a.Destination, b.Destination) })
	return nil
}

// WriteFile writes a file as a process in the container would: into the volume
// that is mounted there, or else into the container itself.
func (e *Engine) WriteFile(container, path, text string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	c, err := e.find(container)
	if err != nil {
		return err
	}
	files, path := e.place(c, path)
	files[path] = text
	return nil
}

// ReadFile reads it; ok is false if there is none.
func (e *Engine) ReadFile(container, path string) (text string, ok bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	c, err := e.find(container)
	if err != nil {
		return "", false
	}
	files, path := e.place(c, path)
	text, ok = files[path]
	return text, ok
}

func (e *Engine) place(c *container, path string) (files map[string]string, within string) {
	files, within = c.files, path
	longest := 0
	for _, m := range c.Mounts {
		rest, under := strings.CutPrefix(path, m.Destination)
		if m.Type == "volume" && under && (rest == "" || rest[0] == '/') && len(m.Destination) > longest {
			files, within, longest = e.volume(m.Name).files, rest, len(m.Destination)
		}
	}
	return files, within
}
