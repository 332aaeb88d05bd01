package docker

import (
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/network"
	"github.com/google/go-cmp/cmp"

	"recompose/planner"
)

func TestReadStatus(t *testing.T) {
	for _, c := range []struct {
		state, text string
		status      planner.Status
		health      planner.Health
		code        int
	}{
		{"running", "Up 2 hours", planner.StatusRunning, planner.HealthNone, 0},
		{"running", "Up 2 hours (healthy)", planner.StatusRunning, planner.HealthHealthy, 0},
		{"running", "Up About a minute (unhealthy)", planner.StatusRunning, planner.HealthUnhealthy, 0},
		{"running", "Up 1 second (health: starting)", planner.StatusRunning, planner.HealthStarting, 0},
		{"running", "Up 1 second (starting)", planner.StatusRunning, planner.HealthStarting, 0},
		{"paused", "Up 2 hours (Paused)", planner.StatusPaused, planner.HealthNone, 0},
		{"exited", "Exited (137) 3 minutes ago", planner.StatusExited, planner.HealthNone, 137},
		{"exited", "Exited (0) Less than a second ago", planner.StatusExited, planner.HealthNone, 0},
		{"restarting", "Restarting (1) 5 seconds ago", planner.StatusRestarting, planner.HealthNone, 1},
		{"created", "Created", planner.StatusCreated, planner.HealthNone, 0},
		{"dead", "Dead", planner.StatusDead, planner.HealthNone, 0},
		{"removing", "Removal In Progress", planner.StatusRemoving, planner.HealthNone, 0},
		{"configured", "Created", planner.StatusCreated, planner.HealthNone, 0},
		{"stopped", "Exited (3) now", planner.StatusExited, planner.HealthNone, 3},
		{"exited", "Exited (", planner.StatusExited, planner.HealthNone, 0},
		{"exited", "Exited (99999999999999999999) now", planner.StatusExited, planner.HealthNone, 9223372036854775807},
		{"", "", planner.StatusExited, planner.HealthNone, 0},
	} {
		got := readContainer(container.Summary{State: c.state, Status: c.text})
		if got.Status != c.status || got.Health != c.health || got.ExitCode != c.code {
			t.Errorf("%q %q: %q %q %d", c.state, c.text, got.Status, got.Health, got.ExitCode)
		}
	}
}

func TestReadContainer(t *testing.T) {
	s := container.Summary{
		ID: "0123456789abcdef", Names: []string{"/web/db", "/p-db-1"}, Image: "db:1", ImageID: "sha256:1", Created: 100, State: "running", Status: "Up",
		Labels: map[string]string{planner.LabelProject: "p", planner.LabelService: "db", planner.LabelNumber: "1"},
		Ports: []container.Port{
			{IP: "::", PrivatePort: 80, PublicPort: 8080, Type: "tcp"}, {PrivatePort: 81, Type: "tcp"}, {IP: "0.0.0.0", PrivatePort: 80, PublicPort: 8080, Type: "tcp"},
		},
		NetworkSettings: &container.NetworkSettingsSummary{Networks: map[string]*network.EndpointSettings{"b": {NetworkID: "2", IPAddress: "10.0.0.2"}, "a": {NetworkID: "1"}, "nil": nil}},
	}
	want := planner.Container{
		ID: "0123456789abcdef", Name: "p-db-1", Project: "p", Service: "db", Number: 1, Role: planner.RoleCurrent, Image: "db:1", ImageID: "sha256:1",
		Status: planner.StatusRunning, Created: time.Unix(100, 0).UTC(), Labels: s.Labels, StatusText: "Up",
		Networks: []planner.Attachment{{Network: "a", NetworkID: "1"}, {Network: "b", NetworkID: "2", IP: "10.0.0.2"}},
		Ports:    []planner.PublishedPort{{IP: "0.0.0.0", Host: 8080, Private: 80, Protocol: "tcp"}, {IP: "::", Host: 8080, Private: 80, Protocol: "tcp"}},
	}
	if d := cmp.Diff(want, readContainer(s)); d != "" {
		t.Error(d)
	}
	s.Names = []string{"/0123456789ab_p-db-1"}
	if got := readContainer(s); got.Role != planner.RoleAside {
		t.Errorf("role %q of %s", got.Role, got.Name)
	}
}

func TestFamiliar(t *testing.T) {
	refs := []string{"docker.io/library/nginx:1", "docker.io/me/x:1", "localhost/web:latest", "<none>:<none>", "quay.io/a@sha256:1", "x@<none>"}
	if d := cmp.Diff([]string{"nginx:1", "me/x:1", "localhost/web:latest", "quay.io/a@sha256:1"}, familiar(refs, false)); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"nginx:1", "me/x:1", "web:latest", "quay.io/a@sha256:1"}, familiar(refs, true)); d != "" {
		t.Error(d)
	}
}
