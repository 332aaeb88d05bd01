package loader

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// restore records a service and makes it again beside today's.
func restore(t *testing.T, then, today types.ServiceConfig) Restored {
	t.Helper()
	r, err := RestoreService(mustRecord(t, then), today)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func mustRecord(t *testing.T, svc types.ServiceConfig) []byte {
	t.Helper()
	b, err := RecordService(svc)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// service loads the body of a service called web.
func service(t *testing.T, body string) types.ServiceConfig {
	t.Helper()
	text := "configs: {c: {content: x}}\nsecrets: {s: {environment: HOME}}\nvolumes: {data: {}}\nnetworks: {back: {}}\nservices:\n  web:\n    image: app\n"
	for line := range strings.Lines(body) {
		text += "    " + line
	}
	p, ds, err := loadText([]byte(text), "p")
	if err != nil || p == nil {
		t.Fatal(err, ds, text)
	}
	return p.Model.Services["web"]
}

// equalService holds that a service comes back as it was. What JSON cannot
// tell from nothing, and what is no part of a container, does not count.
func equalService(t *testing.T, svc types.ServiceConfig) {
	t.Helper()
	again := restore(t, svc, svc)
	want, err := recordable(svc)
	if err != nil {
		t.Fatal(err)
	}
	got, err := recordable(again.Service)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-recorded +restored):\n%s", svc.Name, diff)
	}
	if len(again.Missing) > 0 {
		t.Errorf("%s lacks %v of itself", svc.Name, again.Missing)
	}
	if first, second := mustRecord(t, svc), mustRecord(t, again.Service); !bytes.Equal(first, second) {
		t.Errorf("the record of %s\n%s\nbecomes\n%s", svc.Name, first, second)
	}
}

// TestRecordsComeBack: every service of the fixtures is made again by its
// record, secrets included where today's file has the same.
func TestRecordsComeBack(t *testing.T) {
	var n int
	for _, pattern := range []string{"compose/*/*.y*ml", "good/*.yaml", "seed/*.yml"} {
		root, err := filepath.Abs(filepath.Join("..", "testdata"))
		if err != nil {
			t.Fatal(err)
		}
		files, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			p, ds, err := Load(context.Background(), Options{Files: []string{file}, WorkingDir: filepath.Dir(file), Name: "p"})
			if err != nil || p == nil {
				t.Logf("%s does not load: %v %v", file, err, ds)
				continue
			}
			for _, s := range p.Model.Services {
				n++
				equalService(t, s)
			}
		}
	}
	if n < 50 {
		t.Errorf("only %d services were looked at", n)
	}
}

// TestRecordsOfRealFiles: the same for the corpus.
func TestRecordsOfRealFiles(t *testing.T) {
	for _, c := range corpus(t) {
		if p, _, err := Load(context.Background(), c.options); err == nil && p != nil {
			for _, s := range p.Model.Services {
				equalService(t, s)
			}
		}
	}
}

// secretive hides the word "hidden" in every place that may hold a secret.
const secretive = `
command: [serve, --password, hidden-1, --admin-secret=hidden-2, "--db=postgres://a:hidden-3@db/x", --level=shown]
entrypoint: [sh, -c, "redis-server --requirepass hidden-14 --port shown; PGPASSWORD='hidden-15' psql postgres://a:hidden-16@db/x -Dtoken=hidden-17 --token $TOKEN"]
healthcheck: {test: [CMD-SHELL, PGPASSWORD=hidden-4 psql]}
environment: {DB_PASSWORD: hidden-5, URL: "amqp://me:hidden-6@mq/", MARK: "a********b", LOG: shown}
labels: {auth-token: hidden-7, tier: shown}
annotations: {api_key: hidden-8}
deploy: {labels: {secret: hidden-9}}
logging: {driver: x, options: {token: hidden-10, tag: shown}}
post_start: [{command: [run, --token, hidden-11], environment: {API_KEY: hidden-12}}]
pre_stop: [{command: [run], environment: [TOKEN=hidden-13]}]
configs: [c]
secrets: [s]
`

