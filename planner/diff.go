package planner

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"recompose/loader"
	"recompose/planner/create"
)

// diff is what differs between the container and what the files want.
func (m *maker) diff(run *serviceRun, r *replica) []Change {
	var changes []Change
	c := r.old
	if img, ok := m.image(run.spec.Image); ok {
		had := c.ImageID
		if label := c.Labels[LabelImage]; label != "" && label == img.ID {
			had = label
		}
		if had != "" && had != img.ID {
			changes = append(changes, Change{Key: "image", Old: imageID(had), New: imageID(img.ID)})
		}
	}
	if name := run.cfg.ContainerName; name != "" && nameBehindAside(c.Name) != name {
		changes = append(changes, Change{Key: "container_name", Old: c.Name, New: name})
	} else if name == "" && !isReplicaName(nameBehindAside(c.Name), m.project, run.cfg.Name, c.Number) {
		changes = append(changes, Change{Key: "container_name", Old: c.Name, New: m.replicaName(run.cfg, r)})
	}
	if c.Fields == nil {
		if h := c.Labels[LabelConfigHash]; !m.p.Classic() && h != "" && len(m.marks[run.cfg.Name]) == 0 {
			if ours, err := ComposeHash(run.cfg); err == nil && ours == h {
				return changes // made by v5 from the same configuration
			}
		}
		if !slices.Contains(m.s.Answered.Inspect, c.ID) {
			m.need(Query{Inspect: []string{c.ID}, ImageConfigs: []string{c.ImageID}})
			return changes
		}
		return append(changes, Change{Key: "unknown", Old: "made by another tool"})
	}
	fields := m.fieldChanges(run, c, len(changes) == 0)
	if i := slices.IndexFunc(fields, func(f Change) bool { return f.Key == "image" }); i >= 0 && len(changes) > 0 && changes[0].Key == "image" {
		// Another reference says more than the ids behind it.
		if c.Image != "" && shortID(c.Image) != shortID(c.ImageID) {
			changes[0].Old, changes[0].New = c.Image, run.spec.Image
		}
		fields = slices.Delete(fields, i, i+1)
	}
	return append(changes, m.explain(run, c, fields)...)
}

// maxExplained is how many containers one plan asks for their values: each is
// a request.
const maxExplained = 64

// explain adds the values of the keys that differ, as far as they are wanted
// and known.
func (m *maker) explain(run *serviceRun, c *Container, changes []Change) []Change {
	if !m.t.Explain || len(changes) == 0 || m.t.Goal == GoalScale { // scale replaces nothing
		return changes
	}
	if !slices.Contains(m.s.Answered.Values, c.ID) && len(m.s.Answered.Values)+len(m.plan.Needs.Values) < maxExplained {
		m.need(Query{Values: []string{c.ID}})
	}
	want := create.Values(*run.spec)
	for i := range changes {
		change := &changes[i]
		had, wants := c.Values[change.Key], want[change.Key]
		if change.How == Added {
			had = nil
		}
		change.Old, change.New, change.Masked = shown(change.Key, had, wants, m.t.ShowValues)
		if change.Key == "restart" { // no policy is one, too
			change.How, change.Old, change.New = Changed, cmp.Or(change.Old, "no"), cmp.Or(change.New, "no")
		}
	}
	return changes
}

// shown are two values of a key for others' eyes: what a secret-like name
// holds is masked, and so is a difference that is in masked parts only, unless all may be seen.
func shown(key string, had, wants []string, all bool) (before, after string, masked bool) {
	if all {
		return joinWords(had), joinWords(wants), false
	}
	name := key[strings.LastIndex(key, ".")+1:]
	if loader.SecretKey(name) && len(had)+len(wants) > 0 {
		return "", "", true
	}
	before, after = joinWords(loader.RedactWords(had)), joinWords(loader.RedactWords(wants))
	if before == after && before != "" {
		return "", "", true
	}
	return before, after, false
}

// joinWords writes words in a line, quoted where they would not stand alone.
func joinWords(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = w
		if q := strconv.Quote(w); w == "" || strings.Contains(w, " ") || q[1:len(q)-1] != w {
			quoted[i] = q
		}
	}
	return strings.Join(quoted, " ")
}

// imageID is the short form of an image's id.
func imageID(id string) string { return "sha256:" + shortID(id) }

// diffFields names the keys whose digests differ, of which an adopted container
// does not show all.
func diffFields(have, want map[string]string, adopted bool) []Change {
	keys := map[string]bool{}
	for k := range have {
		keys[k] = true
	}
	for k := range want {
		keys[k] = true
	}
	var changes []Change
	network := "" // the one that the container is put on or taken off
	for _, k := range slices.Sorted(maps.Keys(keys)) {
		if network != "" && strings.HasPrefix(k, network+".") {
			continue
		}
		if have[k] == want[k] || adopted && create.Unseen(have, k) || create.Marked(k) {
			continue
		}
		if given := have[create.Given+k]; given != "" && given == want[k] {
			continue // the image or the engine gives the same by itself
		}
		if want[k] != "" && strings.Contains(have[create.Or+k], want[k]) {
			continue
		}
		if strings.HasPrefix(k, "networks.") && (have[k] == "" || want[k] == "") {
			network = k
		}
		switch {
		case have[k] == "":
			changes = append(changes, Change{Key: k, How: Added})
		case want[k] == "":
			changes = append(changes, Change{Key: k, How: Removed})
		default:
			changes = append(changes, Change{Key: k})
		}
	}
	return changes
}

func changedKeys(changes []Change) string {
	keys := make([]string, len(changes))
	for i, c := range changes {
		keys[i] = c.Key
	}
	return strings.Join(keys, ", ")
}
