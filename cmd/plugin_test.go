package cmd

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestPluginArgs: whatever docker passes on, ours are the arguments without the
// plugin's name; none are not nil, for which cobra would read the process's own.
func TestPluginArgs(t *testing.T) {
	for line, want := range map[string]string{
		"recompose":                           "recompose:",
		"recompose up -d":                     "recompose: up -d",
		"/x/docker-compose compose":           "docker compose:",
		"docker-compose compose up -d":        "docker compose: up -d",
		"docker-compose.exe compose ps":       "docker compose: ps",
		"docker-compose help compose up":      "docker compose: help up",
		"docker-compose help compose":         "docker compose: help",
		"docker-compose -H x compose ps":      "docker compose: -H x ps",
		"docker-compose --tls compose ps":     "docker compose: --tls ps",
		"docker-compose __complete compose u": "docker compose: __complete u",
		"docker-compose up -d":                "docker-compose: up -d",
		"docker-compose help up":              "docker-compose: help up",
	} {
		program, rest := pluginArgs(strings.Fields(line))
		if rest == nil {
			t.Errorf("%s: the arguments are nil", line)
		}
		if diff := cmp.Diff(want, strings.TrimSpace(program+": "+strings.Join(rest, " "))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", line, diff)
		}
	}
}

// TestPluginHelp: help and errors name the plugin as it is called.
func TestPluginHelp(t *testing.T) {
	var out, err bytes.Buffer
	a := &App{Out: &out, Err: &err}
	for line, want := range map[string]string{"compose up --help": "  docker compose up ", "compose": "  docker compose [flags]\n"} {
		out.Reset()
		a.Run(append([]string{"docker-compose"}, strings.Fields(line)...))
		if !strings.Contains(out.String(), want) {
			t.Errorf("docker %s says\n%s", line, out.String())
		}
	}
	a.Run([]string{"docker-compose", "compose", "bogusbogus"})
	if !strings.Contains(err.String(), "docker compose --help") {
		t.Errorf("the error says %q", err.String())
	}
}
