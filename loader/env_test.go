package loader

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestEnvironment: the process stands over files; the .env file is the one in the
// project's directory, unless others are named.
func TestEnvironment(t *testing.T) {
	root := t.TempDir()
	write(t, root, "here/.env", "HERE=here\nBOTH=here\nSHELL=here\nQUOTED='a b' # c\nFROM=${SHELL}-${HERE}\nexport E=1\nSHELL\n")
	write(t, root, "p/.env", "P=p\nBOTH=p\n")
	write(t, root, "named.env", "NAMED=n\n")
	file := write(t, root, "p/compose.yaml", "services: {web: {image: \"${HERE:-}|${BOTH:-}|${SHELL:-}|${QUOTED:-}|${FROM:-}|${E:-}|${P:-}|${NAMED:-}\"}}\n")
	for name, c := range map[string]struct {
		o    Options
		env  []string
		want string
	}{
		"both":              {env: []string{"SHELL=sh"}, want: "|p|sh||||p|"},
		"--env-file":        {o: Options{EnvFiles: []string{"../named.env"}}, want: "|||||||n"},
		"COMPOSE_ENV_FILES": {env: []string{"COMPOSE_ENV_FILES=../named.env,.env"}, want: "here|here|here|a b|here-here|1||n"},
		"switched off":      {env: []string{"COMPOSE_DISABLE_ENV_FILE=1"}, want: "|||||||"},
		"shell over file":   {env: []string{"BOTH=sh", "P="}, want: "|sh|||||" + "|"},
		"here":              {o: Options{Directory: "."}, want: "here|here|here|a b|here-here|1||"},
	} {
		t.Run(name, func(t *testing.T) {
			o := c.o
			o.Files, o.Name, o.Env, o.WorkingDir = []string{file}, "env", c.env, root+"/here"
			p, ds, err := Load(context.Background(), o)
			if p == nil {
				t.Fatal(err, errorsOf(ds))
			}
			if diff := cmp.Diff(c.want, p.Model.Services["web"].Image); diff != "" {
				t.Error(diff)
			}
		})
	}
	for name, c := range map[string]struct {
		content string
		want    []string
	}{
		"spaces in names":  {"A=1\nB C=2\nD=2\nE F=\n", []string{"2:1 key cannot contain a space", "4:1 key cannot contain a space"}},
		"odd names":        {"A!B=secret\nC\n", []string{"1:1 unexpected character \"!\" in the name of a variable"}},
		"secrets as names": {"A=1\nP@SS: secret\nsecret+secret\n", []string{`2:1 unexpected character "@" in the name of a variable`, `3:1 unexpected character "+" in the name of a variable`}},
		"variables in values": {"A=secret${\nB=\"secret\n${x!y}\"\nC=1\nE=${Q:?set Q}\nD=\n", []string{
			"1:1 a variable in the value is written wrongly", "2:1 a variable in the value is written wrongly", "5:1 required variable Q is not set: set Q",
		}},
		"open quote":       {"B=1\nA=\"x\n", []string{"2:1 the quote that opens here is not closed"}},
		"nested":           {"A=" + strings.Repeat("${A:-", 100) + "\n", []string{"1:1 variables nested deeper than 50 levels"}},
		"what comes first": {"A=1\nB=${A:?no}\n", nil},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, ".env", c.content)
			file := write(t, dir, "compose.yaml", plainService+"    imge: ${D-}\n")
			_, ds, err := Load(context.Background(), Options{Files: []string{file}, WorkingDir: dir, Name: "env"})
			var got []string
			inFile := false
			for _, d := range ds {
				if d.Position.File == filepath.Join(dir, ".env") && d.Rule == "env-file" {
					got = append(got, fmt.Sprintf("%d:%d %s", d.Position.Line, d.Position.Column, d.Message))
				}
				inFile = inFile || d.Rule == "unknown-key"
			}
			if diff := cmp.Diff(c.want, got); diff != "" || err != nil || !inFile {
				t.Errorf("%v %v (-want +got)\n%s", err, errorsOf(ds), diff)
			}
		})
	}
}

