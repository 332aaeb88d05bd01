package loader_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"recompose/loader"
)

// TestFormsOfSeveralFiles: what one file lacks, another may have.
func TestFormsOfSeveralFiles(t *testing.T) {
	dir := t.TempDir()
	var files []string
	for name, text := range map[string]string{
		"a.yaml": `services:
  web: {image: web, volumes: ["data:/data"], secrets: [key], networks: [front], isolation: hyperb, shm_size: -1}
  loud: {image: loud, logging: {driver: none, options: {max-size: 1m}}}
  quiet: {image: quiet, logging: {driver: none, options: {max-size: 1m}}}
volumes:
  data: {driver_opts: {type: nfs, o: addr=10.0.0.1}}
secrets:
  key: {driver: vault}
networks:
  front: {driver: host}
`,
		"b.yaml": `services:
  web: {isolation: default, shm_size: !reset null}
  loud: {logging: {driver: json-file}}
  quiet: {logging: !reset null}
volumes:
  data: {driver_opts: {device: ":/data"}}
secrets:
  key: {environment: KEY}
networks:
  front: !override {external: true}
---
services:
  later: {image: later, isolation: hyperb}
---
services:
  later: {isolation: default}
`,
	} {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	if files[0] > files[1] {
		files[0], files[1] = files[1], files[0]
	}
	together := filepath.Join(dir, "c.yaml")
	if err := os.WriteFile(together, []byte("include: [{path: [a.yaml, b.yaml]}]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, files := range [][]string{files, {together}} {
		p, ds, err := loader.Load(context.Background(), loader.Options{Files: files, WorkingDir: dir, Check: true, Env: []string{"KEY=1"}})
		if p == nil || err != nil || len(ds) > 0 {
			t.Errorf("%v: %v %v", files, err, ds)
		}
	}
}

// TestErrorsOutsideValidate: of a rule that only validate asks, errors are told
// always: the engine would refuse them later.
func TestErrorsOutsideValidate(t *testing.T) {
	file := filepath.Join(t.TempDir(), "compose.yaml")
	text := `services:
  web:
    image: web
    isolation: hyperb
    deploy: {mode: globl, update_config: {failure_action: revert}}
`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	_, ds, err := loader.Load(context.Background(), loader.Options{Files: []string{file}, WorkingDir: filepath.Dir(file)})
	if err != nil || len(ds) != 1 || ds[0].Position.Line != 4 || ds[0].Severity != loader.SeverityError {
		t.Errorf("%v %v", err, ds)
	}
}

// TestFormsOfDormantServices: no peer comes to the mistakes of a service that
// does not run.
func TestFormsOfDormantServices(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"compose.yaml": `services:
  web:
    image: web
    extends: {file: base.yaml, service: good}
  later:
    image: web
    profiles: [tools]
    ports: [{target: 80, published: eighty}]
`,
		"base.yaml": `services:
  good: {image: web}
  bad: {image: web, isolation: hyperb}
`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		about            string
		o                loader.Options
		errors, warnings int
	}{
		{"up", loader.Options{}, 0, 0},
		{"validate", loader.Options{Check: true}, 0, 2},
		{"with its profile", loader.Options{Profiles: []string{"tools"}}, 1, 0},
		{"with all profiles", loader.Options{Profiles: []string{"*"}}, 1, 0},
		{"by its name", loader.Options{Services: []string{"later"}}, 1, 0},
	} {
		c.o.WorkingDir = dir
		p, ds, err := loader.Load(context.Background(), c.o)
		if err != nil {
			t.Fatal(err)
		}
		count := map[loader.Severity]int{}
		for _, d := range ds {
			count[d.Severity]++
		}
		if count[loader.SeverityError] != c.errors || count[loader.SeverityWarning] != c.warnings || (p == nil) != (c.errors > 0) {
			t.Errorf("%s: %v", c.about, ds)
		}
	}
}

// TestFormsOfIdleNetworks: nobody makes a network that no service is on.
func TestFormsOfIdleNetworks(t *testing.T) {
	dir := t.TempDir()
	networks := `networks:
  idle: {driver: host}
  wide: {ipam: {config: [{subnet: 10.1.0.0/24}, {subnet: 10.1.1.0/24}]}}
  used: {driver: "null"}
`
	for name, c := range map[string]struct {
		services         string
		check            bool
		errors, warnings int
	}{
		"up":               {"services: {web: {image: web, networks: [\"${NET:-used}\"]}}\n", false, 1, 0},
		"validate":         {"services: {web: {image: web, networks: [used]}}\n", true, 1, 4}, // two are of unused-network
		"a part of others": {"", true, 3, 0},
	} {
		file := filepath.Join(dir, name+".yaml")
		if err := os.WriteFile(file, []byte(c.services+networks), 0o600); err != nil {
			t.Fatal(err)
		}
		_, ds, err := loader.Load(context.Background(), loader.Options{Files: []string{file}, WorkingDir: dir, Name: "idle", Check: c.check})
		if err != nil {
			t.Fatal(err)
		}
		count := map[loader.Severity]int{}
		for _, d := range ds {
			count[d.Severity]++
		}
		if count[loader.SeverityError] != c.errors || count[loader.SeverityWarning] != c.warnings {
			t.Errorf("%s: %v", name, ds)
		}
	}
}
