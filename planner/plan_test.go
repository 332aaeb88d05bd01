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
	"recompose/planner"
)

var update = flag.Bool("update", false, "write the golden plans anew")

// TestPlans runs the steps of each testdata/plan/*.txtar against the in-memory
// engine and compares the plans' texts.
//
//	plan GOAL [ARG...]     print the plan, change nothing
//	run GOAL [ARG...]      carry it out (all rounds), print what is there after
//	crash K GOAL [ARG...]  carry it out, but the engine dies before action K
//	fail K GOAL [ARG...]   carry it out, but action K fails
//	use FILE               go on with another compose file
//	image NAME [VOLUME...] the engine has another image under the name
//	offer NAME             a registry has another image under the name
//	edit SERVICE           what its image is built of changes
//	behave NAME exits=N|hangs|health=H|memory=N  how containers of a service or image act
//	network|volume NAME    somebody else's network or volume is there
//	container NAME [PORT|VOLUME]  somebody else's container runs
//	busy PORT, idle PORT   a process of this machine holds the port, or no more
//	engine OP NAME         the engine is told without us: start, stop, pause,
//	                       rename (to a further NAME), remove-container,
//	                       remove-network
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
		if slices.Contains([]string{"plan", "run", "crash", "fail"}, words[0]) {
			if _, mistakes := l.tryLoad(); mistakes != "" {
				b.WriteString(mistakes + "\n")
				continue
			}
		}
		switch words[0] {
		case "plan":
			b.WriteString(planner.Text(l.make(parseTarget(l.t, words[1:])), true))
		case "run":
			l.back = planner.Plan{}
			b.WriteString(l.report(l.converge(parseTarget(l.t, words[1:]))))
			if len(l.back.Actions) > 0 {
				b.WriteString("taken back:\n" + planner.Text(l.back, true))
			}
			b.WriteString(l.there())
		case "crash":
			l.crashAt(atoi(l.t, words[1]))
			_, _ = l.converge(parseTarget(l.t, words[2:])) // its error is the crash
			l.engine.Before = nil
			b.WriteString(l.there())
		case "fail":
			// By the plan's number: what runs at once comes in any order.
			k, failed := planner.ID(atoi(l.t, words[1])), false
			l.engine.Before = func(a planner.Action) error {
				if a.ID != k || failed {
					return nil
				}
				failed = true
				return errCrash
			}
			l.back = planner.Plan{}
			b.WriteString(l.report(l.converge(parseTarget(l.t, words[2:]))))
			l.engine.Before = nil
			b.WriteString("taken back:\n" + planner.Text(l.back, true))
			b.WriteString(l.there())
		default:
			l.arrange(words)
			continue
		}
		b.WriteString("\n")
	}
	return strings.ReplaceAll(b.String(), l.dir, "$DIR")
}

// report is what went wrong, as text.
func (l *lab) report(plan planner.Plan, err error) string {
	switch {
	case len(plan.Problems) > 0:
		return planner.Text(plan, true)
	case err != nil:
		return "error: " + err.Error() + "\n"
	}
	return ""
}

// arrange changes the world around the project.
func (l *lab) arrange(words []string) {
	l.t.Helper()
	e, name := l.engine, words[1]
	switch words[0] {
	case "use":
		l.file = name
	case "image":
		e.AddImage(planner.Image{Tags: []string{name}, Config: &planner.ImageConfig{Volumes: words[2:]}})
	case "offer":
		e.Offer(planner.Image{Tags: []string{name}})
	case "edit":
		e.Edit(name)
	case "behave":
		var b sim.Behavior
		for _, w := range words[2:] {
			key, value, _ := strings.Cut(w, "=")
			switch key {
			case "exits":
				b.Exits, b.ExitCode = true, atoi(l.t, value)
			case "hangs":
				b.Hangs = true
			case "health":
				b.Health = planner.Health(value)
			case "memory":
				b.Memory = int64(atoi(l.t, value))
			}
		}
		e.Behave(name, b)
	case "network":
		e.AddNetwork(planner.Network{Name: name})
	case "volume":
		e.AddVolume(planner.Volume{Name: name})
	case "container":
		c := planner.Container{Name: name, Image: "other", Status: planner.StatusRunning}
		for _, w := range words[2:] {
			if port, err := strconv.Atoi(w); err == nil {
				c.Ports = append(c.Ports, planner.PublishedPort{Host: port, Private: 80, Protocol: "tcp"})
			} else {
				c.Mounts = append(c.Mounts, planner.Mount{Type: "volume", Name: w, Destination: "/data"})
			}
		}
		e.AddContainer(c)
	case "busy":
		e.Host.BusyPorts = append(e.Host.BusyPorts, planner.HostPort{Port: atoi(l.t, name), Protocol: "tcp"})
	case "idle":
		e.Host.BusyPorts = slices.DeleteFunc(e.Host.BusyPorts, func(p planner.HostPort) bool { return p.Port == atoi(l.t, name) })
	case "engine":
		l.tell(words[1], words[2], words[3:]...)
	default:
		l.t.Fatalf("no such step: %s", words[0])
	}
}

