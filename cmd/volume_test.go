package cmd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"recompose/executor"
	"recompose/executor/sim"
	"recompose/planner"
)

const kept = "services:\n  db: {image: \"app:1\", volumes: [\"data:/data\"]}\nvolumes: {data: {driver_opts: {o: size=1m}}}\n"

// newKept has a volume with a note in it, and a file that wants the volume
// otherwise.
func newKept(t *testing.T) (*commandLine, *sim.Engine) {
	c, e := newShop(t)
	c.write("compose.yaml", kept)
	c.run(0, "up", "-d")
	if err := e.WriteFile("shop-db-1", "/data/note", "kept"); err != nil {
		t.Fatal(err)
	}
	c.write("compose.yaml", strings.Replace(kept, "size=1m", "size=2m", 1))
	return c, e
}

func noteIn(e *sim.Engine) string {
	text, _ := e.ReadFile("shop-db-1", "/data/note") // none is ""
	return text
}

// TestAVolumeIsAskedFor: only a yes gives up the data of a volume that changed.
func TestAVolumeIsAskedFor(t *testing.T) {
	const change, warning, loss = "driver_opts.o: size=1m -> size=2m", "is kept as it is", "all data in the volume shop_data is lost"
	for _, test := range []struct {
		name    string
		answer  string
		noTTY   bool
		args    []string
		kept    bool
		code    int
		say     []string
		notSaid string
	}{
		{name: "yes", answer: "y\n", args: []string{"up", "-d"}, say: []string{loss, change, "shop-db-1 is removed", "[y/N]"}, notSaid: warning},
		{name: "no", answer: "n\n", args: []string{"up", "-d"}, kept: true, say: []string{loss, change, "[y/N]", warning}},
		{name: "no answer", args: []string{"up", "-d"}, kept: true, say: []string{"[y/N]", warning}},
		{name: "no terminal", answer: "y\n", noTTY: true, args: []string{"up", "-d"}, kept: true, say: []string{change, warning, "--yes"}, notSaid: "[y/N]"},
		{name: "--yes", noTTY: true, args: []string{"up", "-d", "--yes"}, notSaid: "[y/N]"},
		{name: "plan", args: []string{"plan"}, kept: true, say: []string{"! " + loss, change, "without a yes, or --yes, it is kept"}, notSaid: "[y/N]"},
		{name: "plan of yes", args: []string{"plan", "up", "-y"}, kept: true, say: []string{"! " + loss, change}, notSaid: "asked"},
		{name: "JSON", args: []string{"plan", "--format", "json"}, kept: true, say: []string{`"confirm": "` + loss, `"old": "size=1m"`}},
		{name: "down", noTTY: true, args: []string{"plan", "down", "-v"}, kept: true, say: []string{"! " + loss}, notSaid: "asked"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, e := newKept(t)
			var out, stderr bytes.Buffer
			a := c.app(&out, &stderr)
			a.In, a.InTTY = strings.NewReader(test.answer), !test.noTTY
			code := a.Run(append([]string{"recompose"}, test.args...))
			said := out.String() + stderr.String()
			if code != test.code {
				t.Fatalf("exit code %d\n%s", code, said)
			}
			expect(t, said, test.say...)
			if test.notSaid != "" && strings.Contains(said, test.notSaid) {
				t.Errorf("%q is in:\n%s", test.notSaid, said)
			}
			if note := noteIn(e); (note == "kept") != test.kept {
				t.Errorf("the note is %q", note)
			}
			if s, err := e.Observe(t.Context(), planner.Query{AllProjects: true}); err != nil || len(s.Volumes) != 1 || s.Volumes[0].Options["o"] == "size=1m" != test.kept {
				t.Errorf("volumes %v, %v", s.Volumes, err)
			}
		})
	}
}

