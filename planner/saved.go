package planner

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"recompose/loader"
)

// Fact is something that a plan was made from, or says: what it is about, and
// what is so of it. Values are never in it, only digests of them.
type Fact struct {
	Of string            `json:"of"` // "container shop-web-1", "service web"
	Is map[string]string `json:"is"`
}

// DigestKey is the key of a Fact that holds a digest: of two, it can only be
// said that they differ.
const DigestKey = "digest"

// facts are gathered by what they are about.
type facts map[string]map[string]string

func (f facts) set(of, key, value string) {
	if f[of] == nil {
		f[of] = map[string]string{}
	}
	if before, ok := f[of][key]; ok { // network names are not unique on all engines
		value = before + ", " + value
	}
	f[of][key] = value
}

func (f facts) sorted() []Fact {
	out := make([]Fact, 0, len(f))
	for _, of := range slices.Sorted(maps.Keys(f)) {
		out = append(out, Fact{of, f[of]})
	}
	return out
}

// InputFacts are what the files mean: each part of the project by its digest.
func InputFacts(p *loader.Project) ([]Fact, error) {
	f := facts{}
	f.set("project", "name", p.Name)
	f.set("project", "directory", p.Dir)
	f.set("project", "files", strings.Join(p.Files, ", "))
	f.set("project", "env files", strings.Join(p.EnvFiles, ", "))
	for key, digest := range p.Content {
		f.set(strings.Replace(key, ":", " ", 1), DigestKey, digest)
	}
	parts := map[string]any{}
	for name, s := range p.Model.Services {
		parts["service "+name] = s
	}
	for name, n := range p.Model.Networks {
		parts["network "+name] = n
	}
	for name, v := range p.Model.Volumes {
		parts["volume "+name] = v
	}
	for name, c := range p.Model.Configs {
		parts["the entry of config "+name] = c
	}
	for name, s := range p.Model.Secrets {
		parts["the entry of secret "+name] = s
	}
	for name, text := range p.Seccomp {
		parts["seccomp profile "+name] = text
	}
	for of, part := range parts {
		raw, err := json.Marshal(part)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", of, err)
		}
		f.set(of, DigestKey, sha256Hex(raw))
	}
	return f.sorted(), nil
}

// StateFacts are what of a state the plans for a project go by. How long
// containers have been up, their health, and other projects are not.
func StateFacts(p *loader.Project, s State, project string) []Fact {
	f := facts{}
	f.set("engine", "API", s.Engine.APIVersion)
	f.set("engine", "system", s.Engine.OS)
	for _, c := range s.sorted().Containers {
		of := "container " + c.Name
		f.set(of, "id", shortID(c.ID))
		f.set(of, "image", imageID(c.ImageID))
		f.set(of, "state", stateFact(c))
		labels, _ := json.Marshal(c.Labels) // strings always can be
		f.set(of, DigestKey, sha256Hex(labels))
		for _, n := range c.Networks {
			f.set(of, "networks", n.Network)
		}
		for _, m := range c.Mounts {
			f.set(of, "mounts", cmp.Or(m.Name, m.Source)+":"+m.Destination)
		}
	}
	for _, n := range s.sorted().Networks {
		f.set("network "+n.Name, "id", shortID(n.ID))
		f.set("network "+n.Name, "project", n.Project)
	}
	for _, v := range s.sorted().Volumes {
		f.set("volume "+v.Name, "project", v.Project)
		f.set("volume "+v.Name, "driver", v.Driver)
		options, _ := json.Marshal([]any{v.Options, v.Labels}) // strings always can be
		f.set("volume "+v.Name, DigestKey, sha256Hex(options))
	}
	if p == nil {
		return f.sorted()
	}
	images := map[string]string{}
	for _, svc := range p.Model.Services {
		ref := imageName(p, project, svc)
		images[ref] = "none"
		if img, ok := findImage(s.Images, ref); ok {
			images[ref] = imageID(img.ID)
		}
	}
	for ref, id := range images {
		f.set("image "+ref, "id", id)
	}
	return f.sorted()
}

func stateFact(c Container) string {
	switch {
	case c.Status == StatusPaused:
		return "paused"
	case c.Running():
		return "running"
	case c.Status == StatusExited:
		return fmt.Sprintf("exited with %d", c.ExitCode)
	}
	return string(c.Status)
}

// PlanFacts are what a plan does, by resource. Waits are left out, for health
// comes and goes, and so are reasons and values.
func PlanFacts(p Plan) []Fact {
	f := facts{}
	for _, a := range p.Actions {
		if a.Op == OpWaitHealthy || a.Op == OpWaitCompleted {
			continue
		}
		how := "yes"
		if keys := changedKeys(a.Reason.Changes); keys != "" {
			how = "for " + keys
		}
		if a.Provisional != "" {
			how += ", only " + a.Provisional
		}
		if loss := cmp.Or(a.Confirm, a.Loses); loss != "" {
			how += "; " + loss
		}
		f.set(a.Ref.String(), strings.TrimSuffix(verb[a.Op], ":"), how)
	}
	return f.sorted()
}

// WithoutValues is the plan as it may be kept: keys that differ are named
// without what they hold.
func (p Plan) WithoutValues() Plan {
	p.Actions = slices.Clone(p.Actions)
	for i := range p.Actions {
		changes := slices.Clone(p.Actions[i].Reason.Changes)
		for j, c := range changes {
			if c.Key != "image" && c.Key != "container_name" {
				changes[j].Old, changes[j].New = "", ""
			}
		}
		p.Actions[i].Reason.Changes = changes
	}
	return p
}

// FirstDifference says, in words for people, what of the facts is not as it
// was; "" if all is.
func FirstDifference(was, is []Fact) string {
	now := map[string]map[string]string{}
	for _, f := range is {
		now[f.Of] = f.Is
	}
	for _, f := range was {
		after, ok := now[f.Of]
		if !ok {
			return f.Of + " is gone"
		}
		delete(now, f.Of)
		if text := difference(f.Is, after); text != "" {
			return f.Of + text
		}
	}
	for _, f := range is {
		if _, unknown := now[f.Of]; unknown {
			return f.Of + " is new"
		}
	}
	return ""
}

func difference(was, is map[string]string) string {
	keys := maps.Clone(was)
	maps.Copy(keys, is)
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		before, had := was[key]
		after, has := is[key]
		switch {
		case before == after && had == has:
		case key == DigestKey:
			// What else differs says more.
			continue
		default:
			return fmt.Sprintf(": %s was %s, is %s", key, cmp.Or(before, "none"), cmp.Or(after, "none"))
		}
	}
	if was[DigestKey] != is[DigestKey] {
		return " has changed"
	}
	return ""
}
