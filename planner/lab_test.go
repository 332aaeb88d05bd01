package planner_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"recompose/executor"
	"recompose/executor/sim"
	"recompose/loader"
	"recompose/planner"
)

// errCrash is what every action fails with once the client is gone.
var errCrash = errors.New("the engine is gone")

// lab is a folder of compose files and an in-memory engine.
type lab struct {
	t      *testing.T
	dir    string
	file   string // empty: none, the project is known by name only
	engine *sim.Engine
	back   planner.Plan // by which the last run was taken back
}

func newLab(t *testing.T) *lab {
	dir := filepath.Join(t.TempDir(), "demo")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return &lab{t: t, dir: dir, file: "compose.yaml", engine: sim.New()}
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
	p, mistakes := l.tryLoad()
	if mistakes != "" {
		l.t.Fatalf("load %s: %s", l.file, mistakes)
	}
	return p
}

// tryLoad also says, a line each, what is wrong with the files.
func (l *lab) tryLoad() (p *loader.Project, mistakes string) {
	l.t.Helper()
	p, ds, err := loader.Load(context.Background(), loader.Options{Files: []string{filepath.Join(l.dir, l.file)}, WorkingDir: l.dir})
	if err != nil {
		l.t.Fatalf("load %s: %v", l.file, err)
	}
	for _, d := range ds {
		if d.Severity == loader.SeverityError {
			mistakes += fmt.Sprintf("mistake: %s [%s]\n", d.Message, d.Rule)
		}
	}
	return p, mistakes
}

// make plans until the plan lacks no facts.
func (l *lab) make(t planner.Target) planner.Plan {
	l.t.Helper()
	var p *loader.Project
	if t.ProjectName == "" {
		p = l.load()
	}
	_, plan := l.settle(p, t)
	return plan
}

// settle observes and plans until the plan lacks no facts.
func (l *lab) settle(p *loader.Project, t planner.Target) (planner.State, planner.Plan) {
	l.t.Helper()
	q := planner.NewQuery(p, t)
	for range 4 {
		s, err := l.engine.Observe(context.Background(), q)
		if err != nil {
			l.t.Fatal(err)
		}
		plan := planner.Make(p, s, t)
		if plan.Needs.Empty() {
			return s, plan
		}
		q = q.Plus(plan.Needs)
	}
	l.t.Fatal("the planner never has enough facts")
	return planner.State{}, planner.Plan{}
}

// converge carries a target out, images first where the rest hangs on them,
// and returns the last plan.
func (l *lab) converge(t planner.Target) (planner.Plan, error) {
	l.t.Helper()
	return l.convergeWith(t, executor.Options{Parallel: 1})
}

func (l *lab) convergeWith(t planner.Target, o executor.Options) (planner.Plan, error) {
	l.t.Helper()
	for range 3 {
		plan := l.make(t)
		if len(plan.Problems) > 0 {
			return plan, plan.Problems[0]
		}
		images := imageActions(plan)
		if !plan.Provisional || len(images.Actions) == 0 {
			rest := l.atRest()
			err := executor.Run(context.Background(), plan, l.engine, o)
			return plan, l.takeBack(l.load(), t, rest, err)
		}
		if err := executor.Run(context.Background(), images, l.engine, o); err != nil {
			return images, err
		}
		for _, a := range images.Actions {
			t.Fetched = append(t.Fetched, a.Ref.Name)
		}
	}
	return planner.Plan{}, errors.New("the images keep changing")
}

// takeBack lets those serve again that the run has left half replaced, and
// keeps the plan for that.
func (l *lab) takeBack(p *loader.Project, t planner.Target, rest []string, cause error) error {
	l.t.Helper()
	var run *executor.RunError
	if !errors.As(cause, &run) || len(run.Undone) == 0 {
		return cause
	}
	t.Failed, t.AtRest = run.Undone, rest
	_, l.back = l.settle(p, t)
	if len(l.back.Problems) > 0 {
		return errors.Join(cause, l.back.Problems[0])
	}
	return errors.Join(cause, executor.Run(context.Background(), l.back, l.engine, executor.Options{}))
}

// atRest are the containers that do not run, but for those set aside.
func (l *lab) atRest() []string {
	s, err := l.engine.Observe(context.Background(), planner.Query{AllProjects: true})
	if err != nil {
		l.t.Fatal(err)
	}
	var ids []string
	for _, c := range s.Containers {
		if !c.Running() && c.Role == planner.RoleCurrent {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

func imageActions(p planner.Plan) planner.Plan {
	var out []planner.Action
	for _, a := range p.Actions {
		if a.Op == planner.OpPull || a.Op == planner.OpBuild {
			a.After = nil
			out = append(out, a)
		}
	}
	p.Actions, p.Provisional = out, false
	return p
}

// crashAt lets the engine die before the k-th action from now on;
// engine.Before = nil revives it.
func (l *lab) crashAt(k int) {
	l.at(func(n int) error {
		if n >= k {
			return errCrash
		}
		return nil
	})
}

// at calls f before each action from now on, with its number from 1.
func (l *lab) at(f func(n int) error) {
	n := 0
	l.engine.Before = func(planner.Action) error {
		n++
		return f(n)
	}
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
		lines = append(lines, "  network "+n.Name)
	}
	for _, v := range s.Volumes {
		lines = append(lines, "  volume "+v.Name)
	}
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ") + "\n"
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}
