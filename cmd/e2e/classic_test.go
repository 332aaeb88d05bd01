package e2e

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// classicFiles are the 2015 tutorials' shape: a web service behind a balancer,
// and a container that is there for its volume only.
const classicFiles = `
-- docker-compose.yml --
web:
  image: $IMAGE
  volumes_from:
    - data
  environment:
    GREETING: hello
balancer:
  image: $IMAGE
  links:
    - web
    - web:site
  volumes_from:
    - data:ro
data:
  image: $IMAGE
  command: exit 0
  volumes:
    - /data
`

// TestClassicWorkflow scales first, comes up, keeps what was scaled, and wires
// the replicas as the old tool did.
func TestClassicWorkflow(t *testing.T) {
	t.Parallel()
	p := newProject(t, classicFiles)
	p.run("scale", "web=2")
	p.run("up", "-d")
	want := []string{p.name + "_balancer_1 running", p.name + "_data_1 exited", p.name + "_web_1 running", p.name + "_web_2 running"}
	if diff := cmp.Diff(want, p.containers()); diff != "" {
		t.Fatalf("containers (-want +got):\n%s", diff)
	}
	balancer := p.name + "_balancer_1"
	hosts := docker(t, "exec", balancer, "/app", "cat", "/etc/hosts")
	for _, name := range []string{"web_1", "web_2", "site", p.name + "_web_1"} {
		if onPodman() { // links are aliases on a network there
			docker(t, "exec", balancer, "/app", "lookup", name)
		} else if !strings.Contains(hosts, name) {
			t.Errorf("/etc/hosts of the balancer lacks %s:\n%s", name, hosts)
		}
	}
	if env := docker(t, "exec", balancer, "/app", "env"); !strings.Contains(env, "WEB_1_ENV_GREETING=hello") {
		t.Errorf("the balancer lacks link variables:\n%s", env)
	}
	docker(t, "exec", p.name+"_web_1", "/app", "write", "/data/log", "kept")
	if out := docker(t, "exec", balancer, "/app", "cat", "/data/log"); out != "kept" {
		t.Errorf("the balancer sees %q on the data container's volume", out)
	}
	if err := exec.Command("docker", "exec", balancer, "/app", "write", "/data/log", "no").Run(); err == nil {
		t.Error("volumes_from data:ro is writable")
	}
	p.run("stop")
	p.run("rm", "-f", "web", "balancer")
	p.run("up", "-d")
	if out := docker(t, "exec", balancer, "/app", "cat", "/data/log"); out != "kept" {
		t.Errorf("after stop, rm and up the volume has %q", out)
	}
	p.run("kill", "-s", "HUP", "web")
	eventually(t, "web says that it reloaded", func() bool { return strings.Contains(p.run("logs", "web").out, "reloaded") })
	volume := inspect(t, p.name+"_data_1", "{{(index .Mounts 0).Name}}")
	t.Cleanup(func() { try("docker", "volume", "rm", volume) })
	down := p.run("down")
	if !strings.Contains(down.out+down.err, volume[:12]) {
		t.Errorf("down does not say that it leaves volume %s behind:\n%s%s", volume, down.out, down.err)
	}
	docker(t, "volume", "inspect", volume)
}
