package planner

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"

	"recompose/loader"
)

// volumeChange is a volume that is made anew, empty. The engine removes none
// that a container mounts, running or not: all of them must be gone first.
type volumeChange struct {
	tried          *node // after it, the engine has taken the new configuration once
	remove, create *node

	runs  []*serviceRun // of the containers that mount it
	first []*node       // of what is done to each of these containers
	stops []*node
	goes  []*node // their removals
}

// changedVolume plans for a volume of ours whose driver or options differ. Its
// data is only given up on a yes; it is kept where nobody said it, and where
// containers mount it that the plan does not replace.
func (m *maker) changedVolume(ref Ref, found Volume, changes []Change, create Action) {
	keep := func(format string, args ...any) {
		m.warning(fmt.Sprintf("the volume %s differs from the file (%s), and is kept as it is: ", found.Name, listChanges(changes)) + fmt.Sprintf(format, args...))
		m.keep(ref, "its configuration differs, and stays so")
	}
	if m.t.Goal == GoalScale || m.t.Goal == GoalRun || m.t.Goal == GoalRollback {
		keep("only up makes it anew, and asks first")
		return
	}
	m.need(Query{Foreign: true})
	if own, others := m.mountersThatStay(found.Name); len(others) > 0 && m.t.Yes {
		m.problem("volume-in-use", "", fmt.Sprintf("the volume %s is to be made anew (%s), and containers that are not this project's mount it: %s", found.Name, listChanges(changes), strings.Join(others, ", ")),
			"remove them first, or leave --yes out to keep the volume as it is")
		return
	} else if all := append(own, others...); len(all) > 0 {
		keep("containers that stay mount it: %s (it can be made anew when they are gone, or by up for the whole project)", strings.Join(all, ", "))
		return
	}
	if slices.Contains(m.t.Refused, ref.String()) {
		keep("up --yes makes it anew, and %s", found.loss())
		return
	}
	if path := m.missingDevice(create.Payload.(CreateVolume).Config); path != "" {
		keep("there is no %s to mount", path)
		return
	}
	tried, inTheWay := m.tryVolume(create)
	if inTheWay != "" {
		keep("it cannot be tried first, for there is a volume %s that is not ours", inTheWay)
		return
	}
	why := Reason{Text: "its configuration differs", Changes: changes}
	n := m.add(Action{Op: OpRemove, Ref: ref, Reason: why, Group: ref.String(), Payload: Remove{ID: found.Name}})
	n.Confirm = m.lossText(found)
	if m.t.Yes {
		n.Confirm, n.Loses = "", n.Confirm
	}
	create.Reason, create.Group = Reason{Text: why.Text}, n.Group
	change := &volumeChange{tried: tried, remove: n, create: m.add(create, n)}
	m.volumes[found.Name], m.remade[found.Name] = change.create, change
}

// tryVolume makes a volume of the new configuration under another name, and
// removes it: what the engine refuses is to be known before the old one goes.
// It takes only what an earlier try has left for its own; what else has the
// name is inTheWay.
func (m *maker) tryVolume(create Action) (tried *node, inTheWay string) {
	p := create.Payload.(CreateVolume)
	p.Labels = map[string]string{LabelProject: m.project, LabelTried: p.Name, LabelVersion: Version}
	p.Name = LabelTried + "." + p.Name
	m.need(Query{Volumes: []string{p.Name}})
	ref := Ref{Kind: KindVolume, Name: p.Name}
	remove := Action{Op: OpRemove, Ref: ref, Reason: Reason{Text: "the engine takes it"}, Payload: Remove{ID: p.Name}}
	var left *node
	if i := slices.IndexFunc(m.s.Volumes, func(v Volume) bool { return v.Name == p.Name }); i >= 0 {
		if v := m.s.Volumes[i]; v.Project != m.project || !v.tries() {
			return nil, p.Name
		}
		again := remove
		again.Reason.Text = "left by an up that was cut off"
		left = m.add(again)
	}
	made := m.add(Action{Op: OpCreateVolume, Ref: ref, Reason: Reason{Text: "only to see that the engine takes it"}, Payload: p}, left)
	return m.add(remove, made), ""
}

