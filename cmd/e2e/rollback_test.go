package e2e

import (
	"context"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"
)

// remembered is a service of which the file, the image behind a tag and a
// secret change.
const remembered = `
-- pw --
hidden-1
-- compose.yaml --
services:
  web:
    image: recompose-test/$NAME:1
    environment: {VERSION: "1", API_TOKEN: hidden-1, URL: "db://me:hidden-1@db/"}
    command: [serve, "80", --password, hidden-1]
    labels: {auth_key: hidden-1}
    secrets: [pw]
  side: {image: $IMAGE, command: [wait], network_mode: "service:web"}
secrets: {pw: {file: ./pw}}
`

// tag builds an image of its own behind the project's tag, and returns its id.
func (p *project) tag(version string) string {
	p.t.Helper()
	name := "recompose-test/" + p.name + ":1"
	p.build(name, image, version)
	id := docker(p.t, "image", "inspect", "--format", "{{.Id}}", name)
	p.t.Cleanup(func() { p.clean(); try("docker", "rmi", name); try("docker", "rmi", id) })
	return id
}

func (p *project) build(name, from, version string) {
	p.t.Helper()
	build := exec.Command("docker", "build", "-q", "-t", name, "-")
	build.Stdin = strings.NewReader("FROM " + from + "\nLABEL version=" + version + "\n")
	if out, err := build.CombinedOutput(); err != nil {
		p.t.Fatalf("%v\n%s", err, out)
	}
}

// runs checks what replica 1 of web is made of.
func (p *project) runs(what, id, version string) {
	p.t.Helper()
	const format = `{{.State.Status}} {{.Image}} {{range .Config.Env}}{{println .}}{{end}}`
	got := inspect(p.t, p.name+"-web-1", format)
	for _, want := range []string{"running " + id, "VERSION=" + version + "\n"} {
		if !strings.Contains(got+"\n", want) {
			p.t.Errorf("%s: nothing of %q in\n%s", what, want, got)
		}
	}
}

// TestRollback: an update whose tag was built anew goes back to the image and
// values of before, and forward again; secrets are today's, and in no label.
func TestRollback(t *testing.T) {
	t.Parallel()
	p := newProject(t, remembered)
	first := p.tag("1")
	p.run("up", "-d")
	second := p.tag("2")
	p.rewrite(remembered, `VERSION: "1"`, `VERSION: "2"`, "hidden-1", "hidden-2")
	p.write("pw", "hidden-2")
	p.run("up", "-d")
	p.runs("the update", second, "2")

	// An image that others are built from is in no list once it has no name.
	above := "recompose-test/" + p.name + ":above"
	p.build(above, first, "above")
	t.Cleanup(func() { try("docker", "rmi", above) })

	r := p.run("rollback", "web")
	for _, say := range []string{"gets today's", "environment.API_TOKEN", "environment.URL", "command", "labels.auth_key", "secret pw", "the next up goes by them"} {
		if !strings.Contains(r.out+r.err, say) {
			t.Errorf("rollback does not say %q:\n%s%s", say, r.out, r.err)
		}
	}
	p.runs("the rollback", first, "1")
	if env := inspect(t, p.name+"-web-1", "{{.Config.Env}} {{.Config.Cmd}}"); strings.Contains(env, "hidden-1") || strings.Count(env, "hidden-2") != 3 {
		t.Errorf("secrets are not today's: %s", env)
	}
	// What shares its network has followed.
	if text := docker(t, "exec", p.name+"-side-1", "/app", "get", "http://127.0.0.1/health"); text != "ok" {
		t.Errorf("side gets %q from web", text)
	}
	p.hidesSecrets()
	if out := p.run("why", "web").out; !strings.Contains(out, "it was rolled back, and differs from the file") {
		t.Errorf("why says\n%s", out)
	}

	p.run("rollback", "web")
	p.runs("the second rollback", second, "2")
	if out := p.run("plan", "--detailed-exitcode").out; !strings.Contains(out, "nothing to do") {
		t.Errorf("after two rollbacks:\n%s", out)
	}
	p.hidesSecrets()

	// Nothing is touched where the image is gone.
	docker(t, "rmi", above) // and what was only below it
	before := p.ids()
	p.fail(1, []string{"its image of then", "is not here any more"}, "rollback", "web")
	if after := p.ids(); fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("containers were %v, are %v", before, after)
	}
}

// hidesSecrets checks all labels of the project's containers. The one that the
// file gives a secret by itself is the file's.
func (p *project) hidesSecrets() {
	p.t.Helper()
	for name := range p.ids() {
		for line := range strings.Lines(inspect(p.t, name, "{{range $k, $v := .Config.Labels}}{{$k}} {{$v}}\n{{end}}")) {
			if strings.Contains(line, "hidden-") && !strings.HasPrefix(line, "auth_key ") {
				p.t.Errorf("%s has a secret in a label: %s", name, line)
			}
		}
	}
}

