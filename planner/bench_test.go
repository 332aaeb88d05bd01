package planner_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"recompose/executor"
	"recompose/executor/sim"
	"recompose/loader"
	"recompose/planner"
)

// BenchmarkMake plans projects of a thousand services: all to be created, all
// up to date, and all to be replaced.
func BenchmarkMake(b *testing.B) {
	var file strings.Builder
	file.WriteString("services:\n")
	for i := range 1000 {
		fmt.Fprintf(&file, "  s%d:\n    image: app:1\n    environment: {A: \"%d\"}\n    ports: [\"%d:80\"]\n", i, i, 20000+i)
		if i > 0 {
			fmt.Fprintf(&file, "    depends_on: [s%d]\n", i/2)
		}
	}
	dir := b.TempDir()
	path := filepath.Join(dir, "compose.yaml")
	if err := os.WriteFile(path, []byte(file.String()), 0o600); err != nil {
		b.Fatal(err)
	}
	p, ds, err := loader.Load(context.Background(), loader.Options{Files: []string{path}, WorkingDir: dir, Name: "bench"})
	if err != nil || loader.HasErrors(ds) {
		b.Fatal(err, ds)
	}
	target := planner.Target{Goal: planner.GoalUp}
	e := sim.New()
	e.AddImage(planner.Image{Tags: []string{"app:1"}})
	observe := func() planner.State {
		q := planner.NewQuery(p, target)
		for {
			s, err := e.Observe(context.Background(), q)
			if err != nil {
				b.Fatal(err)
			}
			plan := planner.Make(p, s, target)
			if plan.Needs.Empty() {
				return s
			}
			q = q.Plus(plan.Needs)
		}
	}
	run := func(name string, s planner.State) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				planner.Make(p, s, target)
			}
		})
	}
	empty := observe()
	run("create-1000", empty)
	if err := executor.Run(context.Background(), planner.Make(p, empty, target), e, executor.Options{}); err != nil {
		b.Fatal(err)
	}
	run("keep-1000", observe())
	target.Recreate = planner.RecreateAlways
	run("replace-1000", observe())
}
