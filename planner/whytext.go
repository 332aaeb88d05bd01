package planner

import (
	"fmt"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"

	"recompose/loader"
)

// WhyText is the explanation for people. place words a position; key leaves
// out all but the values.
func WhyText(w Why, place func(loader.Position) string, key string) string {
	var b strings.Builder
	if key == "" {
		writeReplicas(&b, w, place)
		writeNeeds(&b, "comes after", w.Needs, place)
		writeNeeds(&b, "comes before", w.NeededBy, place)
		if len(w.Values) > 0 {
			fmt.Fprintf(&b, "values of %s:\n", w.Service)
		}
	}
	rows := make([][2]string, len(w.Values))
	for i, v := range w.Values {
		said := v.Key + ": " + cut(v.Value)
		switch {
		case v.Masked:
			said = v.Key + ": " + loader.Masked
		case v.Value == "":
			said = v.Key
		}
		rows[i] = [2]string{said, originText(v.Origin, place)}
	}
	writeRows(&b, rows)
	return b.String()
}

func writeReplicas(b *strings.Builder, w Why, place func(loader.Position) string) {
	if len(w.Replicas) == 0 {
		fmt.Fprintf(b, "%s has no containers, and gets none\n", w.Service)
	}
	origins := map[string]*loader.Origin{}
	for _, v := range w.Values {
		origins[v.Key] = v.Origin
	}
	for _, r := range w.Replicas {
		reason := r.Reason.Text
		if r.Provisional != "" {
			reason = strings.TrimPrefix(reason+"; only "+r.Provisional, "; ")
		}
		fmt.Fprintf(b, "%s is %s: %s\n", r.Name, r.Fate, reason)
		rows := make([][2]string, len(r.Reason.Changes))
		for i, c := range r.Reason.Changes {
			rows[i][0] = c.String()
			if origin := origins[c.Key]; origin != nil {
				rows[i][1] = originText(origin, place)
			}
		}
		writeRows(b, rows)
	}
}

func writeNeeds(b *strings.Builder, title string, needs []NeedWhy, place func(loader.Position) string) {
	rows := make([][2]string, len(needs))
	for i, n := range needs {
		if i == 0 {
			b.WriteString(title + "\n")
		}
		said := n.Service + ": " + n.Key
		switch n.Condition {
		case types.ServiceConditionHealthy:
			said += ", once it is healthy"
		case types.ServiceConditionCompletedSuccessfully:
			said += ", once it has completed"
		case types.ServiceConditionStarted:
			said += ", once it has started"
		}
		if n.Restart {
			said += ", restarted with it"
		}
		if n.Optional {
			said += "; it may be missing, or fail"
		}
		rows[i][0] = said
		if n.Origin != nil {
			rows[i][1] = place(n.Origin.Position)
		}
	}
	writeRows(b, rows)
}

func originText(o *loader.Origin, place func(loader.Position) string) string {
	if o == nil {
		return "a default"
	}
	parts := []string{place(o.Position)}
	for _, v := range o.Variables {
		text := "$" + v.Name + " from the " + string(v.From)
		switch {
		case v.Position != nil:
			text = "$" + v.Name + " from " + place(*v.Position)
		case v.From == loader.FromNowhere:
			text = "$" + v.Name + " is not set"
		case v.From == loader.FromDefault:
			text = "$" + v.Name + " by its default there"
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, ", ")
}

// writeRows writes what is said, and beside it, in a column, what for.
func writeRows(b *strings.Builder, rows [][2]string) {
	width := 0
	for _, r := range rows {
		if n := len(r[0]); n <= widestName {
			width = max(width, n)
		}
	}
	for _, r := range rows {
		b.WriteString(strings.TrimRight(fmt.Sprintf("    %-*s  %s", width, r[0], r[1]), " ") + "\n")
	}
}
