package planner

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"recompose/loader"
)

// recordVersion changes when older records cannot be read any more.
const recordVersion = "1:"

// maxRecord bounds a record, in bytes: it comes with every list of containers.
const maxRecord = 32 << 10

// record is what a container remembers of the configuration that it was made
// with, so that whoever finds it can make it again.
type record struct {
	Image   string `json:"image"` // id
	Classic bool   `json:"classic,omitempty"`
	// Service is loader.RecordService's; nil: too large to be kept.
	Service json.RawMessage `json:"service,omitempty"`
}

func (r record) encode() string {
	b, err := json.Marshal(r)
	if err != nil { // cannot be: Service is valid JSON
		return ""
	}
	return recordVersion + string(b)
}

// decodeRecord reads a record, which may be anybody's.
func decodeRecord(text string) (r record, err error) {
	rest, ok := strings.CutPrefix(text, recordVersion)
	if !ok || len(text) > maxRecord {
		return r, errors.New("it is of another version, or too large")
	}
	return r, json.Unmarshal([]byte(rest), &r)
}

// history is what the new containers of a service remember.
type history struct{ own, before string }

// recordOf is the record of the service's configuration as the plan has it.
func (m *maker) recordOf(run *serviceRun, imageID string) string {
	if text, ok := m.records[run.cfg.Name]; ok {
		return text
	}
	svc := run.cfg
	svc.Image = run.spec.Image // the name that a build gets, too
	r := record{Image: imageID, Classic: m.p.Classic()}
	var err error
	if r.Service, err = loader.RecordService(svc); err != nil {
		return ""
	}
	text := r.encode()
	if len(text) > maxRecord {
		r.Service = nil
		m.noteOnce(fmt.Sprintf("%s: its configuration takes more than %d KiB, and is not kept: rollback cannot come back to it", svc.Name, maxRecord>>10))
		text = r.encode()
	}
	return text
}

// remember adds to the labels of a new container its configuration, and the
// last one before it under which the service served.
func (m *maker) remember(run *serviceRun, labels map[string]string, imageID string) {
	if imageID == "" {
		return // the plan is made anew when the image is there
	}
	if run.history == nil {
		own := m.recordOf(run, imageID)
		run.history = &history{own, m.lastGood(run, own)}
	}
	for key, text := range map[string]string{LabelConfig: run.history.own, LabelPrevious: run.history.before} {
		if text != "" {
			labels[key] = text
		}
	}
	if m.t.Goal == GoalRollback {
		labels[LabelRolledBack] = m.rollbackMark()
	}
}

// lastGood is the newest configuration, other than own, under which a
// container of the service served, or what that one remembers as such.
func (m *maker) lastGood(run *serviceRun, own string) string {
	var cs []Container
	for _, r := range run.replicas {
		if r.old != nil {
			cs = append(cs, *r.old)
		}
		cs = append(cs, r.asides...)
	}
	cs = m.latestFirst(append(cs, run.surplus...))
	for _, c := range cs {
		if text := m.said(c, LabelConfig); m.served(c) && text != own {
			return text
		}
	}
	for _, c := range cs {
		if text := m.said(c, LabelPrevious); text != "" && text != own {
			return text
		}
	}
	return ""
}

// served reports whether the container is known to do its work, or to have
// done it.
func (m *maker) served(c Container) bool {
	switch c.Status {
	case StatusRunning, StatusPaused:
		return c.Health != HealthUnhealthy
	case StatusExited:
		if !slices.Contains(endsWell, c.ExitCode) {
			return false
		}
		m.need(Query{Live: []string{c.ID}})
		return !c.Failing
	}
	return false
}

// endsWell are the exit codes of what has done its work, or was told to stop:
// 128 and the number of SIGINT, SIGKILL or SIGTERM.
var endsWell = []int{0, 128 + 2, 128 + 9, 128 + 15}

// latestFirst sorts containers by when they were made or changed in place;
// engines tell that by the second.
func (m *maker) latestFirst(cs []Container) []Container {
	return slices.SortedStableFunc(slices.Values(cs), func(a, b Container) int {
		return cmp.Or(m.since(b).Compare(m.since(a)), cmp.Compare(b.Role, a.Role), cmp.Compare(a.Name, b.Name))
	})
}

// since is when the container was made, or changed in place after that.
func (m *maker) since(c Container) time.Time {
	if v := m.markFor(c); v != nil && !v.Created.IsZero() {
		return v.Created.Add(1) // in the same second, the change comes later
	}
	return c.Created
}

// said is what is remembered of a container: by the mark of its change in
// place, else by its labels.
func (m *maker) said(c Container, key string) string {
	if v := m.markFor(c); v != nil {
		return v.Labels[key]
	}
	return m.told(c, key)
}

// told is a label that the container was given when it was made. One that its
// image has is not: whoever made the image must not say what is gone back to.
func (m *maker) told(c Container, key string) string {
	text := c.Labels[key]
	if text == "" {
		return ""
	}
	known := false
	for _, img := range m.s.Images {
		if img.ID == c.ImageID {
			known = true
			if img.Labels[key] == text {
				return ""
			}
		}
	}
	if !known && slices.ContainsFunc(m.s.Images, func(img Image) bool { return img.Labels[key] == text }) {
		return ""
	}
	return text
}

// replicasOf are the service's containers, those set aside too, the one that
// was changed last first.
func (m *maker) replicasOf(service string) []Container {
	return m.latestFirst(slices.DeleteFunc(slices.Clone(m.s.Containers), func(c Container) bool {
		return c.Project != m.project || c.Service != service || c.OneOff || c.keeper() || c.Status == StatusRemoving
	}))
}

// earlier is the record that the service goes back to, or why there is none.
// The container that was changed last decides.
func (m *maker) earlier(service string) (text, why string) {
	cs := m.replicasOf(service)
	if len(cs) == 0 {
		return "", "it has no container"
	}
	own, before := m.said(cs[0], LabelConfig), m.said(cs[0], LabelPrevious)
	switch {
	case own == "":
		return "", "its container was made by another tool, or by a version that kept no configuration"
	case m.unfinished(cs[0]) != "":
		return own, "" // it has gone back
	case m.changedUnknown(cs[0]):
		return own, "" // what it was made with is what came before
	case before == "":
		return "", "no other configuration is known under which it served"
	}
	return before, ""
}
