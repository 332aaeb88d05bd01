package cmd

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"recompose/planner"
)

func expect(t *testing.T, text string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("nothing of %q in:\n%s", w, text)
		}
	}
}

func TestPlanShowsValues(t *testing.T) {
	c, _ := newShop(t)
	const file = "services:\n  web:\n    image: \"app:1\"\n    environment: {LOG: info, GONE: x, DB_PASSWORD: hunter1, URL: \"db://me:hunter1@db/\"}\n"
	c.write("compose.yaml", file)
	c.run(0, "up", "-d")
	changed := strings.NewReplacer("LOG: info", "LOG: \"de bug\"", "GONE: x", "NEW: y", "hunter1", "hunter2").Replace(file)
	c.write("compose.yaml", changed)

	out, _ := c.run(2, "plan", "--detailed-exitcode")
	expect(t, out, "environment.LOG: info -> \"de bug\"\n", "environment.GONE: (removed) x\n", "environment.NEW: (added) y\n",
		"environment.DB_PASSWORD: (changed)\n", "environment.URL: (changed)\n", "1 container to create")
	out, _ = c.run(0, "plan", "--show-values")
	expect(t, out, "environment.DB_PASSWORD: hunter1 -> hunter2", "environment.URL: db://me:hunter1@db/ -> db://me:hunter2@db/")
	out, _ = c.run(0, "--dry-run", "up", "-d")
	expect(t, out, "environment.LOG: info -> \"de bug\"")

	out, _ = c.run(0, "plan", "--format", "json", "web")
	var plan struct {
		Schema  int
		Actions []planner.Action
	}
	if err := json.Unmarshal([]byte(out), &plan); err != nil || plan.Schema != 1 {
		t.Fatalf("schema %d: %v", plan.Schema, err)
	}
	expect(t, out, `"key": "environment.LOG",`, `"old": "info"`, `"masked": true`)
	if strings.Contains(out, "hunter") {
		t.Error("a password stands in:\n", out)
	}

	out, _ = c.run(0, "plan", "--graph")
	expect(t, out, "digraph", "create container shop-web-1", "->")
	c.run(0, "up", "-d")
	c.run(0, "plan", "--detailed-exitcode")
}

// TestApply keeps a plan, and applies it while nothing, and after something,
// has changed.
func TestApply(t *testing.T) {
	t.Run("as it was", func(t *testing.T) {
		c, _ := newShop(t)
		c.run(0, "plan", "-o", "p.plan")
		info, err := os.Stat(filepath.Join(c.dir, "p.plan"))
		if err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
			t.Errorf("mode %v: %v", info.Mode(), err)
		}
		out, _ := c.run(0, "--dry-run", "apply", "p.plan")
		expect(t, out, "create container shop-web-1")
		c.run(0, "apply", "p.plan")
		out, _ = c.run(0, "plan")
		expect(t, out, "nothing to do")
		_, said := c.run(exitMoved, "apply", "p.plan")
		expect(t, said, "container shop-web-1 is new", "nothing was done")
	})
	t.Run("with its flags", func(t *testing.T) {
		c, _ := newShop(t)
		c.write("a/other.yaml", strings.Replace(shop, "web:", "api:", 1))
		c.run(0, "-f", "a/other.yaml", "-p", "named", "plan", "-o", "p.plan", "up", "--scale", "api=2")
		elsewhere := *c
		elsewhere.dir = t.TempDir()
		elsewhere.run(0, "apply", filepath.Join(c.dir, "p.plan"))
		out, _ := c.run(0, "-p", "named", "ps", "-q")
		if n := strings.Count(out, "\n"); n != 2 {
			t.Errorf("%d containers, want 2", n)
		}
	})
	for _, moves := range []struct {
		name string
		move func(*commandLine)
		want []string
	}{
		{"file", func(c *commandLine) { c.write("compose.yaml", shop+"# more\n") }, []string{"compose.yaml has changed"}},
		{"variable", func(c *commandLine) { c.env = append(c.env, "LEVEL=debug") }, []string{"service web has changed"}},
		{"env file", func(c *commandLine) { c.write(".env", "OTHER=1\n") }, []string{".env is new"}},
		{"container", func(c *commandLine) { c.run(0, "stop") }, []string{"container shop-web-1: state was running, is exited with"}},
		{"replicas", func(c *commandLine) { c.run(0, "scale", "web=2") }, []string{"container shop-web-2 is new"}},
		{"gone", func(c *commandLine) { c.run(0, "down") }, []string{"container shop-web-1 is gone"}},
	} {
		t.Run(moves.name, func(t *testing.T) {
			c, e := newShop(t)
			c.run(0, "up", "-d")
			c.run(0, "plan", "-o", "p.plan", "up", "--force-recreate")
			moves.move(c)
			before, err := e.Observe(t.Context(), planner.Query{AllProjects: true})
			if err != nil {
				t.Fatal(err)
			}
			_, said := c.run(exitMoved, "apply", "p.plan")
			expect(t, said, append(moves.want, "p.plan", "make it again")...)
			after, err := e.Observe(t.Context(), planner.Query{AllProjects: true})
			if err != nil || len(before.Containers) != len(after.Containers) {
				t.Errorf("the refused plan changed something: %v", err)
			}
		})
	}
	t.Run("image", func(t *testing.T) {
		c, e := newShop(t)
		c.run(0, "plan", "-o", "p.plan", "web")
		e.AddImage(planner.Image{Tags: []string{"app:1"}})
		_, said := c.run(exitMoved, "apply", "p.plan")
		expect(t, said, "image app:1: id was sha256:")
	})
	t.Run("an image that comes first", func(t *testing.T) {
		c, e := newShop(t)
		c.write("compose.yaml", strings.Replace(shop, "app:1", "new:1", 1))
		e.Offer(planner.Image{Tags: []string{"new:1"}})
		c.run(0, "plan", "-o", "p.plan")
		c.run(0, "apply", "p.plan")
		out, _ := c.run(0, "plan")
		expect(t, out, "nothing to do")
	})
	t.Run("with what has to be asked", func(t *testing.T) {
		c, _ := newShop(t)
		c.run(0, "up", "-d")
		c.run(0, "plan", "-o", "p.plan", "rm", "-s")
		c.run(0, "apply", "p.plan")
		if out, _ := c.run(0, "ps", "-aq"); out != "" {
			t.Errorf("rm left %s", out)
		}
	})
	t.Run("by name", func(t *testing.T) {
		c, _ := newShop(t)
		c.run(0, "up", "-d")
		elsewhere := *c
		elsewhere.dir = t.TempDir()
		elsewhere.run(0, "-p", "shop", "plan", "-o", "p.plan", "down")
		elsewhere.run(0, "apply", "p.plan")
		if out, _ := c.run(0, "ps", "-aq"); out != "" {
			t.Errorf("down left %s", out)
		}
	})
}