// tell has the engine do one thing that no plan of ours asks for.
func (l *lab) tell(op, name string, to ...string) {
	l.t.Helper()
	h := planner.Handle{Name: name}
	actions := map[string]planner.Action{
		"start":            {Op: planner.OpStart, Payload: planner.Start{Container: h}},
		"stop":             {Op: planner.OpStop, Payload: planner.Stop{Container: h}},
		"pause":            {Op: planner.OpPause, Payload: planner.Pause{Container: h}},
		"remove-container": {Op: planner.OpRemove, Ref: planner.Ref{Kind: planner.KindContainer}, Payload: planner.Remove{ID: name, Force: true}},
		"rename":           {Op: planner.OpRename, Payload: planner.Rename{Container: h, To: strings.Join(to, " ")}},
		"remove-network":   {Op: planner.OpRemove, Ref: planner.Ref{Kind: planner.KindNetwork}, Payload: planner.Remove{ID: name}},
	}
	a, ok := actions[op]
	if !ok {
		l.t.Fatalf("the engine cannot be told to %s", op)
	}
	if err := l.engine.Apply(context.Background(), a, func(executor.Progress) {}); err != nil {
		l.t.Fatal(err)
	}
}

func parseTarget(t *testing.T, words []string) planner.Target {
	t.Helper()
	target := planner.Target{Goal: planner.Goal(words[0]), Replicas: map[string]int{}, Slug: "0123abcd"}
	for _, w := range words[1:] {
		name, value, valued := strings.Cut(strings.TrimPrefix(w, "--"), "=")
		switch {
		case !strings.HasPrefix(w, "--") && target.Goal == planner.GoalScale && valued:
			target.Replicas[name] = atoi(t, value)
		case !strings.HasPrefix(w, "--") && target.Goal == planner.GoalRun:
			target.Run = &planner.RunOptions{Service: w, Remove: true}
		case !strings.HasPrefix(w, "--"):
			target.Services = append(target.Services, w)
		default:
			setFlag(t, &target, name, value)
		}
	}
	return target
}

func setFlag(t *testing.T, target *planner.Target, name, value string) {
	t.Helper()
	switch name {
	case "force-recreate":
		target.Recreate = planner.RecreateAlways
	case "no-recreate":
		target.Recreate = planner.RecreateNever
	case "yes":
		target.Yes = true
	case "refuse":
		target.Refused = append(target.Refused, "volume "+value)
	case "no-deps":
		target.NoDeps = true
	case "no-in-place":
		target.NoInPlace = true
	case "explain":
		target.Explain = true
	case "no-start":
		target.NoStart = true
	case "build":
		target.Build = planner.BuildAlways
	case "no-build":
		target.Build = planner.BuildNever
	case "wait":
		target.Wait = true
	case "once":
		target.Once = true
	case "rolling":
		target.Rolling = true
	case "keep-scale":
		target.KeepScale = true
	case "renew":
		target.RenewVolumes = true
	case "stop":
		target.StopFirst = true
	case "volumes":
		target.RemoveVolumes = true
	case "remove-orphans":
		target.Orphans = planner.OrphansRemove
		if value == "all" {
			target.Orphans = planner.OrphansRemoveAll
		}
	case "rmi":
		target.RemoveImages = value
	case "attach":
		target.Attach = strings.Split(value, ",")
	case "pull":
		target.Pull = value
	case "signal":
		target.Signal = value
	case "timeout":
		seconds := atoi(t, value)
		target.Timeout = &seconds
	case "scale":
		service, n, _ := strings.Cut(value, "=")
		target.Replicas[service] = atoi(t, n)
	case "name":
		target.ProjectName = value
	default:
		t.Fatalf("no such flag: --%s", name)
	}
}

func atoi(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