// tries reports whether the volume was made only to see that the engine takes it.
func (v Volume) tries() bool {
	tried := v.Labels[LabelTried]
	return tried != "" && v.Name == LabelTried+"."+tried
}

// missingDevice is the folder that the volume mounts, if it is not there: the
// engine looks for it only when the first container starts.
func (m *maker) missingDevice(cfg types.VolumeConfig) string {
	path := cfg.DriverOpts["device"]
	binds := slices.ContainsFunc(strings.Split(cfg.DriverOpts["o"], ","), func(o string) bool { return o == "bind" || o == "rbind" })
	if !m.s.Engine.Local || cmp.Or(cfg.Driver, localDriver) != localDriver || !binds || path == "" {
		return ""
	}
	m.need(Query{HostPaths: []string{path}})
	if slices.Contains(m.s.Host.MissingPaths, path) {
		return path
	}
	return ""
}

// lossText says what is lost with a volume, and that the containers that mount
// it can't be taken back.
func (m *maker) lossText(v Volume) string {
	text := v.loss()
	var names []string
	for _, c := range m.s.Containers {
		if c.mounts(v.Name) {
			names = append(names, c.Name)
		}
	}
	switch len(names) {
	case 0:
		return text
	case 1:
		return text + fmt.Sprintf("; %s is removed before its successor is made, and cannot be taken back", names[0])
	}
	return text + fmt.Sprintf("; %s are removed before their successors are made, and cannot be taken back", strings.Join(names, ", "))
}

// loss says what goes with the volume. What a driver only mounts from elsewhere
// (a folder, a device, another machine) stays there.
func (v Volume) loss() string {
	if device := v.Options["device"]; cmp.Or(v.Driver, localDriver) == localDriver && device != "" && v.Options["type"] != "tmpfs" {
		return fmt.Sprintf("the volume %s no longer leads to %s, where its data stays", v.Name, device)
	}
	return fmt.Sprintf("all data in the volume %s is lost", v.Name)
}

// localDriver is the engine's own, and the default.
const localDriver = "local"

// mounts reports whether the container mounts the volume.
func (c Container) mounts(volume string) bool {
	return slices.ContainsFunc(c.Mounts, func(m Mount) bool { return m.Type == types.VolumeTypeVolume && m.Name == volume })
}

// mountersThatStay names the containers that mount the volume and that the
// plan does not replace: the project's own, and others.
func (m *maker) mountersThatStay(volume string) (own, others []string) {
	for _, c := range m.s.Containers {
		ours := c.Project == m.project
		switch {
		case !c.mounts(volume) || ours && m.mayReplace(c) && c.Status != StatusRemoving:
		case ours:
			own = append(own, c.Name)
		default:
			others = append(others, c.Name)
		}
	}
	for _, c := range m.s.Foreign {
		if c.mounts(volume) {
			others = append(others, c.Name)
		}
	}
	return own, others
}

// remadeUnder are the volumes that are made anew and that the container
// mounts, by name.
func (m *maker) remadeUnder(c Container) []string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(m.remade)) {
		if c.mounts(name) {
			names = append(names, name)
		}
	}
	return names
}

// remadeWhy is why a container that mounts the volume goes.
func (m *maker) remadeWhy(volume string) string {
	if m.t.Yes {
		return "the volume " + volume + " is made anew"
	}
	return "the volume " + volume + " is made anew, on a yes"
}

// removeForVolumes stops and removes a container, so that volumes which it
// mounts can be made anew, and networks that it is on. What leaves it all
// undone is settled once everything is planned.
func (m *maker) removeForVolumes(run *serviceRun, c Container, why Reason, group string, after ...*node) *node {
	names := m.remadeUnder(c)
	if group == "" {
		group = m.remade[names[0]].remove.Group
	}
	begun := len(m.nodes)
	stop := m.stopContainer(run.cfg, c, why, group, after...)
	n := m.add(Action{Op: OpRemove, Ref: containerRef(c), Reason: Reason{Text: m.remadeWhy(names[0])}, Group: group, Payload: Remove{ID: c.ID, Force: true}}, append(after, stop)...)
	first := m.nodes[begun]
	if len(after) > 0 && after[0] != nil {
		first = after[0]
	}
	for _, name := range names {
		change := m.remade[name]
		change.runs, change.first, change.goes = append(change.runs, run), append(change.first, first), append(change.goes, n)
		if stop != nil {
			change.stops = append(change.stops, stop)
		}
		m.groups.join(change.remove.Group, group)
	}
	for _, change := range m.changesUnder(c) {
		change.remove.follow(OnSuccess, n)
		m.groups.join(change.remove.Group, group)
	}
	return n
}