// TestABuildArgumentComesFromTheEnvironment: a kept plan names it only.
func TestABuildArgumentComesFromTheEnvironment(t *testing.T) {
	c, _ := newShop(t)
	c.write("compose.yaml", "services:\n  web: {build: .}\n")
	c.write("Dockerfile", "FROM scratch\n")
	c.env = append(c.env, "TOKEN=correct-horse")
	c.run(0, "plan", "-o", "p.plan", "build", "--build-arg", "TOKEN")
	content, err := os.ReadFile(filepath.Join(c.dir, "p.plan"))
	if err != nil || strings.Contains(string(content), "correct-horse") {
		t.Errorf("the file holds the value: %v", err)
	}
	changed := *c
	changed.env = append(c.env[:len(c.env):len(c.env)], "TOKEN=other")
	_, said := changed.run(exitMoved, "apply", "p.plan")
	expect(t, said, "build argument TOKEN has changed")
	c.run(0, "apply", "p.plan")
}

func TestASavedPlanHoldsNoSecrets(t *testing.T) {
	c, _ := newShop(t)
	const secret = "correct-horse"
	c.write("pw", secret)
	c.write("compose.yaml", "services:\n  web:\n    image: \"app:1\"\n    environment: {DB_PASSWORD: $PW, PLAIN: plain-value}\n    secrets: [pw, env]\n"+
		"secrets: {pw: {file: pw}, env: {environment: PW}}\n")
	c.env = append(c.env, "PW="+secret)
	c.run(0, "up", "-d")
	c.env = append(c.env, "PW="+secret+"2")
	c.run(0, "plan", "--show-values", "-o", "p.plan")
	content, err := os.ReadFile(filepath.Join(c.dir, "p.plan"))
	if err != nil {
		t.Fatal(err)
	}
	for _, never := range []string{secret, "plain-value"} {
		if strings.Contains(string(content), never) {
			t.Errorf("%q stands in the file", never)
		}
	}
	c.run(0, "apply", "p.plan")
}

func TestApplyRefusesWhatIsNoPlan(t *testing.T) {
	c, _ := newShop(t)
	_, said := c.run(1, "apply", "compose.yaml")
	expect(t, said, "compose.yaml is no plan")
	c.write("new.plan", `{"kind": "recompose-plan", "version": 99, "program": "9.9"}`)
	_, said = c.run(1, "apply", "new.plan")
	expect(t, said, "layout 99", "9.9")
	_, said = c.run(1, "-p", "x", "apply", "new.plan")
	expect(t, said, "leave -f, -p")
	_, said = c.run(1, "plan", "-o", "p.plan", "build", "--build-arg", "TOKEN=x")
	expect(t, said, "give --build-arg TOKEN alone")
	_, said = c.run(1, "plan", "-o", "p.plan", "--offline")
	expect(t, said, "contradict")
	_, said = c.run(1, "plan", "--graph", "--format", "json")
	expect(t, said, "contradict")
	_, said = c.run(1, "plan", "up", "--detailed-exitcode")
	expect(t, said, "stands before the command: plan --detailed-exitcode … up")
	_, said = c.run(1, "plan", "up", "-o", "p.plan")
	expect(t, said, "stands before the command: plan -o … up")
}