func TestReadEnvFile(t *testing.T) {
	dir := t.TempDir()
	lookup := func(k string) (string, bool) { return "shell", k == "KNOWN" }
	vars, err := ReadEnvFile(write(t, dir, "good.env", "A=1\nB=$A-$KNOWN\nKNOWN\n"), lookup)
	if diff := cmp.Diff(map[string]string{"A": "1", "B": "1-shell", "KNOWN": "shell"}, vars); diff != "" || err != nil {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
	for text, want := range map[string]string{
		"A=1\nP=secret${\n": "2: a variable in the value is written wrongly",
		"secret+secret\n":   `1: unexpected character "+" in the name of a variable`,
	} {
		path := write(t, dir, "bad.env", text)
		if _, err := ReadEnvFile(path, lookup); err == nil || err.Error() != path+":"+want {
			t.Errorf("%q: %v", text, err)
		}
	}
	if _, err := ReadEnvFile(dir, lookup); err == nil {
		t.Error("a directory was read")
	}
}

func TestParseRaw(t *testing.T) {
	vars := map[string]string{}
	lookup := func(k string) (string, bool) { return "shell", k == "KNOWN" }
	text := "\ufeffA='x' # not a comment\n\n# c\n  B=$A\nKNOWN\nUNKNOWN\nC=\n"
	if err := parseRaw(strings.NewReader(text), "f", vars, lookup); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"A": "'x' # not a comment", "B": "$A", "KNOWN": "shell", "C": ""}
	if diff := cmp.Diff(want, vars); diff != "" {
		t.Error(diff)
	}
	for _, bad := range []string{"A B=1\n", "=1\n"} {
		if err := parseRaw(strings.NewReader(bad), "f", vars, lookup); err == nil {
			t.Errorf("%q: no error", bad)
		}
	}
}

// TestClassicEnvFile holds what docker-compose 1.29.2 printed for this file.
func TestClassicEnvFile(t *testing.T) {
	p, ds := loadDir(t, Options{Env: []string{"HOME=/home/x"}}, map[string]string{
		"compose.yaml": "web:\n  image: a\n  env_file: e.env\n",
		"e.env":        "A=plain\nB=\"quoted\"\nD=a # inline\nE=$HOME\nF=${HOME}x\nexport G=1\nI=\nK='a\\nb $HOME'\nO=$$x\nP=a#b\nQ=\"x ${A}\"\n",
	})
	if p == nil {
		t.Fatal(errorsOf(ds))
	}
	want := map[string]string{
		"A": "plain", "B": "quoted", "D": "a", "E": "$HOME", "F": "/home/xx", "G": "1", "I": "",
		"K": "a\\nb $HOME", "O": "$$x", "P": "a#b", "Q": "x plain",
	}
	got := map[string]string{}
	for k, v := range p.Model.Services["web"].Environment {
		if v != nil {
			got[k] = *v
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestClassicDotEnv: a dollar in a .env file is one in the projects of 2015, as
// docker-compose 1.29.2 printed them; today it begins a variable.
func TestClassicDotEnv(t *testing.T) {
	const dotenv = "A=a$$b\nB=x$HOME\nC=${HOME}y\nD=file$$\n"
	const service = "web:\n  image: a\n  environment: {A: \"$A\", B: \"$B\", C: \"$C\", D: \"$D\"}\n"
	for name, c := range map[string]struct {
		file string
		want map[string]string
	}{
		"2015":  {service, map[string]string{"A": "a$$b", "B": "x$HOME", "C": "/home/xy", "D": "shell$$"}},
		"today": {"services:\n  " + strings.ReplaceAll(service, "\n  ", "\n    "), map[string]string{"A": "a$b", "B": "x/home/x", "C": "/home/xy", "D": "shell$$"}},
	} {
		t.Run(name, func(t *testing.T) {
			p, ds := loadDir(t, Options{Env: []string{"HOME=/home/x", "D=shell$$"}}, map[string]string{"compose.yaml": c.file, ".env": dotenv})
			if p == nil {
				t.Fatal(errorsOf(ds))
			}
			got := map[string]string{}
			for k, v := range p.Model.Services["web"].Environment {
				got[k] = *v
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}
