package loader

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRedact(t *testing.T) {
	dir := t.TempDir()
	text := `
services:
  web:
    image: x
    build:
      context: .
      args: {NPM_TOKEN: hidden-1, VERSION: shown-1}
    command: [serve, --password, hidden-2, --admin-secret=hidden-3, --level=shown-2]
    healthcheck: {test: "redis-cli --no-auth-warning -u redis://a:hidden-9@db ping || login --user=shown-7 --password 'hidden-10 hidden-11'"}
    environment:
      JAVA_OPTS: -Dpassword=hidden-12 -Dpassword=$$SHOWN-8
      DB_PASSWORD: hidden-4
      DATABASE_URL: postgres://app:hidden-5@db/app
      PASSAGE: shown-3
      COMPASS: shown-4
      KEYBOARD: shown-5
      API_KEY: ${FROM_ENV}
    labels: {com.example.auth-token: hidden-6, com.example.tier: shown-6}
    secrets: [cert]
secrets:
  cert: {environment: FROM_ENV}
`
	file := filepath.Join(dir, "compose.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p, ds, err := Load(context.Background(), Options{Files: []string{file}, WorkingDir: dir, Env: []string{"FROM_ENV=hidden-8"}})
	if err != nil || HasErrors(ds) {
		t.Fatal(err, ds)
	}
	before, err := MarshalYAML(p.Model)
	if err != nil {
		t.Fatal(err)
	}
	got, err := MarshalYAML(Redact(p.Model))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(got), "hidden") {
		t.Errorf("a secret is shown:\n%s", got)
	}
	for _, want := range []string{"shown-1", "shown-2", "shown-3", "shown-4", "shown-5", "shown-6", "shown-7", "$SHOWN-8", "postgres://app:" + Masked + "@db/app"} {
		if !strings.Contains(string(got), want) {
			t.Errorf("%s is masked:\n%s", want, got)
		}
	}
	if after, _ := MarshalYAML(p.Model); string(after) != string(before) {
		t.Error("Redact changed the model that it was given")
	}
}
