package e2e

import (
	"strings"
	"testing"
)

const sharers = `
-- compose.yaml --
services:
  web: {image: $IMAGE, init: true, ipc: shareable, environment: {VERSION: "1"}, volumes: [/data]}
  net: {image: $IMAGE, init: true, command: [wait], network_mode: "service:web"}
  ipc: {image: $IMAGE, init: true, command: [wait], ipc: "service:web"}
  pid: {image: $IMAGE, command: [wait], pid: "service:web"}
  data: {image: $IMAGE, init: true, command: [wait], volumes_from: [web]}
`

// TestSharersFollow: what uses a container's namespaces or volumes gets a new
// container with it, and one that only its namespace's owner was started anew
// is started anew too.
func TestSharersFollow(t *testing.T) {
	t.Parallel()
	p := newProject(t, sharers)
	p.run("up", "-d")
	docker(t, "exec", p.name+"-web-1", "/app", "write", "/data/note", "kept")
	before := p.ids()
	p.rewrite(sharers, `"1"`, `"2"`)
	p.run("up", "-d")
	web := p.ids()[p.name+"-web-1"]
	for service, mode := range map[string]string{"net": ".HostConfig.NetworkMode", "ipc": ".HostConfig.IpcMode", "pid": ".HostConfig.PidMode"} {
		name := p.name + "-" + service + "-1"
		if p.ids()[name] == before[name] {
			t.Errorf("%s was not replaced with web", service)
		}
		owner := strings.TrimPrefix(inspect(t, name, "{{"+mode+"}}"), "container:")
		if id := inspect(t, owner, "{{.Id}}"); id != web {
			t.Errorf("%s uses the namespace of %s, not of web", service, owner)
		}
		if state := inspect(t, name, "{{.State.Status}}"); state != "running" {
			t.Errorf("%s is %s", service, state)
		}
	}
	p.reaches("net")
	if text := docker(t, "exec", p.name+"-data-1", "/app", "cat", "/data/note"); text != "kept" {
		t.Errorf("data reads %q", text)
	}

	// The engine gives a container that is started anew another network.
	for _, again := range [][]string{{"up", "-d"}, {"start"}} {
		docker(t, "stop", "-t", "1", p.name+"-web-1")
		p.run(again...)
		p.reaches("net")
	}
}

// reaches checks that a service gets web's answer at its own address.
func (p *project) reaches(service string) {
	p.t.Helper()
	eventually(p.t, service+" reaches web", func() bool {
		return strings.TrimSpace(try("docker", "exec", p.name+"-"+service+"-1", "/app", "get", "http://127.0.0.1/health")) == "ok"
	})
}

const linked = `
-- docker-compose.yml --
db:
  image: $IMAGE
  environment: {VERSION: "1"}
web:
  image: $IMAGE
  links: ["db:store"]
`

// TestLinksFollow: a container that is linked in the way of 2015 knows the
// addresses of its time; up replaces it with what it is linked to.
func TestLinksFollow(t *testing.T) {
	t.Parallel()
	p := newProject(t, linked)
	p.run("up", "-d")
	p.write("docker-compose.yml", strings.Replace(strings.TrimPrefix(linked, "\n-- docker-compose.yml --\n"), `"1"`, `"2"`, 1))
	web := p.ids()[p.name+"_web_1"]
	p.run("up", "-d")
	if p.ids()[p.name+"_web_1"] == web {
		t.Error("web was not replaced with db, to which it is linked")
	}
	want := inspect(t, p.name+"_db_1", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}")
	if got := docker(t, "exec", p.name+"_web_1", "/app", "lookup", "store"); got != "store "+want {
		t.Errorf("the link leads to %q, db is %s", got, want)
	}
	if env := docker(t, "exec", p.name+"_web_1", "/app", "env"); !strings.Contains(env, "DB_1_ENV_VERSION=2\n") && !strings.Contains(env, "STORE_ENV_VERSION=2\n") {
		t.Errorf("the link's variables are old:\n%s", env)
	}
	r := p.run("scale", "db=2")
	if onPodman() { // its links are aliases on a network, of which web sees the new one at once
		docker(t, "exec", p.name+"_web_1", "/app", "lookup", "db_2")
		return
	}
	if !strings.Contains(r.out+r.err, "web is bound to db (links)") {
		t.Errorf("scale does not say that web does not see the new replica:\n%s%s", r.out, r.err)
	}
	p.run("up", "-d")
	if hosts := docker(t, "exec", p.name+"_web_1", "/app", "cat", "/etc/hosts"); !strings.Contains(hosts, "db_2") {
		t.Errorf("after up web does not see the second db:\n%s", hosts)
	}
}
