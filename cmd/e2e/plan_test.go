package e2e

import (
	"strings"
	"testing"
)

// TestPlanWritesNothing looks at every request of the planning commands.
func TestPlanWritesNothing(t *testing.T) {
	const file = "services:\n  db: {image: $IMAGE, environment: {LOG: info, DB_PASSWORD: one}, volumes: [/data]}\n  web: {image: $IMAGE, depends_on: [db]}\n"
	p := newProject(t, "-- compose.yaml --\n"+file)
	p.run("up", "-d")
	p.write("compose.yaml", strings.NewReplacer("info", "debug", "one", "two").Replace(file)+"  more: {image: $IMAGE}\n")
	engine := newProxy(t)
	p.env = []string{"DOCKER_HOST=" + engine.host}
	out := p.run("plan").out
	for _, want := range []string{"environment.LOG: info -> debug\n", "environment.DB_PASSWORD: (changed)\n", "up to date"} {
		if !strings.Contains(out, want) {
			t.Errorf("nothing of %q in:\n%s", want, out)
		}
	}
	p.run("plan", "web")
	p.run("plan", "-o", "p.plan")
	p.run("plan", "--graph", "up", "--force-recreate")
	p.run("plan", "down", "-v")
	p.run("plan", "scale", "web=3")
	p.run("plan", "restart")
	p.run("--dry-run", "up", "-d")
	p.run("why", "web")
	p.fail(2, nil, "plan", "--detailed-exitcode")
	if w := writes(engine.take()); len(w) > 0 {
		t.Errorf("writes reached the engine:\n%s", strings.Join(w, "\n"))
	}
	p.run("stop", "web")
	p.passName = false // the plan says it
	p.fail(3, []string{p.name + "-web-1", "state was running"}, "apply", "p.plan")
	p.run("start", "web")
	p.run("apply", "p.plan")
	p.run("plan", "--detailed-exitcode")
}