// TestRollbackPassesOverWhatFailed: a version that has failed is nothing to go
// back to.
func TestRollbackPassesOverWhatFailed(t *testing.T) {
	t.Parallel()
	const files = "\n-- compose.yaml --\nservices:\n  web: {image: $IMAGE, environment: {VERSION: \"1\"}}\n"
	p := newProject(t, files)
	p.run("up", "-d")
	id := inspect(t, image, "{{.Id}}")
	broken := func(version string) {
		p.rewrite(files, `"1"`, `"`+version+`"`)
		p.run("up", "-d")
		docker(t, "kill", "-s", "ABRT", p.name+"-web-1") // its runtime ends it with 2
		docker(t, "wait", p.name+"-web-1")
	}
	broken("2")
	p.run("rollback", "web")
	p.runs("back from a broken version", id, "1")
	p.fail(1, []string{"no other configuration is known under which it served"}, "rollback", "web")
	broken("2")
	broken("3")
	p.run("rollback", "web")
	p.runs("back over two broken versions", id, "1")
}

// TestRollbackToWhatWasStopped: what was stopped before the change has served,
// whether it ended by itself or was killed; what then failed has not.
func TestRollbackToWhatWasStopped(t *testing.T) {
	t.Parallel()
	const files = `
-- compose.yaml --
x-service: &service {image: $IMAGE, environment: {VERSION: "1"}, stop_grace_period: 100ms}
services:
  web: {<<: *service}
  killed: {<<: *service, command: [stubborn]}
  sick: {<<: *service, healthcheck: {test: [CMD, /app, exit, "1"], interval: 100ms, retries: 2}}
`
	p := newProject(t, files)
	p.run("up", "-d")
	eventually(t, "sick is unhealthy", func() bool {
		probes(t, p.name+"-sick-1")
		return inspect(t, p.name+"-sick-1", "{{.State.Health.Status}}") == "unhealthy"
	})
	p.run("stop")
	p.rewrite(files, `VERSION: "1"`, `VERSION: "2"`, `exit, "1"`, `exit, "0"`)
	p.run("up", "-d")
	r := p.run("plan", "rollback")
	for service, goes := range map[string]bool{"web": true, "killed": true, "sick": false} {
		if strings.Contains(r.out, "+ create container "+p.name+"-"+service+"-1") != goes {
			t.Errorf("%s goes back: %v, want %v", service, !goes, goes)
		}
	}
	if t.Failed() {
		t.Log(r.out, r.err)
	}
}

// TestRollbackOrder: updates go by update_config, rollbacks by rollback_config.
func TestRollbackOrder(t *testing.T) {
	t.Parallel()
	const files = `
-- compose.yaml --
services:
  web:
    image: $IMAGE
    init: true
    environment: {VERSION: "1"}
    stop_grace_period: 1s
    deploy:
      replicas: 2
      update_config: {order: stop-first}
      rollback_config: {order: start-first}
`
	p := newProject(t, files)
	p.run("up", "-d")
	order := func(args ...string) []string {
		t.Helper()
		since := fmt.Sprintf("%.9f", float64(time.Now().UnixNano())/1e9)
		p.run(args...)
		filters := []string{"events", "--since", since, "--format", "{{.Action}}",
			"--filter", "label=com.docker.compose.project=" + p.name, "--filter", "event=start", "--filter", "event=die"}
		if !onPodman() {
			return strings.Fields(docker(t, append(filters, "--until", fmt.Sprintf("%.9f", float64(time.Now().UnixNano())/1e9))...))
		}
		// Podman answers nothing of a time that is over, and knows no event=die.
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		out, _ := exec.CommandContext(ctx, "docker", filters[:7]...).Output() // it ends by the time-out
		return slices.DeleteFunc(strings.Fields(string(out)), func(action string) bool { return action != "start" && action != "die" })
	}
	p.rewrite(files, `"1"`, `"2"`)
	if got, want := order("up", "-d"), []string{"die", "start", "die", "start"}; !slices.Equal(got, want) {
		t.Errorf("the update goes %v, want %v", got, want)
	}
	if got, want := order("rollback", "web"), []string{"start", "die", "start", "die"}; !slices.Equal(got, want) {
		t.Errorf("the rollback goes %v, want %v", got, want)
	}
	p.runs("the rollback", inspect(t, image, "{{.Id}}"), "1")
	if got := len(p.containers()); got != 2 {
		t.Errorf("there are %d containers", got)
	}
}
