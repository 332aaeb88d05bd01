package sim

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"recompose/executor"
	"recompose/planner"
	"recompose/planner/create"
)

// killed and terminated are exit codes of processes that a signal has ended.
const (
	killed     = 128 + 9
	terminated = 128 + 15
)

// create makes a container from the body that a real engine would be sent.
func (e *Engine) create(spec create.Spec) error {
	body, err := create.Make(spec, e.Info.APIVersion)
	if err != nil {
		return err
	}
	if err := e.free(spec.Name); err != nil {
		return err
	}
	image, ok := e.image(body.Config.Image)
	if !ok {
		return fmt.Errorf("no such image: %s: %w", body.Config.Image, executor.ErrNotFound)
	}
	for _, name := range spec.Links {
		name, _, _ = strings.Cut(name, ":")
		if _, err := e.find(name); err != nil {
			return fmt.Errorf("could not get container for %s: %w", name, err)
		}
	}
	var shares []string
	for _, mode := range []string{string(body.Host.NetworkMode), string(body.Host.IpcMode), string(body.Host.PidMode)} {
		if name, ok := strings.CutPrefix(mode, "container:"); ok {
			owner, err := e.find(name)
			if err != nil {
				return err
			}
			shares = append(shares, owner.ID)
		}
	}
	labels := map[string]string{}
	maps.Copy(labels, image.Labels)
	maps.Copy(labels, body.Config.Labels)
	if body.Host.Memory > 0 && body.Host.MemorySwap == 0 {
		body.Host.MemorySwap = 2 * body.Host.Memory
	}
	c := &container{spec: spec, made: body, files: map[string]string{}, shares: shares}
	c.Container = planner.ReadLabels(planner.Container{
		ID: e.newID("container", spec.Name), Name: spec.Name, Image: body.Config.Image, ImageID: image.ID, Status: planner.StatusCreated,
		Networks: []planner.Attachment{}, Created: e.now(), Labels: labels, Command: strings.Join(body.Config.Cmd, " "), NetworkMode: string(body.Host.NetworkMode),
	})
	if body.Network != nil {
		for _, to := range spec.Networks {
			if body.Network.EndpointsConfig[to.Network] == nil {
				continue
			}
			// A real engine only finds out when the container starts.
			if _, err := e.network(to.Network); err != nil {
				return err
			}
			c.Networks = append(c.Networks, attachment(to))
		}
	}
	if err := e.mount(c, body, image); err != nil {
		return err
	}
	e.containers = append(e.containers, c)
	e.event(c, "create")
	return nil
}

// free refuses a name that is taken.
func (e *Engine) free(name string) error {
	for _, c := range e.containers {
		if c.Name == name {
			return fmt.Errorf("the container name %s is in use by container %s: %w", name, c.ID[:12], executor.ErrConflict)
		}
	}
	return nil
}

func (e *Engine) start(c *container) error {
	switch c.Status {
	case planner.StatusRunning, planner.StatusRestarting:
		return nil
	case planner.StatusPaused:
		return fmt.Errorf("cannot start the paused container %s", c.Name)
	}
	for _, link := range c.spec.Links {
		name, _, _ := strings.Cut(link, ":")
		other, err := e.find(name)
		if err != nil {
			return err
		}
		if !other.Running() {
			return fmt.Errorf("cannot link to %s: it does not run", name)
		}
	}
	err := errors.Join(e.neighbour(c.spec.IpcMode, "ipc"), e.neighbour(c.spec.PidMode, "pid"), e.join(c), e.listen(c))
	if err != nil {
		c.leave()
		return err
	}
	b := e.behavior(c)
	c.Status, c.ExitCode, c.Health = planner.StatusRunning, 0, planner.HealthNone
	if e.checked(c) {
		c.Health = planner.HealthHealthy
		if b.Health != "" {
			c.Health = b.Health
		}
	}
	e.event(c, "start")
	if c.attached && e.output != nil {
		for _, line := range b.Output {
			e.output.Line(c.ref(), false, c.Created, []byte(line))
		}
	}
	if b.Exits {
		e.exit(c, b.ExitCode)
		if restarts(string(c.made.Host.RestartPolicy.Name), b.ExitCode) {
			c.Status = planner.StatusRestarting // until somebody stops it
		}
	}
	return nil
}

// restarts reports whether a policy starts a container again that has ended.
func restarts(policy string, code int) bool {
	return policy == "always" || policy == "unless-stopped" || policy == "on-failure" && code != 0
}

// checked reports whether the container has a healthcheck, of its own or of
// its image.
func (e *Engine) checked(c *container) bool {
	if h := c.spec.Service.HealthCheck; h != nil {
		return !h.Disable && !(len(h.Test) > 0 && h.Test[0] == "NONE")
	}
	image, ok := e.image(c.ImageID)
	return ok && image.Config.Healthcheck
}

