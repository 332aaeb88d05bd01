package e2e

import (
	"testing"
)

const jobs = `
-- compose.yaml --
services:
  db: {image: $IMAGE, init: true, command: [wait], environment: {VERSION: "1"}}
  migrate: {image: $IMAGE, init: true, command: [exit, "0"], depends_on: [db], x-recompose: {once: true}}
  seed: {image: $IMAGE, init: true, command: [write, /data/seed, sown], volumes: ["data:/data"]}
  web: {image: $IMAGE, init: true, depends_on: {migrate: {condition: service_completed_successfully}}}
volumes: {data: {}}
`

// TestOnce: a job that the file says to do once, or all of them with --once, do
// not run again, until what they worked with is new.
func TestOnce(t *testing.T) {
	t.Parallel()
	p := newProject(t, jobs)
	p.run("up", "-d", "--wait")
	ran := func(service string, want bool, args ...string) {
		t.Helper()
		before := p.started()[p.name+"-"+service+"-1"]
		p.run(args...)
		eventually(t, service+" has ended", func() bool { return inspect(t, p.name+"-"+service+"-1", "{{.State.Status}}") == "exited" })
		if again := p.started()[p.name+"-"+service+"-1"] != before; again != want {
			t.Errorf("%v: %s ran again: %t, want %t", args, service, again, want)
		}
	}
	ran("migrate", false, "up", "-d")
	ran("seed", true, "up", "-d")
	ran("seed", false, "up", "-d", "--once")
	p.rewrite(jobs, `"1"`, `"2"`)
	ran("migrate", true, "up", "-d")
	ran("migrate", false, "up", "-d")
	ran("migrate", true, "up", "-d", "--force-recreate", "migrate")
	p.run("rm", "-sf", "seed")
	p.run("up", "-d", "--once")
	ran("seed", false, "up", "-d", "--once")
}
