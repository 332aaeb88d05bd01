package cmd

import (
	"encoding/json"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"recompose/executor/sim"
	"recompose/planner"
)

const whySpec = `services:
  db:
    image: app:1
    environment:
      - LOG=${LEVEL:-info}
      - DB_PASSWORD=$PW
  web:
    image: app:$TAG
    env_file: [web.env]
    environment: {A: "1"}
    depends_on:
      db: {condition: service_started, restart: true}
    volumes_from: [db]
    ports: ["8080:80"]
    deploy: {resources: {limits: {memory: 64m}}}
    command: serve --port 80
  proxy: {image: "app:1", depends_on: [web]}
`

func newWhy(t *testing.T) (*commandLine, *sim.Engine) {
	e := sim.New()
	e.AddImage(planner.Image{Tags: []string{"app:1"}})
	c := newCommandLine(t, e, map[string]string{"compose.yaml": whySpec, ".env": "X=1\nTAG=1\n", "web.env": "# c\nE=5\n"})
	c.env = append(c.env, "PW=hunter2")
	return c, e
}

func TestWhy(t *testing.T) {
	c, _ := newWhy(t)
	out, _ := c.run(0, "why", "web")
	web := filepath.ToSlash(`shop-web-1 is created: no such container
comes after
    db: depends_on, once it has started, restarted with it  compose.yaml:12:11
    db: volumes_from                                        compose.yaml:13:20
comes before
    proxy: depends_on, once it has started  compose.yaml:17:40
values of web:
    command: serve --port 80            compose.yaml:16:14
    environment.A: 1                    compose.yaml:10:22
    environment.E: 5                    web.env:2:1
    image: app:1                        compose.yaml:8:12, $TAG from .env:2:1
    mem_limit: 64MiB                    compose.yaml:15:43
    networks.shop_default.aliases: web  a default
    ports.80/tcp: 8080                  compose.yaml:14:13
    volumes_from: shop-db-1             compose.yaml:13:19
`)
	if diff := cmp.Diff(web, out); diff != "" {
		t.Error("why web (-want +got):\n", diff)
	}
	out, _ = c.run(0, "why", "db", "environment")
	expect(t, out, "environment.DB_PASSWORD: ********  compose.yaml:6:9, $PW from the environment\n",
		"environment.LOG: info              compose.yaml:5:9, $LEVEL by its default there\n")
	out, _ = c.run(0, "why", "--show-values", "db", "DB_PASSWORD")
	expect(t, out, "environment.DB_PASSWORD: hunter2")
	_, said := c.run(1, "why", "db", "nothing")
	expect(t, said, "service db has no nothing")
	_, said = c.run(1, "why", "dbb")
	expect(t, said, "dbb")
}

func TestWhyFates(t *testing.T) {
	c, e := newWhy(t)
	c.run(0, "up", "-d")
	out, _ := c.run(0, "why", "web")
	expect(t, out, "shop-web-1 is kept: up to date\n")
	c.env = append(c.env, "LEVEL=debug", "PW=hunter3")
	out, _ = c.run(0, "why", "db")
	expect(t, out, "shop-db-1 is replaced: its configuration differs\n", "environment.LOG: info -> debug      compose.yaml:5:9, $LEVEL from the environment\n",
		"environment.DB_PASSWORD: (changed)")
	out, _ = c.run(0, "why", "web")
	expect(t, out, "shop-web-1 is replaced: db 1 (volumes_from) gets a new container\n")
	c.env = append(c.env, "LEVEL=info", "PW=hunter2")
	c.run(0, "stop", "proxy")
	out, _ = c.run(0, "why", "proxy")
	expect(t, out, "shop-proxy-1 is started: it has exited")
	c.run(0, "scale", "proxy=2")
	out, _ = c.run(0, "why", "proxy")
	expect(t, out, "shop-proxy-2 is removed: more replicas than wanted")

	out, _ = c.run(0, "why", "--format", "json", "web")
	var got struct {
		Schema int
		planner.Why
	}
	if err := json.Unmarshal([]byte(out), &got); err != nil || got.Schema != 1 {
		t.Fatalf("schema %d: %v", got.Schema, err)
	}
	for _, v := range got.Values {
		if v.Key == "image" && (v.Origin == nil || len(v.Origin.Variables) != 1 || v.Origin.Variables[0].Position == nil || v.Origin.Variables[0].Position.Line != 2) {
			t.Errorf("the image comes from %+v", v.Origin)
		}
	}
	if s, err := e.Observe(t.Context(), planner.Query{AllProjects: true}); err != nil || len(s.Containers) != 4 {
		t.Errorf("why changed something: %d containers, %v", len(s.Containers), err)
	}
}

// TestWhyClassic: files of the 2015 format have places and variables too.
func TestWhyClassic(t *testing.T) {
	e := sim.New()
	e.AddImage(planner.Image{Tags: []string{"app:1"}})
	c := newCommandLine(t, e, map[string]string{"docker-compose.yml": "web:\n  image: app:1\n  links:\n    - db\n  environment:\n    LOG: $LEVEL\n  mem_limit: 64m\ndb:\n  image: app:1\n"})
	c.env = append(c.env, "LEVEL=info")
	out, _ := c.run(0, "why", "web")
	expect(t, out, "db: links", "docker-compose.yml:4:7\n", "environment.LOG: info", "docker-compose.yml:6:10, $LEVEL from the environment\n", "docker-compose.yml:7:14\n")
}