// listen takes the ports of the host.
func (e *Engine) listen(c *container) error {
	taken := func(p planner.PublishedPort) bool {
		for _, busy := range e.Host.BusyPorts {
			if busy.Port == p.Host && busy.Protocol == p.Protocol && (busy.IP == "" || p.IP == "" || busy.IP == p.IP) {
				return true
			}
		}
		for _, other := range e.containers {
			for _, has := range other.listening {
				every := p.IP == "" || has.IP == "" || p.IP == "0.0.0.0" || has.IP == "0.0.0.0"
				if other != c && other.Running() && has.Host == p.Host && has.Protocol == p.Protocol && (every || has.IP == p.IP) {
					return true
				}
			}
		}
		return false
	}
	var ports []planner.PublishedPort
	for _, want := range c.spec.Service.Ports {
		p := planner.PublishedPort{IP: want.HostIP, Private: int(want.Target), Protocol: want.Protocol}
		if p.Protocol == "" {
			p.Protocol = "tcp"
		}
		low, high := portRange(want.Published)
		for p.Host = low; p.Host <= high && taken(p); p.Host++ {
		}
		if p.Host > high {
			return fmt.Errorf("port %s is allocated already", want.Published)
		}
		ports = append(ports, p)
	}
	c.listening = ports
	return nil
}

// portRange reads "8080", "8080-8090" and, for any free port, "".
func portRange(published string) (low, high int) {
	const ephemeral, last = 32768, 60999
	first, end, ranged := strings.Cut(published, "-")
	low, _ = strconv.Atoi(first)
	if low == 0 {
		return ephemeral, last
	}
	if !ranged {
		return low, low
	}
	high, _ = strconv.Atoi(end)
	return low, high
}

// exit ends the container's process.
func (e *Engine) exit(c *container, code int) {
	c.failing = c.Health == planner.HealthUnhealthy || code == killed && e.behavior(c).Exits
	c.Status, c.ExitCode, c.listening = planner.StatusExited, code, nil
	if c.Health != planner.HealthNone {
		c.Health = planner.HealthUnhealthy
	}
	c.leave()
	e.event(c, "die")
	if c.spec.AutoRemove {
		e.forget(c, true)
	}
}

func (e *Engine) stop(c *container) error {
	if c.Running() {
		e.exit(c, terminated)
	}
	return nil
}

// kill ends the process with the signals that end one by default, and only
// tells of the others.
func (e *Engine) kill(c *container, signal string) error {
	if !c.Running() {
		return fmt.Errorf("cannot kill container %s: it does not run", c.Name)
	}
	e.event(c, "kill")
	switch strings.TrimPrefix(strings.ToUpper(signal), "SIG") {
	case "", "KILL", "9":
		e.exit(c, killed)
	case "TERM", "15", "INT", "2", "QUIT", "3":
		e.exit(c, terminated)
	}
	return nil
}

func (e *Engine) freeze(c *container, from, to planner.Status, what string) error {
	if c.Status != from {
		return fmt.Errorf("cannot %s container %s: it is %s", what, c.Name, c.Status)
	}
	c.Status = to
	e.event(c, what)
	return nil
}

func (e *Engine) rename(c *container, to string) error {
	if c.Name == to {
		return fmt.Errorf("container %s has that name already", to)
	}
	if err := e.free(to); err != nil {
		return err
	}
	if c.Status == planner.StatusRestarting {
		return fmt.Errorf("sandbox of %s not found: %w", c.Name, executor.ErrConflict)
	}
	c.Name = to
	c.Container = planner.ReadLabels(c.Container)
	e.event(c, "rename")
	return nil
}

func (e *Engine) hook(c *container) error {
	if c.Status != planner.StatusRunning {
		return fmt.Errorf("container %s does not run", c.Name)
	}
	if code := e.behavior(c).Exec; code != 0 {
		return fmt.Errorf("the hook exited with %d", code)
	}
	return nil
}

func (e *Engine) copyIn(p planner.CopyIn) error {
	c, err := e.find(p.Container.Addr())
	if err != nil {
		return err
	}
	for _, f := range p.Files {
		files, path := e.place(c, f.Target)
		files[path] = f.Content
	}
	return nil
}

func (e *Engine) removeContainer(c *container, force, volumes bool) error {
	for _, other := range e.containers {
		if e.Info.KeepsShared && slices.Contains(other.shares, c.ID) {
			return fmt.Errorf("container %s has dependent containers: %s", c.Name, other.Name)
		}
	}
	if c.Running() {
		if !force {
			return fmt.Errorf("container %s runs: stop it first", c.Name)
		}
		c.spec.AutoRemove = false
		e.exit(c, killed)
	}
	e.forget(c, volumes)
	return nil
}

// forget drops a container and, on demand, the volumes without a name that
// were made for it and that only it used.
func (e *Engine) forget(c *container, volumes bool) {
	e.containers = slices.DeleteFunc(e.containers, func(other *container) bool { return other == c })
	for _, m := range c.Mounts {
		named := slices.ContainsFunc(c.spec.Inherit, func(i create.Inherited) bool { return i.Volume == m.Name })
		if volumes && m.Type == "volume" && anonymous(m.Name) && !named && len(e.users(m.Name)) == 0 {
			e.volumes = slices.DeleteFunc(e.volumes, func(v *volume) bool { return v.Name == m.Name })
		}
	}
	e.event(c, "destroy")
}

// anonymous reports whether the engine made the name up.
func anonymous(volume string) bool {
	return len(volume) == 64 && strings.Trim(volume, "0123456789abcdef") == ""
}