// TestApplyIsAskedForAVolume: a kept plan is carried out with its yes, or not at
// all.
func TestApplyIsAskedForAVolume(t *testing.T) {
	c, e := newKept(t)
	c.run(0, "plan", "-o", "p.plan", "up", "--scale", "db=2")
	_, said := c.run(1, "apply", "p.plan")
	expect(t, said, "nothing was done", "all data in the volume shop_data is lost", "--yes")
	if s, err := e.Observe(t.Context(), planner.Query{AllProjects: true}); err != nil || len(s.Containers) != 1 || noteIn(e) != "kept" {
		t.Errorf("%v, %d containers, the note is %q", err, len(s.Containers), noteIn(e))
	}
	c.run(0, "apply", "--yes", "p.plan")
	if note := noteIn(e); note != "" {
		t.Errorf("the note is still %q", note)
	}
}

// TestOnlyWhatATryMadeIsRemoved: to try a volume's new configuration takes no
// other volume.
func TestOnlyWhatATryMadeIsRemoved(t *testing.T) {
	const try = "recompose.try.shop_data"
	for _, test := range []struct {
		name       string
		others     []planner.Volume
		kept, left bool // the note, and the others
		say        string
	}{
		{"a volume of the project", []planner.Volume{{Name: "shop_data_try"}}, false, true, "Volume shop_data  Created"},
		{"somebody's", []planner.Volume{{Name: try}}, true, true, "there is a volume " + try + " that is not ours"},
		{"another project's", []planner.Volume{{Name: try, Project: "other", Labels: map[string]string{planner.LabelTried: "shop_data"}}}, true, true, "that is not ours"},
		{"an earlier try's", []planner.Volume{{Name: try, Project: "shop", Labels: map[string]string{planner.LabelTried: "shop_data"}}}, false, false, "Volume shop_data  Created"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, e := newKept(t)
			for _, v := range test.others {
				e.AddVolume(v)
			}
			_, said := c.run(0, "up", "-d", "--yes")
			expect(t, said, test.say)
			if note := noteIn(e); (note == "kept") != test.kept {
				t.Errorf("the note is %q", note)
			}
			want := 1
			if test.left {
				want += len(test.others)
			}
			if s, err := e.Observe(t.Context(), planner.Query{AllProjects: true, Volumes: []string{try, "shop_data_try"}}); err != nil || len(s.Volumes) != want {
				t.Errorf("%v, volumes %v", err, s.Volumes)
			}
		})
	}
}

// TestAVolumeIsNotGivenUpForNothing: the engine looks for the folder that a
// volume mounts only when a container starts, and the old data would be gone.
func TestAVolumeIsNotGivenUpForNothing(t *testing.T) {
	c, e := newKept(t)
	e.Info.Local, e.Host.MissingPaths = true, []string{"/no/folder"}
	c.write("compose.yaml", strings.Replace(kept, "o: size=1m", "type: none, o: bind, device: /no/folder", 1))
	_, said := c.run(0, "up", "-d", "--yes")
	expect(t, said, "is kept as it is", "there is no /no/folder to mount")
	if note := noteIn(e); note != "kept" {
		t.Errorf("the note is %q", note)
	}
	e.Host.MissingPaths = nil
	c.run(0, "up", "-d", "--yes")
	if note := noteIn(e); note != "" {
		t.Errorf("the note is %q", note)
	}
}

// TestAFileCannotMark: what a file labels as recompose labels what it makes
// for itself is a service or a volume like any other.
func TestAFileCannotMark(t *testing.T) {
	c, e := newShop(t)
	c.write("compose.yaml", `
services:
  db:
    image: app:1
    volumes: ["data:/data"]
    labels: {recompose.keeper: "true", recompose.rolled-back: "x db", recompose.previous: "1:{}"}
volumes: {data: {labels: {recompose.updated: db}}}
`)
	c.run(0, "up", "-d")
	out, _ := c.run(0, "plan")
	expect(t, out, "nothing to do")
	out, _ = c.run(0, "ps")
	expect(t, out, "shop-db-1")
	_, said := c.run(1, "rollback", "db")
	expect(t, said, "nothing to go back to")
	c.run(0, "down")
	if s, err := e.Observe(t.Context(), planner.Query{AllProjects: true}); err != nil || len(s.Volumes) != 1 {
		t.Errorf("%v, volumes %v", err, s.Volumes)
	}
	c.run(0, "down", "-v")
	if s, err := e.Observe(t.Context(), planner.Query{AllProjects: true}); err != nil || len(s.Volumes) != 0 {
		t.Errorf("%v, volumes %v", err, s.Volumes)
	}
}