// replaceForVolumes is the replacement of a container that mounts volumes
// which are made anew: the old one has to go first, for good.
func (m *maker) replaceForVolumes(run *serviceRun, r *replica, ref Ref) {
	keeper := m.addKeeper(run, r)
	r.exists = m.createContainer(run, r, ref, r.exists, m.removeForVolumes(run, *r.old, r.reason, group(r), keeper))
	m.dropKeeper(keeper, r)
	m.startContainer(run, r, ref, append(m.stopAsides(r, r.exists), r.exists)...)
	if r.started != nil {
		m.prove(run, r, ref)
	}
	m.removeAsides(r)
}

// linkVolumes orders what volumes that are made anew need: no container goes
// before all have stopped, none stops before what they depend on is ready, and
// the volume goes when all containers are gone.
func (m *maker) linkVolumes() {
	changes := make([]*volumeChange, 0, len(m.remade))
	for _, name := range slices.Sorted(maps.Keys(m.remade)) {
		changes = append(changes, m.remade[name])
	}
	for _, change := range changes {
		for _, n := range change.goes {
			n.follow(OnSuccess, change.stops...)
		}
		change.remove.follow(OnSuccess, append(change.goes, change.tried)...)
		for _, n := range change.first {
			n.follow(OnSuccess, change.tried)
		}
	}
	if m.t.NoStart || m.t.Goal == GoalCreate {
		return
	}
	for _, change := range changes {
		ready := &node{index: -1}
		for _, run := range change.runs {
			m.awaitDependencies(ready, run)
		}
		for _, e := range ready.after {
			// What itself waits for one of these containers cannot come first.
			if slices.ContainsFunc(change.first, func(n *node) bool { return e.to.waitsFor(n) }) {
				continue
			}
			for _, n := range change.first {
				n.follow(e.on, e.to)
			}
		}
	}
}

// volumeChanges says how the volume's driver and options differ from the
// file's.
func volumeChanges(found Volume, cfg types.VolumeConfig, showValues bool) []Change {
	var changes []Change
	add := func(key string, how Difference, had, wants string) {
		if !showValues {
			had, wants = redactOption(had), redactOption(wants)
		}
		c := Change{Key: key, How: how}
		c.Old, c.New, c.Masked = shown(key, words(had), words(wants), showValues)
		changes = append(changes, c)
	}
	if had, wants := cmp.Or(found.Driver, localDriver), cmp.Or(cfg.Driver, localDriver); had != wants {
		add("driver", Changed, had, wants)
	}
	keys := maps.Clone(found.Options)
	if keys == nil {
		keys = map[string]string{}
	}
	maps.Copy(keys, cfg.DriverOpts)
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		had, hadIt := found.Options[key]
		wants, wantsIt := cfg.DriverOpts[key]
		switch {
		case !hadIt:
			add("driver_opts."+key, Added, "", wants)
		case !wantsIt:
			add("driver_opts."+key, Removed, had, "")
		case had != wants:
			add("driver_opts."+key, Changed, had, wants)
		}
	}
	return changes
}

// words is a value as shown takes it; none is no word.
func words(value string) []string {
	if value == "" {
		return nil
	}
	return []string{value}
}

// redactOption masks passwords among mount options ("addr=a,password=b").
func redactOption(value string) string {
	return strings.Join(loader.RedactWords(strings.Split(value, ",")), ",")
}

func listChanges(changes []Change) string {
	texts := make([]string, len(changes))
	for i, c := range changes {
		texts[i] = c.String()
	}
	return strings.Join(texts, ", ")
}