// TestRecordsHoldNoSecrets: what may be a secret is not recorded, and comes
// from today's service where that has it.
func TestRecordsHoldNoSecrets(t *testing.T) {
	then := service(t, secretive)
	record := string(mustRecord(t, then))
	for _, never := range []string{"hidden", "a********b"} {
		if strings.Contains(record, never) {
			t.Errorf("%q is in %s", never, record)
		}
	}
	if n := strings.Count(record, "shown"); n != 5 {
		t.Errorf("of 5 values that are no secrets %d are in %s", n, record)
	}
	today := service(t, strings.NewReplacer("hidden", "todays", "@db/x", "@other/y", "shown", "changed", "serve,", "serve, more,").Replace(secretive))
	r := restore(t, then, today)
	want := service(t, strings.ReplaceAll(secretive, "hidden", "todays"))
	if diff := cmp.Diff(want, r.Service); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	keys := []string{"annotations.api_key", "command", "deploy.labels.secret", "entrypoint", "environment.DB_PASSWORD", "environment.MARK", "environment.URL", "healthcheck.test",
		"labels.auth-token", "logging.options.token", "post_start.0.command", "post_start.0.environment.API_KEY", "pre_stop.0.environment.TOKEN"}
	if diff := cmp.Diff(keys, r.Todays); diff != "" || len(r.Missing) > 0 {
		t.Errorf("missing %v; today's (-want +got):\n%s", r.Missing, diff)
	}
}

// TestTodayHasNoSuchSecret: what today's service cannot fill in is named.
func TestTodayHasNoSuchSecret(t *testing.T) {
	for _, c := range []struct{ then, today, missing string }{
		{"environment: {PASSWORD: a}", "environment: {OTHER: a}", "environment.PASSWORD"},
		{"environment: {PASSWORD: a}", "environment: [PASSWORD]", "environment.PASSWORD"}, // set nowhere
		{"environment: {URL: \"x://u:p@h\"}", "environment: {URL: \"x://h\"}", "environment.URL"},
		{"environment: {URL: \"x://u:p@h,x://u:q@i\"}", "environment: {URL: \"x://u:p@h\"}", "environment.URL"},
		{"command: [a, --token, b]", "command: [a]", "command"},
		{"command: [a, --token, b]", "command: [a, --password, b]", "command"},
		{"command: [--token=a, --password=b]", "command: [--password=b, --token=a]", "command"},
		{"command: [--token=a]", "command: [--token=a, --token=b]", "command"},
		{"post_start: [{command: [a], environment: {KEY: a, TOKEN: b}}]", "{}", "post_start.0.environment.TOKEN"},
	} {
		today := service(t, "")
		if c.today != "{}" {
			today = service(t, c.today)
		}
		r := restore(t, service(t, c.then), today)
		if !slices.Equal(r.Missing, []string{c.missing}) {
			t.Errorf("%s beside %s lacks %v, want %s", c.then, c.today, r.Missing, c.missing)
		}
	}
}

// TestWhatIsTodays: how images come to be, and how replicas are made and
// replaced, are today's.
func TestWhatIsTodays(t *testing.T) {
	then := service(t, "build: .\npull_policy: always\nscale: 2\nattach: false\ndeploy: {replicas: 2, update_config: {order: stop-first}, resources: {limits: {memory: 8m}}}\n")
	today := service(t, "pull_policy: build\nscale: 3\ndeploy: {replicas: 3, rollback_config: {order: start-first}}\nx-recompose: {once: true}\n")
	got := restore(t, then, today).Service
	want := service(t, "scale: 3\ndeploy: {replicas: 3, rollback_config: {order: start-first}, resources: {limits: {memory: 8m}}}\nx-recompose: {once: true}\n")
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// FuzzRecord: whatever a label holds, it is a service or an error, and no file
// is read for it.
func FuzzRecord(f *testing.F) {
	secret := filepath.Join(f.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("READ=me"), 0o600); err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{
		`{"image":"a"}`, `{"ulimits":{"x":{"soft":"1"}}}`, `{"env_file":["` + secret + `"],"extends":{"file":"` + secret + `"}}`, `{"environment":{"PASSWORD":"********"}}`,
		`{"ports":[1]}`, `{"command":{"a":[]}}`, `{"deploy":{"resources":{"limits":{"cpus":1e999}}}}`, `[`, `null`, `{"networks":{"a":null},"mem_limit":"1"}`,
	} {
		f.Add([]byte(seed))
	}
	today := types.ServiceConfig{Name: "web", ContainerSpec: types.ContainerSpec{Environment: types.MappingWithEquals{}}}
	f.Fuzz(func(t *testing.T, record []byte) {
		if len(record) > maxFuzz {
			return
		}
		r, err := RestoreService(record, today)
		if err != nil {
			return
		}
		if v := r.Service.Environment["READ"]; v != nil && *v == "me" && !bytes.Contains(record, []byte("READ")) {
			t.Error("a file was read")
		}
		if _, err := RecordService(r.Service); err != nil {
			t.Errorf("what was restored cannot be recorded: %v", err)
		}
	})
}
