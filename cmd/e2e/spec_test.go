package e2e

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// richFiles use most of what today's format has.
const richFiles = `
-- compose.yaml --
x-app: &app
  image: $IMAGE
  init: true
  networks: [back]
services:
  db:
    <<: *app
    command: [serve]
    environment: {HEALTHY_AFTER: 500ms}
    healthcheck: {test: [CMD, /app, probe], interval: 200ms, retries: 50}
    volumes: ["data:/var/lib/data"]
    networks:
      back:
        aliases: [database]
        ipv4_address: 10.213.7.10
  migrate:
    <<: *app
    command: [exit, "0", 300ms]
    read_only: true
    depends_on: {db: {condition: service_healthy}}
  web:
    <<: *app
    env_file: [web.env]
    environment: {GREETING: hello}
    depends_on:
      db: {condition: service_healthy}
      migrate: {condition: service_completed_successfully}
    networks: {front: {}, back: {}}
    deploy:
      replicas: 2
      resources: {limits: {cpus: "0.50", memory: 64M, pids: 50}}
    configs:
      - {source: settings, target: /etc/settings.conf, mode: 0440, uid: "7", gid: "8"}
      - inline
    secrets: [token]
    tmpfs: ["/run/cache:size=1m"]
    ulimits: {nofile: {soft: 1000, hard: 2000}, nproc: 500}
    devices: ["/dev/null:/dev/nothing:r"]
    cap_drop: [NET_RAW]
    sysctls: {net.core.somaxconn: 200}
    extra_hosts: ["other.example=10.9.9.9"]
    labels: {com.example.tier: front}
    logging: {driver: json-file, options: {max-size: 1m}}
    stop_grace_period: 3s
    restart: on-failure:3
  debug:
    <<: *app
    profiles: [debug]
networks:
  front: {}
  back:
    ipam: {config: [{subnet: 10.213.7.0/24}]}
volumes:
  data: {labels: {com.example.keep: "yes"}}
configs:
  settings: {file: ./settings.conf}
  inline: {content: "level=${LEVEL:-info}\n"}
secrets:
  token: {environment: E2E_TOKEN}
-- settings.conf --
colour=blue
-- web.env --
FROM_FILE=yes
GREETING=overridden
`