// TestAPortTakenDuringTakeBack: where the old container cannot have its port
// back, it is said how both were left, and up goes on from there.
func TestAPortTakenDuringTakeBack(t *testing.T) {
	c, e := newShop(t)
	c.write("compose.yaml", "services:\n  web: {image: \"app:1\", environment: {LEVEL: $LEVEL}, ports: [\"8080:80\"], volumes: [/data]}\n")
	c.run(0, "up", "-d")
	if err := e.WriteFile("shop-web-1", "/data/note", "kept"); err != nil {
		t.Fatal(err)
	}
	c.env = append(c.env, "LEVEL=debug")
	starts := 0
	e.Before = func(a planner.Action) error {
		switch {
		case a.Op == planner.OpCheck:
			return errors.New("it has exited with code 3")
		case a.Op == planner.OpStart:
			if starts++; starts == 2 { // the way back
				e.AddContainer(planner.Container{Name: "thief", Status: planner.StatusRunning, Ports: []planner.PublishedPort{{Host: 8080, Private: 80, Protocol: "tcp"}}})
			}
		}
		return nil
	}
	_, said := c.run(1, "up", "-d")
	expect(t, said, "it has exited with code 3", "taking back", "port 8080 is allocated already",
		"web 1 is half done (old container: shop-web-1 is exited; new container: it is gone)", "up goes on from here")
	e.Before = nil
	_, said = c.run(1, "up", "-d")
	expect(t, said, "8080", "container thief")
	if err := e.Apply(t.Context(), planner.Action{Op: planner.OpRemove, Ref: planner.Ref{Kind: planner.KindContainer}, Payload: planner.Remove{ID: "thief", Force: true}}, nil); err != nil {
		t.Fatal(err)
	}
	c.run(0, "up", "-d")
	text, _ := e.ReadFile("shop-web-1", "/data/note")
	s, err := e.Observe(t.Context(), planner.Query{AllProjects: true})
	if err != nil || len(s.Containers) != 1 || !s.Containers[0].Running() || text != "kept" {
		t.Errorf("%v, %v, the note is %q", s.Containers, err, text)
	}
}

// vanishing is an engine that is gone from some point on.
type vanishing struct {
	*sim.Engine
	gone bool
}

func (v *vanishing) Observe(ctx context.Context, q planner.Query) (planner.State, error) {
	if v.gone {
		return planner.State{}, fmt.Errorf("%w: it was stopped", executor.ErrUnreachable)
	}
	return v.Engine.Observe(ctx, q)
}

// TestAnEngineThatIsGone: what is half done is named, and the reason told once.
func TestAnEngineThatIsGone(t *testing.T) {
	c, e := newShop(t)
	c.run(0, "up", "-d")
	v := &vanishing{Engine: e}
	c.engine = v
	c.env = append(c.env, "LEVEL=debug")
	e.Before = func(a planner.Action) error {
		if a.Op == planner.OpStart {
			v.gone = true
			return errors.New("the connection is lost")
		}
		return nil
	}
	_, said := c.run(1, "up", "-d")
	expect(t, said, "the connection is lost", "half done: web 1; once the engine answers, up goes on from here")
	if n := strings.Count(said, "it was stopped"); n != 1 {
		t.Errorf("the reason is told %d times:\n%s", n, said)
	}
	e.Before, v.gone = nil, false
	c.run(0, "up", "-d")
	c.run(0, "plan", "--detailed-exitcode")
}
