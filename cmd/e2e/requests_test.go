package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// manyFile has n services, each with an image name and one of five networks of
// its own.
func manyFile(n int) string {
	var b strings.Builder
	b.WriteString("-- compose.yaml --\nservices:\n")
	for i := range n {
		fmt.Fprintf(&b, "  s%d:\n    image: $NAME-app:%d\n    command: [wait]\n    networks: [n%d]\n", i, i, i%5)
	}
	b.WriteString("networks: {n0: {}, n1: {}, n2: {}, n3: {}, n4: {}}\n")
	return b.String()
}

// TestNoopRequests: an `up` with nothing to do costs the same few requests
// whatever the size of the project.
func TestNoopRequests(t *testing.T) {
	counts := map[int]int{}
	for _, n := range []int{5, 50} {
		p := newProject(t, manyFile(n))
		for i := range n {
			docker(t, "tag", image, fmt.Sprintf("%s-app:%d", p.name, i))
		}
		t.Cleanup(func() {
			for i := range n {
				try("docker", "rmi", fmt.Sprintf("%s-app:%d", p.name, i))
			}
		})
		proxy := newProxy(t)
		p.env = []string{"DOCKER_HOST=" + proxy.host}
		p.run("up", "-d")
		first := proxy.take()
		// create and start a container, inspect its image; the rest is constant
		if most := 3*n + 5 + 15; len(first) > most {
			t.Errorf("the first up of %d sent %d requests, more than %d:\n%s", n, len(first), most, strings.Join(first, "\n"))
		}
		p.run("up", "-d")
		second := proxy.take()
		if w := writes(second); len(w) > 0 {
			t.Errorf("an up with nothing to do wrote %v", w)
		}
		counts[n] = len(second)
		t.Logf("%d services: first up %d requests, second %d: %v", n, len(first), len(second), second)
		p.clean()
	}
	if counts[5] != counts[50] || counts[5] >= 10 {
		t.Errorf("requests of an up with nothing to do: %v; want the same, below 10", counts)
	}
}

// planned is the part of `plan --format json` that the test compares.
type planned struct {
	Actions []struct {
		Op  string
		Ref struct{ Kind, Name string }
	}
}

// TestPlanIsWhatHappens: what `plan` says before is what the engine then gets,
// and `plan` itself writes nothing.
func TestPlanIsWhatHappens(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		files string
		steps [][]string
	}{
		"today's format":  {richFiles, [][]string{{"up"}, {"up"}, {"scale", "web=3"}, {"up", "--force-recreate", "db"}, {"stop", "web"}, {"up"}, {"down", "-v"}}},
		"the 2015 format": {classicFiles, [][]string{{"scale", "web=2"}, {"up"}, {"scale", "web=1"}, {"stop"}, {"up"}, {"kill"}, {"rm", "-f", "web"}, {"up"}, {"down"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProject(t, c.files)
			proxy := newProxy(t)
			p.env = []string{"E2E_TOKEN=s3cret", "DOCKER_HOST=" + proxy.host}
			for _, step := range c.steps {
				var plan planned
				if err := json.Unmarshal([]byte(p.run(append([]string{"plan", "--format", "json"}, step...)...).out), &plan); err != nil {
					t.Fatal(err)
				}
				if w := writes(proxy.take()); len(w) > 0 {
					t.Errorf("plan %v wrote %v", step, w)
				}
				names := p.namesByID()
				args := step
				if step[0] == "up" {
					args = append([]string{"up", "-d"}, step[1:]...)
				}
				p.run(args...)
				want, got := plannedWrites(plan), sentWrites(writes(proxy.take()), names)
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%v did not do what was planned (-plan +sent):\n%s", step, diff)
				}
			}
		})
	}
}

// namesByID tells the name of each of the project's resources.
func (p *project) namesByID() map[string]string {
	names := map[string]string{}
	for name, id := range p.ids() {
		names[id] = name
	}
	text := docker(p.t, "network", "ls", "--no-trunc", "--format", "{{.ID}} {{.Name}}")
	for line := range strings.Lines(text) {
		id, name, _ := strings.Cut(strings.TrimSpace(line), " ")
		names[id] = name
	}
	return names
}

// asidePrefix is what the name of a container that is set aside begins with.
var asidePrefix = regexp.MustCompile(`^[0-9a-f]{12}_`)

// plannedWrites are the plan's writes as sorted words, those that wait or only
// read left out.
func plannedWrites(p planned) []string {
	var out []string
	for _, a := range p.Actions {
		switch a.Op {
		case "keep", "wait-healthy", "wait-completed", "check", "gate", "delay", "attach":
		default:
			// One that is set aside is removed by the id that it had before.
			out = append(out, a.Op+" "+a.Ref.Kind+" "+asidePrefix.ReplaceAllString(a.Ref.Name, ""))
		}
	}
	slices.Sort(out)
	return out
}

// sentWrites are recorded requests in the plan's words.
func sentWrites(requests []string, names map[string]string) []string {
	var out []string
	for _, r := range requests {
		out = append(out, sentWrite(r, names))
	}
	slices.Sort(out)
	return slices.Compact(out) // a network made twice would show as another name
}

func sentWrite(request string, names map[string]string) string {
	method, rest, _ := strings.Cut(request, " ")
	path, query, _ := strings.Cut(rest, "?")
	parts := strings.Split(strings.TrimPrefix(path, "/"), "/")
	kind := strings.TrimSuffix(parts[0], "s")
	named := func(s string) string {
		if n, ok := names[s]; ok {
			return n
		}
		return s
	}
	param := func(key string) string {
		for kv := range strings.SplitSeq(query, "&") {
			if v, ok := strings.CutPrefix(kv, key+"="); ok {
				return v
			}
		}
		return ""
	}
	switch {
	case method == http.MethodDelete:
		return "remove " + kind + " " + named(parts[1])
	case kind == "container" && parts[1] == "create":
		return "create container " + param("name")
	case (kind == "network" || kind == "volume") && parts[1] == "create":
		return "create-" + kind + " " + kind + " " + param("name")
	case kind == "network" && len(parts) > 2:
		return parts[2] + " container " + named(param("name"))
	case kind == "container" && len(parts) > 2 && parts[2] == "archive":
		return "copy-in container " + named(parts[1])
	case kind == "container" && len(parts) > 2 && parts[2] == "rename":
		return "rename container " + named(parts[1])
	case kind == "container" && len(parts) > 2:
		return parts[2] + " container " + named(parts[1])
	}
	return request
}

// shape is what the project has, without what differs from run to run.
func (p *project) shape() string {
	p.t.Helper()
	var lines []string
	for name := range p.ids() {
		mounts := strings.Fields(inspect(p.t, name, "{{range .Mounts}}{{.Destination}} {{end}}"))
		slices.Sort(mounts) // the engine's order means nothing
		lines = append(lines, fmt.Sprintf("%s %s %s %v", strings.Replace(name, p.name, "NAME", 1), inspect(p.t, name, "{{.State.Status}}"), inspectEnv(p.t, name, "VERSION"), mounts))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}