// TestRichSpec brings a file up that uses most of today's format, looks at
// what came of it, and does so once more: nothing is left to do.
func TestRichSpec(t *testing.T) {
	t.Parallel()
	p := newProject(t, richFiles)
	p.env = []string{"E2E_TOKEN=s3cret"}
	r := p.run("up", "-d", "--wait")
	want := []string{p.name + "-db-1 running", p.name + "-migrate-1 exited", p.name + "-web-1 running", p.name + "-web-2 running"}
	if diff := cmp.Diff(want, p.containers()); diff != "" {
		t.Fatalf("containers (-want +got):\n%s", diff)
	}
	if strings.Contains(r.out+r.err, "s3cret") {
		t.Errorf("the secret is printed:\n%s%s", r.out, r.err)
	}
	web := p.name + "-web-1"
	exec := func(args ...string) string {
		t.Helper()
		return strings.TrimSpace(p.run(append([]string{"exec", "-T", "web", "/app"}, args...)...).out)
	}
	for _, c := range []struct{ what, got, want string }{
		{"order: web after migrate ended", laterThan(t, web, ".State.StartedAt", p.name+"-migrate-1", ".State.FinishedAt"), "later"},
		{"a config from a file", exec("cat", "/etc/settings.conf"), "colour=blue"},
		{"its mode and owner", exec("stat", "/etc/settings.conf"), "/etc/settings.conf 440 7:8"},
		{"a config from text", exec("cat", "/inline"), "level=info"},
		{"a secret from a variable", exec("cat", "/run/secrets/token"), "s3cret"},
		{"the file wins over env_file", inspectEnv(t, web, "GREETING"), "hello"},
		{"env_file", inspectEnv(t, web, "FROM_FILE"), "yes"},
		{"alias and address", exec("lookup", "database"), "database 10.213.7.10"},
		{"an extra host", exec("lookup", "other.example"), "other.example 10.9.9.9"},
		{"memory", inspect(t, web, "{{.HostConfig.Memory}}"), "67108864"},
		{"cpus", inspect(t, web, "{{.HostConfig.NanoCpus}}"), "500000000"},
		{"pids", inspect(t, web, "{{.HostConfig.PidsLimit}}"), "50"},
		{"init", inspect(t, web, "{{.HostConfig.Init}}"), "true"},
		{"read only", inspect(t, p.name+"-migrate-1", "{{.HostConfig.ReadonlyRootfs}}"), "true"},
		{"tmpfs", strings.TrimSuffix(inspect(t, web, `{{index .HostConfig.Tmpfs "/run/cache"}}`), ",rprivate,nosuid,nodev,tmpcopyup"), "size=1m"},
		{"device", inspect(t, web, "{{(index .HostConfig.Devices 0).PathInContainer}}"), "/dev/nothing"},
		{"restart", inspect(t, web, "{{.HostConfig.RestartPolicy.Name}} {{.HostConfig.RestartPolicy.MaximumRetryCount}}"), "on-failure 3"},
		{"stop timeout", inspect(t, web, "{{.Config.StopTimeout}}"), "3"},
		{"both networks", inspect(t, web, "{{len .NetworkSettings.Networks}}"), "2"},
		{"label", inspect(t, web, `{{index .Config.Labels "com.example.tier"}}`), "front"},
		{"volume", inspect(t, p.name+"-db-1", "{{(index .Mounts 0).Name}}"), p.name + "_data"},
	} {
		if c.got != c.want {
			t.Errorf("%s: got %q, want %q", c.what, c.got, c.want)
		}
	}
	before := p.ids()
	again := p.run("up", "-d", "--wait")
	if diff := cmp.Diff(before, p.ids()); diff != "" {
		t.Errorf("a second up made other containers (-before +after):\n%s\n%s", diff, again.err)
	}
	p.run("down", "-v")
	if left := p.containers(); len(left) > 0 {
		t.Errorf("down left %v", left)
	}
	if left := docker(t, "volume", "ls", "-q", "--filter", "label=com.docker.compose.project="+p.name); left != "" {
		t.Errorf("down -v left the volumes %s", left)
	}
	if left := docker(t, "network", "ls", "-q", "--filter", "label=com.docker.compose.project="+p.name); left != "" {
		t.Errorf("down left the networks %s", left)
	}
}

// laterThan compares two times that the engine reports.
func laterThan(t *testing.T, a, fieldA, b, fieldB string) string {
	t.Helper()
	if inspect(t, a, "{{"+fieldA+"}}") > inspect(t, b, "{{"+fieldB+"}}") {
		return "later"
	}
	return "not later"
}

func inspectEnv(t *testing.T, container, key string) string {
	t.Helper()
	for line := range strings.Lines(inspect(t, container, "{{range .Config.Env}}{{println .}}{{end}}")) {
		if value, ok := strings.CutPrefix(strings.TrimSpace(line), key+"="); ok {
			return value
		}
	}
	return ""
}

// TestHealthChain brings up services of which each waits for the one before:
// no delay of polling may add up, and each must wait.
func TestHealthChain(t *testing.T) {
	t.Parallel()
	p := newProject(t, chainFile(8))
	p.run("up", "-d")
	for i := 1; i < 8; i++ {
		a, b := p.name+"-s"+string(rune('0'+i))+"-1", p.name+"-s"+string(rune('0'+i-1))+"-1"
		if inspect(t, a, "{{.State.StartedAt}}") < inspect(t, b, "{{(index .State.Health.Log 0).End}}") {
			t.Errorf("%s was started before %s could be healthy", a, b)
		}
	}
}

func chainFile(n int) string {
	var b strings.Builder
	b.WriteString("-- compose.yaml --\nservices:\n")
	for i := range n {
		s := string(rune('0' + i))
		b.WriteString("  s" + s + ":\n    image: $IMAGE\n    healthcheck: {test: [CMD, /app, probe], interval: 300ms}\n")
		if i > 0 {
			b.WriteString("    depends_on: {s" + string(rune('0'+i-1)) + ": {condition: service_healthy}}\n")
		}
	}
	return b.String()
}
