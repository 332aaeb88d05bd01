package watch

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/google/go-cmp/cmp"
)

// newProject has a service of each name with its triggers; web has a build.
func newProject(t *testing.T, triggers map[string][]types.Trigger) (dir string, p *types.Project) {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	p = &types.Project{Services: types.Services{}}
	for name, list := range triggers {
		s := types.ServiceConfig{}
		for i := range list {
			list[i].Path = filepath.Join(dir, list[i].Path)
		}
		s.Develop = &types.DevelopConfig{Watch: list}
		if name == "web" {
			s.Build = &types.BuildConfig{Context: dir}
		}
		p.Services[name] = s
	}
	return dir, p
}

// write writes files; what stands behind "=" is their text.
func write(t *testing.T, dir string, names ...string) {
	t.Helper()
	for _, name := range names {
		name, text, _ := strings.Cut(name, "=")
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func newRules(t *testing.T, p *types.Project, services ...string) Rules {
	t.Helper()
	rules, err := NewRules(p, services)
	if err != nil {
		t.Fatal(err)
	}
	return rules
}

// words are what the tasks are, short: "web: rebuild, src/a > /app/a, restart".
func words(dir string, tasks []Task) []string {
	var out []string
	for _, t := range tasks {
		var parts []string
		if t.Rebuild {
			parts = append(parts, "rebuild")
		}
		for _, c := range t.Copies {
			rel, _ := below(dir, c.File)
			parts = append(parts, rel+" > "+c.Target)
		}
		if t.Restart {
			parts = append(parts, "restart")
		}
		for _, e := range t.Exec {
			parts = append(parts, "exec "+strings.Join(e.Command, " "))
		}
		out = append(out, t.Service+": "+strings.Join(parts, ", "))
	}
	return out
}

func TestTasks(t *testing.T) {
	dir, p := newProject(t, map[string][]types.Trigger{
		"web": {
			{Path: "src", Action: "sync", Target: "/app", Ignore: []string{"node_modules/", "*.tmp"}},
			{Path: "src", Action: "rebuild", Include: []string{"go.*", "**/Makefile"}},
			{Path: "conf/web.conf", Action: "sync+restart", Target: "/etc/web/"},
			{Path: "conf/web.conf", Action: "sync+exec", Target: "/etc/copy", Exec: types.ServiceHook{Command: []string{"nginx", "-s", "reload"}}},
		},
		"job": {{Path: ".", Action: "restart", Include: []string{"**/*.sql"}}},
	})
	write(t, dir, "src/x", "conf/web.conf", ".dockerignore=src/docs\n!src/docs/api\nconf/*\n!conf/web.conf")
	rules := newRules(t, p, "job", "web")
	for _, test := range []struct {
		name  string
		files []string
		want  []string
	}{
		{"a file, and one that is gone", []string{"src/a/b", "src/gone"}, []string{"web: src/a/b > /app/a/b, src/gone > /app/gone"}},
		{"what the rule ignores", []string{"src/node_modules/x/y", "src/node_modules", "src/a.tmp"}, nil},
		{"only at its place", []string{"src/a/b.tmp"}, []string{"web: src/a/b.tmp > /app/a/b.tmp"}},
		{"what .dockerignore names", []string{"src/docs/index", "src/docs/api/x"}, []string{"web: src/docs/api/x > /app/docs/api/x"}},
		{"git and editors", []string{"src/.git/HEAD", "src/a/.x.swp", "src/x~", "src/.#x", "src/4913", "src/.idea/w.xml"}, nil},
		{"included", []string{"src/go.mod", "src/a/Makefile", "src/a/go.mod"}, []string{"web: rebuild, src/a/Makefile > /app/a/Makefile, src/a/go.mod > /app/a/go.mod, src/go.mod > /app/go.mod"}},
		{"a file by itself, in a folder and by name", []string{"conf/web.conf"}, []string{"web: conf/web.conf > /etc/copy, conf/web.conf > /etc/web/web.conf, restart, exec nginx -s reload"}},
		{"its neighbour", []string{"conf/web.conf2", "srcs/a"}, nil},
		{"the watched folder itself", []string{"src"}, nil},
		{"another service", []string{"src/db/a.sql", "x.sql"}, []string{"job: restart", "web: src/db/a.sql > /app/db/a.sql"}},
		{"outside", []string{"../x.sql"}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			var files []string
			for _, f := range test.files {
				files = append(files, filepath.Join(dir, f))
			}
			if diff := cmp.Diff(test.want, words(dir, rules.Tasks(files))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// A .dockerignore that lists what is sent says nothing of other files.
func TestTasksBesideAListOfWhatIsSent(t *testing.T) {
	dir, p := newProject(t, map[string][]types.Trigger{"web": {{Path: "src", Action: "sync", Target: "/app/"}}})
	write(t, dir, ".dockerignore=*\n!dist")
	got := words(dir, newRules(t, p, "web").Tasks([]string{filepath.Join(dir, "src/a")}))
	if diff := cmp.Diff([]string{"web: src/a > /app/a"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestSkips(t *testing.T) {
	dir, p := newProject(t, map[string][]types.Trigger{
		"web": {{Path: "src", Action: "sync", Target: "/app", Ignore: []string{"node_modules/", "!node_modules/mine", "out/"}}},
		"job": {{Path: "src/out", Action: "restart"}},
	})
	rules := newRules(t, p, "web", "job")
	for name, want := range map[string]bool{
		"src": false, "src/a": false, "src/.git": true, "src/node_modules": false, "src/node_modules/other": true,
		"src/node_modules/mine": false, "src/out": false, "elsewhere": true,
	} {
		if got := rules.Skips(filepath.Join(dir, name)); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestRulesThatCannotBe(t *testing.T) {
	for want, trigger := range map[string]types.Trigger{
		"needs a build section": {Path: "x", Action: "rebuild"},
		"needs exec.command":    {Path: "x", Action: "sync+exec", Target: "/x"},
		"develop.watch of":      {Path: "x", Action: "restart", Ignore: []string{"[a"}},
	} {
		_, p := newProject(t, map[string][]types.Trigger{"job": {trigger}})
		if _, err := NewRules(p, []string{"job"}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// What a mount brings is not copied; what is to be done beside is.
func TestMounted(t *testing.T) {
	dir, p := newProject(t, map[string][]types.Trigger{"job": {
		{Path: "src/a", Action: "sync", Target: "/app"}, {Path: "src/b", Action: "sync+restart", Target: "/app"}, {Path: "srcs", Action: "sync", Target: "/x"},
	}})
	s := p.Services["job"]
	s.Volumes = []types.ServiceVolumeConfig{{Type: "bind", Source: filepath.Join(dir, "src"), Target: "/app"}, {Type: "volume", Source: "srcs", Target: "/x"}}
	p.Services["job"] = s
	got := words(dir, newRules(t, p, "job").Tasks([]string{filepath.Join(dir, "src/b/x"), filepath.Join(dir, "srcs/y")}))
	if diff := cmp.Diff([]string{"job: srcs/y > /x/y, restart"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestInitial(t *testing.T) {
	dir, p := newProject(t, map[string][]types.Trigger{"web": {
		{Path: ".", Action: "sync", Target: "/app", InitialSync: true, Ignore: []string{"out/"}},
		{Path: "later", Action: "sync", Target: "/later", InitialSync: true},
		{Path: "other", Action: "sync", Target: "/other"},
	}})
	write(t, dir, "a", "b/c", "out/x", ".git/HEAD", "Dockerfile", "compose.yaml", "other/o")
	if err := os.Symlink("a", filepath.Join(dir, "link")); err != nil {
		t.Skip(err)
	}
	task, err := newRules(t, p, "web").Initial(p, "web", []string{filepath.Join(dir, "compose.yaml")})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"web: a > /app/a, b/c > /app/b/c, link > /app/link, other/o > /app/other/o"}, words(dir, []Task{task})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
