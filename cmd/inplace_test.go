package cmd

import (
	"strings"
	"testing"

	"recompose/executor/sim"
	"recompose/planner"
)

// TestInPlace: plans and displays name an update, and the flag replaces.
func TestInPlace(t *testing.T) {
	e := sim.New()
	e.AddImage(planner.Image{Tags: []string{"app:1"}})
	const file = "services:\n  web:\n    image: app:1\n    mem_limit: 64m\n"
	c := newCommandLine(t, e, map[string]string{"compose.yaml": file})
	c.run(0, "up", "-d")
	c.write("compose.yaml", strings.Replace(file, "64m", "96m\n    restart: always", 1))
	out, _ := c.run(2, "plan", "--detailed-exitcode")
	expect(t, out, "~ update container shop-web-1", "    mem_limit: 64MiB -> 96MiB\n", "    restart: no -> always\n", "1 to update")
	out, _ = c.run(0, "plan", "--format", "json")
	expect(t, out, `"op": "update"`)
	out, _ = c.run(0, "why", "web")
	expect(t, out, "shop-web-1 is updated: changed in place\n", "compose.yaml:4:16", "compose.yaml:5:14")
	for _, command := range []string{"up", "create"} {
		out, _ = c.run(0, "plan", command, "--no-in-place")
		expect(t, out, "+ create container shop-web-1")
	}
	_, said := c.run(0, "scale", "web=1")
	expect(t, said, "shop-web-1 differs from the file (mem_limit, restart); scale leaves it as it is, up updates it")
	_, said = c.run(0, "--progress", "plain", "create")
	expect(t, said, "Container shop-web-1  Updated")
	c.run(0, "plan", "--detailed-exitcode")
	_, said = c.run(1, "rollback")
	expect(t, said, "Going to change the containers of web\n")
	_, said = c.run(0, "--progress", "plain", "rollback", "--yes")
	expect(t, said, "Container shop-web-1  Updated")
	c.run(0, "rollback", "web")
	c.run(0, "plan", "--detailed-exitcode")
}
