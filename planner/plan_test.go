package planner_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"recompose/executor"
	"recompose/executor/sim"
	"recompose/loader"
	"recompose/planner"
)

var update = flag.Bool("update", false, "write the golden plans anew")

// TestPlans runs the steps of each testdata/plan/*.txtar against the in-memory
// engine and compares the plans' texts.
//
//	plan GOAL [ARG...]   print the plan, change nothing
//	run GOAL [ARG...]    carry it out (all rounds), print what is there after
//	crash K GOAL [ARG...] carry it out, but the engine dies before action K
//	use FILE             go on with another compose file
//	image NAME           the engine has another image under the name
func TestPlans(t *testing.T) {
	files, err := filepath.Glob("../testdata/plan/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no golden plans found", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			ar, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			l := newLab(t)
			var steps, want string
			for _, f := range ar.Files {
				switch f.Name {
				case "steps":
					steps = string(f.Data)
				case "want":
					want = string(f.Data)
				default:
					l.write(f.Name, f.Data)
				}
			}
			got := l.play(steps)
			if *update {
				ar.Files = slices.DeleteFunc(ar.Files, func(f txtar.File) bool { return f.Name == "want" })
				ar.Files = append(ar.Files, txtar.File{Name: "want", Data: []byte(got)})
				if err := os.WriteFile(file, txtar.Format(ar), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("plans differ (-want +got), go test ./planner -update writes them anew:\n%s", diff)
			}
		})
	}
}

// lab is a folder of compose files and an in-memory engine.
type lab struct {
	t      *testing.T
	dir    string
	file   string
	engine *sim.Engine
}

func newLab(t *testing.T) *lab {
	dir := filepath.Join(t.TempDir(), "demo")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	e := sim.New()
	return &lab{t: t, dir: dir, file: "compose.yaml", engine: e}
}

func (l *lab) write(name string, data []byte) {
	path := filepath.Join(l.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		l.t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		l.t.Fatal(err)
	}
}

func (l *lab) load() *loader.Project {
	l.t.Helper()
	p, ds, err := loader.Load(context.Background(), loader.Options{Files: []string{filepath.Join(l.dir, l.file)}, WorkingDir: l.dir})
	if err != nil || loader.HasErrors(ds) {
		l.t.Fatalf("load %s: %v %+v", l.file, err, ds)
	}
	return p
}

func (l *lab) play(steps string) string {
	l.t.Helper()
	var b strings.Builder
	for line := range strings.Lines(steps) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		fmt.Fprintf(&b, "$ %s\n", line)
		words := strings.Fields(line)
		switch words[0] {
		case "use":
			l.file = words[1]
		case "image":
			l.engine.AddImage(planner.Image{Tags: []string{words[1]}})
		case "plan":
			b.WriteString(planner.Text(l.make(parseTarget(l.t, words[1:])), true))
		case "run":
			b.WriteString(l.converge(parseTarget(l.t, words[1:])))
			b.WriteString(l.there())
		case "crash":
			k, err := strconv.Atoi(words[1])
			if err != nil {
				l.t.Fatal(err)
			}
			l.engine.Before = func(n int, _ planner.Action) error {
				if n >= k {
					return fmt.Errorf("the engine is gone")
				}
				return nil
			}
			_ = l.converge(parseTarget(l.t, words[2:]))
			l.engine.Before = nil
			b.WriteString(l.there())
		default:
			l.t.Fatalf("no such step: %s", line)
		}
		b.WriteString("\n")
	}
	return strings.ReplaceAll(b.String(), l.dir, "$DIR")
}

// make plans until the plan lacks no facts.
func (l *lab) make(t planner.Target) planner.Plan {
	l.t.Helper()
	p := l.load()
	q := planner.NewQuery(p, t)
	for range 4 {
		s, err := l.engine.Observe(context.Background(), q)
		if err != nil {
			l.t.Fatal(err)
		}
		plan := planner.Make(p, s, t)
		if plan.Needs.Empty() {
			return plan
		}
		q = q.Plus(plan.Needs)
	}
	l.t.Fatal("the planner never has enough facts")
	return planner.Plan{}
}

// converge carries a target out, images first where the rest hangs on them.
func (l *lab) converge(t planner.Target) string {
	l.t.Helper()
	var b strings.Builder
	for range 3 {
		plan := l.make(t)
		if len(plan.Problems) > 0 {
			return b.String() + planner.Text(plan, true)
		}
		images := imageActions(plan)
		goesOn := len(images.Actions) > 0 && len(images.Actions) < len(plan.Actions)
		if goesOn {
			plan = images
			for _, a := range images.Actions {
				t.Fetched = append(t.Fetched, a.Ref.Name)
			}
		}
		if err := executor.Run(context.Background(), plan, l.engine, executor.Options{Parallel: 1}); err != nil {
			return b.String() + "error: " + err.Error() + "\n"
		}
		if !goesOn {
			return b.String()
		}
	}
	return b.String()
}

func imageActions(p planner.Plan) planner.Plan {
	var out []planner.Action
	for _, a := range p.Actions {
		if a.Op == planner.OpPull || a.Op == planner.OpBuild {
			a.After = nil
			out = append(out, a)
		}
	}
	p.Actions = out
	return p
}

// there is what the engine has, a resource a line.
func (l *lab) there() string {
	s, err := l.engine.Observe(context.Background(), planner.Query{AllProjects: true})
	if err != nil {
		l.t.Fatal(err)
	}
	var lines []string
	for _, c := range s.Containers {
		lines = append(lines, fmt.Sprintf("  container %s %s %s", c.Name, c.Status, c.Health))
	}
	for _, n := range s.Networks {
		if n.Project != "" {
			lines = append(lines, "  network "+n.Name)
		}
	}
	for _, v := range s.Volumes {
		if v.Project != "" {
			lines = append(lines, "  volume "+v.Name)
		}
	}
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ") + "\n"
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}

func parseTarget(t *testing.T, words []string) planner.Target {
	t.Helper()
	target := planner.Target{Goal: planner.Goal(words[0]), Replicas: map[string]int{}}
	for _, w := range words[1:] {
		name, value, _ := strings.Cut(strings.TrimPrefix(w, "--"), "=")
		switch {
		case w == "--force-recreate":
			target.Recreate = planner.RecreateAlways
		case w == "--no-recreate":
			target.Recreate = planner.RecreateNever
		case w == "--no-deps":
			target.NoDeps = true
		case w == "--no-start":
			target.NoStart = true
		case w == "--build":
			target.Build = planner.BuildAlways
		case w == "--wait":
			target.Wait = true
		case w == "--stop":
			target.StopFirst = true
		case w == "--volumes":
			target.RemoveVolumes = true
		case w == "--remove-orphans":
			target.Orphans = planner.OrphansRemove
		case w == "--attach":
			target.Attach = []string{"web"}
		case strings.HasPrefix(w, "--pull="):
			target.Pull = value
		case strings.HasPrefix(w, "--signal="):
			target.Signal = value
		case strings.HasPrefix(w, "--scale="):
			svc, n, _ := strings.Cut(value, "=")
			target.Replicas[svc] = atoi(t, n)
		case target.Goal == planner.GoalScale && strings.Contains(w, "="):
			target.Replicas[name] = atoi(t, value)
		case strings.HasPrefix(w, "--"):
			t.Fatalf("no such flag: %s", w)
		default:
			target.Services = append(target.Services, w)
		}
	}
	return target
}

func atoi(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
